package main

// The directory of one control plane: what is in it, that it is private, and that only one process uses it.

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

// What a control plane writes, all of it: the only names that are ever removed. The lock comes last, since it is what
// says whose directory this is.
var contents = []string{etcdDirectory, etcdSocket, pkiDirectory, usersDirectory, stateFile, logFile, kubeconfigFile, lockFile}

// directory is one that this process alone uses, and the process's working directory: the names above are relative,
// which keeps the path of etcd's socket short (at most 107 bytes) wherever the directory is.
type directory struct {
	path string // absolute
	lock *os.File
}

// openDirectory makes the directory where it is missing, locks it and enters it.
func openDirectory(path string) (*directory, error) {
	syscall.Umask(0o077) // also for what Kubernetes and etcd write
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
		return nil, lockProblem(path, lock, err)
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

// refuseForeign keeps this program from changing the mode of, or writing its files into, somebody's home directory.
func refuseForeign(path string) error {
	entries, err := os.ReadDir(path)
	if err != nil {
		return err
	}
	if len(entries) == 0 {
		return nil
	}
	if _, err := os.Stat(filepath.Join(path, lockFile)); errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("%s has files in it and is no control plane's directory: give --dir an empty or a new one", path)
	}
	return nil
}

func lockProblem(path string, lock *os.File, err error) error {
	if !errors.Is(err, syscall.EWOULDBLOCK) {
		return fmt.Errorf("%s can't be locked: %w", path, err)
	}
	pid, _ := os.ReadFile(lock.Name()) // only to say more
	return fmt.Errorf("a control plane is running in %s already (process %s): use it, end it, or give another --dir",
		path, strings.TrimSpace(string(pid)))
}

// empty removes what a control plane wrote, but the lock, which is still needed.
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

// remove removes what a control plane wrote, and the directory itself where nothing else is in it.
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

// write puts a private file in place as a whole: nobody reads half of it.
func write(name string, content []byte) error {
	part := name + ".part"
	if err := os.WriteFile(part, content, 0o600); err != nil {
		return err
	}
	return os.Rename(part, name)
}
