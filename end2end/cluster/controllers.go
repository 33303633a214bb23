package main

// Runs the Kubernetes controllers that affect tokens: garbage collection, namespace deletion, and the service account
// `default` of each namespace. The token controller can be stopped separately, see tokencontroller.go.

import (
	"context"
	"sync"
	"time"

	v1 "k8s.io/api/core/v1"
	"k8s.io/client-go/discovery/cached/memory"
	"k8s.io/client-go/informers"
	"k8s.io/client-go/kubernetes"
	"k8s.io/client-go/metadata"
	"k8s.io/client-go/metadata/metadatainformer"
	"k8s.io/client-go/rest"
	"k8s.io/client-go/restmapper"
	"k8s.io/controller-manager/pkg/informerfactory"
	"k8s.io/klog/v2"
	"k8s.io/kubernetes/pkg/controller/garbagecollector"
	"k8s.io/kubernetes/pkg/controller/namespace"
	"k8s.io/kubernetes/pkg/controller/serviceaccount"
)

const (
	resync           = 12 * time.Hour
	discoveryPeriod  = 30 * time.Second
	collectorWorkers = 20
	namespaceWorkers = 10
)

// runControllers runs the controllers until ctx is done. wait blocks until all have stopped.
func runControllers(ctx context.Context, config *rest.Config) (wait func(), err error) {
	client, err := kubernetes.NewForConfig(config)
	if err != nil {
		return nil, err
	}
	metadataClient, err := metadata.NewForConfig(config)
	if err != nil {
		return nil, err
	}
	typed := informers.NewSharedInformerFactory(client, resync)
	untyped := metadatainformer.NewSharedInformerFactory(metadataClient, resync)
	started := make(chan struct{})

	mapper := restmapper.NewDeferredDiscoveryRESTMapper(memory.NewMemCacheClient(client.Discovery()))
	collector, err := garbagecollector.NewGarbageCollector(ctx, client, metadataClient, mapper,
		garbagecollector.DefaultIgnoredResources(), informerfactory.NewInformerFactory(typed, untyped), started)
	if err != nil {
		return nil, err
	}
	namespaces := namespace.NewNamespaceController(ctx, client, metadataClient,
		client.Discovery().ServerPreferredNamespacedResources, typed.Core().V1().Namespaces(), resync, v1.FinalizerKubernetes)
	accounts, err := serviceaccount.NewServiceAccountsController(klog.FromContext(ctx), typed.Core().V1().ServiceAccounts(),
		typed.Core().V1().Namespaces(), client, serviceaccount.DefaultServiceAccountsControllerOptions())
	if err != nil {
		return nil, err
	}

	typed.Start(ctx.Done())
	untyped.Start(ctx.Done())
	close(started)
	var running sync.WaitGroup
	running.Go(func() { collector.Run(ctx, collectorWorkers, discoveryPeriod) })
	running.Go(func() { collector.Sync(ctx, client.Discovery(), discoveryPeriod) })
	running.Go(func() { namespaces.Run(ctx, namespaceWorkers) })
	running.Go(func() { accounts.Run(ctx, 1) })
	return func() {
		running.Wait()
		typed.Shutdown()
		untyped.Shutdown()
	}, nil
}
