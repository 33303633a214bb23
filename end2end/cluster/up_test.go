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

func TestUpPrintsTheKubeconfigPath(t *testing.T) {
	if want := "ready " + filepath.Join(shared.dir, "kubeconfig") + "\n"; shared.line != want {
		t.Errorf("first line is %q, want %q", shared.line, want)
	}
}

func TestUpRunsAsOneProcess(t *testing.T) {
	parents, err := exec.Command("ps", "-A", "-o", "ppid=").Output()
	if err != nil {
		t.Fatal(err)
	}
	processes := strings.Fields(string(parents))
	if !slices.Contains(processes, strconv.Itoa(os.Getpid())) {
		t.Errorf("ps does not show this test's children: %v", processes)
	}
	if slices.Contains(processes, strconv.Itoa(shared.command.Process.Pid)) {
		t.Error("the control plane has child processes")
	}
}

func TestUpKeepsItsFilesPrivate(t *testing.T) {
	count := 0
	err := filepath.WalkDir(shared.dir, func(path string, entry fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		info, err := entry.Info()
		if err != nil {
			return err
		}
		count++
		if info.Mode().Perm()&0o077 != 0 {
			t.Errorf("%s is accessible to other users: %s", path, info.Mode())
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	if count < 15 {
		t.Errorf("found only %d files", count)
	}
}

func TestUpRefusesADirectoryInUse(t *testing.T) {
	message := mustFail(t, "up", "--dir", shared.dir)
	if pid := strconv.Itoa(shared.command.Process.Pid); !strings.Contains(message, "already (process "+pid+")") {
		t.Errorf("the error does not name the process: %s", message)
	}
	_, err := shared.admin(t).typed.CoreV1().Namespaces().Get(t.Context(), "kube-system", metav1.GetOptions{})
	if err != nil {
		t.Errorf("the running control plane does not respond: %v", err)
	}
}

func TestUpRefusesADirectoryWithOtherFiles(t *testing.T) {
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, "thesis.txt"), nil, 0o644); err != nil {
		t.Fatal(err)
	}
	message := mustFail(t, "up", "--dir", dir, "--ephemeral")
	if !strings.Contains(message, "not a control plane's directory") {
		t.Errorf("the error does not name the reason: %s", message)
	}
	if entries, _ := os.ReadDir(dir); len(entries) != 1 {
		t.Errorf("unexpected files in the directory: %v", entries)
	}
}

func TestUpReportsWhyStartupFailed(t *testing.T) {
	dir := t.TempDir()
	for _, name := range []string{lockFile, etcdDirectory} { // a file blocks etcd's directory
		if err := os.WriteFile(filepath.Join(dir, name), nil, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	message := mustFail(t, "up", "--dir", dir)
	for _, part := range []string{"etcd did not start", "not a directory", "The last lines of", "bootstrap failed"} {
		if !strings.Contains(message, part) {
			t.Errorf("the error lacks %q: %s", part, message)
		}
	}
}

func TestUpKeepsItsDataAcrossRestarts(t *testing.T) {
	t.Parallel()
	dir := filepath.Join(t.TempDir(), "kept")
	first := startForTest(t, dir)
	mustSucceed(t, "seed", "--dir", dir)
	value := tokenValue(t, first, systemNamespace, "grafana-p4w8t")
	authority := readFile(t, dir, caCertificateFile)
	user := readFile(t, dir, userTokensFile)
	// An open watch must not delay shutdown.
	watch, err := first.admin(t).typed.CoreV1().Secrets(systemNamespace).Watch(t.Context(), metav1.ListOptions{})
	if err != nil {
		t.Fatal(err)
	}
	defer watch.Stop()
	first.stop(t)
	if _, err := os.Stat(filepath.Join(dir, stateFile)); err == nil {
		t.Error("the token controller's state file still exists")
	}

	second := startForTest(t, dir)
	if got := username(t, second, value); got != "system:serviceaccount:kargo:kargo-viewer" {
		t.Errorf("the token from before the restart authenticates as %q", got)
	}
	if readFile(t, dir, caCertificateFile) != authority || readFile(t, dir, userTokensFile) != user {
		t.Error("the certificate authority or the users' tokens changed")
	}
	second.stop(t)
}

func TestEphemeralUpRemovesItsData(t *testing.T) {
	t.Parallel()
	dir := filepath.Join(t.TempDir(), strings.Repeat("long", 50)) // longer than the limit for socket paths
	leftover := filepath.Join(dir, pkiDirectory, "leftover")
	if err := os.MkdirAll(filepath.Dir(leftover), 0o700); err != nil {
		t.Fatal(err)
	}
	for _, path := range []string{leftover, filepath.Join(dir, lockFile)} {
		if err := os.WriteFile(path, nil, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	p := startForTest(t, dir, "--ephemeral")
	if _, err := os.Stat(leftover); err == nil {
		t.Error("the leftover file still exists")
	}
	p.stop(t)
	if _, err := os.Stat(dir); err == nil {
		t.Error("the directory still exists")
	}
}

func TestUpExitsWithItsParent(t *testing.T) {
	t.Parallel()
	dir := filepath.Join(t.TempDir(), "orphan")
	shell := exec.Command("sh", "-c", `"$0" up --dir "$1" --ephemeral --exit-with-parent >/dev/null & wait`, os.Args[0], dir)
	shell.Env = append(os.Environ(), asProgram+"=1")
	if err := shell.Start(); err != nil {
		t.Fatal(err)
	}
	waitUntil(t, startTimeout, "the control plane is ready", func(context.Context) bool {
		_, err := os.Stat(filepath.Join(dir, kubeconfigFile))
		return err == nil
	})
	shell.Process.Kill()
	shell.Wait()
	waitUntil(t, stopTimeout+time.Second, "the control plane has exited and removed its data", func(context.Context) bool {
		_, err := os.Stat(dir)
		return err != nil
	})
}
