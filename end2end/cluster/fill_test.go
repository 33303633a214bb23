package main

import (
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	v1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
)

func TestFillCreatesPopulatedTokensForEachRole(t *testing.T) {
	for range 2 { // each run generates new names
		mustSucceed(t, "fill", "20", "--dir", shared.dir, "--role", "kargo-viewer,kargo-user")
	}
	tokens, err := shared.admin(t).typed.CoreV1().Secrets(systemNamespace).List(t.Context(), metav1.ListOptions{LabelSelector: tokenLabel + "=true"})
	if err != nil {
		t.Fatal(err)
	}
	created := map[string]int{}
	for _, token := range tokens.Items {
		if !strings.HasPrefix(token.Name, "load-") {
			continue
		}
		created[token.Annotations[v1.ServiceAccountNameKey]]++
		if len(token.Data[v1.ServiceAccountTokenKey]) == 0 || token.Annotations[managedAnnotation] != "true" {
			t.Errorf("%s has no value or is not managed", token.Name)
		}
	}
	if created["kargo-viewer"] != 20 || created["kargo-user"] != 20 || len(created) != 2 {
		t.Errorf("tokens by role: %v", created)
	}
}

func TestFillRefusesInvalidArguments(t *testing.T) {
	stopped := filepath.Join(t.TempDir(), kubeconfigFile) // of a stopped control plane: no server listens on port 1
	server := regexp.MustCompile(`127\.0\.0\.1:\d+`)
	kubeconfig := server.ReplaceAllString(readFile(t, shared.dir, kubeconfigFile), "127.0.0.1:1")
	if err := os.WriteFile(stopped, []byte(kubeconfig), 0o600); err != nil {
		t.Fatal(err)
	}
	for _, test := range []struct {
		args []string
		want string
	}{
		{[]string{"0", "--dir", shared.dir}, `"0" is not a number of tokens`},
		{[]string{"1", "--dir", shared.dir, "--role", "nobody"}, "there is no role nobody in namespace kargo"},
		{[]string{"1"}, "at least one of the flags in the group [dir kubeconfig] is required"},
		{[]string{"1", "--dir", "/nowhere"}, "start one with `cluster up --dir DIR`"},
		{[]string{"1", "--kubeconfig", stopped}, "start one with `cluster up --dir DIR`"},
	} {
		if message := mustFail(t, append([]string{"fill"}, test.args...)...); !strings.Contains(message, test.want) {
			t.Errorf("%v: %s", test.args, message)
		}
	}
}
