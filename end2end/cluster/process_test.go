package main

// What every test stands on: this program as a process of its own (the test's own binary, run again as what it tests),
// one control plane that most tests share, clients for it, and waiting for what nothing announces.

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
	asProgram  = "CLUSTER_TEST_AS_PROGRAM"
	startLimit = 60 * time.Second
	endLimit   = 10 * time.Second
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
		shared.command.Wait() // before its directory is removed
	}()
	if out, err := program("seed", "--dir", shared.dir).CombinedOutput(); err != nil {
		log.Printf("seed: %v: %s", err, out)
		return 1
	}
	return m.Run()
}

// program is this program with arguments, not started yet.
func program(args ...string) *exec.Cmd {
	command := exec.Command(os.Args[0], args...)
	command.Env = append(os.Environ(), asProgram+"=1")
	return command
}

// process is a running `cluster up`.
type process struct {
	dir     string
	command *exec.Cmd
	line    string // what it said when it was ready
	rest    chan string
	errors  *bytes.Buffer
}

// start returns when it is ready.
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
		line, _ := reader.ReadString('\n') // nothing, if it ends without a word
		first <- line
		rest, _ := io.ReadAll(reader)
		p.rest <- string(rest)
	}()
	select {
	case p.line = <-first:
	case <-time.After(startLimit):
		p.command.Process.Kill()
	}
	if p.line == "" {
		p.command.Wait()
		return nil, fmt.Errorf("it did not become ready: %s", p.errors)
	}
	return p, nil
}

// begin starts one for this test alone.
func begin(t *testing.T, dir string, args ...string) *process {
	t.Helper()
	p, err := start(dir, append(args, "--exit-with-parent")...)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { p.command.Process.Kill() })
	return p
}

// end asks it to end and sees that it does so in time, without an error and without another word.
func (p *process) end(t *testing.T) {
	t.Helper()
	if err := p.command.Process.Signal(syscall.SIGTERM); err != nil {
		t.Fatal(err)
	}
	select {
	case rest := <-p.rest:
		if rest != "" {
			t.Errorf("it said more than one line: %q", rest)
		}
	case <-time.After(endLimit):
		t.Fatalf("it did not end within %s", endLimit)
	}
	if err := p.command.Wait(); err != nil {
		t.Fatalf("%v: %s", err, p.errors)
	}
	if p.errors.Len() > 0 {
		t.Errorf("it complained: %s", p.errors)
	}
}

// clients gives those of a kubeconfig in its directory.
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

// with gives a client's configuration with another credential: a bearer token.
func (p *process) with(t *testing.T, token string) *rest.Config {
	t.Helper()
	config, err := clientcmd.BuildConfigFromFlags("", filepath.Join(p.dir, kubeconfigFile))
	if err != nil {
		t.Fatal(err)
	}
	config = rest.AnonymousClientConfig(config)
	config.BearerToken = token
	return config
}

// says runs a command that has to succeed.
func says(t *testing.T, args ...string) string {
	t.Helper()
	out, err := program(args...).CombinedOutput()
	if err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	return string(out)
}

// refuses runs a command that has to fail, and gives what it complains of.
func refuses(t *testing.T, args ...string) string {
	t.Helper()
	command := program(args...)
	var complaint bytes.Buffer
	command.Stderr = &complaint
	out, err := command.Output()
	if err == nil || len(out) > 0 {
		t.Fatalf("it succeeded, or spoke on standard output: %q", out)
	}
	if !strings.HasPrefix(complaint.String(), "cluster: ") {
		t.Fatalf("it failed without a word of its own: %s", &complaint)
	}
	return complaint.String()
}

// until waits for a condition that nothing announces.
func until(t *testing.T, within time.Duration, what string, is func(context.Context) bool) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), within)
	defer cancel()
	ticker := time.NewTicker(50 * time.Millisecond)
	defer ticker.Stop()
	for !is(ctx) {
		select {
		case <-ctx.Done():
			t.Fatalf("not within %s: %s", within, what)
		case <-ticker.C:
		}
	}
}

func file(t *testing.T, elements ...string) string {
	t.Helper()
	content, err := os.ReadFile(filepath.Join(elements...))
	if err != nil {
		t.Fatal(err)
	}
	return string(content)
}
