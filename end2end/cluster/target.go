package main

// The running control plane that `seed` and `fill` change, and its clients.

import (
	"errors"
	"fmt"
	"path/filepath"

	"github.com/spf13/cobra"
	"k8s.io/client-go/dynamic"
	"k8s.io/client-go/kubernetes"
	"k8s.io/client-go/metadata"
	"k8s.io/client-go/rest"
	"k8s.io/client-go/tools/clientcmd"
)

// target identifies a control plane by exactly one of its fields.
type target struct {
	dir, kubeconfig string
}

func (t *target) flags(command *cobra.Command) {
	command.Flags().StringVar(&t.dir, "dir", "", "directory of the running control plane")
	command.Flags().StringVar(&t.kubeconfig, "kubeconfig", "", "kubeconfig of a cluster admin")
	command.MarkFlagsOneRequired("dir", "kubeconfig")
	command.MarkFlagsMutuallyExclusive("dir", "kubeconfig")
}

// clients are API clients that share a configuration.
type clients struct {
	config   *rest.Config
	typed    kubernetes.Interface
	dynamic  dynamic.Interface
	metadata metadata.Interface
}

// connect returns clients for a control plane that responds.
func (t *target) connect() (*clients, error) {
	path := t.kubeconfig
	if path == "" {
		path = filepath.Join(t.dir, kubeconfigFile)
	}
	config, err := clientcmd.BuildConfigFromFlags("", path)
	if err != nil {
		return nil, unreachable(err)
	}
	config.QPS = -1 // the server limits requests
	config.UserAgent = "cluster"
	typed, err1 := kubernetes.NewForConfig(config)
	untyped, err2 := dynamic.NewForConfig(config)
	meta, err3 := metadata.NewForConfig(config)
	if err := errors.Join(err1, err2, err3); err != nil {
		return nil, err
	}
	if _, err := typed.Discovery().ServerVersion(); err != nil {
		return nil, unreachable(err)
	}
	return &clients{config, typed, untyped, meta}, nil
}

func unreachable(err error) error {
	return fmt.Errorf("no control plane responds: start one with `cluster up --dir DIR` and use the same DIR: %w", err)
}
