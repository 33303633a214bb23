# What there is to do, by its name. Each job is a script in tools/, which says what it does.

# Only when given on make's own command line: an exported KUBECONFIG must never send a newcomer to production.
ifeq ($(origin KUBECONFIG),command line)
kubeconfig := $(KUBECONFIG)
endif
ifeq ($(origin LISTEN),command line)
listen := $(LISTEN)
endif
unexport KUBECONFIG LISTEN

.NOTPARALLEL:
.PHONY: help run test watch bench clean

help:
	@echo 'make run     build it and serve it on a local Kubernetes with sample data: prints one URL, Ctrl-C ends it'
	@echo '             KUBECONFIG=path: on that cluster instead      LISTEN=address:port: there, not 127.0.0.1:3000'
	@echo 'make test    every check and test, the browser'\''s included'
	@echo 'make watch   serve a debug build and follow every change of the sources'
	@echo 'make bench   build it and measure it'
	@echo 'make clean   remove what was built and the local cluster'\''s data (the tools stay, in .tools/)'

run:
	@tools/setup-base
	@tools/setup-rust
	@tools/setup-leptos
ifndef kubeconfig
	@tools/setup-go
	@tools/setup-cluster
endif
	@tools/build
	@tools/run '$(kubeconfig)' '$(listen)'

test:
	@tools/setup-base
	@tools/setup-rust
	@tools/lint
	@tools/setup-go
	@tools/setup-cluster
	@tools/lint-go
	@tools/setup-leptos
	@tools/build
	@tools/size
	@tools/setup-browser
	@tools/test

watch:
	@tools/setup-base
	@tools/setup-rust
	@tools/setup-leptos
	@tools/setup-go
	@tools/setup-cluster
	@tools/watch

bench:
	@tools/setup-base
	@tools/setup-rust
	@tools/setup-leptos
	@tools/setup-go
	@tools/setup-cluster
	@tools/build
	@tools/setup-browser
	@end2end/bench/run

clean:
	rm -rf target .local end2end/test-results end2end/playwright-report
