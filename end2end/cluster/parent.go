package main

// Watches the parent process, so that a killed test run leaves no control plane behind.

import (
	"context"
	"os"
	"time"
)

const parentInterval = 500 * time.Millisecond

// onParentExit calls exited once the parent process has exited. Polls, because the kernel's parent-death signal already
// fires when the parent's thread exits, which in a test runner happens after every test.
func onParentExit(ctx context.Context, exited func()) {
	parent := os.Getppid()
	ticker := time.NewTicker(parentInterval)
	defer ticker.Stop()
	for os.Getppid() == parent {
		select {
		case <-ctx.Done():
			return
		case <-ticker.C:
		}
	}
	exited()
}
