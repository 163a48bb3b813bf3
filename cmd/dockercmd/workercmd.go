package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"text/tabwriter"

	"github.com/docker/go-units"
	"github.com/spf13/cobra"

	"github.com/dockercmd/toolkit/cgroupread"
	"github.com/dockercmd/toolkit/client"
	"github.com/dockercmd/toolkit/dockercmd"
	"github.com/dockercmd/toolkit/worker"
)

// workerFlags are what all worker commands share.
type workerFlags struct {
	root, engine, docker, launcher, lockDir string
	verbose, linesOnly                      bool
}

func newWorker(late lateParts) *cobra.Command {
	flags := &workerFlags{}
	cmd := &cobra.Command{
		Use:     "worker",
		Short:   "Preview, launch, watch and end workers",
		GroupID: "life",
		Args:    noCommand,
		RunE:    func(c *cobra.Command, _ []string) error { return c.Help() },
	}
	late[cmd] = func() { flags.add(cmd) }
	return cmd
}

// add adds the flags and the subcommands of the worker command.
func (f *workerFlags) add(cmd *cobra.Command) {
	set := cmd.PersistentFlags()
	set.StringVar(&f.root, "root", defaultRoot(), "directory of the supervisor's files; DOCKERCMD_ROOT names another default")
	set.StringVar(&f.engine, "engine", "docker", "what lines are spelled for: docker, docker@VERSION or storm")
	set.StringVar(&f.docker, "docker", "docker", "docker client")
	set.BoolVar(&f.linesOnly, "lines-only", false, "ask docker by a line each time, not through one docker system dial-stdio")
	set.StringVar(&f.launcher, "launcher", "", "Storm worker-launcher to run docker through; needs --engine storm")
	set.BoolVarP(&f.verbose, "verbose", "v", false, "log what happens to standard error")
	set.StringVar(&f.lockDir, "lock-dir", worker.LockDir(), "directory where supervisors of this machine see each other")
	cmd.AddCommand(
		f.preview(), f.launch(), f.ps(), f.wait(), f.stop(), f.kill(), f.stats(), f.profile(),
		f.cleanup(),
		f.watch(), f.events(), f.recover(), f.reap(), f.postmortem(),
	)
}

// defaultRoot returns DOCKERCMD_ROOT, else a directory that outlives a restart of the machine; "" when the user has none.
func defaultRoot() string {
	if dir := os.Getenv("DOCKERCMD_ROOT"); dir != "" {
		return dir
	}
	if os.Geteuid() == 0 {
		return "/var/lib/dockercmd"
	}
	if dir := os.Getenv("XDG_STATE_HOME"); filepath.IsAbs(dir) {
		return filepath.Join(dir, "dockercmd")
	}
	home, err := os.UserHomeDir()
	if err != nil {
		return ""
	}
	return filepath.Join(home, ".local/state/dockercmd")
}

// manager returns the library's manager as the flags want it.
func (f *workerFlags) manager(cmd *cobra.Command) (*worker.Manager, error) {
	e, err := dockercmd.ParseEngine(f.engine)
	if err != nil {
		return nil, usageError(fmt.Errorf("--engine: %w", err))
	}
	if e.Dialect != dockercmd.Docker && e.Dialect != dockercmd.Storm {
		return nil, usageError(fmt.Errorf("--engine: workers are not tried with %s; give docker, docker@VERSION or storm", e))
	}
	if f.root == "" {
		return nil, usageError(errors.New("--root: it is empty; give a directory for the supervisor's files"))
	}
	m := &worker.Manager{Root: f.root, LockDir: f.lockDir, Docker: client.Docker{Program: f.docker, Engine: e}}
	if !f.linesOnly {
		m.Docker.Lane = newLane(cmd.Context())
	}
	if f.verbose {
		m.Log = slog.New(slog.NewTextHandler(cmd.ErrOrStderr(), nil))
	}
	switch {
	case f.launcher != "" && e.Dialect != dockercmd.Storm:
		return nil, usageError(errors.New("--launcher: goes with --engine storm; give both"))
	case f.launcher != "":
		m.RunnerFor = worker.StormLauncher(f.launcher)
	}
	return m, nil
}

// specs reads the spec files; "-" is standard input. Each worker may be in them once.
func specs(cmd *cobra.Command, files []string) ([]worker.Spec, error) {
	if len(files) == 0 {
		return nil, usageError(errors.New("no spec; give -f FILE, or -f - for standard input"))
	}
	var all []worker.Spec
	first := map[string]string{} // the file of each id
	for _, name := range files {
		read, err := readSpecs(cmd.InOrStdin(), name)
		if err != nil {
			return nil, usageError(err)
		}
		for _, s := range read {
			if before, twice := first[s.ID]; twice && s.ID != "" {
				return nil, usageError(fmt.Errorf("%s: worker %s is in %s already; give each an id of its own", name, s.ID, before))
			}
			first[s.ID] = name
		}
		all = append(all, read...)
	}
	return all, nil
}

func readSpecs(stdin io.Reader, name string) ([]worker.Spec, error) {
	if name == "-" {
		return worker.ReadSpecs(stdin, "standard input")
	}
	f, err := os.Open(name)
	if err != nil {
		return nil, fmt.Errorf("read the spec: %w", err)
	}
	defer f.Close()
	return worker.ReadSpecs(f, name)
}

// usageKinds are errors that are the caller's to mend; nothing was started.
var usageKinds = []error{worker.ErrSpec, worker.ErrUser, worker.ErrMountSource, worker.ErrReserve, worker.ErrUnknownID}

// verdict gives an error its exit code.
func verdict(err error) error {
	for _, kind := range usageKinds {
		if errors.Is(err, kind) {
			return usageError(err)
		}
	}
	return err
}

// ofSpecs runs an action on the specs of the files that -f names. All have a plan: a mistake in a later one should not be found
// when the earlier ones are launched.
func (f *workerFlags) ofSpecs(use, short string, do func(*cobra.Command, *worker.Manager, []worker.Spec,
	[]*worker.Plan) error) *cobra.Command {
	var files []string
	cmd := &cobra.Command{
		Use: use, Short: short,
		Args: noArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			m, err := f.manager(cmd)
			if err != nil {
				return err
			}
			all, err := specs(cmd, files)
			if err != nil {
				return err
			}
			plans := make([]*worker.Plan, len(all))
			for i, s := range all {
				if plans[i], err = m.Plan(cmd.Context(), s); err != nil {
					return verdict(err)
				}
			}
			return verdict(do(cmd, m, all, plans))
		},
	}
	cmd.Flags().StringArrayVarP(&files, "file", "f", nil, "spec file, may be given again; - is standard input")
	return cmd
}

func (f *workerFlags) preview() *cobra.Command {
	short := "Print every file and line of workers' lives; nothing is run"
	return f.ofSpecs("preview -f SPEC", short, func(cmd *cobra.Command, _ *worker.Manager, _ []worker.Spec,
		plans []*worker.Plan) error {
		for _, plan := range plans {
			if err := plan.Write(cmd.OutOrStdout()); err != nil {
				return err
			}
		}
		return nil
	})
}

func (f *workerFlags) launch() *cobra.Command {
	cmd := f.ofSpecs("launch -f SPEC", "Launch workers", func(cmd *cobra.Command, m *worker.Manager, all []worker.Spec,
		_ []*worker.Plan) error {
		progress, clear := progressOf(raw(cmd.ErrOrStderr()), len(all))
		defer clear()
		for i, s := range all {
			progress(i+1, "launching "+s.ID)
			l, err := m.Launch(cmd.Context(), s)
			clear()
			if err != nil {
				return err
			}
			done := "launched"
			if l.Adopted {
				done = "adopted"
			}
			fmt.Fprintf(cmd.OutOrStdout(), "%s %s %s\n", l.ID, l.Container, done)
		}
		return nil
	})
	cmd.Long = `Launch workers, and print of each its id, its container and what was done: launched, or adopted if it was
running already by the very same spec. The first that fails ends the command; those before it run on. Of many,
a terminal shows how far it has come.`
	return cmd
}

// progressOf shows on a terminal which one of n is at work, in a line that clear takes away. Elsewhere, and for a single one,
// nothing is shown: what has been done is told in lines of its own.
func progressOf(w io.Writer, n int) (progress func(i int, what string), clear func()) {
	if _, ok := terminalOf(w); !ok || n < 2 {
		return func(int, string) {}, func() {}
	}
	return func(i int, what string) {
			t, _ := terminalOf(w)
			fmt.Fprintf(w, "\r%s\x1b[K", cut(fmt.Sprintf("%d of %d: %s", i, n, what), t.width-1))
		}, func() {
			fmt.Fprint(w, "\r\x1b[K")
		}
}

func (f *workerFlags) ps() *cobra.Command {
	return &cobra.Command{
		Use: "ps", Short: "List workers and their states",
		Args: noArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			m, err := f.manager(cmd)
			if err != nil {
				return err
			}
			statuses, err := m.Statuses(cmd.Context())
			if err == nil || len(statuses) > 0 {
				printStatuses(cmd.OutOrStdout(), statuses)
			}
			return verdict(err)
		},
	}
}

func printStatuses(w io.Writer, statuses []worker.Status) {
	t := tabwriter.NewWriter(w, 0, 0, 3, ' ', 0)
	fmt.Fprintln(t, "WORKER\tSTATE\tEXIT\tCONTAINER\tDETAIL")
	for _, s := range statuses {
		exit := "-"
		if s.Exit != nil && s.Exit.Known {
			exit = fmt.Sprint(s.Exit.Code)
		}
		fmt.Fprintf(t, "%s\t%s\t%s\t%.12s\t%s\n", s.ID, s.State, exit, dash(s.Container), dash(s.Detail))
	}
	t.Flush()
}

func dash(s string) string {
	if s == "" {
		return "-"
	}
	return s
}

// each runs an action for each worker that is named, and goes on after an error.
func (f *workerFlags) each(use, short string, do func(context.Context, *worker.Manager, string) (string, error)) *cobra.Command {
	return &cobra.Command{
		Use: use, Short: short,
		Args: someWorkers,
		RunE: func(cmd *cobra.Command, ids []string) error {
			m, err := f.manager(cmd)
			if err != nil {
				return err
			}
			var errs []error
			for _, id := range ids {
				said, err := do(cmd.Context(), m, id)
				if err != nil {
					errs = append(errs, err)
					continue
				}
				fmt.Fprintf(cmd.OutOrStdout(), "%s: %s\n", id, said)
			}
			return verdict(errors.Join(errs...))
		},
	}
}

func (f *workerFlags) wait() *cobra.Command {
	return f.each("wait WORKER...", "Wait until workers have ended, and say how", func(ctx context.Context, m *worker.Manager,
		id string) (string, error) {
		exit, err := m.Wait(ctx, id)
		return exit.Reason, err
	})
}

func (f *workerFlags) stats() *cobra.Command {
	return &cobra.Command{
		Use: "stats [WORKER...]", Short: "Show what workers use, read from their cgroups",
		RunE: func(cmd *cobra.Command, ids []string) error {
			m, err := f.manager(cmd)
			if err != nil {
				return err
			}
			if len(ids) == 0 {
				if ids, err = alive(cmd.Context(), m); err != nil {
					return verdict(err)
				}
			}
			t := tabwriter.NewWriter(cmd.OutOrStdout(), 0, 0, 3, ' ', 0)
			fmt.Fprintln(t, "WORKER\tMEMORY\tWORKING SET\tLIMIT\tPEAK\tOOM KILLS\tCPU TIME\tPIDS")
			var errs []error
			for _, id := range ids {
				u, err := m.Usage(cmd.Context(), id)
				if err != nil {
					errs = append(errs, err)
					continue
				}
				fmt.Fprintf(t, "%s\t%s\t%s\t%s\t%s\t%s\t%s\t%d\n", id, size(u.Memory.Current), size(u.Memory.WorkingSet),
					figure(u.Memory.Limit),
					figure(u.Memory.Peak), u.Memory.OOMKills, u.CPU.Usage.Round(1e6), u.Pids.Current)
			}
			if len(errs) == 0 || len(errs) < len(ids) { // not a head without a row
				t.Flush()
			}
			return verdict(errors.Join(errs...))
		},
	}
}

// alive returns the ids of the workers that have a process.
func alive(ctx context.Context, m *worker.Manager) ([]string, error) {
	statuses, err := m.Statuses(ctx)
	var ids []string
	for _, s := range statuses {
		if s.State.Alive() {
			ids = append(ids, s.ID)
		}
	}
	return ids, err
}

func size(n int64) string { return units.BytesSize(float64(n)) }

func (f *workerFlags) profile() *cobra.Command {
	var via string
	cmd := &cobra.Command{
		Use: "profile [OPTIONS] WORKER COMMAND [ARG...]", Short: "Run a command inside a worker's container, as its user",
		DisableFlagsInUseLine: true,
		Args: func(_ *cobra.Command, args []string) error {
			if len(args) < 2 {
				return usageError(errors.New("worker profile: give a worker and a command"))
			}
			return nil
		},
		RunE: func(cmd *cobra.Command, args []string) error {
			m, err := f.manager(cmd)
			if err != nil {
				return err
			}
			streams := client.Streams{Stdout: cmd.OutOrStdout(), Stderr: neutralOnTerminal(raw(cmd.ErrOrStderr()))}
			code, err := m.Profile(cmd.Context(), args[0], worker.Via(via), args[1:], streams)
			if err != nil {
				return verdict(err)
			}
			if code != 0 {
				return &exitError{code: code}
			}
			return nil
		},
	}
	cmd.Flags().StringVar(&via, "via", string(worker.ViaExec), "way into the container: exec or nsenter")
	cmd.Flags().SetInterspersed(false)
	return cmd
}

func noArgs(cmd *cobra.Command, args []string) error {
	if len(args) > 0 && cmd.Flags().Lookup("file") != nil {
		return usageError(fmt.Errorf("%s%q is too much; give a spec file as -f FILE", path(cmd), strings.Join(args, " ")))
	}
	if len(args) > 0 {
		return usageError(fmt.Errorf("%s%q is too much; it takes flags only", path(cmd), strings.Join(args, " ")))
	}
	return nil
}

func someWorkers(cmd *cobra.Command, args []string) error {
	if len(args) == 0 {
		return usageError(fmt.Errorf("%sno worker; give the id of at least one (dockercmd worker ps lists them)", path(cmd)))
	}
	return nil
}

// figure shows a number of bytes that may be unknown or without limit.
func figure(f cgroupread.Figure) string {
	if n, ok := f.Get(); ok {
		return size(n)
	}
	return f.String()
}
