package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/dockercmd/toolkit/cgroupread"
	"github.com/dockercmd/toolkit/worker"
)

// leastInterval is how often watch looks at most.
const leastInterval = 100 * time.Millisecond

func (f *workerFlags) watch() *cobra.Command {
	var interval time.Duration
	cmd := &cobra.Command{
		Use: "watch", Short: "Show a live table of workers and what they use",
		Long: `Show a live table of workers: state, uptime, CPU, memory against its limit, tasks and the last exit, until
ctrl-C. Where standard output is no terminal, or TERM is dumb, each change is a line instead. NO_COLOR, set to
anything, leaves out colours.

It only looks, and may run beside a supervisor: one docker ps for all workers each time, and the rest is read from their cgroups.
While the engine does not answer, the table says so, and shows what the cgroups tell (marked *).`,
		Args: noArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			m, err := f.manager(cmd)
			if err != nil {
				return err
			}
			if interval < leastInterval {
				return usageError(fmt.Errorf("--interval: %v is too short; give %v or more", interval, leastInterval))
			}
			m.Docker.Short = max(5*time.Second, interval)
			w := &watcher{m: m, out: cmd.OutOrStdout(), interval: interval, samples: map[string]sample{}, exits: map[string]*worker.Exit{},
				shown: map[string]watchRow{}}
			if _, ok := terminalOf(raw(w.out)); ok { // it makes neutral what it draws
				w.out = raw(w.out)
			}
			return w.run(cmd.Context())
		},
	}
	cmd.Flags().DurationVar(&interval, "interval", time.Second, "how often to look")
	return cmd
}

// watcher looks at all workers again and again.
type watcher struct {
	m        *worker.Manager
	out      io.Writer
	interval time.Duration

	statuses []worker.Status
	err      error     // of the last docker ps that came to its end
	since    time.Time // when that error began
	asked    time.Time // when the docker ps that is under way began; zero is none

	samples map[string]sample
	exits   map[string]*worker.Exit // the last of each worker
	shown   map[string]watchRow     // by the lines of a plain output
	problem string                  // likewise
	lines   int                     // that the terminal shows
	size    terminal                // that they were drawn for
}

// sample is what was read from a worker's cgroup.
type sample struct {
	container string
	at        time.Time
	cpu       time.Duration
	percent   float64 // since the sample before; below 0 is not known
	missed    bool    // it could not be found
}

// missedRest is how long a cgroup that was not found is not looked for again: on another machine's engine, say.
const missedRest = 10 * time.Second

type answer struct {
	statuses []worker.Status
	err      error
}

func (w *watcher) run(ctx context.Context) (err error) {
	ctx, cancel := context.WithCancel(ctx)
	answers := make(chan answer, 1)
	ask := func() {
		w.asked = time.Now()
		go func() { // run waits for it, which ends with ctx or by the deadline of docker ps
			statuses, err := w.m.Statuses(ctx)
			answers <- answer{statuses, err}
		}()
	}
	tick := time.NewTicker(w.interval)
	defer tick.Stop()
	defer func() {
		cancel()
		if !w.asked.IsZero() {
			<-answers
		}
		if w.lines > 0 {
			_, restoreErr := io.WriteString(w.out, "\x1b[?25h") // the cursor
			err = errors.Join(err, restoreErr)
		}
	}()
	for ask(); ; {
		select {
		case <-ctx.Done():
			return nil // it is how one leaves
		case a := <-answers:
			w.asked = time.Time{}
			if ctx.Err() != nil {
				return nil
			}
			w.hear(a, time.Now())
		case <-tick.C:
			if w.asked.IsZero() {
				ask()
				continue // its answer is shown, unless that is late
			}
			if time.Since(w.asked) < w.interval/2 {
				continue
			}
		}
		if err := w.show(w.view(time.Now())); err != nil {
			return err
		}
	}
}

// hear takes docker's answer.
func (w *watcher) hear(a answer, now time.Time) {
	if a.err == nil || len(a.statuses) > 0 || w.statuses == nil {
		w.statuses = a.statuses
	}
	if a.err != nil && w.err == nil {
		w.since = now
	}
	w.err = a.err
	for _, s := range a.statuses {
		if s.Exit != nil {
			w.exits[s.ID] = s.Exit
		}
	}
}

// view returns what is known now.
func (w *watcher) view(now time.Time) watchView {
	v := watchView{At: now, Rows: make([]watchRow, 0, len(w.statuses))}
	switch waited := now.Sub(w.asked); {
	case !w.asked.IsZero() && waited > 2*time.Second && waited > 2*w.interval:
		v.Problem = fmt.Sprintf("the engine has not answered for %s; * is what the cgroup tells", age(waited))
	case errors.Is(w.err, worker.ErrState):
		v.Problem = firstLine(w.err)
	case w.err != nil:
		v.Problem = fmt.Sprintf("the engine does not answer since %s (%s); * is what the cgroup tells", w.since.Format(time.TimeOnly),
			firstLine(w.err))
	}
	for _, s := range w.statuses {
		v.Rows = append(v.Rows, w.row(s, now))
	}
	return v
}

func (w *watcher) row(s worker.Status, now time.Time) watchRow {
	r := watchRow{ID: s.ID, State: s.State, ByCgroup: s.Source == worker.FromCgroup, Uptime: -1, CPU: -1, Memory: -1, Limit: -1,
		Pids: -1}
	if e := w.exits[s.ID]; e != nil {
		r.LastExit, r.Failed = e.Reason, !e.Known || e.Code != 0
	}
	if !s.State.Alive() {
		delete(w.samples, s.ID)
		return r
	}
	if !s.LaunchedAt.IsZero() {
		r.Uptime = max(now.Sub(s.LaunchedAt), 0)
	}
	before := w.samples[s.ID]
	if before.container != s.Container {
		before = sample{}
	}
	if before.missed && now.Sub(before.at) < missedRest {
		return r
	}
	u, err := w.m.UsageOf(s)
	if err != nil {
		w.samples[s.ID] = sample{container: s.Container, at: now, missed: errors.Is(err, cgroupread.ErrGone)}
		return r
	}
	r.Memory, r.Limit, r.Pids = u.Memory.WorkingSet, u.Memory.Limit.Or(-1), u.Pids.Current
	next := sample{container: s.Container, at: now, cpu: u.CPU.Usage, percent: -1}
	switch elapsed := now.Sub(before.at); {
	case before.cpu == 0 || u.CPU.Usage < before.cpu:
	case elapsed < w.interval/2:
		next = before // too soon to tell
	default:
		next.percent = 100 * float64(u.CPU.Usage-before.cpu) / float64(elapsed)
	}
	r.CPU = next.percent
	w.samples[s.ID] = next
	return r
}

// show draws a view over the one before, or writes what is new in lines.
func (w *watcher) show(v watchView) error {
	t, ok := terminalOf(w.out)
	if !ok {
		return w.showLines(v)
	}
	var b bytes.Buffer
	switch {
	case w.lines == 0:
		b.WriteString("\x1b[?25l")
	case t != w.size: // lines may have been wrapped
		b.WriteString("\x1b[H\x1b[2J")
	default:
		fmt.Fprintf(&b, "\x1b[%dA\r", w.lines)
	}
	text := v.render(terminal{t.width, t.height - 1, t.colour}) // the cursor stands below
	b.WriteString(strings.ReplaceAll(text, "\n", "\x1b[K\n"))
	b.WriteString("\x1b[J")
	w.lines, w.size = strings.Count(text, "\n"), t
	_, err := w.out.Write(b.Bytes())
	return err
}

// showLines writes a line for each worker that is new, in another state or gone, and for what is wrong.
func (w *watcher) showLines(v watchView) error {
	var b bytes.Buffer
	at := v.At.Format(time.TimeOnly)
	problem := v.Problem
	if strings.HasPrefix(problem, "the engine has not") {
		problem = "the engine does not answer" // for how long is no news
	}
	if (problem == "") != (w.problem == "") {
		if problem == "" {
			problem, w.problem = "all is well again", ""
		} else {
			w.problem = problem
		}
		fmt.Fprintf(&b, "%s %s\n", at, cut(problem, 1000))
	}
	seen := map[string]bool{}
	for _, r := range v.Rows {
		seen[r.ID] = true
		before, was := w.shown[r.ID]
		w.shown[r.ID] = r
		if !was || before.State != r.State || before.ByCgroup != r.ByCgroup {
			fmt.Fprintf(&b, "%s %s\n", at, plainRow(r))
		}
	}
	for id := range w.shown {
		if !seen[id] && w.err == nil {
			delete(w.shown, id)
			fmt.Fprintf(&b, "%s %s removed\n", at, id)
		}
	}
	_, err := w.out.Write(b.Bytes())
	return err
}

func plainRow(r watchRow) string {
	text := r.ID + " " + string(r.State)
	if r.ByCgroup {
		text += ", as its cgroup tells"
	}
	if r.State == worker.Exited || r.State == worker.Gone {
		return text + ": " + dash(r.LastExit)
	}
	if r.Memory >= 0 {
		text += ", memory " + memory(r)
	}
	if r.Pids >= 0 {
		text += fmt.Sprintf(", pids %d", r.Pids)
	}
	return text
}
