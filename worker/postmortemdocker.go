package worker

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"strconv"
	"time"

	"github.com/dockercmd/toolkit/cgroupread"
	"github.com/dockercmd/toolkit/client"
	"github.com/dockercmd/toolkit/dockercmd"
	"github.com/dockercmd/toolkit/dockercmd/output"
)

// inspect takes what docker says of the container, if it is the worker's.
func (a *autopsy) inspect(ctx context.Context, p *bundlePart) {
	if !a.launched() {
		return
	}
	ctx, cancel := a.question(ctx)
	defer cancel()
	h := &handle{root: a.root, checkpoint: a.cp}
	if a.cp == nil {
		h.checkpoint = &checkpoint{ID: a.id, Instance: a.m.instance(a.root), Engine: a.m.Docker.Engine}
	}
	found, err := a.docker.Inspect(ctx, h.ref())
	switch {
	case err != nil:
	case a.cp == nil && !h.isOurs(found[0]), a.cp != nil && !h.owns(found[0]):
		err = problem(ErrForeign, a.id, "", "the container %.12s has its name, but is not of its launch", found[0].ID)
	default:
		a.container = &found[0]
		var data []byte
		if data, err = hideInInspect(found[0].Raw); err == nil {
			p.add("inspect.json", "docker inspect, without the environment's values", data)
		}
	}
	a.inspectErr = err
	p.miss("inspect", err)
}

// logs takes the last of what the container wrote.
func (a *autopsy) logs(ctx context.Context, p *bundlePart, container string) {
	ctx, cancel := a.question(ctx)
	defer cancel()
	stdout, stderr := lastBytes{limit: a.logBytes}, lastBytes{limit: a.logBytes}
	c := dockercmd.Logs{Container: container, Tail: strconv.Itoa(a.tail), Timestamps: true}
	err := a.docker.Logs(ctx, c, client.Streams{Stdout: &stdout, Stderr: &stderr})
	if err == nil || stdout.total+stderr.total > 0 {
		p.add("logs/stdout.txt", stdout.what("standard output", a.tail), stdout.bytes())
		p.add("logs/stderr.txt", stderr.what("standard error", a.tail), stderr.bytes())
	}
	p.miss("logs", err)
}

// lastBytes keeps the end of what is written to it.
type lastBytes struct {
	limit, total int
	kept         []byte
}

func (l *lastBytes) Write(b []byte) (int, error) {
	l.total += len(b)
	if l.kept = append(l.kept, b...); len(l.kept) > 2*l.limit {
		l.kept = l.kept[:copy(l.kept, l.kept[len(l.kept)-l.limit:])]
	}
	return len(b), nil
}

// bytes returns at most limit bytes from the end. Where something is cut off they begin with a line.
func (l *lastBytes) bytes() []byte {
	if l.total <= l.limit {
		return l.kept
	}
	b := l.kept[max(0, len(l.kept)-l.limit):]
	if _, whole, ok := bytes.Cut(b, []byte("\n")); ok {
		return whole
	}
	return b
}

func (l *lastBytes) what(name string, tail int) string {
	if l.total > l.limit {
		return fmt.Sprintf("%s, with times: the last %d bytes of %d that docker told", name, l.limit, l.total)
	}
	return fmt.Sprintf("%s, with times, of the last %d lines", name, tail)
}

// events takes docker's events of the container, of which the engine remembers the last.
func (a *autopsy) events(ctx context.Context, p *bundlePart, container string) {
	ctx, cancel := a.question(ctx)
	defer cancel()
	var since time.Time
	if a.cp != nil {
		since = a.cp.LaunchedAt
	}
	c := dockercmd.Events{
		Filters: []dockercmd.Filter{{Key: "type", Value: "container"}, {Key: "container", Value: container}},
		// A second earlier: the engine's clock may be another machine's. Later than now would wait.
		Since: unixTime(since.Add(-time.Second)), Until: unixTime(time.Now()),
	}
	if since.IsZero() {
		c.Since = "0"
	}
	var lines bytes.Buffer
	n := 0
	err := a.docker.Events(ctx, c, func(e output.Event) {
		lines.Write(bytes.TrimSpace(e.Raw))
		lines.WriteByte('\n')
		n++
	})
	if err == nil || n > 0 {
		p.add("events.jsonl",
			fmt.Sprintf("docker's %d events of it; an engine remembers only its last 256, and none from before its start", n),
			lines.Bytes())
	}
	p.miss("events", err)
}

// cgroupFigures are what the kernel counts for a worker.
type cgroupFigures struct {
	Group     string             `json:"group"`
	Memory    *cgroupread.Memory `json:"memory,omitempty"`
	CPU       *cgroupread.CPU    `json:"cpu,omitempty"` // times in nanoseconds
	Pids      *cgroupread.Pids   `json:"pids,omitempty"`
	Processes []string           `json:"processes"` // "4711 (java) S", the state as in proc(5)
}

// cgroup takes the kernel's figures; it asks no engine.
func (a *autopsy) cgroup(p *bundlePart, container, parent string) {
	g, err := a.m.Cgroups.ByID(container, parent)
	if err != nil {
		if errors.Is(err, cgroupread.ErrGone) {
			err = fmt.Errorf("%w: figures are kept while the container runs", err)
		}
		p.miss("cgroup", err)
		return
	}
	f := &cgroupFigures{Group: g.String(), Processes: []string{}}
	if memory, err := g.Memory(); err == nil {
		f.Memory = &memory
	} else {
		p.miss("cgroup", fmt.Errorf("memory: %w", err))
	}
	if cpu, err := g.CPU(); err == nil {
		f.CPU = &cpu
	} else {
		p.miss("cgroup", fmt.Errorf("cpu: %w", err))
	}
	if pids, err := g.Pids(); err == nil {
		f.Pids = &pids
	} else {
		p.miss("cgroup", fmt.Errorf("pids: %w", err))
	}
	procs, err := g.Procs()
	p.miss("cgroup", err)
	for _, pid := range procs {
		f.Processes = append(f.Processes, describeProcess(pid))
	}
	a.figures = f
	p.add("cgroup.json", "what the kernel counts for it", jsonText(f))
}

// engine takes what engine and client these are.
func (a *autopsy) engine(ctx context.Context, p *bundlePart) {
	ctx, cancel := a.question(ctx)
	defer cancel()
	told := struct {
		Client *output.VersionPart `json:"client,omitempty"`
		Server *output.VersionPart `json:"server,omitempty"`
		Host   *engineHost         `json:"host,omitempty"`
	}{}
	v, err := a.docker.Version(ctx)
	if v.Client.Version != "" {
		told.Client = &v.Client
	}
	told.Server = v.Server
	p.miss("engine", err)
	if err == nil {
		var info bytes.Buffer
		if _, err = a.docker.Stream(ctx, &dockercmd.Info{Format: output.JSONFormat}, client.Streams{Stdout: &info}); err == nil {
			var i output.EngineInfo
			if i, err = output.ParseInfo(info.Bytes()); err == nil {
				told.Host = hostOf(i)
			}
		}
		if err != nil {
			p.miss("engine", fmt.Errorf("docker info: %w", err))
		}
	}
	if told.Client != nil {
		p.add("engine.json", "versions, and what docker info says of the host in short", jsonText(told))
	}
}

// engineHost is the part of docker info that tells of an engine's ways. The rest may name mirrors and proxies, with passwords.
type engineHost struct {
	OperatingSystem, KernelVersion, Architecture     string
	CPUs                                             int
	Memory                                           int64
	StorageDriver, LoggingDriver, CgroupDriver       string
	CgroupVersion, DefaultRuntime                    string
	SecurityOptions                                  []string
	LiveRestore, MemoryLimit, SwapLimit, PidsLimit   bool
	Containers, ContainersRunning, ContainersStopped int
	Warnings                                         []string
}

func hostOf(i output.EngineInfo) *engineHost {
	return &engineHost{
		OperatingSystem: i.OperatingSystem, KernelVersion: i.KernelVersion, Architecture: i.Architecture, CPUs: i.NCPU,
		Memory:        i.MemTotal,
		StorageDriver: i.Driver, LoggingDriver: i.LoggingDriver, CgroupDriver: i.CgroupDriver, CgroupVersion: i.CgroupVersion,
		DefaultRuntime: i.DefaultRuntime, SecurityOptions: i.SecurityOptions, LiveRestore: i.LiveRestoreEnabled,
		MemoryLimit: i.MemoryLimit,
		SwapLimit:   i.SwapLimit, PidsLimit: i.PidsLimit, Containers: i.Containers, ContainersRunning: i.ContainersRunning,
		ContainersStopped: i.ContainersStopped, Warnings: i.Warnings,
	}
}
