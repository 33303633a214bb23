package main

import (
	"context"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
)

func TestUpSaysWhereItsKubeconfigIs(t *testing.T) {
	if want := "ready " + filepath.Join(shared.dir, "kubeconfig") + "\n"; shared.line != want {
		t.Errorf("it said %q, not %q", shared.line, want)
	}
}

func TestUpIsOneProcess(t *testing.T) {
	parents, err := exec.Command("ps", "-A", "-o", "ppid=").Output()
	if err != nil {
		t.Fatal(err)
	}
	processes := strings.Fields(string(parents))
	if !slices.Contains(processes, strconv.Itoa(os.Getpid())) {
		t.Errorf("ps does not even show this test's own children: %v", processes)
	}
	if slices.Contains(processes, strconv.Itoa(shared.command.Process.Pid)) {
		t.Error("it has children")
	}
}

func TestUpKeepsItsFilesPrivate(t *testing.T) {
	seen := 0
	err := filepath.WalkDir(shared.dir, func(path string, entry fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		info, err := entry.Info()
		if err != nil {
			return err
		}
		seen++
		if info.Mode().Perm()&0o077 != 0 {
			t.Errorf("%s can be used by others: %s", path, info.Mode())
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	if seen < 15 {
		t.Errorf("only %d files were seen", seen)
	}
}

func TestUpRefusesADirectoryInUse(t *testing.T) {
	complaint := refuses(t, "up", "--dir", shared.dir)
	if pid := strconv.Itoa(shared.command.Process.Pid); !strings.Contains(complaint, "already (process "+pid+")") {
		t.Errorf("it does not say which process it is: %s", complaint)
	}
	_, err := shared.admin(t).typed.CoreV1().Namespaces().Get(t.Context(), "kube-system", metav1.GetOptions{})
	if err != nil {
		t.Errorf("the first one suffered: %v", err)
	}
}

func TestUpRefusesAForeignDirectory(t *testing.T) {
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, "thesis.txt"), nil, 0o644); err != nil {
		t.Fatal(err)
	}
	complaint := refuses(t, "up", "--dir", dir, "--ephemeral")
	if !strings.Contains(complaint, "no control plane's directory") {
		t.Errorf("it does not say why: %s", complaint)
	}
	if entries, _ := os.ReadDir(dir); len(entries) != 1 {
		t.Errorf("it wrote there: %v", entries)
	}
}

func TestUpSaysWhyItDidNotStart(t *testing.T) {
	dir := t.TempDir()
	for _, name := range []string{lockFile, etcdDirectory} { // a file where etcd's directory should be
		if err := os.WriteFile(filepath.Join(dir, name), nil, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	complaint := refuses(t, "up", "--dir", dir)
	for _, part := range []string{"etcd did not start", "not a directory", "The last lines of", "bootstrap failed"} {
		if !strings.Contains(complaint, part) {
			t.Errorf("it does not say %q: %s", part, complaint)
		}
	}
}

func TestUpKeepsItsDataOverARestart(t *testing.T) {
	t.Parallel()
	dir := filepath.Join(t.TempDir(), "kept")
	first := begin(t, dir)
	says(t, "seed", "--dir", dir)
	value := tokenValue(t, first, systemNamespace, "grafana-p4w8t")
	authority := file(t, dir, caCertificateFile)
	user := file(t, dir, userTokensFile)
	// An open watch must not delay the end.
	watch, err := first.admin(t).typed.CoreV1().Secrets(systemNamespace).Watch(t.Context(), metav1.ListOptions{})
	if err != nil {
		t.Fatal(err)
	}
	defer watch.Stop()
	first.end(t)
	if _, err := os.Stat(filepath.Join(dir, stateFile)); err == nil {
		t.Error("the token controller's state outlived it")
	}

	second := begin(t, dir)
	if got := whoIs(t, second, value); got != "system:serviceaccount:kargo:kargo-viewer" {
		t.Errorf("the token from before the restart is %q", got)
	}
	if file(t, dir, caCertificateFile) != authority || file(t, dir, userTokensFile) != user {
		t.Error("the authority or the users' tokens are others")
	}
	second.end(t)
}

func TestUpEphemeralLeavesNothing(t *testing.T) {
	t.Parallel()
	dir := filepath.Join(t.TempDir(), strings.Repeat("long", 50)) // longer than the path of a socket may be
	leftover := filepath.Join(dir, pkiDirectory, "leftover")
	if err := os.MkdirAll(filepath.Dir(leftover), 0o700); err != nil {
		t.Fatal(err)
	}
	for _, path := range []string{leftover, filepath.Join(dir, lockFile)} {
		if err := os.WriteFile(path, nil, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	p := begin(t, dir, "--ephemeral")
	if _, err := os.Stat(leftover); err == nil {
		t.Error("what was there before is still there")
	}
	p.end(t)
	if _, err := os.Stat(dir); err == nil {
		t.Error("the directory is still there")
	}
}

func TestUpEndsWithItsParent(t *testing.T) {
	t.Parallel()
	dir := filepath.Join(t.TempDir(), "orphan")
	shell := exec.Command("sh", "-c", `"$0" up --dir "$1" --ephemeral --exit-with-parent >/dev/null & wait`, os.Args[0], dir)
	shell.Env = append(os.Environ(), asProgram+"=1")
	if err := shell.Start(); err != nil {
		t.Fatal(err)
	}
	until(t, startLimit, "it is ready", func(context.Context) bool {
		_, err := os.Stat(filepath.Join(dir, kubeconfigFile))
		return err == nil
	})
	shell.Process.Kill()
	shell.Wait()
	until(t, endLimit+time.Second, "it has ended and left nothing", func(context.Context) bool {
		_, err := os.Stat(dir)
		return err != nil
	})
}
