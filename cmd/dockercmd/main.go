// Command dockercmd previews, checks and runs docker command lines and the workers that they start.
package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/signal"
	"path/filepath"
	"strings"
	"syscall"

	"github.com/spf13/cobra"
)

func main() {
	if filepath.Base(os.Args[0]) == "sh" {
		// In the demo's image, this program is the shell too.
		os.Exit(workerShell(os.Args[1:], os.Stderr))
	}
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	code := run(ctx, os.Args[1:], os.Stdin, os.Stdout, os.Stderr)
	stop()
	os.Exit(code)
}

// The exit codes of dockercmd itself.
const (
	exitFailed = 1 // something could not be done
	exitUsage  = 2 // the words or the spec are wrong; nothing was started
)

// exitError carries another exit code than exitFailed. A nil err says nothing.
type exitError struct {
	code int
	err  error
}

func (e *exitError) Error() string {
	if e.err == nil {
		return fmt.Sprintf("exit status %d", e.code)
	}
	return e.err.Error()
}
func (e *exitError) Unwrap() error { return e.err }

func usageError(err error) error { return &exitError{exitUsage, err} }

// run is the program, for main and for tests.
func run(ctx context.Context, args []string, stdin io.Reader, stdout, stderr io.Writer) int {
	root := newRoot()
	root.SetArgs(args)
	root.SetIn(stdin)
	root.SetOut(stdout)
	root.SetErr(stderr)
	err := root.ExecuteContext(ctx)
	if err == nil {
		return 0
	}
	code := exitFailed
	exit, ok := errors.AsType[*exitError](err)
	if ok {
		code = exit.code
	}
	if !ok || exit.err != nil {
		for line := range strings.SplitSeq(err.Error(), "\n") {
			fmt.Fprintf(stderr, "dockercmd: %s\n", line)
		}
	}
	return code
}

func newRoot() *cobra.Command {
	root := &cobra.Command{
		Use:   "dockercmd",
		Short: "Preview, check and run docker command lines",
		Long: `dockercmd previews docker command lines and runs workers in containers.

  dockercmd run -d --name w1 -m 512m busybox sleep 9    print the exact line that docker would get
  dockercmd worker preview -f worker.yaml               print all files and lines of a worker's life
  dockercmd worker launch -f worker.yaml                launch it
  dockercmd demo                                        see the whole life of three workers

Docker's own subcommands take docker's own flags here, and only print.`,
		SilenceUsage:  true,
		SilenceErrors: true,
		Args: func(_ *cobra.Command, args []string) error {
			if len(args) > 0 {
				return usageError(fmt.Errorf("unknown command %q; dockercmd --help lists them", args[0]))
			}
			return nil
		},
		RunE: func(c *cobra.Command, _ []string) error { return c.Help() },
	}
	root.SetFlagErrorFunc(func(_ *cobra.Command, err error) error { return usageError(err) })
	root.AddGroup(&cobra.Group{ID: "preview", Title: "Print a docker line:"}, &cobra.Group{ID: "life", Title: "Run workers:"})
	addPreviews(root)
	root.AddCommand(newWorker(), newDemo(), newDemoWorker())
	return root
}
