package main

// The sample tokens: a few of every kind that a real installation has after a year.

import (
	"context"
	"fmt"
	"time"

	authentication "k8s.io/api/authentication/v1"
	v1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/client-go/kubernetes"
	"k8s.io/client-go/rest"
	"k8s.io/kubernetes/pkg/serviceaccount"
)

// The ConfigMap in kube-system that says that the samples were made.
const samplesMade = "kargo-tokens-samples"

type sample struct {
	namespace, role, name string
	kind                  kind
	life                  life
}

// kind is how the Secret came to be.
type kind int

const (
	managed   kind = iota // as Kargo writes it
	unlabeled             // by hand: neither Kargo's label nor its annotation, nor an owner
	labeled               // by hand: Kargo's label without its annotation
)

// life is what has happened to the token since.
type life int

const (
	neverUsed life = iota
	inUse
	suspended // after use
)

var samples = []sample{
	{systemNamespace, "kargo-admin", "ci-deploy-7f3kq", managed, inUse},
	{systemNamespace, "kargo-admin", "nightly-x2m9d", managed, neverUsed},
	{systemNamespace, "kargo-admin", "old-laptop-c5v7n", managed, suspended},
	{systemNamespace, "kargo-admin", "terraform-b8q4j", unlabeled, neverUsed},
	{systemNamespace, "kargo-viewer", "grafana-p4w8t", managed, inUse},
	{systemNamespace, "kargo-viewer", "audit-export-k9d2m", managed, neverUsed},
	{systemNamespace, "kargo-viewer", "legacy-ci-m3t6x", labeled, neverUsed},
	{systemNamespace, "kargo-project-creator", "onboarding-bot-r6h3z", managed, neverUsed},
	// Of a service account that is no role: whoever has it can do everything.
	{systemNamespace, "kargo-management-controller", "debug-z7k2p", managed, neverUsed},
	{demoProject, "kargo-admin", "alice-cli-g8x2k", managed, neverUsed},
	{demoProject, "ci-promoter", "promote-staging-h4n8c", managed, inUse},
	{demoProject, "ci-promoter", "promote-prod-w2j5r", managed, neverUsed},
	{demoProject, "deploy-reader", "dashboard-q9f3b", managed, inUse},
	{demoProject, "deploy-reader", "smoke-test-t6d4v", managed, suspended},
}

// makeSamplesOnce makes them if that was not done before: one that somebody deleted since must stay deleted, the more
// so as under its old name it would have its old value.
func makeSamplesOnce(ctx context.Context, c *clients) error {
	marks := c.typed.CoreV1().ConfigMaps(metav1.NamespaceSystem)
	_, err := marks.Get(ctx, samplesMade, metav1.GetOptions{})
	if !apierrors.IsNotFound(err) {
		return err
	}
	for _, namespace := range []string{systemNamespace, demoProject} {
		if err := makeSamples(ctx, c, namespace); err != nil {
			return err
		}
	}
	mark := &v1.ConfigMap{ObjectMeta: metav1.ObjectMeta{Name: samplesMade}}
	_, err = marks.Create(ctx, mark, metav1.CreateOptions{})
	return err
}

func makeSamples(ctx context.Context, c *clients, namespace string) error {
	var all, toUse, toSuspend []string
	for _, s := range samples {
		if s.namespace != namespace {
			continue
		}
		if err := s.create(ctx, c); err != nil {
			return fmt.Errorf("sample token %s was not created: %w", s.name, err)
		}
		all = append(all, s.name)
		if s.life != neverUsed {
			toUse = append(toUse, s.name)
		}
		if s.life == suspended {
			toSuspend = append(toSuspend, s.name)
		}
	}
	if err := c.wait(ctx, namespace, all, populated); err != nil {
		return err
	}
	for _, name := range toUse {
		if err := use(ctx, c, namespace, name); err != nil {
			return fmt.Errorf("sample token %s was not used: %w", name, err)
		}
	}
	if err := c.wait(ctx, namespace, toUse, used); err != nil {
		return err
	}
	for _, name := range toSuspend {
		patch := fmt.Sprintf(`{"metadata":{"labels":{%q:%q}}}`, serviceaccount.InvalidSinceLabelKey, time.Now().UTC().Format(time.DateOnly))
		_, err := c.typed.CoreV1().Secrets(namespace).Patch(ctx, name, types.MergePatchType, []byte(patch), metav1.PatchOptions{})
		if err != nil {
			return fmt.Errorf("sample token %s was not suspended: %w", name, err)
		}
	}
	return nil
}

// create makes the sample's Secret; one that an interrupted run has made will do.
func (s *sample) create(ctx context.Context, c *clients) error {
	role, err := c.role(ctx, s.namespace, s.role)
	if err != nil {
		return err
	}
	token := newToken(role, s.name)
	if s.kind != managed {
		delete(token.Annotations, managedAnnotation)
		token.OwnerReferences = nil
	}
	if s.kind == unlabeled {
		token.Labels = nil
	}
	_, err = c.typed.CoreV1().Secrets(s.namespace).Create(ctx, token, metav1.CreateOptions{})
	if apierrors.IsAlreadyExists(err) {
		return nil
	}
	return err
}

// use signs in with the token's value, so that the API server writes when it was last used.
func use(ctx context.Context, c *clients, namespace, name string) error {
	token, err := c.typed.CoreV1().Secrets(namespace).Get(ctx, name, metav1.GetOptions{})
	if err != nil {
		return err
	}
	config := rest.AnonymousClientConfig(c.config)
	config.BearerToken = string(token.Data[v1.ServiceAccountTokenKey])
	client, err := kubernetes.NewForConfig(config)
	if err != nil {
		return err
	}
	review := &authentication.SelfSubjectReview{}
	_, err = client.AuthenticationV1().SelfSubjectReviews().Create(ctx, review, metav1.CreateOptions{})
	return err
}
