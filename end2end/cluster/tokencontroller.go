package main

// The token controller, which writes the values of service account tokens into their Secrets. Tests stop and start it
// while the control plane runs, because the dashboard has to handle a slow or stopped token controller.

import (
	"context"
	"errors"
	"fmt"
	"os"

	v1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/fields"
	"k8s.io/client-go/informers"
	"k8s.io/client-go/kubernetes"
	"k8s.io/client-go/rest"
	"k8s.io/client-go/tools/cache"
	"k8s.io/client-go/util/keyutil"
	"k8s.io/klog/v2"
	"k8s.io/kubernetes/pkg/controller/serviceaccount"
	tokens "k8s.io/kubernetes/pkg/serviceaccount"
)

const tokenWorkers = 20

// tokenController is a token controller, running or stopped. The file token-controller has its current state.
type tokenController struct {
	client    kubernetes.Interface
	generator tokens.TokenGenerator
	rootCA    []byte
	stopRun   func() // nil while stopped
}

func newTokenController(config *rest.Config) (*tokenController, error) {
	client, err := kubernetes.NewForConfig(config)
	if err != nil {
		return nil, err
	}
	key, err := keyutil.PrivateKeyFromFile(tokenKeyFile)
	if err != nil {
		return nil, err
	}
	generator, err := tokens.JWTTokenGenerator(tokens.LegacyIssuer, key)
	if err != nil {
		return nil, err
	}
	return &tokenController{client: client, generator: generator, rootCA: config.CAData}, nil
}

// start returns once the controller's caches are synced. Does nothing if the controller runs.
func (c *tokenController) start(ctx context.Context) error {
	if c.stopRun != nil {
		return nil
	}
	ctx, cancel := context.WithCancel(ctx)
	all := informers.NewSharedInformerFactory(c.client, resync)
	secrets := informers.NewSharedInformerFactoryWithOptions(c.client, resync,
		informers.WithTweakListOptions(func(options *metav1.ListOptions) {
			options.FieldSelector = fields.OneTermEqualSelector("type", string(v1.SecretTypeServiceAccountToken)).String()
		}))
	controller, err := serviceaccount.NewTokensController(klog.FromContext(ctx), all.Core().V1().ServiceAccounts(),
		secrets.Core().V1().Secrets(), c.client,
		serviceaccount.TokensControllerOptions{TokenGenerator: c.generator, RootCA: c.rootCA})
	if err != nil {
		cancel()
		return err
	}
	all.Start(ctx.Done())
	secrets.Start(ctx.Done())
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		controller.Run(ctx, tokenWorkers)
	}()
	c.stopRun = func() {
		cancel()
		<-ended
		all.Shutdown()
		secrets.Shutdown()
	}
	if !cache.WaitForCacheSync(ctx.Done(), all.Core().V1().ServiceAccounts().Informer().HasSynced,
		secrets.Core().V1().Secrets().Informer().HasSynced) {
		c.stopRun()
		return errors.New("stopped before the caches were synced")
	}
	return c.publishState("running")
}

// stop returns once the controller has stopped. Does nothing if the controller is stopped.
func (c *tokenController) stop() error {
	if c.stopRun == nil {
		return nil
	}
	c.stopRun()
	c.stopRun = nil
	return c.publishState("stopped")
}

func (c *tokenController) publishState(state string) error {
	fmt.Fprintln(os.Stderr, "token controller:", state)
	return write(stateFile, []byte(state+"\n"))
}
