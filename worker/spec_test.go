package worker_test

import (
	"errors"
	"math"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/dockercmd/toolkit/dockercmd"
	"github.com/dockercmd/toolkit/worker"
)

var good = worker.Spec{ID: "w-1", Image: "img:1", Command: []string{"run"}, User: "u"}

func TestValidate(t *testing.T) {
	t.Parallel()
	const secret = "hunter2"
	for _, tt := range []struct {
		name string
		edit func(*worker.Spec)
		want string
	}{
		{"no id", func(s *worker.Spec) { s.ID = "" },
			`worker "": id: empty; give a container's name or id`},
		{"a path for an id", func(s *worker.Spec) { s.ID = "a/b" },
			`worker "a/b": id: "a/b" holds '/'; use letters, digits, '_', '.' and '-'`},
		{"a way out for an id", func(s *worker.Spec) { s.ID = ".." },
			`worker "..": id: ".." begins with '.'; begin with a letter or a digit`},
		{"one character for an id", func(s *worker.Spec) { s.ID = "w" },
			`worker "w": id: "w" is one character; docker wants at least two`},
		{"a line break in the id", func(s *worker.Spec) { s.ID = "w\n1" },
			"worker \"w\\n1\": id: \"w\\n1\" holds '\\n'; use letters, digits, '_', '.' and '-'"},
		{"a long id", func(s *worker.Spec) { s.ID = strings.Repeat("w", 129) },
			`worker "wwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwww": id: it has 129 characters; give at most 128`},
		{"hexadecimal id", func(s *worker.Spec) { s.ID = "0f" },
			`worker "0f": id: "0f" could be the beginning of another container's id to docker; add a dash, or a letter behind f`},
		{"no image", func(s *worker.Spec) { s.Image = "" },
			"worker w-1: image: no image; give a reference such as busybox:1.36 or an image's id"},
		{"a flag for an image", func(s *worker.Spec) { s.Image = "--privileged" },
			`worker w-1: image: "--privileged" is no image reference such as busybox:1.36 or registry:5000/team/app@sha256:...`},
		{"a bad image", func(s *worker.Spec) { s.Image = "Img:1" },
			`worker w-1: image: "Img:1" is no image reference: the repository must be in lower case`},
		{"no command", func(s *worker.Spec) { s.Command = nil },
			"worker w-1: command: none given; give the command that the worker runs"},
		{"an empty program", func(s *worker.Spec) { s.Command = []string{"", "x"} },
			"worker w-1: command: its first word is empty; name a program"},
		{"NUL in the command", func(s *worker.Spec) { s.Command = []string{"a", "b\x00c"} },
			"worker w-1: command: word 2: a NUL byte at offset 1; no program can be given it"},
		{"no text in the command", func(s *worker.Spec) { s.Command = []string{"a", "\xff"} },
			"worker w-1: command: word 2: not valid UTF-8; docker would alter it"},
		{"a huge word", func(s *worker.Spec) { s.Command = []string{"a", strings.Repeat("x", 128<<10)} },
			"worker w-1: command: word 2 has 131072 bytes, and at most 131071 can be handed over; put it in a file"},
		{"no user", func(s *worker.Spec) { s.User = "" },
			"worker w-1: user: none given; name the user that the worker runs as, or root if you mean it"},
		{"a relative shell", func(s *worker.Spec) { s.Shell = "sh" },
			`worker w-1: shell: "sh" is neither an absolute path nor none`},
		{"a shell of two words", func(s *worker.Spec) { s.Shell = "/bin/sh -e" },
			`worker w-1: shell: "/bin/sh -e" is one word to docker; name the shell alone`},
		{"umask without shell", func(s *worker.Spec) { s.Shell, s.Umask = worker.NoShell, new(worker.Mode) },
			"worker w-1: umask: cannot be set without a shell; leave it out, or name a shell"},
		{"a umask of five digits", func(s *worker.Spec) { s.Umask = new(worker.Mode(0o10000)) },
			"worker w-1: umask: 10000 is not from 0000 to 0777"},
		{"a negative tmp", func(s *worker.Spec) { s.TmpSize = -1 },
			"worker w-1: tmp-size: -1 is negative; give a size such as 64m, or leave it out"},
		{"= in a variable's name", func(s *worker.Spec) { s.Env = map[string]string{"A=B": secret} },
			`worker w-1: env: the name that begins with "A=B" holds '='; a shell exports names of letters, digits and _ only; hand it over in command, as env NAME=VALUE PROGRAM`},
		{"a line break in a variable's name", func(s *worker.Spec) { s.Env = map[string]string{"A\nB": secret} },
			"worker w-1: env: the name that begins with \"A\\nB\" holds '\\n'; a shell exports names of letters, digits and _ only; hand it over in command, as env NAME=VALUE PROGRAM"},
		{"an empty variable's name", func(s *worker.Spec) { s.Env = map[string]string{"": secret} },
			"worker w-1: env: a name is empty; a shell exports names of letters, digits and _ only; hand it over in command, as env NAME=VALUE PROGRAM"},
		{"a variable of the shell's", func(s *worker.Spec) { s.Env = map[string]string{"UID": secret} },
			`worker w-1: env: "UID": bash keeps it read-only: hand it over as a word of argv, env NAME=VALUE PROGRAM`},
		{"NUL in a variable", func(s *worker.Spec) { s.Env = map[string]string{"A": secret + "\x00"} },
			"worker w-1: env: the value of A cannot be handed over: a NUL byte at offset 7; no program can be given it"},
		{"no text in a variable", func(s *worker.Spec) { s.Env = map[string]string{"A": secret + "\xff"} },
			"worker w-1: env: the value of A cannot be handed over: not valid UTF-8; docker would alter it"},
		{"a huge variable", func(s *worker.Spec) { s.Env = map[string]string{"A": strings.Repeat(secret, 20_000)} },
			"worker w-1: env: the value of A makes it 140002 bytes, and at most 131071 can be handed over; put it in a file"},
		{"a long line in an env file", func(s *worker.Spec) {
			s.Shell, s.Env = worker.NoShell, map[string]string{"A": strings.Repeat(secret, 10_000)}
		}, "worker w-1: env: the value of A makes it 70002 bytes, and at most 65535 can be handed over; put it in a file"},
		{"a line break in an env file", func(s *worker.Spec) {
			s.Shell, s.Env = worker.NoShell,
				map[string]string{"A": secret + "\n" + secret}
		},
			"worker w-1: env: the value of A holds a line break, which docker's env file cannot carry; name a shell"},
		{"a negative group", func(s *worker.Spec) { s.Groups = []int{5, -1} },
			"worker w-1: groups: -1 is negative; give group numbers"},
		{"a relative workdir", func(s *worker.Spec) { s.Workdir = "work" },
			`worker w-1: workdir: "work" is not absolute`},
		{"negative CPU", func(s *worker.Spec) { s.CPUPercent = -50 },
			"worker w-1: cpu-percent: -50 is negative; give percent of one CPU, such as 150"},
		{"tiny CPU", func(s *worker.Spec) { s.CPUPercent = 0.5 },
			"worker w-1: cpu-percent: 0.5 is under docker's minimum of 1"},
		{"no number of CPU", func(s *worker.Spec) { s.CPUPercent = math.NaN() },
			"worker w-1: cpu-percent: NaN is no share of any machine; give percent of one CPU, such as 150"},
		{"endless CPU", func(s *worker.Spec) { s.CPUPercent = math.Inf(1) },
			"worker w-1: cpu-percent: +Inf is no share of any machine; give percent of one CPU, such as 150"},
		{"endless negative CPU", func(s *worker.Spec) { s.CPUPercent = math.Inf(-1) },
			"worker w-1: cpu-percent: -Inf is negative; give percent of one CPU, such as 150"},
		{"huge CPU", func(s *worker.Spec) { s.CPUPercent = 1e300 },
			"worker w-1: cpu-percent: 1e+300 is no share of any machine; give percent of one CPU, such as 150"},
		{"CPU too precise", func(s *worker.Spec) { s.CPUPercent = 100.0 / 3 },
			"worker w-1: cpu-percent: 33.333333333333336 is too precise; docker counts CPUs in billionths, which leaves seven decimals"},
		{"negative memory", func(s *worker.Spec) { s.Memory = -1 },
			"worker w-1: memory: -1 is negative; give a size such as 512m"},
		{"memory under the minimum", func(s *worker.Spec) { s.Memory = 6*dockercmd.MiB - 1 },
			"worker w-1: memory: 6291455b is under docker's minimum of 6m"},
		{"swap without memory", func(s *worker.Spec) { s.MemorySwap = dockercmd.GiB },
			"worker w-1: memory-swap: goes with memory only; give that too"},
		{"swap under memory", func(s *worker.Spec) { s.Memory, s.MemorySwap = dockercmd.GiB, 512*dockercmd.MiB },
			"worker w-1: memory-swap: 512m is under memory, 1g, and it counts both together"},
		{"negative swap", func(s *worker.Spec) { s.Memory, s.MemorySwap = dockercmd.GiB, -2 },
			"worker w-1: memory-swap: -2 is negative; -1 is no limit"},
		{"negative pids", func(s *worker.Spec) { s.Pids = -2 },
			"worker w-1: pids-limit: -2 is negative; -1 is no limit"},
		{"a bad pull", func(s *worker.Spec) { s.Pull = "sometimes" },
			`worker w-1: pull: "sometimes" is unknown; use always, missing, never`},
		{"an empty network", func(s *worker.Spec) { s.Network = " " },
			"worker w-1: network: no name; give none, host, bridge, container:NAME or a network's name"},
		{"ports without a network", func(s *worker.Spec) { s.Network, s.Publish = "none", []dockercmd.PortMapping{{Container: "80"}} },
			"worker w-1: publish: does nothing with --network=none; leave one out"},
		{"a colon in a mount source", func(s *worker.Spec) {
			s.Mounts = []dockercmd.Mount{{Type: "bind", Source: "/a:b",
				Target: "/c"}}
		},
			`worker w-1: mounts: the source "/a:b" holds ':', which not every engine can be told; use another path, or a link to it`},
		{"a comma in a mount source", func(s *worker.Spec) {
			s.Mounts = []dockercmd.Mount{{Type: "bind", Source: "/a,b",
				Target: "/c"}}
		},
			`worker w-1: mounts: the source "/a,b" holds ',', which not every engine can be told; use another path, or a link to it`},
		{"a relative mount source", func(s *worker.Spec) {
			s.Mounts = []dockercmd.Mount{{Type: "bind", Source: "a",
				Target: "/c"}}
		},
			`worker w-1: mounts: the source "a" is not absolute`},
		{"a relative mount target", func(s *worker.Spec) {
			s.Mounts = []dockercmd.Mount{{Type: "bind", Source: "/a",
				Target: "c"}}
		},
			`worker w-1: mounts: the target "c" is not absolute`},
		{"a mount over the worker's own", func(s *worker.Spec) {
			s.Mounts = []dockercmd.Mount{{Type: "bind", Source: "/a",
				Target: "/tmp/"}}
		},
			`worker w-1: mounts: the target "/tmp/" is the worker's own; mount elsewhere`},
		{"two mounts at one place", func(s *worker.Spec) {
			s.Mounts = []dockercmd.Mount{{Type: "bind", Source: "/a", Target: "/c"}, {Type: "bind", Source: "/b", Target: "/c"}}
		}, `worker w-1: mounts: the target "/c" is already taken by --mount`},
		{"a relative seccomp profile", func(s *worker.Spec) { s.Seccomp = "profile.json" },
			`worker w-1: seccomp: "profile.json" is neither an absolute path nor unconfined`},
		{"two capabilities in one", func(s *worker.Spec) { s.CapAdd = []string{"A,B"} },
			`worker w-1: cap-add: "A,B" is not one capability; give the flag once for each`},
		{"a relative cgroup parent", func(s *worker.Spec) { s.CgroupParent = "storm" },
			`worker w-1: cgroup-parent: "storm" is neither an absolute path nor a slice; a relative path lands below the daemon's own group`},
		{"a label of the manager's", func(s *worker.Spec) { s.Labels = map[string]string{"dockercmd.x": "y"} },
			`worker w-1: labels: "dockercmd.x" is the manager's own; use another prefix`},
		{"a bad signal", func(s *worker.Spec) { s.StopSignal = "SIGNONE" },
			`worker w-1: stop-signal: the signal "SIGNONE" is unknown; give a name such as SIGTERM or a number`},
		{"half a second of grace", func(s *worker.Spec) { s.StopGrace = new(1500 * time.Millisecond) },
			"worker w-1: stop-grace: 1.5s is not a number of whole seconds from 0"},
		{"negative grace", func(s *worker.Spec) { s.StopGrace = new(-time.Second) },
			"worker w-1: stop-grace: -1s is not a number of whole seconds from 0"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			s := good
			tt.edit(&s)
			err := s.Validate()
			wantLine(t, err, tt.want)
			if !errors.Is(err, worker.ErrSpec) {
				t.Errorf("%v is not ErrSpec", err)
			}
			if strings.Contains(tt.want, secret) {
				t.Errorf("the message shows the secret")
			}
		})
	}
}

func TestValidateTellsAllProblemsAtOnce(t *testing.T) {
	t.Parallel()
	s := worker.Spec{ID: "w-1", Command: []string{"x"}, Pull: "sometimes", StopSignal: "SIGNONE",
		Labels: map[string]string{"dockercmd.x": "y"}}
	var fields []string
	joined, ok := s.Validate().(interface{ Unwrap() []error })
	if !ok {
		t.Fatal("the problems are not joined")
	}
	for _, err := range joined.Unwrap() {
		fields = append(fields, err.(*worker.Error).Field)
	}
	if got, want := strings.Join(fields, " "), "image user labels pull stop-signal"; !sameWords(got, want) {
		t.Errorf("got problems in %q, want %q", got, want)
	}
}

// sameWords compares two lists without their order.
func sameWords(a, b string) bool {
	return slices.Equal(slices.Sorted(strings.FieldsSeq(a)), slices.Sorted(strings.FieldsSeq(b)))
}

func TestValidateTakes(t *testing.T) {
	t.Parallel()
	for name, s := range map[string]worker.Spec{
		"the least":           {ID: "w1", Image: "i", Command: []string{"x"}, User: "u"},
		"a UUID":              {ID: "6f9619ff-8b86-d011-b42d-00c04fc964ff", Image: "i", Command: []string{"x"}, User: "u"},
		"the image's command": {ID: "w1", Image: "i", Shell: worker.NoShell, User: "u"},
		"an image by its digest": {ID: "w1", Image: "r:5000/a/b@sha256:" + strings.Repeat("0", 64), Command: []string{"x"},
			User: "u"},
		"an empty and a long word": {ID: "w1", Image: "i", Command: []string{"x", "", "a b\nc'"}, User: "u"},
		"an empty value":           {ID: "w1", Image: "i", Command: []string{"x"}, User: "u", Env: map[string]string{"A": ""}},
		"lines in a value":         {ID: "w1", Image: "i", Command: []string{"x"}, User: "u", Env: map[string]string{"A": "a\nb"}},
		"no grace at all":          {ID: "w1", Image: "i", Command: []string{"x"}, User: "u", StopGrace: new(time.Duration)},
		"swap without a limit": {ID: "w1", Image: "i", Command: []string{"x"}, User: "u",
			Resources: worker.Resources{Memory: 6 * dockercmd.MiB, MemorySwap: -1}},
	} {
		if err := s.Validate(); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestMode(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{"0027": "0027", "27": "0027", "0o27": "0027", "777": "0777", "0": "0000"} {
		var m worker.Mode
		if err := m.UnmarshalText([]byte(text)); err != nil || m.String() != want {
			t.Errorf("%q: got %s, %v, want %s", text, m, err, want)
		}
		if got, err := m.MarshalText(); err != nil || string(got) != want {
			t.Errorf("%q: got %s, %v, want %s", text, got, err, want)
		}
	}
	for _, text := range []string{"", "8", "1000", "-1", "0x1f", "rw", "0027 "} {
		if err := new(worker.Mode).UnmarshalText([]byte(text)); err == nil {
			t.Errorf("%q was taken for a mode", text)
		}
	}
}
