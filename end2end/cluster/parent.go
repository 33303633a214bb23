package main

// The end of the process that started this one, so that a test run that was killed leaves no control plane behind.

import (
	"context"
	"os"
	"time"
)

const parentInterval = 500 * time.Millisecond

// whenParentIsGone calls back once the process that started this one has ended. It asks again and again, since the
// kernel's own signal for this comes already when the parent's thread ends, which in a test runner is at every test.
func whenParentIsGone(ctx context.Context, gone func()) {
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
	gone()
}
