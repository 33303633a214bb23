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

// terminal is the process's real standard output and error.
type terminal struct {
	out, err *os.File
}

// logToFile turns file descriptors 1 and 2 to the log. A crash and a fatal error still reach the terminal.
func logToFile() (*terminal, error) {
	log, err := os.OpenFile(logFile, os.O_CREATE|os.O_TRUNC|os.O_APPEND|os.O_WRONLY, 0o600)
	if err != nil {
		return nil, err
	}
	defer log.Close()
	var real [2]*os.File
	for i, file := range []*os.File{os.Stdout, os.Stderr} {
		fd, err := unix.FcntlInt(file.Fd(), unix.F_DUPFD_CLOEXEC, 3)
		if err != nil {
			return nil, err
		}
		real[i] = os.NewFile(uintptr(fd), file.Name())
		if err := unix.Dup2(int(log.Fd()), int(file.Fd())); err != nil {
			return nil, err
		}
	}
	t := &terminal{out: real[0], err: real[1]}
	if err := debug.SetCrashOutput(t.err, debug.CrashOptions{}); err != nil {
		return nil, err
	}
	klog.OsExit = func(code int) {
		t.tail()
		os.Exit(code)
	}
	return t, nil
}

// tail shows the log's last lines.
func (t *terminal) tail() {
	content, err := os.ReadFile(logFile)
	if err != nil || len(content) == 0 {
		return
	}
	content = content[max(0, len(content)-lastBytes):]
	lines := strings.Split(strings.TrimSpace(string(content)), "\n")
	lines = lines[max(0, len(lines)-lastLines):]
	fmt.Fprintf(t.err, "The last lines of %s:\n%s\n", logFile, strings.Join(lines, "\n"))
}
