package main

// Sample tokens: a few of every kind that long-running installations have.

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

// samplesCreated names the ConfigMap in kube-system that records that the samples have been created.
const samplesCreated = "kargo-tokens-samples"

type sample struct {
	namespace, role, name string
	kind                  kind
	usage                 usage
}

// kind is how the Secret was created.
type kind int

const (
	managed   kind = iota // by Kargo
	unlabeled             // manually: no Kargo label, annotation or owner
	labeled               // manually: Kargo's label without Kargo's annotation
)

// usage is what happened to the token after its creation.
type usage int

const (
	neverUsed usage = iota
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
	// A token of a ServiceAccount that is not a role but has every permission.
	{systemNamespace, "kargo-management-controller", "debug-z7k2p", managed, neverUsed},
	{demoProject, "kargo-admin", "alice-cli-g8x2k", managed, neverUsed},
	{demoProject, "ci-promoter", "promote-staging-h4n8c", managed, inUse},
	{demoProject, "ci-promoter", "promote-prod-w2j5r", managed, neverUsed},
	{demoProject, "deploy-reader", "dashboard-q9f3b", managed, inUse},
	{demoProject, "deploy-reader", "smoke-test-t6d4v", managed, suspended},
}

// createSamplesOnce creates the samples in the first run only. Deleted samples must stay deleted: recreated under the same
// name, a token would have the same value.
func createSamplesOnce(ctx context.Context, c *clients) error {
	markers := c.typed.CoreV1().ConfigMaps(metav1.NamespaceSystem)
	_, err := markers.Get(ctx, samplesCreated, metav1.GetOptions{})
	if !apierrors.IsNotFound(err) {
		return err
	}
	for _, namespace := range []string{systemNamespace, demoProject} {
		if err := createSamples(ctx, c, namespace); err != nil {
			return err
		}
	}
	marker := &v1.ConfigMap{ObjectMeta: metav1.ObjectMeta{Name: samplesCreated}}
	_, err = markers.Create(ctx, marker, metav1.CreateOptions{})
	return err
}

func createSamples(ctx context.Context, c *clients, namespace string) error {
	var all, toUse, toSuspend []string
	for _, s := range samples {
		if s.namespace != namespace {
			continue
		}
		if err := s.create(ctx, c); err != nil {
			return fmt.Errorf("can't create sample token %s: %w", s.name, err)
		}
		all = append(all, s.name)
		if s.usage != neverUsed {
			toUse = append(toUse, s.name)
		}
		if s.usage == suspended {
			toSuspend = append(toSuspend, s.name)
		}
	}
	if err := c.wait(ctx, namespace, all, populated); err != nil {
		return err
	}
	for _, name := range toUse {
		if err := use(ctx, c, namespace, name); err != nil {
			return fmt.Errorf("can't use sample token %s: %w", name, err)
		}
	}
	if err := c.wait(ctx, namespace, toUse, used); err != nil {
		return err
	}
	for _, name := range toSuspend {
		patch := fmt.Sprintf(`{"metadata":{"labels":{%q:%q}}}`, serviceaccount.InvalidSinceLabelKey, time.Now().UTC().Format(time.DateOnly))
		_, err := c.typed.CoreV1().Secrets(namespace).Patch(ctx, name, types.MergePatchType, []byte(patch), metav1.PatchOptions{})
		if err != nil {
			return fmt.Errorf("can't suspend sample token %s: %w", name, err)
		}
	}
	return nil
}

// create creates the sample's Secret. Accepts a Secret that an interrupted run has created.
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

// use authenticates with the token's value, so that the API server records the use.
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
