package main

// Logging: redirects all output of Kubernetes and etcd to a file. Only this program's own messages reach the terminal.

import (
	"fmt"
	"os"
	"runtime/debug"
	"strings"

	"golang.org/x/sys/unix"
	"k8s.io/klog/v2"
)

const (
	lastLines = 20
	lastBytes = 8192
)

// output and messages are the original standard output and standard error, also after logToFile.
var output, messages = os.Stdout, os.Stderr

// logToFile redirects file descriptors 1 and 2 to the log. Crashes and fatal errors still reach the terminal.
func logToFile() error {
	log, err := os.OpenFile(logFile, os.O_CREATE|os.O_TRUNC|os.O_APPEND|os.O_WRONLY, 0o600)
	if err != nil {
		return err
	}
	defer log.Close()
	if output, err = redirect(os.Stdout, log); err != nil {
		return err
	}
	if messages, err = redirect(os.Stderr, log); err != nil {
		return err
	}
	klog.OsExit = func(code int) {
		fmt.Fprintf(messages, "cluster: fatal error. The last lines of the log:\n%s\n", lastLogLines())
		os.Exit(code)
	}
	return debug.SetCrashOutput(messages, debug.CrashOptions{})
}

// redirect makes the descriptor of from write to the file to. Returns a new file for the original target.
func redirect(from, to *os.File) (*os.File, error) {
	original, err := unix.FcntlInt(from.Fd(), unix.F_DUPFD_CLOEXEC, 0)
	if err != nil {
		return nil, err
	}
	return os.NewFile(uintptr(original), from.Name()), unix.Dup2(int(to.Fd()), int(from.Fd()))
}

func lastLogLines() string {
	content, err := os.ReadFile(logFile)
	if err != nil {
		return err.Error()
	}
	content = content[max(0, len(content)-lastBytes):]
	lines := strings.Split(strings.TrimSpace(string(content)), "\n")
	return strings.Join(lines[max(0, len(lines)-lastLines):], "\n")
}
