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

func TestSeedCreatesTokensOfEveryKind(t *testing.T) {
	for _, s := range samples {
		t.Run(s.name, func(t *testing.T) {
			token := secret(t, shared, s.namespace, s.name)
			if token.Annotations[v1.ServiceAccountNameKey] != s.role {
				t.Errorf("wrong role: %s", token.Annotations[v1.ServiceAccountNameKey])
			}
			if len(token.Data[v1.ServiceAccountTokenKey]) == 0 {
				t.Error("the token has no value")
			}
			checkPresence := func(field, value string, want bool) {
				t.Helper()
				if (value != "") != want {
					t.Errorf("%s is %q", field, value)
				}
			}
			checkPresence("Kargo's label", token.Labels[tokenLabel], s.kind != unlabeled)
			checkPresence("Kargo's annotation", token.Annotations[managedAnnotation], s.kind == managed)
			checkPresence("the last-used label", token.Labels[serviceaccount.LastUsedLabelKey], s.usage != neverUsed)
			checkPresence("the invalid-since label", token.Labels[serviceaccount.InvalidSinceLabelKey], s.usage == suspended)
			if got := len(token.OwnerReferences) == 1; got != (s.kind == managed) {
				t.Errorf("unexpected owner references: %v", token.OwnerReferences)
			}
		})
	}
}

// snapshot lists every role, binding and sample token by UID. Sample tokens include the resource version, because a second
// seed must not change them.
func snapshot(t *testing.T) string {
	t.Helper()
	var lines strings.Builder
	add := func(kind string, withVersion bool, object metav1.Object) {
		lines.WriteString(kind + " " + object.GetNamespace() + "/" + object.GetName() + " " + string(object.GetUID()))
		if withVersion {
			lines.WriteString(" " + object.GetResourceVersion())
		}
		lines.WriteString("\n")
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
	return lines.String()
}

func TestSeedCanBeRepeated(t *testing.T) {
	before := snapshot(t)
	if output := mustSucceed(t, "seed", "--dir", shared.dir); output != "" {
		t.Errorf("unexpected output: %q", output)
	}
	if after := snapshot(t); after != before {
		t.Errorf("before:\n%s\nafter:\n%s", before, after)
	}
}

func TestSeedDoesNotRecreateDeletedSamples(t *testing.T) {
	t.Parallel()
	p := startForTest(t, t.TempDir()+"/again", "--ephemeral")
	mustSucceed(t, "seed", "--kubeconfig", p.dir+"/kubeconfig")
	secrets := p.admin(t).typed.CoreV1().Secrets(systemNamespace)
	if err := secrets.Delete(t.Context(), "nightly-x2m9d", metav1.DeleteOptions{}); err != nil {
		t.Fatal(err)
	}
	mustSucceed(t, "seed", "--dir", p.dir)
	if _, err := secrets.Get(t.Context(), "nightly-x2m9d", metav1.GetOptions{}); !apierrors.IsNotFound(err) {
		t.Errorf("the deleted token exists again: %v", err)
	}
}

func TestUsersHaveTheirPermissions(t *testing.T) {
	const rbac = "rbac.authorization.k8s.io"
	for _, test := range []struct {
		user, verb, group, resource, subresource, namespace string
		allowed                                             bool
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
		if review.Status.Allowed != test.allowed {
			t.Errorf("%+v: got allowed=%t", test, review.Status.Allowed)
		}
	}
}

func TestUserAdminHasThePermissionsOfKargoAdmin(t *testing.T) {
	c := shared.admin(t).typed.RbacV1()
	rolesOf := func(kind, name string) map[string]bool {
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
		clusterBindings, err := c.ClusterRoleBindings().List(t.Context(), metav1.ListOptions{})
		if err != nil {
			t.Fatal(err)
		}
		for _, binding := range clusterBindings.Items {
			for _, subject := range binding.Subjects {
				if subject.Kind == kind && subject.Name == name {
					roles["cluster-wide "+binding.RoleRef.Name] = true
				}
			}
		}
		return roles
	}
	user, role := rolesOf("User", "admin"+userDomain), rolesOf("ServiceAccount", "kargo-admin")
	if len(role) < 4 {
		t.Errorf("kargo-admin holds only %v", role)
	}
	for name := range role {
		if !user[name] {
			t.Errorf("user admin lacks %s", name)
		}
	}
	for name := range user {
		if !role[name] {
			t.Errorf("user admin also has %s", name)
		}
	}
}
