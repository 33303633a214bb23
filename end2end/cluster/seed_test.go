package main

import (
	"strings"
	"testing"

	authorization "k8s.io/api/authorization/v1"
	v1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/kubernetes/pkg/serviceaccount"
)

func TestSeedMakesTokensOfEveryKind(t *testing.T) {
	for _, s := range samples {
		t.Run(s.name, func(t *testing.T) {
			token := secret(t, shared, s.namespace, s.name)
			if token.Annotations[v1.ServiceAccountNameKey] != s.role {
				t.Errorf("it is of %s", token.Annotations[v1.ServiceAccountNameKey])
			}
			if len(token.Data[v1.ServiceAccountTokenKey]) == 0 {
				t.Error("it has no value")
			}
			has := func(what, value string, want bool) {
				t.Helper()
				if (value != "") != want {
					t.Errorf("%s is %q", what, value)
				}
			}
			has("Kargo's label", token.Labels[tokenLabel], s.kind != unlabeled)
			has("Kargo's annotation", token.Annotations[managedAnnotation], s.kind == managed)
			has("the day of its last use", token.Labels[serviceaccount.LastUsedLabelKey], s.life != neverUsed)
			has("the day of its suspension", token.Labels[serviceaccount.InvalidSinceLabelKey], s.life == suspended)
			if got := len(token.OwnerReferences) == 1; got != (s.kind == managed) {
				t.Errorf("its owners are %v", token.OwnerReferences)
			}
		})
	}
}

// state is every role, binding and sample token with its version, or without it for what seed applies again.
func state(t *testing.T) string {
	t.Helper()
	var state strings.Builder
	add := func(kind string, version bool, object metav1.Object) {
		state.WriteString(kind + " " + object.GetNamespace() + "/" + object.GetName() + " " + string(object.GetUID()))
		if version {
			state.WriteString(" " + object.GetResourceVersion())
		}
		state.WriteString("\n")
	}
	c := shared.admin(t).typed
	for _, namespace := range []string{systemNamespace, demoProject, emptyProject} {
		accounts, err := c.CoreV1().ServiceAccounts(namespace).List(t.Context(), metav1.ListOptions{})
		if err != nil {
			t.Fatal(err)
		}
		for i := range accounts.Items {
			add("role", false, &accounts.Items[i])
		}
		bindings, err := c.RbacV1().RoleBindings(namespace).List(t.Context(), metav1.ListOptions{})
		if err != nil {
			t.Fatal(err)
		}
		for i := range bindings.Items {
			add("binding", false, &bindings.Items[i])
		}
	}
	for _, s := range samples {
		add("token", true, secret(t, shared, s.namespace, s.name))
	}
	return state.String()
}

func TestSeedMayRunAgain(t *testing.T) {
	before := state(t)
	if said := says(t, "seed", "--dir", shared.dir); said != "" {
		t.Errorf("it said %q", said)
	}
	if after := state(t); after != before {
		t.Errorf("before:\n%s\nafter:\n%s", before, after)
	}
}

func TestSeedLeavesADeletedSampleDeleted(t *testing.T) {
	t.Parallel()
	p := begin(t, t.TempDir()+"/again", "--ephemeral")
	says(t, "seed", "--kubeconfig", p.dir+"/kubeconfig")
	secrets := p.admin(t).typed.CoreV1().Secrets(systemNamespace)
	if err := secrets.Delete(t.Context(), "nightly-x2m9d", metav1.DeleteOptions{}); err != nil {
		t.Fatal(err)
	}
	says(t, "seed", "--dir", p.dir)
	if _, err := secrets.Get(t.Context(), "nightly-x2m9d", metav1.GetOptions{}); !apierrors.IsNotFound(err) {
		t.Errorf("it is back: %v", err)
	}
}

func TestTheUsersHaveTheirRights(t *testing.T) {
	const rbac = "rbac.authorization.k8s.io"
	for _, test := range []struct {
		user, verb, group, resource, subresource, namespace string
		may                                                 bool
	}{
		{"admin", "create", "", "secrets", "", systemNamespace, true},
		{"admin", "delete", "", "secrets", "", demoProject, true},
		{"admin", "list", "", "secrets", "", "default", false},
		{"admin", "list", "", "namespaces", "", "", true},
		{"admin", "list", rbac, "rolebindings", "", "", true},
		{"admin", "list", rbac, "clusterroles", "", "", false},
		{"admin", "list", rbac, "clusterrolebindings", "", "", false},
		{"admin", "create", "", "serviceaccounts", "token", systemNamespace, false},
		{"project-admin", "create", "", "secrets", "", demoProject, true},
		{"project-admin", "list", rbac, "roles", "", demoProject, true},
		{"project-admin", "list", "", "namespaces", "", "", false},
		{"project-admin", "list", "", "secrets", "", systemNamespace, false},
		{"project-admin", "list", "", "secrets", "", emptyProject, false},
		{"viewer", "list", "", "serviceaccounts", "", systemNamespace, true},
		{"viewer", "list", rbac, "roles", "", demoProject, true},
		{"viewer", "list", "", "namespaces", "", "", true},
		{"viewer", "list", "", "secrets", "", systemNamespace, false},
		{"auditor", "watch", "", "secrets", "", "", true},
		{"auditor", "list", rbac, "clusterrolebindings", "", "", true},
		{"auditor", "create", "", "secrets", "", systemNamespace, false},
		{"auditor", "patch", "", "secrets", "", systemNamespace, false},
		{"auditor", "delete", "", "secrets", "", demoProject, false},
	} {
		review := &authorization.SelfSubjectAccessReview{Spec: authorization.SelfSubjectAccessReviewSpec{
			ResourceAttributes: &authorization.ResourceAttributes{
				Verb: test.verb, Group: test.group, Resource: test.resource, Subresource: test.subresource, Namespace: test.namespace,
			},
		}}
		c := shared.user(t, test.user).typed.AuthorizationV1()
		review, err := c.SelfSubjectAccessReviews().Create(t.Context(), review, metav1.CreateOptions{})
		if err != nil {
			t.Fatal(err)
		}
		if review.Status.Allowed != test.may {
			t.Errorf("%+v: the API server says %t", test, review.Status.Allowed)
		}
	}
}

func TestTheUserAdminHasTheRightsOfKargoAdmin(t *testing.T) {
	c := shared.admin(t).typed.RbacV1()
	held := func(kind, name string) map[string]bool {
		t.Helper()
		roles := map[string]bool{}
		bindings, err := c.RoleBindings("").List(t.Context(), metav1.ListOptions{})
		if err != nil {
			t.Fatal(err)
		}
		for _, binding := range bindings.Items {
			for _, subject := range binding.Subjects {
				if subject.Kind == kind && subject.Name == name && (kind == "User" || subject.Namespace == systemNamespace) {
					roles[binding.Namespace+" "+binding.RoleRef.Kind+" "+binding.RoleRef.Name] = true
				}
			}
		}
		wide, err := c.ClusterRoleBindings().List(t.Context(), metav1.ListOptions{})
		if err != nil {
			t.Fatal(err)
		}
		for _, binding := range wide.Items {
			for _, subject := range binding.Subjects {
				if subject.Kind == kind && subject.Name == name {
					roles["everywhere "+binding.RoleRef.Name] = true
				}
			}
		}
		return roles
	}
	user, role := held("User", "admin"+userDomain), held("ServiceAccount", "kargo-admin")
	if len(role) < 4 {
		t.Errorf("kargo-admin holds only %v", role)
	}
	for name := range role {
		if !user[name] {
			t.Errorf("the user lacks %s", name)
		}
	}
	for name := range user {
		if !role[name] {
			t.Errorf("the user has %s, too", name)
		}
	}
}
