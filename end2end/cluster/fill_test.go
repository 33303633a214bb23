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

func TestFillMakesPopulatedTokensInTurn(t *testing.T) {
	for range 2 { // the names of two runs never meet
		says(t, "fill", "20", "--dir", shared.dir, "--role", "kargo-viewer,kargo-user")
	}
	tokens, err := shared.admin(t).typed.CoreV1().Secrets(systemNamespace).List(t.Context(), metav1.ListOptions{LabelSelector: tokenLabel + "=true"})
	if err != nil {
		t.Fatal(err)
	}
	made := map[string]int{}
	for _, token := range tokens.Items {
		if !strings.HasPrefix(token.Name, "load-") {
			continue
		}
		made[token.Annotations[v1.ServiceAccountNameKey]]++
		if len(token.Data[v1.ServiceAccountTokenKey]) == 0 || token.Annotations[managedAnnotation] != "true" {
			t.Errorf("%s has no value, or is not managed", token.Name)
		}
	}
	if made["kargo-viewer"] != 20 || made["kargo-user"] != 20 || len(made) != 2 {
		t.Errorf("it made %v", made)
	}
}

func TestFillRefusesWhatCannotBe(t *testing.T) {
	ended := filepath.Join(t.TempDir(), kubeconfigFile) // of one that does not run any more: nobody listens on port 1
	server := regexp.MustCompile(`127\.0\.0\.1:\d+`)
	kubeconfig := server.ReplaceAllString(file(t, shared.dir, kubeconfigFile), "127.0.0.1:1")
	if err := os.WriteFile(ended, []byte(kubeconfig), 0o600); err != nil {
		t.Fatal(err)
	}
	for _, test := range []struct {
		args []string
		says string
	}{
		{[]string{"0", "--dir", shared.dir}, `"0" is not a number of tokens`},
		{[]string{"1", "--dir", shared.dir, "--role", "nobody"}, "there is no role nobody in namespace kargo"},
		{[]string{"1"}, "at least one of the flags in the group [dir kubeconfig] is required"},
		{[]string{"1", "--dir", "/nowhere"}, "start one with `cluster up --dir DIR`"},
		{[]string{"1", "--kubeconfig", ended}, "start one with `cluster up --dir DIR`"},
	} {
		if complaint := refuses(t, append([]string{"fill"}, test.args...)...); !strings.Contains(complaint, test.says) {
			t.Errorf("%v: %s", test.args, complaint)
		}
	}
}
