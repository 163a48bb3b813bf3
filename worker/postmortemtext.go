package worker

import (
	"archive/tar"
	"bytes"
	"compress/gzip"
	"errors"
	"fmt"
	"io"
	"path"
	"strings"
	"text/tabwriter"
	"time"

	"github.com/dockercmd/toolkit/cgroupread"
	"github.com/dockercmd/toolkit/client"
	"github.com/dockercmd/toolkit/dockercmd"
)

// write makes the archive: one directory, the summary first, the rest in the order of the parts. All entries have the bundle's
// time, no owner, and modes that let nobody else read.
func (a *autopsy) write(w io.Writer) error {
	files := []bundleFile{{name: "summary.txt", data: a.summary()}}
	for _, p := range a.parts {
		files = append(files, p.files...)
	}
	z := gzip.NewWriter(w)
	t := tar.NewWriter(z)
	made := map[string]bool{}
	for _, f := range files {
		name := path.Join("postmortem-"+a.id, f.name)
		for _, dir := range parents(name) {
			if made[dir] {
				continue
			}
			made[dir] = true
			if err := t.WriteHeader(&tar.Header{Typeflag: tar.TypeDir, Name: dir + "/", Mode: 0o700, ModTime: a.at}); err != nil {
				return err
			}
		}
		if err := t.WriteHeader(&tar.Header{Typeflag: tar.TypeReg, Name: name, Mode: 0o600, Size: int64(len(f.data)),
			ModTime: a.at}); err != nil {
			return err
		}
		if _, err := t.Write(f.data); err != nil {
			return err
		}
	}
	if err := t.Close(); err != nil {
		return err
	}
	return z.Close()
}

// parents returns the directories above a path, the highest first.
func parents(name string) []string {
	var dirs []string
	for i, c := range name {
		if c == '/' {
			dirs = append(dirs, name[:i])
		}
	}
	return dirs
}

// summary returns in words what happened, what the bundle holds, and what it lacks.
func (a *autopsy) summary() []byte {
	var b bytes.Buffer
	fmt.Fprintf(&b, "Post-mortem of worker %s, made %s\n\nWhat happened\n", a.id, clock(a.at))
	t := tabwriter.NewWriter(&b, 0, 0, 2, ' ', 0)
	say := func(what, format string, args ...any) {
		fmt.Fprintf(t, "  %s\t%s\n", what, fmt.Sprintf(format, args...))
	}
	a.tell(say)
	t.Flush()

	b.WriteString("\nWhat is in this bundle\n")
	for _, p := range a.parts {
		for _, f := range p.files {
			fmt.Fprintf(t, "  %s\t%s\n", f.name, f.what)
		}
	}
	t.Flush()

	b.WriteString("\nWhat could not be collected, and why\n")
	none := true
	for _, p := range a.parts {
		for _, m := range p.missing {
			none = false
			fmt.Fprintf(t, "  %s\t%s\n", m.Part, oneLine(m.Err))
		}
	}
	if none {
		b.WriteString("  nothing: all that was asked for is here\n")
	}
	t.Flush()
	return b.Bytes()
}

func oneLine(err error) string { return strings.Join(strings.Fields(err.Error()), " ") }

// tell writes what is known of the worker's life and end, and where that comes from.
func (a *autopsy) tell(say func(what, format string, args ...any)) {
	s, recorded := a.status()
	switch {
	case s.State == Unknown && s.Detail != "":
		say("state", "unknown: %s", s.Detail)
	case s.Source == "":
		say("state", "%s", s.State)
	default:
		say("state", "%s, says %s", s.State, s.Source)
	}
	if s.Exit != nil {
		tellExit(say, *s.Exit)
		if !recorded {
			say("", "no supervisor has recorded this yet")
		}
	}
	if cp := a.cp; cp != nil {
		sayTime(say, "launched", cp.LaunchedAt)
		sayTime(say, "told to end", cp.StopAt)
		if cp.Exit != nil {
			say("handed over", "%s", map[bool]string{true: "yes, a supervisor has taken the exit",
				false: "no, the exit waits for a supervisor"}[cp.Acked])
		}
		if cp.Launch != "" {
			say("launch", "%s of instance %s", cp.Launch, cp.Instance)
		}
	}
	if id := s.Container; id != "" {
		say("container", "%s", id)
	}
	if c := a.container; c != nil {
		if s.Exit == nil || s.Exit.StartedAt.IsZero() {
			sayTime(say, "started", c.State.StartedAt)
		}
		say("image", "%s (%s)", c.Config.Image, c.Image)
		if c.RestartCount > 0 {
			say("restarts", "%d", c.RestartCount)
		}
		if c.State.Error != "" {
			say("docker says", "%s", strings.Join(strings.Fields(c.State.Error), " "))
		}
	}
	if f := a.figures; f != nil {
		a.tellFigures(say, f)
	}
}

// status returns what the summary begins with; recorded says whether the exit in it is on disk.
func (a *autopsy) status() (s Status, recorded bool) {
	cp := a.cp
	if cp == nil {
		s = Status{ID: a.id, State: Unknown, Detail: "its state on disk cannot be used, and no container is known to be its own"}
		if a.container == nil {
			return s, false
		}
		cp = &checkpoint{ID: a.id, Launch: a.container.Config.Labels[LabelLaunch], Container: a.container.ID}
	}
	if cp.Launch == "" || cp.Exit != nil {
		return cp.status(nil, true), true
	}
	c := a.container
	switch {
	case c == nil && (errors.Is(a.inspectErr, client.ErrNotFound) || errors.Is(a.inspectErr, ErrForeign)):
		return cp.status(nil, true), false
	case c == nil:
		return a.m.withoutEngine(cp, cgroupread.Group{}, false), false
	}
	s = cp.status(nil, false)
	s.State, s.Source, s.Container, s.Detail = stateOf(c.State.Status), FromInspect, c.ID, ""
	switch {
	case c.State.Status.Over():
		e := exitOf(c.State)
		s.Exit = &e
	case s.State == Running && !cp.StopAt.IsZero():
		s.State = Stopping
	}
	return s, false
}

func tellExit(say func(what, format string, args ...any), e Exit) {
	say("exit", "%s", e.Reason)
	if e.Known {
		say("exit code", "%d, says %s", e.Code, e.Source)
	} else {
		say("exit code", "not known")
	}
	if sig := e.Signal(); sig != 0 {
		say("signal", "%d (%v), or the program chose such a code itself", int(sig), sig)
	}
	if e.OOM {
		say("out of memory", "yes: the kernel killed a process of it for lack of memory, says %s", e.OOMSource)
	} else {
		say("out of memory", "nobody saw a kill for lack of memory")
	}
	if e.Stopped {
		say("stopped", "it had been told to end")
	}
	sayTime(say, "started", e.StartedAt)
	sayTime(say, "finished", e.FinishedAt)
	if !e.StartedAt.IsZero() && e.FinishedAt.After(e.StartedAt) {
		say("ran for", "%v", e.FinishedAt.Sub(e.StartedAt).Round(time.Millisecond))
	}
}

func (a *autopsy) tellFigures(say func(what, format string, args ...any), f *cgroupFigures) {
	if m := f.Memory; m != nil {
		limit := "no limit"
		if n, ok := m.Limit.Get(); ok {
			limit = "a limit of " + dockercmd.Bytes(n).String()
		}
		say("memory", "%d bytes, working set %d, %s; kills for lack of memory: %s", m.Current, m.WorkingSet, limit, m.OOMKills)
	}
	if c := f.CPU; c != nil {
		say("cpu", "%v, held back for %v", c.Usage, c.ThrottledTime)
	}
	if p := f.Pids; p != nil {
		say("tasks", "%d of %s", p.Current, p.Limit)
	}
	say("processes", "%s", strings.Join(f.Processes, ", "))
}

func sayTime(say func(what, format string, args ...any), what string, t time.Time) {
	if !t.IsZero() {
		say(what, "%s", clock(t))
	}
}

func clock(t time.Time) string { return t.UTC().Format("2006-01-02T15:04:05.000Z07:00") }
