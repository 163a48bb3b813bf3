package worker_test

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/dockercmd/toolkit/dockercmd"
	"github.com/dockercmd/toolkit/worker"
)

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
	s := m.spec(t, facts+"exec sleep 1000000")
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
	if inspect := m.e.Run(t, "inspect", "--format={{json .Config.Env}}", l.ID); strings.Contains(inspect, "HOME") ||
		strings.Contains(inspect, "VALUE") {
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
	if err := errors.Join(os.Chmod(data, 0o755), os.WriteFile(filepath.Join(data, "f"), []byte("shared "), 0o644),
		os.WriteFile(profile, []byte(seccompNoMkdir), 0o600)); err != nil {
		t.Fatal(err)
	}
	who := hostUser(t)
	s := m.spec(t,
		facts+"dd if=/dev/zero of=/tmp/fill bs=1048576 count=20 2>/dev/null; echo full >/worker/full; exec sleep 1000000")
	parent := "/" + s.ID + "-parent"
	if m.isSystemd(t) {
		parent = strings.ReplaceAll(s.ID, "-", "") + ".slice" // which systemd takes away
	} else {
		t.Cleanup(func() { removeCgroup(t, parent) })
	}
	s.Env = map[string]string{"VALUE": "v"}
	s.User, s.Umask, s.Groups, s.Workdir, s.Hostname = who.Name, new(worker.Mode(0o022)), []int{5}, "/tmp", "box"
	s.Resources = worker.Resources{CPUPercent: 50, Memory: 64 * dockercmd.MiB, NUMA: "first", Pids: 50}
	s.Mounts = []dockercmd.Mount{{Type: "bind", Source: data, Target: "/data", ReadOnly: true}}
	s.TmpSize, s.Seccomp, s.CgroupParent, s.CapAdd, s.Init = 32*dockercmd.MiB, profile, parent, []string{"CHOWN"}, new(false)
	s.Ulimits, s.Labels = []dockercmd.Ulimit{{Name: "nofile", Soft: 99, Hard: 99}}, map[string]string{"team": "a b"}
	l := m.launch(t, s)
	got := await(t, m.own(l.ID, "facts"))
	for _, want := range []string{
		"umask=0022\n", fmt.Sprintf("id=%d:%d\n", who.UID, who.GID), fmt.Sprintf("groups=%d 5\n", who.GID), "value=v\n",
		"pwd=/tmp\n", "host=box\n", "CapBnd:\t0000000000000001\n", "Cpus_allowed_list:\t0\n",
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
	if limit, ok := u.Memory.Limit.Get(); !ok || limit != 64<<20 || u.Memory.Current < 20<<20 || u.Memory.WorkingSet < 20<<20 ||
		u.Memory.Current > 64<<20 {
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

// TestEngineEnvFile checks that without a shell, the environment goes by docker's env file.
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
