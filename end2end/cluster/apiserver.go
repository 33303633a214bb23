package main

// Runs the upstream Kubernetes API server in this process.

import (
	"context"
	"fmt"
	"net"
	"strconv"
	"time"

	"github.com/spf13/pflag"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	utilerrors "k8s.io/apimachinery/pkg/util/errors"
	"k8s.io/apimachinery/pkg/util/wait"
	"k8s.io/client-go/kubernetes"
	"k8s.io/client-go/rest"
	"k8s.io/kubernetes/cmd/kube-apiserver/app"
	"k8s.io/kubernetes/cmd/kube-apiserver/app/options"
	"k8s.io/kubernetes/pkg/controlplane/controller/legacytokentracking"
)

const (
	readyInterval   = 50 * time.Millisecond
	readyTimeout    = 60 * time.Second
	shutdownTimeout = 2 * time.Second
)

// apiServer is a running API server. done receives the reason when the server stops.
type apiServer struct {
	stop context.CancelFunc
	done chan error
}

func startAPIServer(listener net.Listener) (*apiServer, error) {
	server := options.NewServerRunOptions()
	server.SecureServing.Listener = listener
	flags := pflag.NewFlagSet("kube-apiserver", pflag.ContinueOnError)
	for _, set := range server.Flags().FlagSets {
		flags.AddFlagSet(set)
	}
	if err := flags.Parse(apiServerFlags(listener.Addr())); err != nil {
		return nil, err
	}
	if err := server.GenericServerRunOptions.ComponentGlobalsRegistry.Set(); err != nil {
		return nil, err
	}
	ctx, stop := context.WithCancel(context.Background())
	completed, err := server.Complete(ctx)
	if err == nil {
		err = utilerrors.NewAggregate(completed.Validate())
	}
	if err != nil {
		stop()
		return nil, err
	}
	s := &apiServer{stop, make(chan error, 1)}
	go func() { s.done <- app.Run(ctx, completed) }()
	return s, nil
}

func apiServerFlags(address net.Addr) []string {
	return []string{
		"--etcd-servers=" + etcdAddress,
		"--secure-port=" + strconv.Itoa(address.(*net.TCPAddr).Port),
		"--bind-address=127.0.0.1",
		// Not published, because no endpoints are reconciled. Without this flag, startup fails on a machine without a network.
		"--advertise-address=192.0.2.1",
		"--external-hostname=127.0.0.1",
		"--endpoint-reconciler-type=none",
		"--service-cluster-ip-range=10.0.0.0/24",
		"--tls-cert-file=" + serverCertFile,
		"--tls-private-key-file=" + serverKeyFile,
		"--client-ca-file=" + caCertificateFile,
		"--token-auth-file=" + userTokensFile,
		"--authentication-config=" + authenticationFile,
		"--service-account-key-file=" + tokenKeyFile,
		"--service-account-signing-key-file=" + tokenKeyFile,
		"--service-account-issuer=https://kubernetes.default.svc",
		"--authorization-mode=RBAC",
		// Some installations enable this plugin. Tests run with the plugin, so the dashboard can't depend on its absence.
		"--enable-admission-plugins=OwnerReferencesPermissionEnforcement",
		// Limits how long open watches delay shutdown.
		"--shutdown-watch-termination-grace-period=1s",
		"--profiling=false",
	}
}

// waitUntilReady waits until /readyz succeeds and the server has created the ConfigMap with the start of usage tracking.
func (s *apiServer) waitUntilReady(ctx context.Context, config *rest.Config) error {
	client, err := kubernetes.NewForConfig(config)
	if err != nil {
		return err
	}
	var last error
	err = wait.PollUntilContextTimeout(ctx, readyInterval, readyTimeout, true, func(ctx context.Context) (bool, error) {
		select {
		case err := <-s.done:
			s.done <- err
			return false, fmt.Errorf("the API server stopped during startup: %w", err)
		default:
		}
		if last = client.Discovery().RESTClient().Get().AbsPath("/readyz").Do(ctx).Error(); last != nil {
			return false, nil
		}
		_, last = client.CoreV1().ConfigMaps(metav1.NamespaceSystem).Get(ctx, legacytokentracking.ConfigMapName, metav1.GetOptions{})
		return last == nil, ignoreNotFound(last)
	})
	if wait.Interrupted(err) && last != nil {
		return fmt.Errorf("the API server was not ready within %s: %w", readyTimeout, last)
	}
	return err
}

func ignoreNotFound(err error) error {
	if apierrors.IsNotFound(err) {
		return nil
	}
	return err
}

// shutdown stops the server. After shutdownTimeout, remaining watches are dropped; they would delay shutdown by a minute.
func (s *apiServer) shutdown() {
	s.stop()
	select {
	case <-s.done:
	case <-time.After(shutdownTimeout):
	}
}
