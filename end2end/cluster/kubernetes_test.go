package main

// Checks the other Kubernetes behaviour that the dashboard depends on.

import (
	"context"
	"fmt"
	"net/http"
	"strings"
	"testing"

	v1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/client-go/rest"
)

// collectGarbage deletes an object and waits until the garbage collector has deleted the dependent object.
func collectGarbage(t *testing.T) {
	t.Helper()
	maps := shared.admin(t).typed.CoreV1().ConfigMaps("default")
	create := func(name string, owners ...metav1.OwnerReference) *v1.ConfigMap {
		t.Helper()
		configMap, err := maps.Create(t.Context(), &v1.ConfigMap{ObjectMeta: metav1.ObjectMeta{GenerateName: name, OwnerReferences: owners}}, metav1.CreateOptions{})
		if err != nil {
			t.Fatal(err)
		}
		return configMap
	}
	owner := create("owner-")
	dependent := create("dependent-", metav1.OwnerReference{APIVersion: "v1", Kind: "ConfigMap", Name: owner.Name, UID: owner.UID})
	if err := maps.Delete(t.Context(), owner.Name, metav1.DeleteOptions{}); err != nil {
		t.Fatal(err)
	}
	waitUntil(t, pollTimeout, "the dependent object is deleted", func(ctx context.Context) bool {
		_, err := maps.Get(ctx, dependent.Name, metav1.GetOptions{})
		return apierrors.IsNotFound(err)
	})
}

func TestGarbageCollectionDeletesDependents(t *testing.T) { collectGarbage(t) }

func TestNamespaceGetsDefaultServiceAccountAndCanBeDeleted(t *testing.T) {
	c := shared.admin(t).typed.CoreV1()
	namespace := &v1.Namespace{ObjectMeta: metav1.ObjectMeta{GenerateName: "temporary-"}}
	namespace, err := c.Namespaces().Create(t.Context(), namespace, metav1.CreateOptions{})
	if err != nil {
		t.Fatal(err)
	}
	waitUntil(t, pollTimeout, "the namespace has its service account", func(ctx context.Context) bool {
		_, err := c.ServiceAccounts(namespace.Name).Get(ctx, "default", metav1.GetOptions{})
		return err == nil
	})
	if err := c.Namespaces().Delete(t.Context(), namespace.Name, metav1.DeleteOptions{}); err != nil {
		t.Fatal(err)
	}
	waitUntil(t, pollTimeout, "the namespace is deleted", func(ctx context.Context) bool {
		_, err := c.Namespaces().Get(ctx, namespace.Name, metav1.GetOptions{})
		return apierrors.IsNotFound(err)
	})
}

func TestKargoAdminMayNotSetBlockOwnerDeletion(t *testing.T) {
	c := shared.user(t, "admin")
	role, err := c.role(t.Context(), systemNamespace, "kargo-admin")
	if err != nil {
		t.Fatal(err)
	}
	create := func(name string, block *bool) error {
		token := newToken(role, name)
		token.OwnerReferences[0].BlockOwnerDeletion = block
		_, err := c.typed.CoreV1().Secrets(systemNamespace).Create(t.Context(), token, metav1.CreateOptions{})
		return err
	}
	block := true
	if err := create("blocking", &block); !apierrors.IsForbidden(err) || !strings.Contains(err.Error(), "blockOwnerDeletion") {
		t.Errorf("not refused because of blockOwnerDeletion: %v", err)
	}
	if err := create("not-blocking", nil); err != nil {
		t.Error(err)
	}
}

func TestLongMetadataOnlyListIsCompressed(t *testing.T) {
	output := mustSucceed(t, "fill", "300", "--dir", shared.dir, "--namespace", demoProject, "--role", "ci-promoter")
	if !strings.HasPrefix(output, fmt.Sprintf("300 tokens in namespace %s", demoProject)) {
		t.Errorf("unexpected output: %q", output)
	}
	config := shared.configWithToken(t, strings.Split(readFile(t, shared.dir, userTokensFile), ",")[0])
	transport, err := rest.TransportFor(config)
	if err != nil {
		t.Fatal(err)
	}
	request, err := http.NewRequestWithContext(t.Context(), http.MethodGet, config.Host+"/api/v1/namespaces/"+demoProject+"/secrets", nil)
	if err != nil {
		t.Fatal(err)
	}
	request.Header.Set("Accept", "application/json;as=PartialObjectMetadataList;g=meta.k8s.io;v=v1")
	request.Header.Set("Accept-Encoding", "gzip")
	response, err := transport.RoundTrip(request)
	if err != nil {
		t.Fatal(err)
	}
	defer response.Body.Close()
	if response.StatusCode != http.StatusOK || response.Header.Get("Content-Encoding") != "gzip" {
		t.Errorf("%s, %v", response.Status, response.Header)
	}
}
