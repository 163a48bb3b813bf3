package worker_test

import (
	"archive/tar"
	"bytes"
	"compress/gzip"
	"context"
	"errors"
	"io"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/dockercmd/toolkit/cgroupread"
	"github.com/dockercmd/toolkit/client"
	"github.com/dockercmd/toolkit/dockercmd"
	"github.com/dockercmd/toolkit/runner/runnertest"
	"github.com/dockercmd/toolkit/worker"
)

// password is the value of a variable, which is to be in no bundle.
const password = "s3cret value"

// bundle returns a post-mortem, unpacked: contents by their names below the bundle's directory.
func bundle(t *testing.T, m *worker.Manager, id string, b worker.Bundle) (files map[string]string, missing []worker.Missing) {
	t.Helper()
	var archive bytes.Buffer
	missing, err := m.PostMortem(t.Context(), id, &archive, b)
	if err != nil {
		t.Fatal(err)
	}
	files = map[string]string{}
	for name, data := range untar(t, &archive) {
		rest, ok := strings.CutPrefix(name, "postmortem-"+id+"/")
		if !ok {
			t.Errorf("%s is not in the bundle's directory", name)
		}
		if strings.Contains(data, password) {
			t.Errorf("%s holds the value of a variable:\n%s", name, data)
		}
		files[rest] = data
	}
	for _, m := range missing {
		if line := strings.Join(strings.Fields(m.Err.Error()), " "); !strings.Contains(files["summary.txt"], line) {
			t.Errorf("the summary does not tell that %s is missing: %s", m.Part, line)
		}
	}
	return files, missing
}

// untar reads an archive, and holds it to modes that let nobody else read, and to directories before what is in them.
func untar(t *testing.T, r io.Reader) map[string]string {
	t.Helper()
	z, err := gzip.NewReader(r)
	if err != nil {
		t.Fatal(err)
	}
	files, dirs := map[string]string{}, map[string]bool{"./": true}
	for archive := tar.NewReader(z); ; {
		h, err := archive.Next()
		if err == io.EOF {
			return files
		}
		if err != nil {
			t.Fatal(err)
		}
		data, err := io.ReadAll(archive)
		if err != nil {
			t.Fatal(err)
		}
		wantMode := int64(0o600)
		if h.Typeflag == tar.TypeDir {
			wantMode = 0o700
			dirs[h.Name] = true
		} else {
			files[h.Name] = string(data)
		}
		if h.Mode != wantMode || h.Uid != 0 || h.Gid != 0 || !dirs[filepath.Dir(strings.TrimSuffix(h.Name, "/"))+"/"] {
			t.Errorf("%s: got mode %o of %d:%d", h.Name, h.Mode, h.Uid, h.Gid)
		}
	}
}

// wantWords fails the test unless the summary has lines that begin with a word and hold a text, in turn.
func wantWords(t *testing.T, summary string, words ...string) {
	t.Helper()
	for i := 0; i < len(words); i += 2 {
		if !slices.ContainsFunc(strings.Split(summary, "\n"), func(line string) bool {
			return strings.HasPrefix(strings.TrimSpace(line), words[i]+" ") && strings.Contains(line, words[i+1])
		}) {
			t.Errorf("the summary has no line %q with %q:\n%s", words[i], words[i+1], summary)
		}
	}
}

func parts(missing []worker.Missing) []string {
	names := []string{}
	for _, m := range missing {
		names = append(names, m.Part)
	}
	return names
}

// withCgroups returns a rig with a machine whose cgroups can be read.
func withCgroups(t *testing.T) *rig {
	t.Helper()
	root := t.TempDir() // before the fake, which writes there until it is closed
	r := newRig(t)
	r.fake.CgroupRoot = root
	r.Cgroups = cgroupread.Host{Root: r.fake.CgroupRoot}
	return r
}

// The fake knows no docker info, which makes engine the part that is missing on it.

func TestPostMortemOfOneThatRuns(t *testing.T) {
	t.Parallel()
	r := withCgroups(t)
	s := spec("w1", "serve")
	s.Env, s.Memory = map[string]string{"PASSWORD": password}, 64*dockercmd.MiB
	l := r.launch(t, s)
	before := files(t, r.Root)
	got, missing := bundle(t, r.Manager, "w1", worker.Bundle{})
	want := []string{
		"checkpoint.json", "cgroup.json", "engine.json", "events.jsonl", "files/container.cid", "files/docker-inspect.sh",
		"files/docker-kill.sh", "files/docker-ps.sh",
		"files/docker-rm.sh", "files/docker-run.sh", "files/docker-stop.sh", "files/docker-wait.sh", "files/worker.sh",
		"inspect.json",
		"logs/stderr.txt", "logs/stdout.txt", "summary.txt",
	}
	slices.Sort(want)
	if names := slices.Sorted(maps.Keys(got)); !slices.Equal(names, want) {
		t.Errorf("got  %q\nwant %q", names, want)
	}
	if p := parts(missing); len(p) > 0 {
		t.Errorf("got %v missing", missing)
	}
	wantWords(t, got["summary.txt"], "state", "running, says docker inspect", "container", l.Container, "launch", l.Launch,
		"memory", "a limit of 64m")
	for name, text := range map[string]string{
		"checkpoint.json": l.Container, "cgroup.json": `"OOMKills": 0`, "engine.json": runnertest.EngineVersion,
		"events.jsonl":        `"Action":"start"`,
		"files/docker-run.sh": "docker run", "files/worker.sh": "export PASSWORD=...",
		"inspect.json": `"Id": "` + l.Container + `"`,
	} {
		if !strings.Contains(got[name], text) {
			t.Errorf("%s has no %q:\n%s", name, text, got[name])
		}
	}
	if after := files(t, r.Root); !slices.Equal(after, before) {
		t.Errorf("files were %q and are %q", before, after)
	}
}

func TestPostMortemOfOneThatEnded(t *testing.T) {
	t.Parallel()
	r := withCgroups(t)
	r.launch(t, spec("failed", "exit", "7"))
	hog := spec("hog", "hog", "100")
	hog.Memory = 50 * dockercmd.MiB
	r.launch(t, hog)
	if _, err := r.Wait(t.Context(), "hog"); err != nil {
		t.Fatal(err)
	}
	got, missing := bundle(t, r.Manager, "hog", worker.Bundle{})
	wantWords(t, got["summary.txt"], "state", "exited, says disk", "exit code", "137, says docker inspect", "signal", "9 (killed)",
		"out of memory", "says docker inspect", "handed over", "no", "cgroup", "while the container runs")
	if p := parts(missing); !slices.Equal(p, []string{"cgroup"}) {
		t.Errorf("got %v missing", missing)
	}
	// Nobody has seen this one's end: it is told, and not recorded.
	waitOnFake(t, r, "failed")
	got, _ = bundle(t, r.Manager, "failed", worker.Bundle{})
	wantWords(t, got["summary.txt"], "state", "exited, says docker inspect", "exit", "exit code 7", "no",
		"supervisor has recorded this yet")
	if strings.Contains(got["checkpoint.json"], `"exit"`) {
		t.Errorf("the post-mortem has recorded the exit: %s", got["checkpoint.json"])
	}
	if _, err := r.Wait(t.Context(), "failed"); err != nil {
		t.Fatal(err)
	}
	// Its container is gone: the disk tells.
	if err := r.docker().Rm(t.Context(), dockercmd.Rm{Force: true, Containers: []string{"failed"}}); err != nil {
		t.Fatal(err)
	}
	got, missing = bundle(t, r.Manager, "failed", worker.Bundle{})
	wantWords(t, got["summary.txt"], "exit", "exit code 7", "inspect", "No such container", "logs", "No such container")
	if p := parts(missing); !slices.Equal(p, []string{"inspect", "logs", "cgroup"}) {
		t.Errorf("got %v missing", missing)
	}
}

func TestPostMortemWithoutAShell(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	s := spec("w1", "serve")
	s.Shell, s.Env = worker.NoShell, map[string]string{"PASSWORD": password, "EMPTY": ""}
	r.launch(t, s)
	got, _ := bundle(t, r.Manager, "w1", worker.Bundle{})
	if want := "EMPTY=...\nPASSWORD=...\n"; got["files/worker.env"] != want {
		t.Errorf("got %q, want %q", got["files/worker.env"], want)
	}
	if !strings.Contains(got["inspect.json"], `"PASSWORD=..."`) {
		t.Errorf("inspect does not show the variable's name:\n%s", got["inspect.json"])
	}
}

// TestPostMortemOfTheDamaged checks that whatever is wrong on disk, the rest is told.
func TestPostMortemOfTheDamaged(t *testing.T) {
	t.Parallel()
	t.Run("checkpoint", func(t *testing.T) {
		t.Parallel()
		r := withCgroups(t)
		l := r.launch(t, spec("w1", "serve"))
		damage(t, r, "w1", "nonsense")
		got, missing := bundle(t, r.Manager, "w1", worker.Bundle{})
		if got["worker.json.damaged"] != "nonsense" || !strings.Contains(got["inspect.json"], l.Container) ||
			got["cgroup.json"] == "" || got["events.jsonl"] == "" {
			t.Errorf("got %q", got)
		}
		wantWords(t, got["summary.txt"], "state", "running, says docker inspect", "checkpoint", "checksum")
		if p := parts(missing); !slices.Equal(p, []string{"checkpoint"}) {
			t.Errorf("got %v missing", missing)
		}
	})
	t.Run("checkpoint set aside", func(t *testing.T) {
		t.Parallel()
		r := newRig(t)
		r.launch(t, spec("w1", "serve"))
		damage(t, r, "w1", "nonsense")
		if _, err := r.Recover(t.Context()); err != nil {
			t.Fatal(err)
		}
		got, _ := bundle(t, r.Manager, "w1", worker.Bundle{})
		if !slices.ContainsFunc(slices.Collect(maps.Keys(got)), func(name string) bool {
			return strings.HasPrefix(name, "quarantine/") && got[name] == "nonsense"
		}) {
			t.Errorf("what was set aside is not there: %q", slices.Collect(maps.Keys(got)))
		}
	})
	t.Run("no checkpoint and a stranger's container", func(t *testing.T) {
		t.Parallel()
		r := newRig(t)
		r.launch(t, spec("w1", "serve"))
		if err := r.docker().Rm(t.Context(), dockercmd.Rm{Force: true, Containers: []string{"w1"}}); err != nil {
			t.Fatal(err)
		}
		if _, err := r.docker().Run(t.Context(), dockercmd.Run{Name: "w1", Image: image,
			Env: []string{"PASSWORD=" + password}}); err != nil {
			t.Fatal(err)
		}
		if err := os.Remove(filepath.Join(r.Root, "workers/w1/worker.json")); err != nil {
			t.Fatal(err)
		}
		got, missing := bundle(t, r.Manager, "w1", worker.Bundle{})
		if p := parts(missing); !slices.Equal(p, []string{"checkpoint", "inspect", "cgroup"}) ||
			!errors.Is(missing[1].Err, worker.ErrForeign) {
			t.Errorf("got %v missing", missing)
		}
		wantWords(t, got["summary.txt"], "state", "unknown: ")
	})
	t.Run("files that the worker or somebody has changed", func(t *testing.T) {
		t.Parallel()
		r := withCgroups(t)
		r.launch(t, spec("w1", "hog", "40"))
		until(t, "the worker has read its script", func() bool {
			m, err := r.MemoryUsage(t.Context(), "w1")
			return err == nil && m.WorkingSet >= 40<<20
		})
		for name, text := range map[string]string{
			"work/w1/work/worker.sh":    "#!/bin/sh\nPASSWORD='" + password + "' exec $(something)\n",
			"workers/w1/docker-kill.sh": "echo '" + password + "'\n",
			"workers/w1/docker-rm.sh":   "#!/bin/sh\nexec docker run --env='PASSWORD=" + password + "' busybox\n",
			"workers/w1/notes":          password,
		} {
			path := filepath.Join(r.Root, name)
			_ = os.Remove(path)
			if err := os.WriteFile(path, []byte(text), 0o500); err != nil {
				t.Fatal(err)
			}
		}
		got, missing := bundle(t, r.Manager, "w1", worker.Bundle{})
		if p := parts(missing); !slices.Equal(p, []string{"files", "files", "files"}) {
			t.Errorf("got %v missing", missing)
		}
		if !strings.Contains(got["files/docker-rm.sh"], "--env=PASSWORD=...") {
			t.Errorf("got %q", got["files/docker-rm.sh"])
		}
	})
}

// TestPostMortemWhileTheEngineIsSick checks that the disk and the kernel still tell, within the deadline for one question.
func TestPostMortemWhileTheEngineIsSick(t *testing.T) {
	t.Parallel()
	for name, fault := range map[string]*runnertest.Fault{"hung": {Release: make(chan struct{})}, "down": runnertest.Down()} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r := withCgroups(t)
			sick := make(chan struct{})
			r.setFault(func(dockercmd.Command) *runnertest.Fault {
				select {
				case <-sick:
					return fault
				default:
					return nil
				}
			})
			r.Docker.Short = time.Second
			r.launch(t, spec("w1", "serve"))
			close(sick)
			began := time.Now()
			got, missing := bundle(t, r.Manager, "w1", worker.Bundle{})
			if took := time.Since(began); took > 5*time.Second {
				t.Errorf("it took %v", took)
			}
			if p := parts(missing); !slices.Equal(p, []string{"inspect", "logs", "events", "engine"}) {
				t.Errorf("got %v missing", missing)
			}
			if got["cgroup.json"] == "" || got["files/docker-run.sh"] == "" || got["checkpoint.json"] == "" {
				t.Errorf("got %q", slices.Sorted(maps.Keys(got)))
			}
			wantWords(t, got["summary.txt"], "state", "running, says cgroup", "memory", "working set")
		})
	}
}

func TestPostMortemBoundsLogs(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	r.fake.Images["chatty:1"] = func(ctx context.Context, c *runnertest.Container) int {
		term := c.Notify(syscall.SIGTERM)
		for range 500 {
			_, _ = io.WriteString(c.Stdout, "0123456789\n")
		}
		_, _ = io.WriteString(c.Stdout, "the last line\n")
		_, _ = io.WriteString(c.Stderr, "an error\n")
		select {
		case <-term:
		case <-ctx.Done():
		}
		return 0
	}
	s := spec("w1", "serve")
	s.Image = "chatty:1"
	r.launch(t, s)
	said := func() string {
		var out bytes.Buffer
		_, _ = r.docker().Stream(t.Context(), &dockercmd.Logs{Container: "w1"}, streamsTo(&out))
		return out.String()
	}
	for !strings.Contains(said(), "an error") {
		if t.Context().Err() != nil {
			t.Fatal("the worker says nothing")
		}
	}
	got, _ := bundle(t, r.Manager, "w1", worker.Bundle{LogBytes: 1000})
	if out := got["logs/stdout.txt"]; len(out) > 1000 || len(out) < 900 || !strings.HasSuffix(out, " the last line\n") ||
		!strings.HasPrefix(out, "20") {
		t.Errorf("got %d bytes: %q", len(out), out)
	}
	got, _ = bundle(t, r.Manager, "w1", worker.Bundle{Tail: 3})
	if n := strings.Count(got["logs/stdout.txt"]+got["logs/stderr.txt"], "\n"); n != 3 {
		t.Errorf("got %d lines, want 3", n)
	}
}

func TestPostMortemThatCannotBe(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	for _, id := range []string{"nobody", "../w1", ""} {
		var b bytes.Buffer
		if _, err := r.PostMortem(t.Context(), id, &b, worker.Bundle{}); !errors.Is(err, worker.ErrUnknownID) || b.Len() > 0 {
			t.Errorf("%q: got %v and %d bytes", id, err, b.Len())
		}
	}
	r.launch(t, spec("w1", "serve"))
	if _, err := r.PostMortem(t.Context(), "w1", failingWriter{}, worker.Bundle{}); !errors.Is(err, os.ErrClosed) {
		t.Errorf("got %v", err)
	}
}

type failingWriter struct{}

func (failingWriter) Write([]byte) (int, error) { return 0, os.ErrClosed }

// TestPostMortemOfAReservation checks that, where nothing was launched, nothing of docker is missing.
func TestPostMortemOfAReservation(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	if err := r.Reserve("w1", worker.Resources{Memory: 8 * dockercmd.MiB}); err != nil {
		t.Fatal(err)
	}
	got, missing := bundle(t, r.Manager, "w1", worker.Bundle{})
	wantWords(t, got["summary.txt"], "state", "reserved")
	if p := parts(missing); len(p) > 0 {
		t.Errorf("got %v missing", missing)
	}
}

func TestEnginePostMortem(t *testing.T) {
	t.Parallel()
	m := newOnEngine(t)
	s := m.spec(t, "echo hello; echo trouble >&2; : >/worker/ready; exec sleep 1000000")
	s.Env = map[string]string{"PASSWORD": password}
	l := m.launch(t, s)
	defer m.cleanup(t, l)
	defer func() {
		if _, err := m.Kill(t.Context(), l.ID); err != nil {
			t.Error(err)
		}
	}()
	var got map[string]string
	var missing []worker.Missing
	until(t, "the worker has said all and sleeps", func() bool {
		got, missing = bundle(t, m.Manager, l.ID, worker.Bundle{})
		return strings.Contains(got["summary.txt"], "(sleep) S")
	})
	if len(missing) > 0 {
		t.Errorf("got %v missing", missing)
	}
	wantWords(t, got["summary.txt"], "state", "running, says docker inspect", "processes", "(sleep) S", "nothing:",
		"all that was asked for")
	for name, text := range map[string]string{
		"logs/stdout.txt": " hello\n", "logs/stderr.txt": " trouble\n", "events.jsonl": `"Action":"start"`,
		"cgroup.json": `"WorkingSet": `,
		"engine.json": m.e.Version, "inspect.json": l.Container,
	} {
		if !strings.Contains(got[name], text) {
			t.Errorf("%s has no %q:\n%s", name, text, got[name])
		}
	}
	if _, err := m.Kill(t.Context(), l.ID); err != nil {
		t.Fatal(err)
	}
	got, missing = bundle(t, m.Manager, l.ID, worker.Bundle{})
	wantWords(t, got["summary.txt"], "state", "exited, says disk", "signal", "9 (killed)", "stopped", "told to end",
		"out of memory", "nobody saw")
	if p := parts(missing); !slices.Equal(p, []string{"cgroup"}) {
		t.Errorf("got %v missing", missing)
	}
}

func streamsTo(w io.Writer) client.Streams { return client.Streams{Stdout: w, Stderr: w} }
