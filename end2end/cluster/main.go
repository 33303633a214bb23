// Command cluster runs a local Kubernetes control plane in one process and seeds it like a Kargo installation. `make run`
// uses it by default, and all tests use it. This file defines the commands and their flags; each command has a file of
// its name.
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
	// Hides the flags of Kubernetes' libraries, which cobra would show in the help.
	pflag.CommandLine = pflag.NewFlagSet("", pflag.ContinueOnError)
	root := &cobra.Command{
		Use:           "cluster",
		Short:         "Local Kubernetes control plane in one process, seeded like a Kargo installation",
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
		Short: "Run the control plane until SIGTERM or SIGINT",
		Long: `Starts etcd, the Kubernetes API server and the controllers of service account tokens, service accounts,
namespaces and garbage collection, all in this process and reachable from this machine only.
Prints one line when the control plane is ready: ready DIR/kubeconfig

In DIR:
  kubeconfig                      cluster admin, with a client certificate
  users/NAME.kubeconfig           test users: ` + userNames() + ` (cluster seed grants their permissions)
  authentication.yaml             OIDC issuers that the API server trusts: none at first; read again after a change
  token-controller                state of the token controller: "running" or "stopped"
  cluster.log                     log of this run
  etcd/ pki/ lock                 persistent data, and the lock against concurrent use

Signals:
  SIGTERM, SIGINT                 stop the control plane
  SIGUSR1                         stop the token controller, which writes the tokens' values
  SIGUSR2                         start the token controller again`,
		Args: cobra.NoArgs,
		RunE: func(*cobra.Command, []string) error { return up(options) },
	}
	command.Flags().StringVar(&options.dir, "dir", "", "data directory of this control plane; created if missing")
	command.Flags().BoolVar(&options.ephemeral, "ephemeral", false, "delete the data at start and exit (kept after a failure)")
	command.Flags().BoolVar(&options.exitWithParent, "exit-with-parent", false, "exit when the parent process has exited")
	require(command, "dir")
	return command
}

func seedCommand() *cobra.Command {
	var to target
	command := &cobra.Command{
		Use:   "seed --dir DIR | --kubeconfig PATH",
		Short: "Create Kargo's roles, two projects, sample tokens and test users' permissions on a running control plane",
		Long: `Creates the objects of a Kargo installation: system roles and other service accounts with their permissions, in
namespace kargo. Also creates two projects, kargo-demo with sample tokens of several kinds and kargo-empty without
tokens, and the permissions of the test users.
Can be repeated: each run resets roles and permissions. Only the first run creates the sample tokens, so deleted
tokens stay deleted.`,
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
		Short: "Create N populated tokens",
		Long:  `Creates N managed tokens, distributed over the roles, and waits until Kubernetes has populated all of them.`,
		Args:  cobra.ExactArgs(1),
		RunE: func(_ *cobra.Command, args []string) error {
			n, err := strconv.Atoi(args[0])
			if err != nil || n < 1 {
				return fmt.Errorf("%q is not a number of tokens: use 1 or more", args[0])
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
		panic(err) // the flag is not defined: a bug in this file
	}
}

// untilInterrupted runs a command with a context that SIGTERM and SIGINT cancel.
func untilInterrupted(run func(context.Context) error) error {
	ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGTERM, syscall.SIGINT)
	defer stop()
	err := run(ctx)
	if ctx.Err() != nil {
		return errors.New("interrupted")
	}
	return err
}
