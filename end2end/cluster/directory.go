package main

// The data directory of a control plane: file names, private permissions, and a lock against concurrent use.

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
)

const (
	kubeconfigFile = "kubeconfig"
	logFile        = "cluster.log"
	lockFile       = "lock"
	stateFile      = "token-controller"
	etcdDirectory  = "etcd"
	etcdSocket     = "etcd.sock"
	pkiDirectory   = "pki"
	usersDirectory = "users"
)

// contents lists every file that a control plane writes. Only these names are removed. The lock comes last, because the
// lock marks the directory as a control plane's.
var contents = []string{etcdDirectory, etcdSocket, pkiDirectory, usersDirectory, authenticationFile, stateFile, logFile, kubeconfigFile, lockFile}

// directory is a locked data directory and the working directory of this process. The names above are relative to the
// directory, because the path of etcd's socket is limited to 107 bytes.
type directory struct {
	path string // absolute
	lock *os.File
}

// openDirectory creates the directory if missing, locks it and makes it the working directory.
func openDirectory(path string) (*directory, error) {
	syscall.Umask(0o077) // also applies to files of Kubernetes and etcd
	path, err := filepath.Abs(path)
	if err != nil {
		return nil, err
	}
	if err := os.MkdirAll(path, 0o700); err != nil {
		return nil, err
	}
	if err := refuseForeign(path); err != nil {
		return nil, err
	}
	lock, err := os.OpenFile(filepath.Join(path, lockFile), os.O_CREATE|os.O_RDWR, 0o600)
	if err != nil {
		return nil, err
	}
	if err := syscall.Flock(int(lock.Fd()), syscall.LOCK_EX|syscall.LOCK_NB); err != nil {
		return nil, lockError(path, lock, err)
	}
	if err := os.Chmod(path, 0o700); err != nil {
		return nil, err
	}
	if err := os.Chdir(path); err != nil {
		return nil, err
	}
	if err := lock.Truncate(0); err != nil {
		return nil, err
	}
	if _, err := lock.WriteAt([]byte(strconv.Itoa(os.Getpid())), 0); err != nil {
		return nil, err
	}
	return &directory{path, lock}, nil
}

// refuseForeign returns an error for a directory with other files, such as a home directory.
func refuseForeign(path string) error {
	entries, err := os.ReadDir(path)
	if err != nil {
		return err
	}
	if len(entries) == 0 {
		return nil
	}
	if _, err := os.Stat(filepath.Join(path, lockFile)); errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("%s has other files and is not a control plane's directory: set --dir to an empty or new directory", path)
	}
	return nil
}

func lockError(path string, lock *os.File, err error) error {
	if !errors.Is(err, syscall.EWOULDBLOCK) {
		return fmt.Errorf("can't lock %s: %w", path, err)
	}
	pid, _ := os.ReadFile(lock.Name()) // best effort
	return fmt.Errorf("a control plane is running in %s already (process %s): use that one, stop it, or set another --dir",
		path, strings.TrimSpace(string(pid)))
}

// empty removes all files of a control plane except the lock.
func (d *directory) empty() error {
	for _, name := range contents {
		if name == lockFile {
			continue
		}
		if err := os.RemoveAll(name); err != nil {
			return err
		}
	}
	return nil
}

// remove removes all files of a control plane, and the directory if no other files remain.
func (d *directory) remove() error {
	if err := d.empty(); err != nil {
		return err
	}
	if err := os.Remove(lockFile); err != nil {
		return err
	}
	if err := os.Remove(d.path); err != nil && !errors.Is(err, syscall.ENOTEMPTY) {
		return err
	}
	return nil
}

// write writes a private file atomically.
func write(name string, content []byte) error {
	part := name + ".part"
	if err := os.WriteFile(part, content, 0o600); err != nil {
		return err
	}
	return os.Rename(part, name)
}
