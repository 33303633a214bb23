# Targets for people. Each target calls scripts in tools/; their header comments describe them.

# Read KUBECONFIG and LISTEN from make's command line only: an exported KUBECONFIG could name a production cluster.
ifeq ($(origin KUBECONFIG),command line)
kubeconfig := $(KUBECONFIG)
endif
ifeq ($(origin LISTEN),command line)
listen := $(LISTEN)
endif
unexport KUBECONFIG LISTEN

.NOTPARALLEL:
.PHONY: help run test watch program image bench soak pictures clean

help:
	@echo 'make run       build the dashboard and serve it on a local Kubernetes with sample data; prints a URL, Ctrl-C stops'
	@echo '               KUBECONFIG=path         use another cluster'
	@echo '               LISTEN=address:port     serve on another address than 127.0.0.1:3000'
	@echo 'make test      run all checks and tests, including browser tests'
	@echo 'make watch     serve a debug build; rebuild and reload after every change'
	@echo 'make program   build the optimised program, one file that runs anywhere: target/release/kargo-tokens'
	@echo 'make image     make the root file system of the container image, and try it: target/image/root'
	@echo 'make bench     build the dashboard and run the benchmarks'
	@echo 'make soak      build the dashboard and run ten minutes of churn: memory, files and watches stay flat'
	@echo 'make pictures  take a picture of every page and dialog: end2end/pictures/index.html'
	@echo 'make clean     remove build output and the local cluster'\''s data; installed tools stay in .tools/'

run:
	@tools/prepare program $(if $(kubeconfig),,cluster)
	@tools/run '$(kubeconfig)' '$(listen)'

test:
	@tools/prepare tests cluster checks browser
	@tools/size
	@tools/test

watch:
	@tools/prepare cluster
	@tools/watch

program:
	@tools/prepare release

image:
	@tools/prepare release cluster browser
	@end2end/image/run

bench:
	@tools/prepare release cluster browser
	@end2end/bench/run

soak:
	@tools/prepare release cluster browser
	@end2end/soak/run

pictures:
	@tools/prepare tests cluster browser
	@tools/pictures

clean:
	rm -rf target .local end2end/test-results end2end/playwright-report end2end/pictures
