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
	"runtime/debug"
	"strings"
	"syscall"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/dockercmd/toolkit/client"
)

func main() {
	if filepath.Base(os.Args[0]) == "sh" {
		// In the demo's image, this program is the shell too.
		os.Exit(workerShell(os.Args[1:], os.Stderr))
	}
	ends := []os.Signal{os.Interrupt, syscall.SIGTERM}
	if !signal.Ignored(syscall.SIGHUP) { // which nohup does
		ends = append(ends, syscall.SIGHUP)
	}
	ctx, stop := signal.NotifyContext(context.Background(), ends...)
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

// run returns the program, for main and for tests.
func run(ctx context.Context, args []string, stdin io.Reader, stdout, stderr io.Writer) int {
	root, late := newRoot()
	late.addNamed(root, args)
	root.SetArgs(args)
	root.SetIn(stdin)
	stdout, said := neutralOnTerminal(stdout), &neutralWriter{w: stderr}
	defer said.flush()
	if out, is := stdout.(*neutralWriter); is {
		defer out.flush()
	}
	root.SetOut(stdout)
	root.SetErr(said)
	var lanes laneCloser
	defer lanes.close()
	err := root.ExecuteContext(context.WithValue(ctx, laneKey{}, &lanes))
	if err == nil {
		return 0
	}
	if cause := context.Cause(ctx); cause != nil && !strings.Contains(err.Error(), cause.Error()) {
		err = fmt.Errorf("%w: %w", cause, err) // "context canceled" alone would not say by what
	}
	code := exitFailed
	exit, ok := errors.AsType[*exitError](err)
	if ok {
		code = exit.code
	}
	if !ok || exit.err != nil {
		for line := range strings.SplitSeq(err.Error(), "\n") {
			fmt.Fprintf(said, "dockercmd: %s\n", line)
		}
	}
	return code
}

// laneCloser closes the lanes of a command in its end: a client before an engine that hangs would outlive this process.
type laneCloser struct{ lanes []*client.Lane }

// laneKey is the key of a command's laneCloser in its context.
type laneKey struct{}

// newLane returns a lane that is closed when the command of a context has ended.
func newLane(ctx context.Context) *client.Lane {
	l := new(client.Lane)
	if c, is := ctx.Value(laneKey{}).(*laneCloser); is {
		c.lanes = append(c.lanes, l)
	}
	return l
}

func (c *laneCloser) close() {
	for _, l := range c.lanes {
		l.Close()
	}
}

// newRoot returns the commands, and what they lack as long as no line names them.
func newRoot() (*cobra.Command, lateParts) {
	root := &cobra.Command{
		Use:   "dockercmd",
		Short: "Preview, check and run docker command lines",
		Long: `dockercmd previews docker command lines and runs workers in containers.

  dockercmd run -d --name w1 -m 512m busybox sleep 9    print the exact line that docker would get
  dockercmd fmt deploy.sh                               print the docker lines of a script in canonical form
  dockercmd check --engine podman deploy.sh             tell what docker or an engine would refuse
  docker inspect w1 | dockercmd from-inspect            print the line that would make w1 again
  dockercmd worker preview -f worker.yaml               print all files and lines of a worker's life
  dockercmd worker launch -f worker.yaml                launch it
  dockercmd worker watch                                see all workers and what they use, live
  dockercmd demo                                        see the whole life of three workers

Docker's own subcommands take docker's own flags here, and only print.`,
		Version:       version(),
		SilenceUsage:  true,
		SilenceErrors: true,
		Args:          noCommand,
		RunE:          func(c *cobra.Command, _ []string) error { return c.Help() },
	}
	root.SetVersionTemplate("dockercmd {{.Version}}\n")
	root.SetFlagErrorFunc(func(c *cobra.Command, err error) error {
		return usageError(fmt.Errorf("%s%w%s", path(c), err, flagHint(c, err)))
	})
	root.AddGroup(&cobra.Group{ID: "lines", Title: "Read docker lines:"}, &cobra.Group{ID: "preview", Title: "Print a docker line:"},
		&cobra.Group{ID: "life", Title: "Run workers:"})
	late := lateParts{}
	addPreviews(root, late)
	root.SetHelpCommand(newHelp(late))
	root.AddCommand(newFmt(), newCheck(), newConvert(), newExplain(), newFromInspect())
	root.AddCommand(newWorker(late), newDemo(), newDemoWorker())
	return root, late
}

// version returns what the program was built from.
func version() string {
	if info, ok := debug.ReadBuildInfo(); ok && info.Main.Version != "" {
		return info.Main.Version
	}
	return "(devel)"
}

// newHelp returns cobra's help command, which takes an unknown command for none.
func newHelp(late lateParts) *cobra.Command {
	return &cobra.Command{
		Use: "help [COMMAND]", Short: "Show the help of a command",
		RunE: func(c *cobra.Command, words []string) error {
			late.addNamed(c.Root(), words)
			found, rest, err := c.Root().Find(words)
			if err == nil && len(rest) > 0 {
				err = noCommand(found, rest)
			}
			if err != nil {
				return err
			}
			found.InitDefaultHelpFlag()
			found.InitDefaultVersionFlag()
			return found.Help()
		},
	}
}

// noCommand refuses a word where only a command can stand.
func noCommand(c *cobra.Command, args []string) error {
	if len(args) == 0 {
		return nil
	}
	c.SuggestionsMinimumDistance = 2
	hint := c.CommandPath() + " --help lists them"
	if near := c.SuggestionsFor(args[0]); len(near) > 0 {
		hint = "did you mean " + strings.Join(near, " or ") + "?"
	}
	return usageError(fmt.Errorf("%sunknown command %q; %s", path(c), args[0], hint))
}

// path begins an error of a command: "worker launch: "; it is empty for dockercmd itself.
func path(c *cobra.Command) string {
	if !c.HasParent() {
		return ""
	}
	return strings.TrimPrefix(c.CommandPath(), c.Root().Name()+" ") + ": "
}

// flagHint tells where the flags are listed, if err may come from not knowing them.
func flagHint(c *cobra.Command, err error) string {
	_, unknown := errors.AsType[*pflag.NotExistError](err)
	_, noValue := errors.AsType[*pflag.ValueRequiredError](err)
	if !unknown && !noValue {
		return ""
	}
	return fmt.Sprintf(" (%s --help lists the flags)", c.CommandPath())
}
