package worker

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"time"

	"github.com/dockercmd/toolkit/client"
	"github.com/dockercmd/toolkit/dockercmd/output"
	"github.com/dockercmd/toolkit/scripts"
)

// What a Bundle that names no bounds takes of a worker's logs.
const (
	DefaultTail     = 1000    // lines
	DefaultLogBytes = 1 << 20 // of standard output, and as much of standard error
)

// Bundle says how much of a worker's logs PostMortem takes.
type Bundle struct {
	// Tail is how many lines from the end, of both streams together; 0 is DefaultTail.
	Tail int
	// LogBytes is how much of each stream at most, from the end; 0 is DefaultLogBytes.
	LogBytes int
}

// Missing is a part of a bundle that could not be collected.
type Missing struct {
	Part string // checkpoint, files, inspect, logs, cgroup, events or engine
	Err  error  // why not
}

// PostMortem writes what there is to know of a worker to w, as a tar.gz of one directory: what happened in words (summary.txt), its
// checkpoint, its command files, docker's inspect, its last logs, what its cgroup counts, docker's events of it, and what engine
// answers. The worker may be alive, ended, or damaged on disk. Nothing of it is changed.
//
// Each part has the Docker's Short deadline, and all that need the engine are asked for at once. What cannot be had is missing,
// which the summary tells as well; the rest is written all the same. An error means that there is no bundle: no such worker, or a w
// that does not take it. Values of environment variables are not in it, but what the worker has printed is, as it was.
func (m *Manager) PostMortem(ctx context.Context, id string, w io.Writer, b Bundle) (missing []Missing, err error) {
	a := &autopsy{m: m, id: id, at: time.Now().UTC().Truncate(time.Second), tail: DefaultTail, logBytes: DefaultLogBytes}
	if b.Tail > 0 {
		a.tail = b.Tail
	}
	if b.LogBytes > 0 {
		a.logBytes = b.LogBytes
	}
	if err := a.open(ctx); err != nil {
		return nil, err
	}
	defer a.close()
	cp := a.cp
	if cp == nil {
		cp = &checkpoint{ID: id, Engine: m.Docker.Engine}
	}
	a.docker = m.docker(a.root, cp)
	a.collect(ctx)
	for _, p := range a.parts {
		missing = append(missing, p.missing...)
	}
	if err := a.write(w); err != nil {
		return missing, fmt.Errorf("worker %s: write its post-mortem: %w", id, err)
	}
	return missing, nil
}

// autopsy is one bundle in the making.
type autopsy struct {
	m        *Manager
	id, root string
	at       time.Time
	tail     int
	logBytes int

	dir *scripts.Dir // the supervisor's own of the worker; nil when it cannot be used
	cp  *checkpoint  // nil when it is damaged or missing
	err error        // why

	docker     client.Docker // asks for the worker
	inspectErr error
	container  *output.Container // the worker's own, as inspect tells; nil is none, or no answer
	figures    *cgroupFigures    // nil when there are none
	parts      []*bundlePart     // in the order of the bundle
}

// bundlePart is what one question has brought.
type bundlePart struct {
	files   []bundleFile
	missing []Missing
}

// bundleFile is a file of a bundle. Its name is relative to the bundle's directory.
type bundleFile struct {
	name, what string // what it holds, in words
	data       []byte
}

func (p *bundlePart) add(name, what string, data []byte) {
	p.files = append(p.files, bundleFile{name, what, data})
}

func (p *bundlePart) miss(part string, err error) {
	if err != nil {
		p.missing = append(p.missing, Missing{part, err})
	}
}

// open finds the worker. One that is not there at all is an error; one whose state cannot be used is not.
func (a *autopsy) open(ctx context.Context) error {
	root, err := a.m.root()
	if err != nil {
		return err
	}
	a.root = root
	h, err := a.m.open(ctx, a.id)
	switch {
	case err == nil:
		a.dir, a.cp = h.dir, h.checkpoint
		return nil
	case errors.Is(err, ErrUnknownID) && !errors.Is(err, fs.ErrNotExist):
		return err
	}
	a.err = err
	_ = a.m.read(ctx, func(root string) error { // what is wrong with it is told already
		if _, err := os.Lstat(stateDir(root, a.id)); err != nil {
			return err
		}
		a.dir, err = scripts.OpenDir(stateDir(root, a.id))
		return err
	})
	return nil
}

func (a *autopsy) close() {
	if a.dir != nil {
		a.dir.Close()
	}
}

// collect asks all that is asked, at once where nothing depends on an answer.
func (a *autopsy) collect(ctx context.Context) {
	checkpoint, files, inspect, logs, cgroup, events, engine := new(bundlePart), new(bundlePart), new(bundlePart), new(bundlePart),
		new(bundlePart), new(bundlePart), new(bundlePart)
	a.parts = []*bundlePart{checkpoint, files, inspect, logs, cgroup, events, engine}
	var wg sync.WaitGroup
	wg.Go(func() { a.engine(ctx, engine) })
	if a.cp != nil && a.cp.Container != "" {
		// The id tells the container, whether or not inspect answers.
		wg.Go(func() { a.inspect(ctx, inspect) })
		wg.Go(func() { a.logs(ctx, logs, a.cp.Container) })
		wg.Go(func() { a.events(ctx, events, a.cp.Container) })
		wg.Go(func() { a.cgroup(cgroup, a.cp.Container, a.cp.CgroupParent) })
	} else {
		wg.Go(func() {
			a.inspect(ctx, inspect)
			if a.container == nil {
				return // nothing that is surely the worker's
			}
			id := a.container.ID
			wg.Go(func() { a.logs(ctx, logs, id) })
			wg.Go(func() { a.events(ctx, events, id) })
			a.cgroup(cgroup, id, a.container.HostConfig.CgroupParent)
		})
	}
	a.checkpoint(checkpoint)
	a.commandFiles(files)
	a.workerFile(ctx, files)
	wg.Wait()
	if a.figures == nil && len(cgroup.missing) == 0 && a.launched() {
		cgroup.miss("cgroup", errors.New("no container is known to be the worker's"))
	}
}

// launched reports whether there was a launch, as far as that is known.
func (a *autopsy) launched() bool { return a.cp == nil || a.cp.Launch != "" }

// checkpoint takes what the supervisor knows, and what of it was damaged.
func (a *autopsy) checkpoint(p *bundlePart) {
	p.miss("checkpoint", a.err)
	if a.dir != nil {
		data, err := a.dir.Read(checkpointFile)
		switch {
		case err != nil:
			if a.err == nil || !errors.Is(err, fs.ErrNotExist) {
				p.miss("checkpoint", err)
			}
		case a.cp == nil:
			p.add(checkpointFile+".damaged", "what is left of the checkpoint", data)
		default:
			_, body, _ := strings.Cut(string(data), "\n") // behind the checksum
			p.add("checkpoint.json", "what the supervisor knows of the worker", []byte(body))
		}
	}
	quarantine := filepath.Join(a.root, "quarantine")
	for _, e := range dirEntries(quarantine) {
		const stamp = len("20060102T150405.000000000")
		if name := e.Name(); len(name) > stamp && name[stamp:] == "."+a.id+"."+checkpointFile && e.Type().IsRegular() {
			data, err := readAtMost(filepath.Join(quarantine, name), 1<<20)
			if err != nil {
				p.miss("checkpoint", err)
				continue
			}
			p.add("quarantine/"+name, "an earlier checkpoint, damaged and set aside", data)
		}
	}
}

// readAtMost reads the beginning of a file of the supervisor's own.
func readAtMost(path string, limit int64) ([]byte, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	return io.ReadAll(io.LimitReader(f, limit))
}

// commandFiles takes the lines that were run, and the other files of the supervisor's own directory.
func (a *autopsy) commandFiles(p *bundlePart) {
	if a.dir == nil {
		p.miss("files", fmt.Errorf("%s cannot be used", stateDir(a.root, a.id)))
		return
	}
	names, err := a.dir.Names()
	p.miss("files", err)
	for _, name := range names {
		if name == checkpointFile {
			continue
		}
		data, err := a.dir.Read(name)
		what := ""
		switch {
		case err != nil:
		case strings.HasSuffix(name, ".sh"):
			what = "a docker line of the worker's life"
			data, err = hideInLine(data)
		case name == envFile:
			what, data = "its environment, without values", hideInEnvFile(data)
		case name == cidFile:
			what = "the container's id, as docker run wrote it"
		default:
			err = errors.New("it is no file of the supervisor's, and left out")
		}
		if err != nil {
			p.miss("files", fmt.Errorf("%s: %w", name, err))
			continue
		}
		p.add("files/"+name, what, data)
	}
}

// workerFile takes the worker script, which lies where the worker may write.
func (a *autopsy) workerFile(ctx context.Context, p *bundlePart) {
	if a.cp == nil || a.cp.Launch == "" {
		return // nobody knows whose directory it is
	}
	path := filepath.Join(workDir(a.root, a.id), "work")
	var dir *scripts.Dir
	err := a.m.read(ctx, func(string) (err error) {
		if _, err := os.Lstat(path); err != nil {
			return err
		}
		dir, err = scripts.OpenWorkerDir(path, scripts.Owner{UID: a.cp.Identity.UID, GID: a.cp.Identity.GID})
		return err
	})
	var data []byte
	if err == nil {
		defer dir.Close()
		data, err = dir.Read(workerScript)
	}
	if errors.Is(err, fs.ErrNotExist) {
		return // there is none without a shell
	}
	if err == nil {
		data, err = hideInScript(data)
	}
	if err != nil {
		p.miss("files", fmt.Errorf("%s: %w", workerScript, err))
		return
	}
	p.add("files/"+workerScript, "what the container starts, without the environment's values", data)
}

// question returns a context with the deadline of one question to docker.
func (a *autopsy) question(ctx context.Context) (context.Context, context.CancelFunc) {
	short := a.docker.Short
	if short <= 0 {
		short = client.DefaultShort
	}
	return context.WithTimeoutCause(ctx, short, fmt.Errorf("no answer within %v", short))
}
