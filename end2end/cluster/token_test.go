package main

// Checks that the control plane handles tokens as a full cluster does.

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

const pollTimeout = 15 * time.Second

// createToken creates a token as Kargo does, without waiting for its value.
func createToken(t *testing.T, p *process, namespace, role, name string) {
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

func waitFor(t *testing.T, p *process, namespace, name string, condition func(*metav1.PartialObjectMetadata) bool) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), pollTimeout)
	defer cancel()
	if err := p.admin(t).wait(ctx, namespace, []string{name}, condition); err != nil {
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

func authenticate(ctx context.Context, t *testing.T, p *process, value string) (string, error) {
	t.Helper()
	client, err := kubernetes.NewForConfig(p.configWithToken(t, value))
	if err != nil {
		t.Fatal(err)
	}
	review, err := client.AuthenticationV1().SelfSubjectReviews().Create(ctx, &authentication.SelfSubjectReview{}, metav1.CreateOptions{})
	if err != nil {
		return "", err
	}
	return review.Status.UserInfo.Username, nil
}

func username(t *testing.T, p *process, value string) string {
	t.Helper()
	user, err := authenticate(t.Context(), t, p, value)
	if err != nil {
		t.Fatal(err)
	}
	return user
}

func TestTokenIsPopulatedAndItsUseIsTracked(t *testing.T) {
	createToken(t, shared, systemNamespace, "kargo-viewer", "tracked")
	waitFor(t, shared, systemNamespace, "tracked", populated)
	token := secret(t, shared, systemNamespace, "tracked")
	if !strings.Contains(string(token.Data["ca.crt"]), "BEGIN CERTIFICATE") || string(token.Data["namespace"]) != systemNamespace {
		t.Errorf("ca.crt or namespace is missing or wrong")
	}
	if token.Labels[serviceaccount.LastUsedLabelKey] != "" {
		t.Error("the token counts as used before its first use")
	}
	if got := username(t, shared, string(token.Data["token"])); got != "system:serviceaccount:kargo:kargo-viewer" {
		t.Errorf("wrong user: %q", got)
	}
	waitFor(t, shared, systemNamespace, "tracked", used)

	since, err := shared.admin(t).typed.CoreV1().ConfigMaps("kube-system").Get(t.Context(), legacytokentracking.ConfigMapName, metav1.GetOptions{})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := time.Parse(time.DateOnly, since.Data["since"]); err != nil {
		t.Errorf("the start of usage tracking is missing: %v", err)
	}
}

func TestSuspendedTokenIsRefused(t *testing.T) {
	t.Parallel()
	createToken(t, shared, systemNamespace, "kargo-viewer", "to-suspend")
	waitFor(t, shared, systemNamespace, "to-suspend", populated)
	value := tokenValue(t, shared, systemNamespace, "to-suspend")
	username(t, shared, value)
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
	waitUntil(t, pollTimeout, "the suspended token is refused", func(ctx context.Context) bool {
		_, err := authenticate(ctx, t, shared, value)
		return apierrors.IsUnauthorized(err)
	})
	patch("null")
	waitUntil(t, pollTimeout, "the restored token is accepted", func(ctx context.Context) bool {
		_, err := authenticate(ctx, t, shared, value)
		return err == nil
	})
}

func TestTokenControllerStopsAndStarts(t *testing.T) {
	waitForState := func(want string) {
		t.Helper()
		waitUntil(t, pollTimeout, "the token controller is "+want, func(context.Context) bool {
			return strings.TrimSpace(readFile(t, shared.dir, stateFile)) == want
		})
	}
	waitForState("running")
	if err := shared.command.Process.Signal(syscall.SIGUSR1); err != nil {
		t.Fatal(err)
	}
	waitForState("stopped")
	createToken(t, shared, systemNamespace, "kargo-viewer", "waiting")
	// Waits for another controller's work; a running token controller would populate the token in this time.
	for range 20 {
		collectGarbage(t)
	}
	if len(secret(t, shared, systemNamespace, "waiting").Data) > 0 {
		t.Error("the token was populated by a stopped controller")
	}
	if err := shared.command.Process.Signal(syscall.SIGUSR2); err != nil {
		t.Fatal(err)
	}
	waitForState("running")
	waitFor(t, shared, systemNamespace, "waiting", populated)
	log := readFile(t, shared.dir, logFile)
	stopped := strings.Index(log, "token controller: stopped\n")
	if stopped < 0 || strings.LastIndex(log, "token controller: running\n") < stopped {
		t.Error("the log lacks the state changes")
	}
}
