package main

// Token Secrets: creates them as Kargo does, and waits for Kubernetes to update them.

import (
	"context"
	"errors"
	"fmt"

	v1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/fields"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/util/sets"
	"k8s.io/apimachinery/pkg/watch"
	"k8s.io/client-go/tools/cache"
	watchtools "k8s.io/client-go/tools/watch"
	"k8s.io/kubernetes/pkg/serviceaccount"
)

const (
	tokenLabel        = "rbac.kargo.akuity.io/api-token"
	managedAnnotation = "rbac.kargo.akuity.io/managed"
)

// newToken returns a Secret as Kargo creates it for a token of the role.
func newToken(role *v1.ServiceAccount, name string) *v1.Secret {
	return &v1.Secret{
		Type: v1.SecretTypeServiceAccountToken,
		ObjectMeta: metav1.ObjectMeta{
			Namespace: role.Namespace,
			Name:      name,
			Labels:    map[string]string{tokenLabel: "true"},
			Annotations: map[string]string{
				v1.ServiceAccountNameKey: role.Name,
				managedAnnotation:        "true",
			},
			OwnerReferences: []metav1.OwnerReference{{APIVersion: "v1", Kind: "ServiceAccount", Name: role.Name, UID: role.UID}},
		},
	}
}

// role returns the service account of a role.
func (c *clients) role(ctx context.Context, namespace, name string) (*v1.ServiceAccount, error) {
	role, err := c.typed.CoreV1().ServiceAccounts(namespace).Get(ctx, name, metav1.GetOptions{})
	if apierrors.IsNotFound(err) {
		return nil, fmt.Errorf("there is no role %s in namespace %s: run `cluster seed` first, or name another role", name, namespace)
	}
	return role, err
}

func populated(token *metav1.PartialObjectMetadata) bool {
	return token.Annotations[v1.ServiceAccountUIDKey] != ""
}

func used(token *metav1.PartialObjectMetadata) bool {
	return token.Labels[serviceaccount.LastUsedLabelKey] != ""
}

// wait blocks until condition is true for each of the tokens.
func (c *clients) wait(ctx context.Context, namespace string, names []string, condition func(*metav1.PartialObjectMetadata) bool) error {
	secrets := c.metadata.Resource(v1.SchemeGroupVersion.WithResource("secrets")).Namespace(namespace)
	selector := fields.OneTermEqualSelector("type", string(v1.SecretTypeServiceAccountToken)).String()
	source := &cache.ListWatch{
		ListWithContextFunc: func(ctx context.Context, options metav1.ListOptions) (runtime.Object, error) {
			options.FieldSelector = selector
			return secrets.List(ctx, options)
		},
		WatchFuncWithContext: func(ctx context.Context, options metav1.ListOptions) (watch.Interface, error) {
			options.FieldSelector = selector
			return secrets.Watch(ctx, options)
		},
	}
	pending := sets.New(names...)
	all := func(event watch.Event) (bool, error) {
		token, ok := event.Object.(*metav1.PartialObjectMetadata)
		switch {
		case !ok:
			return false, apierrors.FromObject(event.Object)
		case pending.Has(token.Name) && event.Type == watch.Deleted:
			return false, fmt.Errorf("token %s/%s was deleted while waiting", namespace, token.Name)
		case condition(token):
			pending.Delete(token.Name)
		}
		return pending.Len() == 0, nil
	}
	_, err := watchtools.UntilWithSync(ctx, source, &metav1.PartialObjectMetadata{}, nil, all)
	if ctx.Err() != nil {
		return errors.New("the tokens did not change in time: check that the token controller runs (SIGUSR2 starts it)")
	}
	return err
}
