// Command cluster is a real local Kubernetes control plane in one process, with what a Kargo installation puts on it:
// for `make run` where no cluster is named, and for every test. This file has the commands and their flags; each
// command lives in the file of its name.
package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/signal"
	"strconv"
	"syscall"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"
)

func main() {
	// Kubernetes' libraries put flags of their own there, which cobra would show as this program's.
	pflag.CommandLine = pflag.NewFlagSet("", pflag.ContinueOnError)
	root := &cobra.Command{
		Use:           "cluster",
		Short:         "A real local Kubernetes control plane in one process, seeded as by Kargo's installation",
		SilenceErrors: true,
		SilenceUsage:  true,
		Args:          cobra.NoArgs,
	}
	root.CompletionOptions.DisableDefaultCmd = true
	root.AddCommand(upCommand(), seedCommand(), fillCommand())
	if err := root.Execute(); err != nil {
		fmt.Fprintln(messages, "cluster:", err)
		os.Exit(1)
	}
}

func upCommand() *cobra.Command {
	var options upOptions
	command := &cobra.Command{
		Use:   "up --dir DIR",
		Short: "Start the control plane and keep it running until SIGTERM or SIGINT",
		Long: `Starts etcd, the Kubernetes API server and the controllers of service account tokens, service accounts,
namespaces and garbage collection, all in this process and reachable from this machine only.
Prints one line when everything is ready: ready DIR/kubeconfig

In DIR:
  kubeconfig                      cluster admin, by client certificate
  users/NAME.kubeconfig           the users for tests: ` + userNames() + ` (their rights come with seed)
  token-controller                "running" or "stopped"
  cluster.log                     the log of this run
  etcd/ pki/ lock                 the data, which survives a restart, and what keeps a second one away

Signals:
  SIGTERM, SIGINT                 end it
  SIGUSR1                         stop the controller that writes the tokens' values
  SIGUSR2                         start it again`,
		Args: cobra.NoArgs,
		RunE: func(*cobra.Command, []string) error { return up(options) },
	}
	command.Flags().StringVar(&options.dir, "dir", "", "directory of this control plane alone; made if it does not exist")
	command.Flags().BoolVar(&options.ephemeral, "ephemeral", false, "throw the data away at the start and at the end (kept after a failure)")
	command.Flags().BoolVar(&options.exitWithParent, "exit-with-parent", false, "end when the process that started this one is gone")
	require(command, "dir")
	return command
}

func seedCommand() *cobra.Command {
	var to target
	command := &cobra.Command{
		Use:   "seed --dir DIR | --kubeconfig PATH",
		Short: "Put Kargo's roles, two projects, sample tokens and the test users' rights on a running control plane",
		Long: `Puts on a running control plane what Kargo's installation would: its system roles and its other service
accounts with their rights, in namespace kargo. Then two projects, kargo-demo with sample tokens of several kinds
and kargo-empty without any, and the rights of the users for tests.
May be run again: roles and rights are brought back to this state, sample tokens are made only the first time, so
that a token which was deleted does not come back.`,
		Args: cobra.NoArgs,
		RunE: func(*cobra.Command, []string) error {
			return untilInterrupted(func(ctx context.Context) error { return seed(ctx, to) })
		},
	}
	to.flags(command)
	return command
}

func fillCommand() *cobra.Command {
	var to target
	options := fillOptions{}
	command := &cobra.Command{
		Use:   "fill N --dir DIR | --kubeconfig PATH",
		Short: "Make N populated tokens quickly",
		Long:  `Makes N managed tokens, in turn for each of the roles, and waits until Kubernetes has populated all of them.`,
		Args:  cobra.ExactArgs(1),
		RunE: func(_ *cobra.Command, args []string) error {
			n, err := strconv.Atoi(args[0])
			if err != nil || n < 1 {
				return fmt.Errorf("%q is not a number of tokens: give 1 or more", args[0])
			}
			options.number = n
			return untilInterrupted(func(ctx context.Context) error { return fill(ctx, to, options) })
		},
	}
	to.flags(command)
	command.Flags().StringVar(&options.namespace, "namespace", systemNamespace, "namespace of the roles")
	command.Flags().StringSliceVar(&options.roles, "role", []string{"kargo-admin"}, "roles, separated by commas")
	return command
}

func require(command *cobra.Command, flag string) {
	if err := command.MarkFlagRequired(flag); err != nil {
		panic(err) // only where the flag isn't the command's: a mistake in this file
	}
}

// untilInterrupted runs a command with a context that SIGTERM and SIGINT end.
func untilInterrupted(run func(context.Context) error) error {
	ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGTERM, syscall.SIGINT)
	defer stop()
	err := run(ctx)
	if ctx.Err() != nil {
		return errors.New("interrupted")
	}
	return err
}
