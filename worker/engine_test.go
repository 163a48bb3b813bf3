package worker_test

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/dockercmd/toolkit/cgroupread"
	"github.com/dockercmd/toolkit/dockercmd"
	"github.com/dockercmd/toolkit/internal/enginetest"
	"github.com/dockercmd/toolkit/runner"
	"github.com/dockercmd/toolkit/worker"
)

// onEngine is a Manager on the machine's engine.
type onEngine struct {
	*worker.Manager
	e     *enginetest.Engine
	calls *runner.Recorder
}

// nobody is who workers run as.
const nobody = "65534:65534"

func newOnEngine(t *testing.T) *onEngine {
	t.Helper()
	e := enginetest.Require(t)
	if os.Geteuid() != 0 {
		t.Skip("NOT TESTED: giving files to another user takes root")
	}
	// The engine must reach the directory: the test's own lies below one that root alone can enter, as a supervisor's does.
	m := &onEngine{e: e, calls: &runner.Recorder{Runner: runner.Exec{}}}
	m.Manager = &worker.Manager{Root: filepath.Join(t.TempDir(), "root"), Docker: runner.Docker{Runner: m.calls, Program: e.Docker}}
	return m
}

// spec is a worker that runs a shell script.
func (m *onEngine) spec(t *testing.T, script string) worker.Spec {
	t.Helper()
	return worker.Spec{ID: m.e.Name(t), Image: m.e.Image, Command: []string{"sh", "-c", script}, User: nobody, Network: "none", StopGrace: new(5 * time.Second)}
}

func (m *onEngine) launch(t *testing.T, s worker.Spec) *worker.Launched {
	t.Helper()
	l, err := m.Launch(t.Context(), s)
	if err != nil {
		t.Fatal(err)
	}
	return l
}

// own is a file in a worker's own directory.
func (m *onEngine) own(id, name string) string {
	return filepath.Join(m.Root, "work", id, "work", name)
}

// await waits until a file is there, and returns what it holds.
func await(t *testing.T, path string) string {
	t.Helper()
	for deadline := time.Now().Add(30 * time.Second); ; {
		data, err := os.ReadFile(path)
		if err == nil && len(data) > 0 {
			return string(data)
		}
		if time.Now().After(deadline) {
			t.Fatalf("%s did not come: %v", path, err)
		}
	}
}

// cleanup removes a worker and holds that nothing is left of it.
func (m *onEngine) cleanup(t *testing.T, l *worker.Launched) {
	t.Helper()
	if _, err := m.Cleanup(t.Context(), l.ID); err != nil {
		t.Error(err)
	}
	if got := m.e.Run(t, "ps", "--all", "--quiet", "--filter=label="+worker.LabelLaunch+"="+l.Plan.Setting.Launch); got != "" {
		t.Errorf("the container is left: %s", got)
	}
	if got := files(t, m.Root); len(got) > 0 {
		t.Errorf("files are left: %q", got)
	}
	if _, err := (cgroupread.Host{}).ByID(l.Container, l.Plan.CgroupParent); !errors.Is(err, cgroupread.ErrGone) {
		t.Errorf("the cgroup is left: %v", err)
	}
}

// TestEngineLife is the whole life, by each way in which it may end, with each docker client.
func TestEngineLife(t *testing.T) {
	t.Parallel()
	enginetest.Require(t)
	const serve = `trap 'exit 3' TERM; echo up >/worker/up; while :; do sleep 0.1; done`
	const deaf = `trap '' TERM; echo up >/worker/up; while :; do sleep 0.1; done`
	for _, client := range enginetest.Clients(t) {
		for _, tt := range []struct {
			name, script string
			grace        time.Duration
			end          func(*worker.Manager, context.Context, string) (worker.Exit, error)
			code         int
		}{
			{"exits by itself", "echo up >/worker/up; exit 7", time.Second, (*worker.Manager).Wait, 7},
			{"stops when asked", serve, 20 * time.Second, (*worker.Manager).Stop, 3},
			{"is deaf", deaf, time.Second, (*worker.Manager).Stop, 137},
		} {
			t.Run(client.Version+"/"+tt.name, func(t *testing.T) {
				t.Parallel()
				m := newOnEngine(t)
				m.Docker.Program = client.Path
				s := m.spec(t, tt.script)
				s.StopGrace = &tt.grace
				l := m.launch(t, s)
				await(t, m.own(l.ID, "up"))
				other := &worker.Manager{Root: m.Root, Docker: m.Docker} // as another process would, it waits all the while
				var heard worker.Exit
				var waited sync.WaitGroup
				waited.Go(func() { heard, _ = other.Wait(t.Context(), l.ID) })
				exit, err := tt.end(m.Manager, t.Context(), l.ID)
				waited.Wait()
				if err != nil || !exit.Known || exit.Code != tt.code || exit.OOM || exit.FinishedAt.Before(exit.StartedAt.Add(-time.Second)) || exit.StartedAt.IsZero() {
					t.Errorf("got %+v, %v, want %d", exit, err, tt.code)
				}
				if took := exit.FinishedAt.Sub(exit.StartedAt); tt.name == "is deaf" && took < tt.grace || tt.name != "is deaf" && took > 15*time.Second {
					t.Errorf("it ran for %v", took)
				}
				if heard.Reason != exit.Reason || !heard.FinishedAt.Equal(exit.FinishedAt) {
					t.Errorf("another process heard %+v, want %+v", heard, exit)
				}
				m.cleanup(t, l)
			})
		}
	}
}

// facts is a script that tells what a worker sees of itself.
const facts = `{
echo "umask=$(umask)"
echo "id=$(id -u):$(id -g)"
echo "groups=$(id -G)"
echo "value=$VALUE"
echo "pwd=$(pwd)"
echo "host=$(hostname)"
grep -E '^(CapInh|CapPrm|CapEff|CapBnd|CapAmb|NoNewPrivs|Cpus_allowed_list):' /proc/self/status
echo "root=$(touch /x 2>/dev/null && echo writable || echo read-only)"
echo "tmp=$(touch /tmp/x 2>/dev/null && echo writable || echo read-only)"
echo "tmpfs=$(grep -c '^tmpfs /tmp .*size=32768k' /proc/mounts)"
echo "mount=$(cat /data/f; touch /data/x 2>/dev/null && echo writable || echo read-only)"
echo "mkdir=$(mkdir /tmp/d 2>/dev/null && echo allowed || echo refused)"
echo "files=$(ulimit -n)"
echo "first=$(cat /proc/1/comm)"
touch /worker/made
} >/worker/facts.new 2>&1; mv /worker/facts.new /worker/facts; `

// TestEngineDefaults holds the hardened defaults, as the worker sees them from inside.
func TestEngineDefaults(t *testing.T) {
	t.Parallel()
	m := newOnEngine(t)
	s := m.spec(t, facts+"exec sleep 60")
	s.Env = map[string]string{"VALUE": "it's\n$HOME \\ \"é\""}
	l := m.launch(t, s)
	got := await(t, m.own(l.ID, "facts"))
	const none = "\t0000000000000000\n"
	for _, want := range []string{
		"umask=0027\n", "id=65534:65534\n", "groups=65534\n", "value=it's\n$HOME \\ \"é\"\n", "pwd=/worker\n",
		"CapInh:" + none, "CapPrm:" + none, "CapEff:" + none, "CapBnd:" + none, "CapAmb:" + none, "NoNewPrivs:\t1\n",
		"root=read-only\n", "tmp=writable\n", "tmpfs=0\n", "mkdir=allowed\n", "first=docker-init\n",
	} {
		if !strings.Contains(got, want) {
			t.Errorf("lacks %q", want)
		}
	}
	if t.Failed() {
		t.Logf("facts:\n%s", got)
	}
	if info, err := os.Stat(m.own(l.ID, "made")); err != nil || info.Mode().Perm() != 0o640 {
		t.Errorf("a file of the worker's: %v, %v, want mode 0640", info.Mode(), err)
	}
	if inspect := m.e.Run(t, "inspect", "--format={{json .Config.Env}}", l.ID); strings.Contains(inspect, "HOME") || strings.Contains(inspect, "VALUE") {
		t.Errorf("docker knows the environment: %s", inspect)
	}
	if exit, err := m.Kill(t.Context(), l.ID); err != nil || exit.Code != 137 {
		t.Errorf("kill: got %+v, %v", exit, err)
	}
	m.cleanup(t, l)
}

// seccompNoMkdir lets everything pass but the making of directories.
const seccompNoMkdir = `{"defaultAction": "SCMP_ACT_ALLOW", "syscalls": [{"names": ["mkdir", "mkdirat"], "action": "SCMP_ACT_ERRNO"}]}`

// TestEngineEverything sets what a spec can set, and looks from inside and from outside whether it is so.
func TestEngineEverything(t *testing.T) {
	t.Parallel()
	m := newOnEngine(t)
	m.Machine = &worker.Machine{CPUs: 2, Memory: dockercmd.GiB, Zones: map[string]worker.Zone{"first": {CPUs: "0", Mems: "0"}}}
	data := t.TempDir()
	profile := filepath.Join(data, "seccomp.json")
	if err := errors.Join(os.Chmod(data, 0o755), os.WriteFile(filepath.Join(data, "f"), []byte("shared "), 0o644), os.WriteFile(profile, []byte(seccompNoMkdir), 0o600)); err != nil {
		t.Fatal(err)
	}
	who := hostUser(t)
	s := m.spec(t, facts+"dd if=/dev/zero of=/tmp/fill bs=1048576 count=20 2>/dev/null; echo full >/worker/full; exec sleep 60")
	parent := "/" + s.ID + "-parent"
	t.Cleanup(func() { removeCgroup(t, parent) })
	s.Env = map[string]string{"VALUE": "v"}
	s.User, s.Umask, s.Groups, s.Workdir, s.Hostname = who.Name, new(worker.Mode(0o022)), []int{5}, "/tmp", "box"
	s.Resources = worker.Resources{CPUPercent: 50, Memory: 64 * dockercmd.MiB, NUMA: "first", Pids: 50}
	s.Mounts = []dockercmd.Mount{{Type: "bind", Source: data, Target: "/data", ReadOnly: true}}
	s.TmpSize, s.Seccomp, s.CgroupParent, s.CapAdd, s.Init = 32*dockercmd.MiB, profile, parent, []string{"CHOWN"}, new(false)
	s.Ulimits, s.Labels = []dockercmd.Ulimit{{Name: "nofile", Soft: 99, Hard: 99}}, map[string]string{"team": "a b"}
	l := m.launch(t, s)
	got := await(t, m.own(l.ID, "facts"))
	for _, want := range []string{
		"umask=0022\n", fmt.Sprintf("id=%d:%d\n", who.UID, who.GID), fmt.Sprintf("groups=%d 5\n", who.GID), "value=v\n", "pwd=/tmp\n", "host=box\n", "CapBnd:\t0000000000000001\n", "Cpus_allowed_list:\t0\n",
		"tmpfs=1\n", "mount=shared read-only\n", "mkdir=refused\n", "files=99\n", "first=sh\n",
	} {
		if !strings.Contains(got, want) {
			t.Errorf("lacks %q", want)
		}
	}
	if t.Failed() {
		t.Logf("facts:\n%s", got)
	}
	if label := m.e.Run(t, "inspect", `--format={{index .Config.Labels "team"}}`, l.ID); label != "a b" {
		t.Errorf("got label %q", label)
	}
	await(t, m.own(l.ID, "full"))
	u, err := m.Usage(t.Context(), l.ID)
	if err != nil {
		t.Fatal(err)
	}
	if limit, ok := u.Memory.Limit.Get(); !ok || limit != 64<<20 || u.Memory.Current < 20<<20 || u.Memory.WorkingSet < 20<<20 || u.Memory.Current > 64<<20 {
		t.Errorf("memory: got %+v", u.Memory)
	}
	if most, ok := u.Pids.Limit.Get(); !ok || most != 50 || u.Pids.Current < 1 {
		t.Errorf("pids: got %+v", u.Pids)
	}
	if memory, err := m.MemoryUsage(t.Context(), l.ID); err != nil || memory.Current < 20<<20 {
		t.Errorf("got %+v, %v", memory, err)
	}
	if _, err := m.Kill(t.Context(), l.ID); err != nil {
		t.Error(err)
	}
	m.cleanup(t, l)
}

// removeCgroup removes the empty cgroup that a test has made docker make.
func removeCgroup(t *testing.T, parent string) {
	for _, pattern := range []string{"/sys/fs/cgroup" + parent, "/sys/fs/cgroup/*" + parent} {
		dirs, err := filepath.Glob(pattern)
		if err != nil {
			t.Error(err)
		}
		for _, dir := range dirs {
			if err := os.Remove(dir); err != nil && !os.IsNotExist(err) {
				t.Error(err)
			}
		}
	}
}

// TestEngineOutOfMemory: the kernel kills the worker, and that is told as such.
func TestEngineOutOfMemory(t *testing.T) {
	t.Parallel()
	m := newOnEngine(t)
	s := m.spec(t, "exec tail /dev/zero")
	s.Resources = worker.Resources{Memory: 16 * dockercmd.MiB, MemorySwap: 16 * dockercmd.MiB}
	l := m.launch(t, s)
	exit, err := m.Wait(t.Context(), l.ID)
	if err != nil || !exit.OOM || exit.Code != 137 || exit.Reason != "out of memory, exit code 137" {
		t.Errorf("got %+v, %v", exit, err)
	}
	m.cleanup(t, l)
}

// TestEngineEnvFile: without a shell, the environment goes by docker's env file.
func TestEngineEnvFile(t *testing.T) {
	t.Parallel()
	m := newOnEngine(t)
	s := m.spec(t, "")
	long := strings.Repeat("x", 64<<10-1-len("LONG="))
	s.Shell, s.Env = worker.NoShell, map[string]string{"VALUE": "  it's \"$HOME\" # \\ é ", "LONG": long}
	s.Command = []string{"sh", "-c", `printf '%s|%s' "$VALUE" "${#LONG}" >/worker/value`}
	l := m.launch(t, s)
	if exit, err := m.Wait(t.Context(), l.ID); err != nil || exit.Code != 0 {
		t.Errorf("got %+v, %v", exit, err)
	}
	if got, want := await(t, m.own(l.ID, "value")), fmt.Sprintf("  it's \"$HOME\" # \\ é |%d", len(long)); got != want {
		t.Errorf("got %q, want %q", got, want)
	}
	m.cleanup(t, l)
}

// TestEngineLaunchFails: nothing is left on the engine, whatever went wrong.
func TestEngineLaunchFails(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		name string
		edit func(*worker.Spec)
		kind error
	}{
		{"no image", func(s *worker.Spec) { s.Image = "dockercmd-test-nosuch:1" }, runner.ErrImageNotFound},
		{"no shell", func(s *worker.Spec) { s.Shell, s.Init = "/bin/nosuch", new(false) }, runner.ErrCommandNotFound},
		{"a directory for a shell", func(s *worker.Spec) { s.Shell, s.Init = "/bin", new(false) }, runner.ErrNotExecutable},
		{"no network", func(s *worker.Spec) { s.Network = "dockercmd-test-nosuch" }, runner.ErrNetworkNotFound},
		{"an unknown capability", func(s *worker.Spec) { s.CapAdd = []string{"FLYING"} }, nil},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			m := newOnEngine(t)
			s := m.spec(t, "sleep 60")
			tt.edit(&s)
			_, err := m.Launch(t.Context(), s)
			if err == nil || tt.kind != nil && !errors.Is(err, tt.kind) || strings.Contains(err.Error(), "\n") {
				t.Errorf("got %v, want %v", err, tt.kind)
			}
			if got := m.e.Run(t, "ps", "--all", "--quiet", "--filter=name=^/"+s.ID+"$"); got != "" {
				t.Errorf("a container is left: %s", got)
			}
			if got := files(t, m.Root); len(got) > 0 {
				t.Errorf("files are left: %q", got)
			}
		})
	}
}

// TestEngineInitFindsNoProgram: with the init in front, the engine takes a program that is not there for started, and the init
// ends with 127 (20.10).
func TestEngineInitFindsNoProgram(t *testing.T) {
	t.Parallel()
	m := newOnEngine(t)
	s := m.spec(t, "")
	s.Shell = "/bin/nosuch"
	l := m.launch(t, s)
	if exit, err := m.Wait(t.Context(), l.ID); err != nil || exit.Code != 127 {
		t.Errorf("got %+v, %v", exit, err)
	}
	m.cleanup(t, l)
}

// TestEngineNoEngine: the real client before no engine at all leaves nothing, and says why.
func TestEngineNoEngine(t *testing.T) {
	t.Parallel()
	enginetest.Require(t)
	for _, client := range enginetest.Clients(t) {
		m := newOnEngine(t)
		m.Docker.Program = client.Path
		m.Docker.Env = []string{"DOCKER_HOST=unix://" + t.TempDir() + "/nosuch.sock", "HOME=" + t.TempDir()}
		_, err := m.Launch(t.Context(), m.spec(t, "sleep 60"))
		if !errors.Is(err, runner.ErrUnavailable) || strings.Contains(err.Error(), "\n") {
			t.Errorf("%s: got %v", client.Version, err)
		}
		if got := files(t, m.Root); len(got) > 0 {
			t.Errorf("%s: files are left: %q", client.Version, got)
		}
	}
}

// TestEngineLeftovers: a stranger's container is not touched, an ended one of ours gives way, also when its files are lost.
func TestEngineLeftovers(t *testing.T) {
	t.Parallel()
	m := newOnEngine(t)
	s := m.spec(t, "exit 3")
	stranger := m.e.Run(t, "run", "--detach", "--network=none", "--name="+s.ID, m.e.Image, "sleep", "60")
	_, err := m.Launch(t.Context(), s)
	wantLine(t, err, "worker "+s.ID+": the container "+stranger[:12]+" has its name, but is not this supervisor's; rename or remove it")
	if state := m.e.Run(t, "inspect", "--format={{.State.Status}}", stranger); !errors.Is(err, worker.ErrForeign) || state != "running" {
		t.Errorf("got %v; the stranger is %s", err, state)
	}
	if got := files(t, m.Root); len(got) > 0 {
		t.Errorf("files are left: %q", got)
	}
	m.e.Run(t, "rm", "--force", stranger)

	first := m.launch(t, s)
	m.e.Run(t, "wait", s.ID)
	second := m.launch(t, s)
	if exit, err := m.Wait(t.Context(), s.ID); err != nil || exit.Code != 3 || first.Container == second.Container {
		t.Errorf("got %+v, %v", exit, err)
	}
	if err := os.RemoveAll(filepath.Join(m.Root, "workers", s.ID)); err != nil {
		t.Fatal(err)
	}
	s.Command = []string{"sleep", "60"}
	third := m.launch(t, s)
	if _, err := m.Launch(t.Context(), s); !errors.Is(err, worker.ErrAlive) {
		t.Errorf("got %v, want alive", err)
	}
	if _, err := m.Cleanup(t.Context(), s.ID); !errors.Is(err, worker.ErrAlive) {
		t.Errorf("got %v, want alive", err)
	}
	if _, err := m.Kill(t.Context(), s.ID); err != nil {
		t.Error(err)
	}
	m.cleanup(t, third)
}

// TestEngineStatuses: one docker ps tells of all; a paused worker is alive and can be killed.
func TestEngineStatuses(t *testing.T) {
	t.Parallel()
	m := newOnEngine(t)
	running := m.launch(t, m.spec(t, "sleep 60"))
	paused := m.launch(t, m.spec(t, "sleep 60"))
	exited := m.launch(t, m.spec(t, "exit 7"))
	removed := m.launch(t, m.spec(t, "sleep 60"))
	m.e.Run(t, "pause", paused.ID)
	m.e.Run(t, "wait", exited.ID)
	m.e.Run(t, "rm", "--force", removed.ID)
	before := len(m.calls.Records())
	statuses, err := m.Statuses(t.Context())
	if n := len(m.calls.Records()) - before; n != 1 || err != nil || len(statuses) != 4 {
		t.Fatalf("docker was run %d times, got %+v, %v", n, statuses, err)
	}
	for _, s := range statuses {
		want := map[string]worker.State{running.ID: worker.Running, paused.ID: worker.Paused, exited.ID: worker.Exited, removed.ID: worker.Gone}[s.ID]
		if s.State != want || s.State.Alive() != (want == worker.Running || want == worker.Paused) {
			t.Errorf("got %+v, want %s", s, want)
		}
		if s.ID == exited.ID && (s.Exit == nil || s.Exit.Code != 7) {
			t.Errorf("got %+v", s)
		}
	}
	if _, err := m.Cleanup(t.Context(), paused.ID); !errors.Is(err, worker.ErrAlive) {
		t.Errorf("got %v, want alive", err)
	}
	if exit, err := m.Kill(t.Context(), paused.ID); err != nil || exit.Code != 137 {
		t.Errorf("kill of a paused worker: %+v, %v", exit, err)
	}
	if _, err := m.Kill(t.Context(), running.ID); err != nil {
		t.Error(err)
	}
	if exit, err := m.Wait(t.Context(), removed.ID); err != nil || exit.Known {
		t.Errorf("got %+v, %v", exit, err)
	}
	for _, l := range []*worker.Launched{running, paused, exited} {
		if _, err := m.Cleanup(t.Context(), l.ID); err != nil {
			t.Error(err)
		}
	}
	m.cleanup(t, removed)
}

// TestEngineProfile runs commands in a worker, by docker and beside it.
func TestEngineProfile(t *testing.T) {
	t.Parallel()
	m := newOnEngine(t)
	l := m.launch(t, m.spec(t, "touch /tmp/mark; echo up >/worker/up; exec sleep 60"))
	await(t, m.own(l.ID, "up"))
	for _, via := range []worker.Via{worker.ViaExec, worker.ViaNsenter} {
		if _, err := exec.LookPath("nsenter"); via == worker.ViaNsenter && err != nil {
			t.Fatal("nsenter is needed: apt-get install util-linux")
		}
		var out, problem buffer
		code, err := m.Profile(t.Context(), l.ID, via, []string{"sh", "-c", `id -u; id -g; id -G; ls /tmp; cat /proc/1/comm; env | grep -v -E '^(PATH|PWD|SHLVL|HOME|HOSTNAME|OLDPWD|_)='; echo oops >&2; exit 5`},
			runner.Streams{Stdout: &out, Stderr: &problem})
		if got, want := out.String(), "65534\n65534\n65534\nmark\ndocker-init\n"; err != nil || code != 5 || got != want || problem.String() != "oops\n" {
			t.Errorf("%s: got %d, %v, %q, %q, want %q", via, code, err, got, problem.String(), want)
		}
		code, err = m.Profile(t.Context(), l.ID, via, []string{"/bin/nosuch"}, runner.Streams{})
		if err == nil && code != 126 && code != 127 {
			t.Errorf("%s: a program that is not there: %d, %v", via, code, err)
		}
		code, err = m.Profile(t.Context(), l.ID, via, []string{"cat"}, runner.Streams{Stdin: strings.NewReader("in"), Stdout: &out})
		if err != nil || code != 0 || !strings.HasSuffix(out.String(), "in") {
			t.Errorf("%s: standard input: %d, %v, %q", via, code, err, out.String())
		}
	}
	if _, err := m.Kill(t.Context(), l.ID); err != nil {
		t.Error(err)
	}
	m.cleanup(t, l)
}

// TestEngineNoUser: who is not there launches nothing.
func TestEngineNoUser(t *testing.T) {
	t.Parallel()
	m := newOnEngine(t)
	s := m.spec(t, "sleep 60")
	s.User = "dockercmd-nosuch"
	_, err := m.Launch(t.Context(), s)
	if !errors.Is(err, worker.ErrUser) || !strings.HasPrefix(err.Error(), "worker "+s.ID+`: user: the machine has no user "dockercmd-nosuch"`) || strings.Contains(err.Error(), "\n") {
		t.Errorf("got %v", err)
	}
	if len(m.calls.Records()) > 0 {
		t.Errorf("docker was run: %v", m.calls.Records())
	}
}

// hostUser is a user of this machine, by name, that is not root.
func hostUser(t *testing.T) worker.Identity {
	t.Helper()
	for _, name := range []string{"worker", "nobody"} {
		if who, err := worker.LookupIdentity(t.Context(), runner.Exec{}, name); err == nil {
			return who
		}
	}
	t.Fatal("the machine has neither a user worker nor nobody")
	return worker.Identity{}
}
