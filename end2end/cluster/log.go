package main

// Where the output of Kubernetes and etcd goes: into a file, all of it, whichever way they write it. The terminal gets
// what this program itself has to say.

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

// Where this program itself speaks, whatever happens to the file descriptors 1 and 2.
var output, messages = os.Stdout, os.Stderr

// logToFile turns file descriptors 1 and 2 to the log. A crash and a fatal error still reach the terminal.
func logToFile() error {
	log, err := os.OpenFile(logFile, os.O_CREATE|os.O_TRUNC|os.O_APPEND|os.O_WRONLY, 0o600)
	if err != nil {
		return err
	}
	defer log.Close()
	if output, err = replace(os.Stdout, log); err != nil {
		return err
	}
	if messages, err = replace(os.Stderr, log); err != nil {
		return err
	}
	klog.OsExit = func(code int) {
		fmt.Fprintf(messages, "cluster: a fatal error; the last lines of the log:\n%s\n", lastLogLines())
		os.Exit(code)
	}
	return debug.SetCrashOutput(messages, debug.CrashOptions{})
}

// replace lets a file's descriptor write to another file, and gives a new one for what it wrote to until now.
func replace(file, by *os.File) (*os.File, error) {
	kept, err := unix.FcntlInt(file.Fd(), unix.F_DUPFD_CLOEXEC, 0)
	if err != nil {
		return nil, err
	}
	return os.NewFile(uintptr(kept), file.Name()), unix.Dup2(int(by.Fd()), int(file.Fd()))
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
