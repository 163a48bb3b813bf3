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
	"time"

	"github.com/spf13/cobra"

	"github.com/dockercmd/toolkit/cgroupread"
	"github.com/dockercmd/toolkit/client"
	"github.com/dockercmd/toolkit/dockercmd"
	"github.com/dockercmd/toolkit/quote"
	"github.com/dockercmd/toolkit/runner/runnertest"
	"github.com/dockercmd/toolkit/worker"
)

func newDemo() *cobra.Command {
	var fake bool
	cmd := &cobra.Command{
		Use: "demo", Short: "Show the whole life of three workers", GroupID: "life",
		Long: `Show the whole life of three workers, step by step: the lines, the scripts, memory read from the cgroup, one that exits
with 7, one that is stopped with grace, one that is killed, and nothing left. It uses the docker engine that answers, with an
image made of this program alone, and a fake docker inside this program when none does.`,
		Args: noArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			// Nobody may be listening any more: then writing fails, and the demo cleans up instead of dying.
			signal.Notify(make(chan os.Signal, 1), syscall.SIGPIPE)
			d := &demo{out: cmd.OutOrStdout(), plans: map[string]*worker.Plan{}, containers: map[string]string{}}
			return d.run(cmd.Context(), fake)
		},
	}
	cmd.Flags().BoolVar(&fake, "fake", false, "use the fake docker even if an engine answers")
	return cmd
}

// demo tells what it does while it does it.
type demo struct {
	out        io.Writer
	outErr     error // the first error of writing to out
	manager    *worker.Manager
	image      string
	cleanup    []func(context.Context) error // undone in reverse order
	ids        []string
	plans      map[string]*worker.Plan
	containers map[string]string // by worker
	step       int
}

func (d *demo) say(format string, args ...any) {
	if _, err := fmt.Fprintf(d.out, format+"\n", args...); d.outErr == nil {
		d.outErr = err
	}
}

func (d *demo) title(format string, args ...any) {
	d.step++
	d.say("\n%d. %s", d.step, fmt.Sprintf(format, args...))
}

// line shows a command line as it runs.
func (d *demo) line(argv []string) { d.say("   $ %s", quote.Line(argv)) }

// stepLine shows the line of a worker's plan, as it is run: with the container's id in the place of its name, when that is known.
func (d *demo) stepLine(id, step string) {
	plan := d.plans[id]
	argv := plan.Argv(*plan.Step(step))
	if last := len(argv) - 1; argv[last] == id {
		argv[last] = d.containers[id]
	}
	d.line(argv)
}

func (d *demo) run(ctx context.Context, fake bool) (err error) {
	defer func() { err = errors.Join(err, d.undo(ctx)) }()
	if err := d.setUp(ctx, fake); err != nil {
		return err
	}
	for _, step := range []func(context.Context) error{d.launch, d.look, d.profile, d.waitFailing, d.stopPolite, d.killStubborn,
		d.cleanUp} {
		if err := errors.Join(step(ctx), d.outErr); err != nil {
			return err
		}
	}
	return nil
}

// undo removes whatever is still there, also after an error or an interrupt.
func (d *demo) undo(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), time.Minute)
	defer cancel()
	var errs []error
	for _, id := range d.ids {
		_, err := d.manager.Kill(ctx, id)
		if err == nil {
			_, err = d.manager.Cleanup(ctx, id)
		}
		if err != nil && !errors.Is(err, worker.ErrUnknownID) {
			errs = append(errs, err)
		}
	}
	for i := len(d.cleanup) - 1; i >= 0; i-- {
		errs = append(errs, d.cleanup[i](ctx))
	}
	return errors.Join(errs...)
}

func (d *demo) setUp(ctx context.Context, fake bool) error {
	dir, err := os.MkdirTemp("", "dockercmd-demo-")
	if err != nil {
		return err
	}
	d.cleanup = append(d.cleanup, func(context.Context) error { return os.RemoveAll(dir) })
	d.manager = &worker.Manager{Root: filepath.Join(dir, "root"), Docker: client.Docker{Short: 20 * time.Second}}
	d.image = fmt.Sprintf("dockercmd-demo:%d", os.Getpid())
	version, err := d.manager.Docker.Version(ctx)
	switch {
	case fake:
		return d.useFake(dir, "as you asked")
	case err != nil && ctx.Err() == nil:
		return d.useFake(dir, "since no docker engine answers ("+firstLine(err)+")")
	case err != nil:
		return err
	}
	d.say("dockercmd demo, on the real docker engine %s (client %s).", version.Server.Version, version.Client.Version)
	return d.makeImage(ctx)
}

func firstLine(err error) string {
	line, _, _ := strings.Cut(err.Error(), "\n")
	return line
}

// useFake takes the fake docker, whose containers are functions of this program, and whose cgroups are files in dir.
func (d *demo) useFake(dir, why string) error {
	d.say("dockercmd demo, on the fake docker inside this program, %s.", why)
	root := filepath.Join(dir, "machine")
	if err := os.Mkdir(root, 0o700); err != nil {
		return err
	}
	f := &runnertest.Docker{Images: map[string]runnertest.Program{d.image: demoProgram}, CgroupRoot: root, Exec: demoExec}
	d.cleanup = append(d.cleanup, func(context.Context) error { return f.Close() })
	machine, err := worker.ReadMachine("")
	d.manager.Docker.Runner = f
	d.manager.Cgroups = cgroupread.Host{Root: root}
	d.manager.Machine = &machine
	return err
}

func (d *demo) makeImage(ctx context.Context) error {
	d.title("Make an image, offline: this program and nothing else.")
	archive, err := demoImage()
	if err != nil {
		return err
	}
	c := dockercmd.Import{Source: "-", Repository: d.image}
	d.line(d.manager.Docker.Argv(&c))
	id, err := d.manager.Docker.Import(ctx, c, archive)
	if err != nil {
		return err
	}
	d.cleanup = append(d.cleanup, func(ctx context.Context) error {
		return d.manager.Docker.Rmi(ctx, dockercmd.Rmi{Images: []string{d.image}})
	})
	d.say("   %s", id)
	return nil
}

// spec returns one of the three workers; they differ in what they do.
func (d *demo) spec(kind string) worker.Spec {
	user := fmt.Sprintf("%d:%d", os.Geteuid(), os.Getegid())
	if os.Geteuid() == 0 {
		user = "65534:65534" // nobody: a worker need not be root because its supervisor is
	}
	return worker.Spec{
		ID:        fmt.Sprintf("demo-%d-%s", os.Getpid(), kind),
		Image:     d.image,
		Command:   []string{"/bin/dockercmd", "demo-worker", kind},
		Env:       map[string]string{"GREETING": "Hello, it's me"},
		User:      user,
		Groups:    []int{},
		Network:   "none",
		Resources: worker.Resources{CPUPercent: 25, Memory: 128 * dockercmd.MiB, Pids: 64},
		StopGrace: new(5 * time.Second),
	}
}

func (d *demo) launch(ctx context.Context) error {
	d.title("Launch three workers. Each line is written as a script first; these are the lines that run.")
	for _, kind := range []string{failing, polite, stubborn} {
		l, err := d.manager.Launch(ctx, d.spec(kind))
		if err != nil {
			return err
		}
		d.ids = append(d.ids, l.ID)
		d.plans[l.ID], d.containers[l.ID] = l.Plan, l.Container
		d.stepLine(l.ID, worker.StepRun)
		d.say("   %.12s is worker %s; its script: %s", l.Container, l.ID, l.Plan.Step(worker.StepRun).Path)
	}
	return nil
}

func (d *demo) look(ctx context.Context) error {
	d.title("Look at all of them with one docker ps, and read their memory from their cgroups.")
	statuses, err := d.manager.Statuses(ctx)
	if err != nil {
		return err
	}
	var table strings.Builder
	printStatuses(&table, statuses)
	for row := range strings.Lines(table.String()) {
		d.say("   %s", strings.TrimRight(row, " \n"))
	}
	for _, id := range d.ids {
		m, err := d.grown(ctx, id)
		if errors.Is(err, cgroupread.ErrGone) && id == d.ids[0] { // on a slow machine it has failed meanwhile
			d.say("   %s has ended already", id)
			continue
		}
		if err != nil {
			return err
		}
		d.say("   %s uses %s, working set %s, of %s; killed for lack of memory: %s", id, size(m.Current), size(m.WorkingSet),
			figure(m.Limit), m.OOMKills)
	}
	return nil
}

// grown reads a worker's memory when it has filled what it wants, at most two seconds from now.
func (d *demo) grown(ctx context.Context, id string) (cgroupread.Memory, error) {
	for deadline := time.Now().Add(2 * time.Second); ; time.Sleep(20 * time.Millisecond) {
		m, err := d.manager.MemoryUsage(ctx, id)
		if err != nil || m.Current >= demoMemory || time.Now().After(deadline) || ctx.Err() != nil {
			return m, err
		}
	}
}

func (d *demo) profile(ctx context.Context) error {
	id := d.ids[1]
	d.title("Profile %s: run a command inside its container, as its user.", id)
	var out strings.Builder
	code, err := d.manager.Profile(ctx, id, worker.ViaExec, []string{"/bin/dockercmd", "demo-worker", profiling},
		client.Streams{Stdout: &out})
	if err != nil {
		return err
	}
	for line := range strings.Lines(out.String()) {
		d.say("   %s", strings.TrimSpace(line))
	}
	if code != 0 {
		return fmt.Errorf("the profile of %s ended with exit code %d", id, code)
	}
	return nil
}

func (d *demo) waitFailing(ctx context.Context) error {
	id := d.ids[0]
	d.title("Wait for %s, which fails.", id)
	d.stepLine(id, worker.StepWait)
	exit, err := d.manager.Wait(ctx, id)
	if err != nil {
		return err
	}
	d.say("   %s: %s, from %s to %s", id, exit, exit.StartedAt.Format(time.TimeOnly), exit.FinishedAt.Format(time.TimeOnly))
	return d.expect(id, exit, 7)
}

func (d *demo) stopPolite(ctx context.Context) error {
	id := d.ids[1]
	d.title("Stop %s with a grace of 5 s: it is asked to end, and does.", id)
	d.stepLine(id, worker.StepStop)
	exit, err := d.manager.Stop(ctx, id)
	if err != nil {
		return err
	}
	d.say("   %s: %s", id, exit)
	return errors.Join(d.expect(id, exit, 0), d.lastWords(ctx, id))
}

func (d *demo) killStubborn(ctx context.Context) error {
	id := d.ids[2]
	d.title("Kill %s, which does not care to be asked.", id)
	d.stepLine(id, worker.StepKill)
	exit, err := d.manager.Kill(ctx, id)
	if err != nil {
		return err
	}
	d.say("   %s: %s", id, exit)
	return errors.Join(d.expect(id, exit, 137), d.lastWords(ctx, id))
}

func (d *demo) expect(id string, exit worker.Exit, code int) error {
	if !exit.Known || exit.Code != code {
		return fmt.Errorf("worker %s ended with %s, not with exit code %d", id, exit, code)
	}
	return nil
}

func (d *demo) lastWords(ctx context.Context, id string) error {
	var out strings.Builder
	err := d.manager.Docker.Logs(ctx, dockercmd.Logs{Container: id}, client.Streams{Stdout: &out})
	for line := range strings.Lines(out.String()) {
		d.say("   %s said: %s", id, strings.TrimSpace(line))
	}
	return err
}

func (d *demo) cleanUp(ctx context.Context) error {
	d.title("Clean up: containers, scripts, reservations.")
	for _, id := range d.ids {
		d.stepLine(id, worker.StepRm)
		exit, err := d.manager.Cleanup(ctx, id)
		if err != nil {
			return err
		}
		d.say("   %s: gone (%s)", id, exit)
	}
	rows, err := d.manager.Docker.Ps(ctx,
		dockercmd.Ps{All: true, Filters: []dockercmd.Filter{{Key: "name", Value: fmt.Sprintf("demo-%d-", os.Getpid())}}})
	if err != nil {
		return err
	}
	if len(rows) > 0 {
		return fmt.Errorf("%d containers of the demo are left", len(rows))
	}
	d.say("\nNo container is left.")
	return nil
}
