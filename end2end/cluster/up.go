package main

// The command `up`: starts the components in order, reports when they are ready, and stops them in reverse.

import (
	"context"
	"crypto/x509"
	"crypto/x509/pkix"
	"errors"
	"fmt"
	"net"
	"os"
	"os/signal"
	"path/filepath"
	"syscall"

	"k8s.io/client-go/rest"
)

type upOptions struct {
	dir            string
	ephemeral      bool
	exitWithParent bool
}

func up(options upOptions) error {
	// Registered first, because unhandled SIGUSR1 and SIGUSR2 terminate the process.
	requests := make(chan os.Signal, 16)
	signal.Notify(requests, syscall.SIGUSR1, syscall.SIGUSR2)
	ctx, release := signal.NotifyContext(context.Background(), syscall.SIGTERM, syscall.SIGINT)
	defer release() // after shutdown: Ctrl-C often sends SIGINT and then SIGTERM

	dir, err := openDirectory(options.dir)
	if err != nil {
		return err
	}
	if options.ephemeral {
		if err := dir.empty(); err != nil {
			return err
		}
	}
	if err := logToFile(); err != nil {
		return err
	}
	if options.exitWithParent {
		go onParentExit(ctx, release)
	}
	err = run(ctx, requests, func() {
		fmt.Fprintln(output, "ready", filepath.Join(options.dir, kubeconfigFile))
	})
	if err != nil && ctx.Err() == nil {
		return fmt.Errorf("%w\nThe last lines of %s:\n%s", err, filepath.Join(options.dir, logFile), lastLogLines())
	}
	if options.ephemeral {
		return dir.remove()
	}
	return os.RemoveAll(stateFile)
}

// run starts all components and returns once all have stopped: with nil after ctx is done, otherwise with the error.
func run(ctx context.Context, requests <-chan os.Signal, ready func()) error {
	if err := errors.Join(os.RemoveAll(stateFile), makeUserTokens(), makeAuthenticationConfig()); err != nil {
		return err
	}
	ca, err := openPKI()
	if err != nil {
		return err
	}
	etcd, err := startEtcd(ctx)
	if err != nil {
		return fmt.Errorf("etcd did not start: %w", err)
	}
	defer etcd.Close()

	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return err
	}
	server, err := startAPIServer(listener)
	if err != nil {
		return fmt.Errorf("the API server did not start: %w", err)
	}
	defer server.shutdown()
	address := "https://" + listener.Addr().String()
	config, err := controllersConfig(ca, address)
	if err != nil {
		return err
	}
	if err := server.waitUntilReady(ctx, config); err != nil {
		return err
	}

	controllersCtx, stop := context.WithCancel(context.Background())
	wait, err := runControllers(controllersCtx, config)
	if err != nil {
		stop()
		return fmt.Errorf("the controllers did not start: %w", err)
	}
	defer func() { stop(); wait() }()
	tokens, err := newTokenController(config)
	if err != nil {
		return err
	}
	if err := tokens.start(ctx); err != nil {
		return fmt.Errorf("the token controller did not start: %w", err)
	}
	defer tokens.stop()
	if err := writeKubeconfigs(ca, address); err != nil {
		return err
	}
	ready()
	for {
		select {
		case <-ctx.Done():
			return nil
		case err := <-server.done:
			server.done <- err
			return fmt.Errorf("the API server stopped: %w", err)
		case err := <-etcd.Err():
			return fmt.Errorf("etcd stopped: %w", err)
		case request := <-requests:
			if err := switchTokenController(ctx, tokens, request); err != nil {
				return fmt.Errorf("the token controller did not follow %s: %w", request, err)
			}
		}
	}
}

func switchTokenController(ctx context.Context, tokens *tokenController, request os.Signal) error {
	if request == syscall.SIGUSR1 {
		return tokens.stop()
	}
	return tokens.start(ctx)
}

// controllersConfig returns the client configuration of the controllers, without a rate limit.
func controllersConfig(ca *authority, address string) (*rest.Config, error) {
	identity, err := ca.issue(&x509.Certificate{
		Subject:     pkix.Name{CommonName: "system:kube-controller-manager", Organization: []string{"system:masters"}},
		ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageClientAuth},
	})
	if err != nil {
		return nil, err
	}
	return &rest.Config{
		Host:            address,
		TLSClientConfig: rest.TLSClientConfig{CAData: ca.pem, CertData: identity.certificate, KeyData: identity.key},
		UserAgent:       "kube-controller-manager",
		QPS:             -1,
	}, nil
}
