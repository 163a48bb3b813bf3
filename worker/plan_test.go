package worker_test

import (
	"bytes"
	"errors"
	"fmt"
	"io/fs"
	"math/rand/v2"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/dockercmd/toolkit/dockercmd"
	"github.com/dockercmd/toolkit/golden"
	"github.com/dockercmd/toolkit/scripts"
	"github.com/dockercmd/toolkit/worker"
)

var setting = worker.Setting{
	Root: "/r", Instance: "inst", Launch: "20260102T030405-00000000",
	Identity: worker.Identity{Name: "storm", UID: 1000, GID: 1001, Groups: []int{5, 6}},
	Zones:    map[string]worker.Zone{"0": {CPUs: "0-3", Mems: "0"}, "1": {CPUs: "4-7", Mems: "1"}},
}

// secret stands in every environment and must be seen nowhere.
const secret = "hunter2 it's \"secret\""

// planSpecs are the specs that the golden files show; the name ends in -storm for the worker-launcher's dialect.
var planSpecs = map[string]worker.Spec{
	"minimal": {ID: "worker-1", Image: "busybox:1.36", Command: []string{"sleep", "60"}, User: "storm"},
	"everything": {
		ID: "worker-1", Image: "registry:5000/team/app:1.2", Pull: "missing", Command: []string{"java", "-Xmx1g", "it's", ""},
		Shell: "/bin/bash",
		Env:   map[string]string{"TOKEN": secret, "HOME": "/worker"}, Umask: new(worker.Mode(0o077)), User: "storm",
		Groups:    []int{7},
		Workdir:   "/srv",
		Resources: worker.Resources{CPUPercent: 150, Memory: 512 * dockercmd.MiB, MemorySwap: dockercmd.GiB, NUMA: "1", Pids: 100},
		Network:   "bridge", Publish: []dockercmd.PortMapping{{Host: "8080", Container: "80"}}, Hostname: "h1",
		Mounts: []dockercmd.Mount{{Type: "bind", Source: "/data", Target: "/data", ReadOnly: true},
			{Type: "tmpfs", Target: "/scratch"}},
		TmpSize: 64 * dockercmd.MiB, WritableRoot: true, CapAdd: []string{"SYS_PTRACE"}, Seccomp: "/etc/seccomp.json",
		Init: new(false), CgroupParent: "/storm",
		Ulimits: []dockercmd.Ulimit{{Name: "nofile", Soft: 1024, Hard: 2048}}, LogDriver: "json-file",
		LogOpts: map[string]string{"max-size": "10m"},
		Labels:  map[string]string{"team": "a b"}, StopSignal: "SIGINT", StopGrace: new(30 * time.Second),
	},
	"env-file": {ID: "worker-1", Image: "app:1", Shell: worker.NoShell, Env: map[string]string{"TOKEN": secret, "A": ""},
		User: "storm", Network: "none"},
	"numa-seccomp-caps": {
		ID: "worker-1", Image: "app:1", Command: []string{"run"}, User: "storm", Resources: worker.Resources{NUMA: "0"},
		Seccomp: "unconfined", CapAdd: []string{"NET_BIND_SERVICE", "CHOWN"}, StopGrace: new(time.Duration),
	},
	"storm": {
		ID: "worker-1", Image: "storm/rhel7:1", Command: []string{"java", "-server", "a b"}, Shell: "/bin/bash",
		Env: map[string]string{"TOKEN": secret}, User: "storm",
		Resources: worker.Resources{CPUPercent: 260, NUMA: "0"}, Network: "host", Workdir: "/worker", Seccomp: "/s.json",
		CgroupParent: "/storm",
		Mounts:       []dockercmd.Mount{{Type: "bind", Source: "/opt/storm", Target: "/opt/storm", ReadOnly: true}},
		StopGrace:    new(3 * time.Second),
	},
}

func newPlan(t testing.TB, name string) *worker.Plan {
	t.Helper()
	set := setting
	if name == "storm" {
		set.Engine = dockercmd.Engine{Dialect: dockercmd.Storm}
	}
	p, err := worker.NewPlan(planSpecs[name], set)
	if err != nil {
		t.Fatal(err)
	}
	return p
}

func TestPlanWrite(t *testing.T) {
	t.Parallel()
	for name := range planSpecs {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var b bytes.Buffer
			if err := newPlan(t, name).Write(&b); err != nil {
				t.Fatal(err)
			}
			if strings.Contains(b.String(), "hunter2") {
				t.Error("the secret is shown")
			}
			golden.Dir("../testdata/worker/golden").Check(t, name+".txt", b.Bytes())
		})
	}
	failing := errors.New("disk full")
	if err := newPlan(t, "minimal").Write(writerFunc(func([]byte) (int, error) { return 0, failing })); !errors.Is(err, failing) {
		t.Errorf("got %v, want the writer's error", err)
	}
}

type writerFunc func([]byte) (int, error)

func (f writerFunc) Write(p []byte) (int, error) { return f(p) }

// TestPlanFiles checks that a step's file read back is the step's command, and the environment is in the worker's file alone.
func TestPlanFiles(t *testing.T) {
	t.Parallel()
	for name, spec := range planSpecs {
		p := newPlan(t, name)
		for _, step := range p.Steps {
			i := slices.IndexFunc(p.Files, func(f worker.File) bool { return f.Path == step.Path })
			if i < 0 {
				t.Fatalf("%s: step %s has no file %s", name, step.Name, step.Path)
			}
			checkStepFile(t, p, step, p.Files[i])
			if argv := p.Argv(step); strings.Contains(strings.Join(argv, " "), "hunter2") {
				t.Errorf("%s: %s shows the secret", name, step.Name)
			}
		}
		for _, f := range p.Files {
			own := filepath.Base(f.Path) == "worker.sh" || filepath.Base(f.Path) == "worker.env"
			if got := bytes.Contains(f.Data, []byte("hunter2")); got != (own && len(spec.Env) > 0) {
				t.Errorf("%s: %s holds the environment: %v", name, f.Path, got)
			}
			if bytes.Contains(f.Shown, []byte("hunter2")) {
				t.Errorf("%s: what is shown of %s holds the environment", name, f.Path)
			}
			if f.Mode&0o077 != 0 {
				t.Errorf("%s: others may use %s: mode %o", name, f.Path, f.Mode)
			}
		}
		if p.Step("docker-nothing") != nil || p.Step(worker.StepRm).Name != worker.StepRm {
			t.Errorf("%s: steps are not found by their names", name)
		}
	}
}

func checkStepFile(t *testing.T, p *worker.Plan, step worker.Step, f worker.File) {
	t.Helper()
	file, err := scripts.ParseCommand(f.Data)
	if err != nil {
		t.Fatalf("%s: %v", f.Path, err)
	}
	c, err := dockercmd.Parse(file.Argv)
	if err != nil {
		t.Fatalf("%s: %v", f.Path, err)
	}
	if !slices.Equal(c.Args(), step.Command.Args()) {
		t.Errorf("%s: read back  %q\nthe step is %q", f.Path, c.Args(), step.Command.Args())
	}
	if p.Setting.Engine.Dialect == dockercmd.Storm {
		if err := dockercmd.CheckStorm(f.Data); err != nil {
			t.Errorf("%s: %v", f.Path, err)
		}
		if f.Mode != 0o600 {
			t.Errorf("%s: mode %o, want 0600: it is read, not run", f.Path, f.Mode)
		}
	}
}

// TestPlanDefaults holds the hardened defaults, field by field.
func TestPlanDefaults(t *testing.T) {
	t.Parallel()
	r := newPlan(t, "minimal").Step(worker.StepRun).Command.(*dockercmd.Run)
	for _, tt := range []struct {
		what string
		good bool
	}{
		{"read-only root", r.ReadOnly},
		{"no capabilities", slices.Equal(r.CapDrop, []string{"ALL"}) && len(r.CapAdd) == 0},
		{"no new privileges", slices.Contains(r.SecurityOpts, "no-new-privileges")},
		{"not privileged", !r.Privileged},
		{"numbers for the user", r.User == "1000:1001"},
		{"the user's groups", slices.Equal(r.GroupAdd, []string{"5", "6"})},
		{"an init", r.Init != nil && *r.Init},
		{"no pull", r.Pull == "never"},
		{"detached", r.Detach},
		{"no --rm, which would lose the exit code", !r.Rm},
		{"no restarts", r.Restart.Policy == ""},
		{"no environment", len(r.Env) == 0 && len(r.EnvFiles) == 0},
		{"a /tmp of its own", slices.ContainsFunc(r.Mounts,
			func(m dockercmd.Mount) bool { return m.Target == "/tmp" && m.Source == "/r/work/worker-1/tmp" })},
		{"labels of this launch", r.Labels[worker.LabelInstance] == "inst" && r.Labels[worker.LabelWorker] == "worker-1" &&
			r.Labels[worker.LabelLaunch] == setting.Launch},
		{"the cid file where the worker cannot be", r.CIDFile == "/r/workers/worker-1/container.cid"},
	} {
		if !tt.good {
			t.Errorf("not so: %s: %v", tt.what, r)
		}
	}
	w, err := scripts.ParseWorker(newPlan(t, "minimal").Files[0].Data)
	if err != nil || w.Umask == nil || *w.Umask != fs.FileMode(0o027) {
		t.Errorf("the umask is not 0027: %v, %v", w, err)
	}
}

func TestPlanRefuses(t *testing.T) {
	t.Parallel()
	storm := dockercmd.Engine{Dialect: dockercmd.Storm}
	for _, tt := range []struct {
		name   string
		engine dockercmd.Engine
		edit   func(*worker.Spec)
		kind   error
		want   string
	}{
		{"an unknown zone", dockercmd.Engine{}, func(s *worker.Spec) { s.NUMA = "7" }, worker.ErrReserve,
			`worker worker-1: numa: the machine has no zone "7"; it has 0, 1`},
		{"memory for the launcher", storm, func(s *worker.Spec) { s.Memory = dockercmd.GiB }, worker.ErrSpec,
			"worker worker-1: memory: run: --memory is not for storm: the worker-launcher refuses it (exit 39); leave it out"},
		{"an init for the launcher", storm, func(s *worker.Spec) { s.Init = new(true) }, worker.ErrSpec,
			"worker worker-1: init: run: --init is not for storm: the worker-launcher refuses it (exit 39); leave it out"},
		{"labels for the launcher", storm, func(s *worker.Spec) { s.Labels = map[string]string{"a": "b"} }, worker.ErrSpec,
			"worker worker-1: labels: run: --label is not for storm: the worker-launcher refuses it (exit 39); leave it out"},
		{"a memory /tmp for the launcher", storm, func(s *worker.Spec) { s.TmpSize = dockercmd.MiB }, worker.ErrSpec,
			"worker worker-1: tmp-size: run: --tmpfs is not for storm: the worker-launcher refuses it (exit 39); leave it out"},
		{"an env file for the launcher", storm, func(s *worker.Spec) {
			s.Shell, s.Command, s.Env = worker.NoShell, nil,
				map[string]string{"A": secret}
		}, worker.ErrSpec,
			"worker worker-1: env: run: --env-file is not for storm: the worker-launcher refuses it (exit 39); leave it out"},
		{"a volume for the launcher", storm, func(s *worker.Spec) {
			s.Mounts = []dockercmd.Mount{{Type: "volume", Source: "v",
				Target: "/v"}}
		}, worker.ErrSpec,
			"worker worker-1: mounts: type=volume,source=v,target=/v cannot be said to the worker-launcher, which takes plain bind mounts only"},
		{"a blank for the launcher", storm, func(s *worker.Spec) {
			s.Mounts = []dockercmd.Mount{{Type: "bind", Source: "/a b",
				Target: "/v"}}
		}, worker.ErrSpec,
			"worker worker-1: mounts: run: --volume is not for storm: it holds ' ' at offset 2, and the line is split at spaces without any quoting; use a value without it"},
		{"a long script", dockercmd.Engine{}, func(s *worker.Spec) {
			s.Command = slices.Repeat([]string{strings.Repeat("x",
				100_000)}, 11)
		}, worker.ErrSpec,
			"worker worker-1: worker script: the file has 1100055 bytes, and at most 1048576 are written; put long values in files of their own"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			s, set := planSpecs["minimal"], setting
			tt.edit(&s)
			set.Engine = tt.engine
			_, err := worker.NewPlan(s, set)
			wantLine(t, err, tt.want)
			if !errors.Is(err, tt.kind) {
				t.Errorf("%v is not %v", err, tt.kind)
			}
		})
	}
}

// TestPlanOfRandomWords checks that what a worker runs and what its environment is comes back from its script exactly, whatever the
// words.
func TestPlanOfRandomWords(t *testing.T) {
	t.Parallel()
	pieces := []string{"", " ", "\n", "\t", "'", `"`, "\\", "$HOME", "`id`", "$(id)", "é", "日本", "-", "--", "=", "#", ";", "&", "|",
		"*", "~", "!", "a", "\u2028"}
	r := rand.New(rand.NewPCG(1, 2))
	word := func() string {
		var b strings.Builder
		for range r.IntN(5) {
			b.WriteString(pieces[r.IntN(len(pieces))])
		}
		return b.String()
	}
	for range 300 {
		s := worker.Spec{ID: "w-1", Image: "i", User: "u", Command: []string{"run"}, Env: map[string]string{}}
		for i := range r.IntN(6) {
			s.Command = append(s.Command, word())
			s.Env[fmt.Sprintf("V%d", i)] = word() + secret
		}
		p, err := worker.NewPlan(s, setting)
		if err != nil {
			t.Fatalf("%+v: %v", s, err)
		}
		w, err := scripts.ParseWorker(p.Files[0].Data)
		if err != nil || !slices.Equal(w.Argv, s.Command) || len(w.Env) != len(s.Env) {
			t.Fatalf("got %v, %v, want %+v", w, err, s)
		}
		for k, v := range s.Env {
			if w.Env[k] != v {
				t.Errorf("%s: got %q, want %q", k, w.Env[k], v)
			}
		}
		for _, step := range p.Steps {
			if strings.Contains(strings.Join(p.Argv(step), " "), "hunter2") {
				t.Errorf("the environment is in %q", p.Argv(step))
			}
		}
	}
}
