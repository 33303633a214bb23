package main

// The command `seed`: applies the manifests in seed/ (a Kargo installation, two projects, test users' permissions) and
// creates the sample tokens, see samples.go.

import (
	"bufio"
	"bytes"
	"context"
	"embed"
	"errors"
	"fmt"
	"io"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/apimachinery/pkg/util/yaml"
	"k8s.io/client-go/dynamic"
)

const (
	systemNamespace = "kargo"
	demoProject     = "kargo-demo"
	emptyProject    = "kargo-empty"
	seedTimeout     = 60 * time.Second
)

//go:embed seed
var manifests embed.FS

// resources maps each kind in seed/ to its resource name.
var resources = map[schema.GroupVersionKind]string{
	{Version: "v1", Kind: "Namespace"}:                                              "namespaces",
	{Version: "v1", Kind: "ServiceAccount"}:                                         "serviceaccounts",
	{Group: "rbac.authorization.k8s.io", Version: "v1", Kind: "ClusterRole"}:        "clusterroles",
	{Group: "rbac.authorization.k8s.io", Version: "v1", Kind: "ClusterRoleBinding"}: "clusterrolebindings",
	{Group: "rbac.authorization.k8s.io", Version: "v1", Kind: "Role"}:               "roles",
	{Group: "rbac.authorization.k8s.io", Version: "v1", Kind: "RoleBinding"}:        "rolebindings",
}

// chartLabels are the labels that Kargo's chart adds to every object.
var chartLabels = map[string]string{
	"app.kubernetes.io/name":       "kargo",
	"app.kubernetes.io/instance":   "kargo",
	"app.kubernetes.io/managed-by": "Helm",
}

func seed(ctx context.Context, to target) error {
	ctx, cancel := context.WithTimeout(ctx, seedTimeout)
	defer cancel()
	c, err := to.connect()
	if err != nil {
		return err
	}
	if err := applyFile(ctx, c.dynamic, "install.yaml", addChartLabels); err != nil {
		return err
	}
	for _, project := range []string{demoProject, emptyProject} {
		if err := apply(ctx, c.dynamic, projectNamespace(project)); err != nil {
			return err
		}
		if err := applyFile(ctx, c.dynamic, "project.yaml", inProject(project)); err != nil {
			return err
		}
	}
	if err := applyFile(ctx, c.dynamic, "demo.yaml", inProject(demoProject)); err != nil {
		return err
	}
	if err := applyFile(ctx, c.dynamic, "users.yaml", func(*unstructured.Unstructured) {}); err != nil {
		return err
	}
	return createSamplesOnce(ctx, c)
}

func projectNamespace(project string) *unstructured.Unstructured {
	namespace := &unstructured.Unstructured{}
	namespace.SetAPIVersion("v1")
	namespace.SetKind("Namespace")
	namespace.SetName(project)
	namespace.SetLabels(map[string]string{"kargo.akuity.io/project": "true"})
	return namespace
}

func addChartLabels(object *unstructured.Unstructured) {
	if object.GetKind() == "Namespace" {
		return // the chart labels namespaces differently, and Helm creates the namespace kargo
	}
	labels := object.GetLabels()
	if labels == nil {
		labels = map[string]string{}
	}
	for key, value := range chartLabels {
		labels[key] = value
	}
	object.SetLabels(labels)
}

// inProject sets the project's namespace on an object and on subjects without a namespace.
func inProject(project string) func(*unstructured.Unstructured) {
	return func(object *unstructured.Unstructured) {
		object.SetNamespace(project)
		subjects, _ := object.Object["subjects"].([]any)
		for _, subject := range subjects {
			if subject := subject.(map[string]any); subject["namespace"] == nil {
				subject["namespace"] = project
			}
		}
	}
}

func applyFile(ctx context.Context, client dynamic.Interface, name string, complete func(*unstructured.Unstructured)) error {
	content, err := manifests.ReadFile("seed/" + name)
	if err != nil {
		return err
	}
	documents := yaml.NewYAMLReader(bufio.NewReader(bytes.NewReader(content)))
	for {
		document, err := documents.Read()
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return fmt.Errorf("seed/%s: %w", name, err)
		}
		object := &unstructured.Unstructured{}
		if err := yaml.Unmarshal(document, object); err != nil {
			return fmt.Errorf("seed/%s: %w", name, err)
		}
		complete(object)
		if err := apply(ctx, client, object); err != nil {
			return err
		}
	}
}

func apply(ctx context.Context, client dynamic.Interface, object *unstructured.Unstructured) error {
	kind := object.GroupVersionKind()
	resource := client.Resource(kind.GroupVersion().WithResource(resources[kind]))
	options := metav1.ApplyOptions{FieldManager: "cluster-seed", Force: true}
	var err error
	if namespace := object.GetNamespace(); namespace != "" {
		_, err = resource.Namespace(namespace).Apply(ctx, object.GetName(), object, options)
	} else {
		_, err = resource.Apply(ctx, object.GetName(), object, options)
	}
	if err != nil {
		return fmt.Errorf("can't apply %s %s/%s: %w", kind.Kind, object.GetNamespace(), object.GetName(), err)
	}
	return nil
}
