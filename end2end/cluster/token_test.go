package main

// That Kubernetes does here with tokens what it does in a real cluster.

import (
	"context"
	"strings"
	"syscall"
	"testing"
	"time"

	authentication "k8s.io/api/authentication/v1"
	v1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/client-go/kubernetes"
	"k8s.io/kubernetes/pkg/controlplane/controller/legacytokentracking"
	"k8s.io/kubernetes/pkg/serviceaccount"
)

const patience = 15 * time.Second

// makeToken creates one as Kargo does, and waits for nothing.
func makeToken(t *testing.T, p *process, namespace, role, name string) {
	t.Helper()
	c := p.admin(t)
	account, err := c.role(t.Context(), namespace, role)
	if err != nil {
		t.Fatal(err)
	}
	_, err = c.typed.CoreV1().Secrets(namespace).Create(t.Context(), newToken(account, name), metav1.CreateOptions{})
	if err != nil {
		t.Fatal(err)
	}
}

func waitFor(t *testing.T, p *process, namespace, name string, is func(*metav1.PartialObjectMetadata) bool) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	if err := p.admin(t).wait(ctx, namespace, []string{name}, is); err != nil {
		t.Fatalf("%s: %v", name, err)
	}
}

func secret(t *testing.T, p *process, namespace, name string) *v1.Secret {
	t.Helper()
	secret, err := p.admin(t).typed.CoreV1().Secrets(namespace).Get(t.Context(), name, metav1.GetOptions{})
	if err != nil {
		t.Fatal(err)
	}
	return secret
}

func tokenValue(t *testing.T, p *process, namespace, name string) string {
	t.Helper()
	return string(secret(t, p, namespace, name).Data[v1.ServiceAccountTokenKey])
}

func signIn(ctx context.Context, t *testing.T, p *process, value string) (string, error) {
	t.Helper()
	client, err := kubernetes.NewForConfig(p.with(t, value))
	if err != nil {
		t.Fatal(err)
	}
	review, err := client.AuthenticationV1().SelfSubjectReviews().Create(ctx, &authentication.SelfSubjectReview{}, metav1.CreateOptions{})
	if err != nil {
		return "", err
	}
	return review.Status.UserInfo.Username, nil
}

func whoIs(t *testing.T, p *process, value string) string {
	t.Helper()
	user, err := signIn(t.Context(), t, p, value)
	if err != nil {
		t.Fatal(err)
	}
	return user
}

func TestATokenIsPopulatedAndItsUseTracked(t *testing.T) {
	makeToken(t, shared, systemNamespace, "kargo-viewer", "tracked")
	waitFor(t, shared, systemNamespace, "tracked", populated)
	made := secret(t, shared, systemNamespace, "tracked")
	if !strings.Contains(string(made.Data["ca.crt"]), "BEGIN CERTIFICATE") || string(made.Data["namespace"]) != systemNamespace {
		t.Errorf("ca.crt or namespace is missing")
	}
	if made.Labels[serviceaccount.LastUsedLabelKey] != "" {
		t.Error("it counts as used before its use")
	}
	if got := whoIs(t, shared, string(made.Data["token"])); got != "system:serviceaccount:kargo:kargo-viewer" {
		t.Errorf("it is %q", got)
	}
	waitFor(t, shared, systemNamespace, "tracked", used)

	since, err := shared.admin(t).typed.CoreV1().ConfigMaps("kube-system").Get(t.Context(), legacytokentracking.ConfigMapName, metav1.GetOptions{})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := time.Parse(time.DateOnly, since.Data["since"]); err != nil {
		t.Errorf("it does not say since when use is tracked: %v", err)
	}
}

func TestASuspendedTokenIsRefused(t *testing.T) {
	t.Parallel()
	makeToken(t, shared, systemNamespace, "kargo-viewer", "to-suspend")
	waitFor(t, shared, systemNamespace, "to-suspend", populated)
	value := tokenValue(t, shared, systemNamespace, "to-suspend")
	whoIs(t, shared, value)
	secrets := shared.admin(t).typed.CoreV1().Secrets(systemNamespace)
	patch := func(value string) {
		t.Helper()
		body := `{"metadata":{"labels":{"kubernetes.io/legacy-token-invalid-since":` + value + `}}}`
		_, err := secrets.Patch(t.Context(), "to-suspend", types.MergePatchType, []byte(body), metav1.PatchOptions{})
		if err != nil {
			t.Fatal(err)
		}
	}
	patch(`"2026-01-31"`)
	until(t, patience, "it is refused", func(ctx context.Context) bool {
		_, err := signIn(ctx, t, shared, value)
		return apierrors.IsUnauthorized(err)
	})
	patch("null")
	until(t, patience, "it is accepted again", func(ctx context.Context) bool {
		_, err := signIn(ctx, t, shared, value)
		return err == nil
	})
}

func TestTheTokenControllerStopsAndStarts(t *testing.T) {
	state := func(want string) {
		t.Helper()
		until(t, patience, "the token controller is "+want, func(context.Context) bool {
			return strings.TrimSpace(file(t, shared.dir, stateFile)) == want
		})
	}
	state("running")
	if err := shared.command.Process.Signal(syscall.SIGUSR1); err != nil {
		t.Fatal(err)
	}
	state("stopped")
	makeToken(t, shared, systemNamespace, "kargo-viewer", "waiting")
	// By the time that another controller has done this much work, this one would have, too.
	for range 20 {
		collectGarbage(t)
	}
	if len(secret(t, shared, systemNamespace, "waiting").Data) > 0 {
		t.Error("it was populated by a stopped controller")
	}
	if err := shared.command.Process.Signal(syscall.SIGUSR2); err != nil {
		t.Fatal(err)
	}
	state("running")
	waitFor(t, shared, systemNamespace, "waiting", populated)
	log := file(t, shared.dir, logFile)
	stopped := strings.Index(log, "token controller: stopped\n")
	if stopped < 0 || strings.LastIndex(log, "token controller: running\n") < stopped {
		t.Error("the log does not tell")
	}
}
