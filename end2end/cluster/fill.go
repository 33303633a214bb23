package main

// The command `fill`: creates many tokens.

import (
	"context"
	"crypto/rand"
	"fmt"
	"strings"
	"time"

	"golang.org/x/sync/errgroup"
	v1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
)

const (
	creators    = 32 // keeps the API server busy without queueing
	fillTimeout = 10 * time.Minute
)

type fillOptions struct {
	number    int
	namespace string
	roles     []string
}

func fill(ctx context.Context, to target, options fillOptions) error {
	ctx, cancel := context.WithTimeout(ctx, fillTimeout)
	defer cancel()
	c, err := to.connect()
	if err != nil {
		return err
	}
	var roles []*v1.ServiceAccount
	for _, name := range options.roles {
		role, err := c.role(ctx, options.namespace, name)
		if err != nil {
			return err
		}
		roles = append(roles, role)
	}
	start := time.Now()
	run := strings.ToLower(rand.Text()[:5])
	names := make([]string, options.number)
	work, working := errgroup.WithContext(ctx)
	work.SetLimit(creators)
	for i := range names {
		names[i] = fmt.Sprintf("load-%s-%05d", run, i)
		work.Go(func() error {
			token := newToken(roles[i%len(roles)], names[i])
			_, err := c.typed.CoreV1().Secrets(options.namespace).Create(working, token, metav1.CreateOptions{})
			return err
		})
	}
	if err := work.Wait(); err != nil {
		return fmt.Errorf("can't create all tokens: %w", err)
	}
	created := time.Since(start)
	if err := c.wait(ctx, options.namespace, names, populated); err != nil {
		return err
	}
	fmt.Printf("%d tokens in namespace %s, load-%s-…: created in %.1f s, populated after %.1f s\n",
		options.number, options.namespace, run, created.Seconds(), time.Since(start).Seconds())
	return nil
}
