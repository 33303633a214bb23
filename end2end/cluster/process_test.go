package main

// Test helpers: runs this program as a separate process (the test binary, run again), a control plane that most tests share,
// clients, and polling.

import (
	"bufio"
	"bytes"
	"context"
	"fmt"
	"io"
	"log"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"k8s.io/client-go/rest"
	"k8s.io/client-go/tools/clientcmd"
)

const (
	asProgram    = "CLUSTER_TEST_AS_PROGRAM"
	startTimeout = 60 * time.Second
	stopTimeout  = 10 * time.Second
)

var shared *process

func TestMain(m *testing.M) {
	if os.Getenv(asProgram) != "" {
		main()
		os.Exit(0)
	}
	os.Exit(withShared(m))
}

func withShared(m *testing.M) int {
	parent, err := os.MkdirTemp("", "cluster-test")
	if err != nil {
		log.Fatal(err)
	}
	defer os.RemoveAll(parent)
	shared, err = start(filepath.Join(parent, "shared"), "--exit-with-parent")
	if err != nil {
		log.Print(err)
		return 1
	}
	defer func() {
		shared.command.Process.Kill()
		shared.command.Wait() // before the directory is removed
	}()
	if out, err := program("seed", "--dir", shared.dir).CombinedOutput(); err != nil {
		log.Printf("seed: %v: %s", err, out)
		return 1
	}
	return m.Run()
}

// program returns a command that runs this program with arguments.
func program(args ...string) *exec.Cmd {
	command := exec.Command(os.Args[0], args...)
	command.Env = append(os.Environ(), asProgram+"=1")
	return command
}

// process is a running `cluster up`.
type process struct {
	dir     string
	command *exec.Cmd
	line    string      // first line of standard output
	rest    chan string // standard output after the first line, once the process has stopped
	errors  *bytes.Buffer
}

// start runs `cluster up` and returns once the control plane is ready.
func start(dir string, args ...string) (*process, error) {
	p := &process{dir: dir, command: program(append([]string{"up", "--dir", dir}, args...)...), rest: make(chan string, 1), errors: &bytes.Buffer{}}
	p.command.Stderr = p.errors
	stdout, err := p.command.StdoutPipe()
	if err != nil {
		return nil, err
	}
	if err := p.command.Start(); err != nil {
		return nil, err
	}
	first := make(chan string, 1)
	go func() {
		reader := bufio.NewReader(stdout)
		line, _ := reader.ReadString('\n') // empty if the process exits without output
		first <- line
		rest, _ := io.ReadAll(reader)
		p.rest <- string(rest)
	}()
	select {
	case p.line = <-first:
	case <-time.After(startTimeout):
		p.command.Process.Kill()
	}
	if p.line == "" {
		p.command.Wait()
		return nil, fmt.Errorf("the control plane did not become ready: %s", p.errors)
	}
	return p, nil
}

// startForTest starts a control plane for this test only.
func startForTest(t *testing.T, dir string, args ...string) *process {
	t.Helper()
	p, err := start(dir, append(args, "--exit-with-parent")...)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { p.command.Process.Kill() })
	return p
}

// stop sends SIGTERM and checks that the process exits in time, without errors or further output.
func (p *process) stop(t *testing.T) {
	t.Helper()
	if err := p.command.Process.Signal(syscall.SIGTERM); err != nil {
		t.Fatal(err)
	}
	select {
	case rest := <-p.rest:
		if rest != "" {
			t.Errorf("unexpected output after the first line: %q", rest)
		}
	case <-time.After(stopTimeout):
		t.Fatalf("the process did not exit within %s", stopTimeout)
	}
	if err := p.command.Wait(); err != nil {
		t.Fatalf("%v: %s", err, p.errors)
	}
	if p.errors.Len() > 0 {
		t.Errorf("unexpected standard error: %s", p.errors)
	}
}

// clients returns clients for a kubeconfig in the data directory.
func (p *process) clients(t *testing.T, kubeconfig string) *clients {
	t.Helper()
	to := target{kubeconfig: filepath.Join(p.dir, kubeconfig)}
	c, err := to.connect()
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func (p *process) admin(t *testing.T) *clients { return p.clients(t, kubeconfigFile) }

func (p *process) user(t *testing.T, name string) *clients {
	return p.clients(t, filepath.Join(usersDirectory, name+".kubeconfig"))
}

// configWithToken returns a client configuration with a bearer token.
func (p *process) configWithToken(t *testing.T, token string) *rest.Config {
	t.Helper()
	config, err := clientcmd.BuildConfigFromFlags("", filepath.Join(p.dir, kubeconfigFile))
	if err != nil {
		t.Fatal(err)
	}
	config = rest.AnonymousClientConfig(config)
	config.BearerToken = token
	return config
}

// mustSucceed runs a command that must succeed, and returns its output.
func mustSucceed(t *testing.T, args ...string) string {
	t.Helper()
	out, err := program(args...).CombinedOutput()
	if err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	return string(out)
}

// mustFail runs a command that must fail, and returns its error message.
func mustFail(t *testing.T, args ...string) string {
	t.Helper()
	command := program(args...)
	var message bytes.Buffer
	command.Stderr = &message
	out, err := command.Output()
	if err == nil || len(out) > 0 {
		t.Fatalf("the command succeeded or wrote to standard output: %q", out)
	}
	if !strings.HasPrefix(message.String(), "cluster: ") {
		t.Fatalf("the command failed without its own error message: %s", &message)
	}
	return message.String()
}

// waitUntil polls until condition is true. description names the condition in the failure message.
func waitUntil(t *testing.T, timeout time.Duration, description string, condition func(context.Context) bool) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), timeout)
	defer cancel()
	ticker := time.NewTicker(50 * time.Millisecond)
	defer ticker.Stop()
	for !condition(ctx) {
		select {
		case <-ctx.Done():
			t.Fatalf("not within %s: %s", timeout, description)
		case <-ticker.C:
		}
	}
}

func readFile(t *testing.T, elements ...string) string {
	t.Helper()
	content, err := os.ReadFile(filepath.Join(elements...))
	if err != nil {
		t.Fatal(err)
	}
	return string(content)
}
