package worker_test

import (
	"errors"
	"fmt"
	"io"
	"reflect"
	"strings"
	"testing"
	"testing/iotest"
	"time"

	"github.com/dockercmd/toolkit/dockercmd"
	"github.com/dockercmd/toolkit/worker"
)

const wholeSpec = `
# everything that a worker can be given
id: worker-1
image: registry:5000/team/app:1.2
pull: missing
command: [java, -server, "", 5, 1.50, 0027, true, "it's"]
shell: /bin/bash
env: {PORT: 8080, UMASK: 0027, RATE: 1.50, ON: true, FLAG: 0x10, EMPTY: "", NONE: , DAY: 2001-01-01}
umask: 0027 # octal
user: storm
groups: [5, 6]
workdir: /srv
cpu-percent: 150
memory: 512m
memory-swap: 1g
numa: 0
pids-limit: 100
network: none
hostname: h1
mounts:
  - type=bind,source=/data,target=/data,readonly
tmp-size: 64m
writable-root: true
cap-add: [SYS_PTRACE]
seccomp: unconfined
init: false
cgroup-parent: /storm
ulimits: [nofile=1024:2048]
log-driver: json-file
log-opts: {max-size: 10m, max-file: 3}
labels: {version: 1.10}
stop-signal: SIGINT
stop-grace: 1m30s
`

func TestReadSpecs(t *testing.T) {
	t.Parallel()
	want := worker.Spec{
		ID: "worker-1", Image: "registry:5000/team/app:1.2", Pull: "missing",
		Command: []string{"java", "-server", "", "5", "1.50", "0027", "true", "it's"}, Shell: "/bin/bash",
		Env: map[string]string{"PORT": "8080", "UMASK": "0027", "RATE": "1.50", "ON": "true", "FLAG": "0x10", "EMPTY": "",
			"NONE": "", "DAY": "2001-01-01"},
		Umask: new(worker.Mode(0o027)), User: "storm", Groups: []int{5, 6}, Workdir: "/srv",
		Resources: worker.Resources{CPUPercent: 150, Memory: 512 * dockercmd.MiB, MemorySwap: dockercmd.GiB, NUMA: "0", Pids: 100},
		Network:   "none", Hostname: "h1",
		Mounts:  []dockercmd.Mount{{Type: "bind", Source: "/data", Target: "/data", ReadOnly: true}},
		TmpSize: 64 * dockercmd.MiB, WritableRoot: true, CapAdd: []string{"SYS_PTRACE"}, Seccomp: "unconfined", Init: new(false),
		CgroupParent: "/storm", Ulimits: []dockercmd.Ulimit{{Name: "nofile", Soft: 1024, Hard: 2048}},
		LogDriver: "json-file", LogOpts: map[string]string{"max-size": "10m", "max-file": "3"},
		Labels:     map[string]string{"version": "1.10"},
		StopSignal: "SIGINT", StopGrace: new(90 * time.Second),
	}
	got, err := worker.ReadSpecs(strings.NewReader(wholeSpec), "w.yaml")
	if err != nil || len(got) != 1 {
		t.Fatalf("got %d specs, %v", len(got), err)
	}
	if !reflect.DeepEqual(got[0], want) {
		t.Errorf("got  %+v\nwant %+v", got[0], want)
	}
	if err := got[0].Validate(); err != nil {
		t.Error(err)
	}
	v := reflect.ValueOf(got[0])
	for i := range v.NumField() {
		name := v.Type().Field(i).Name
		if v.Field(i).IsZero() && name != "Publish" { // which needs a network
			t.Errorf("the file sets no %s", name)
		}
	}
}

func TestReadSpecsOfSeveralWorkers(t *testing.T) {
	t.Parallel()
	for name, text := range map[string]string{
		"between lines":               "id: w1\n---\nid: w2\n",
		"around lines":                "---\nid: w1\n---\nid: w2\n---\n",
		"behind an empty one":         "---\nid: w1\n---\n---\nid: w2\n...\n",
		"behind an end":               "id: w1\n...\n---\nid: w2\n...\n",
		"beside lines":                "--- {id: w1}\n--- {id: w2}\n",
		"with comments":               "# a\n---\n# b\nid: w1 # c\n--- # d\n# e\n---\nid: w2\n# f\n",
		"with those in a text":        "id: w1\r\nhostname: |-\r\n  a\r\n  b\r\n---\r\nid: w2\r\nhostname: >\r\n  a\r\n",
		"with windows' ends of lines": "id: w1\r\n---\r\nid: w2\r\n",
		"with a byte order mark":      "\ufeffid: w1\n---\nid: w2\n",
		"with lines in a text":        "id: w1\nhostname: |\n  ---\n---\nid: w2",
	} {
		specs, err := worker.ReadSpecs(strings.NewReader(text), "w.yaml")
		ids := make([]string, len(specs))
		for i, s := range specs {
			ids[i] = s.ID
			if strings.Contains(s.Hostname, "\r") {
				t.Errorf("%s: got the host name %q", name, s.Hostname)
			}
		}
		if fmt.Sprint(ids) != "[w1 w2]" || err != nil {
			t.Errorf("%s: got %q, %v", name, ids, err)
		}
	}
}

func TestReadSpecsUmaskAndGrace(t *testing.T) {
	t.Parallel()
	for _, text := range []string{"0027", `"0027"`, "'0027'", "27", "0o27", "027 # why", "&u 0027"} {
		specs, err := worker.ReadSpecs(strings.NewReader("umask: "+text+"\n"), "w.yaml")
		if err != nil || specs[0].Umask == nil || *specs[0].Umask != 0o027 {
			t.Errorf("umask: %s: got %+v, %v", text, specs, err)
		}
	}
	for _, text := range []string{"10s", `"10s"`, "'10s' # why", "\n  10s"} {
		specs, err := worker.ReadSpecs(strings.NewReader("stop-grace: "+text+"\n"), "w.yaml")
		if err != nil || specs[0].Grace() != 10*time.Second {
			t.Errorf("stop-grace: %s: got %+v, %v", text, specs, err)
		}
	}
	specs, err := worker.ReadSpecs(strings.NewReader("umask: ~\nstop-grace:\n"), "w.yaml")
	if err != nil || specs[0].Umask != nil || specs[0].StopGrace != nil {
		t.Errorf("nothing given: got %+v, %v", specs, err)
	}
}

func TestReadSpecsRefuses(t *testing.T) {
	t.Parallel()
	const keys = "; the keys are documented in examples/worker.yaml"
	for _, tt := range []struct{ name, text, want string }{
		{"nothing", "", ": no worker in it; give at least id, image, command and user"},
		{"empty documents", "---\n---\n# c\n", ": no worker in it; give at least id, image, command and user"},
		{"a list", "id: w1\n---\n- id: w2\n",
			":3:1: a worker is given as keys and values, such as id: worker-1; a line of --- stands between two"},
		{"a text", "w1\n", ":1:1: a worker is given as keys and values, such as id: worker-1; a line of --- stands between two"},
		{"no text at all", "id: w1\n\xff", ":2: not valid UTF-8 text"},
		{"NUL", "id: w\x001\n", ":1: not valid UTF-8 text"},
		{"an unknown key", "id: w1\nmemroy: 5m\n", `:2:1: unknown key "memroy"` + keys},
		{"a key in upper case", "ID: w1\n", `:1:1: unknown key "ID"` + keys},
		{"the Go name", "Resources: {}\n", `:1:1: unknown key "Resources"` + keys},
		{"a key twice", "id: w1\n---\nid: w2\nimage: a\nid: w3\n", `:5:1: the key "id" is given twice`},
		{"a variable twice", "env:\n  A: hunter2\n  A: hunter2\n", `:3:3: env: the key "A" is given twice`},
		{"a list for a text", "id: [w1]\n", ":1:5: id: wanted here: a text, not a list"},
		{"keys for a text", "id: {w: 1}\n", ":1:5: id: wanted here: a text, not keys and values"},
		{"a text for a list", "command: run it\n", ":1:10: command: wanted here: a list, not a text"},
		{"a text for a number", "id: w1\ncpu-percent: much\n", ":2:14: cpu-percent: wanted here: a number, not a text"},
		{"a text for a whole number", "groups:\n- 5\n- wheel\n", ":3:3: groups: wanted here: a whole number, not a text"},
		{"a text for a boolean", "init: maybe\n", ":1:7: init: wanted here: true or false, not a text"},
		{"too large a number", "pids-limit: 99999999999999999999\n",
			":1:13: pids-limit: 99999999999999999999 is too large a number"},
		{"a bad size", "id: w1\n---\nid: w2\nmemory: big\n", `:4:9: memory: "big" is not a size such as 512m or 1.5g`},
		{"a bad umask", "umask: 0888\n", `:1:8: umask: "0888" is not a mode such as 0027`},
		{"a list for a umask", "umask: [0027]\n", ":1:8: umask: wanted here: a text, not a list"},
		{"seconds alone", "stop-grace: 10\n", `:1:13: stop-grace: "10" is not a duration such as 10s or 1m30s`},
		{"a bad mount", "id: w1\nmounts:\n  - type=bind,source=/a,target=/b\n  - type=bind,sorce=/a\n",
			`:4:5: mounts: the key "sorce" in "type=bind,sorce=/a" is unknown; ` +
				"docker knows type, source, target, readonly, bind-..., volume-..., tmpfs-... and image-subpath"},
		{"a bad port", "publish: [http]\n",
			`:1:11: publish: the container's port in "http": "http" is not a port or a range such as 8000-8010`},
		{"an open list", "command: [a\n", ":2: did not find expected ',' or ']'"},
		{"a tab", "env:\n\tA: b\n", ":2: found character that cannot start any token"},
		{"a list of variables", "env: [A=hunter2]\n", ":1:6: env: wanted here: keys and values, not a list"},
		{"a list in a variable", "env: {A: [hunter2]}\n", ":1:10: env: wanted here: a text, not a list"},
		{"an open variable", "env:\n  A: \"hunter2\n", ":2: found unexpected end of stream"},
		{"two values for a variable", "env:\n  A: b: hunter2\n", ":2: mapping values are not allowed in this context"},
		{"brackets without end", strings.Repeat("[", 200_000), ":1: more than 64 values stand in each other"},
		{"a list that holds itself", "command: &a [*a]\n", ":1:10: command: wanted here: a text, not a list"},
		{"a text without end", "id: w1\n---\nhostname: " + strings.Repeat("x", 600_000),
			":2: what begins here is larger than 524288 bytes"},
		{"a tag", "id: w1\nmounts: !x\n  - a\n",
			":2:9: a tag, such as !!str, says nothing here; leave it out, and quote a text that begins with !"},
		{"a variable that begins with !", "env:\n  A: !hunter2 x\n",
			":2:6: a tag, such as !!str, says nothing here; leave it out, and quote a text that begins with !"},
		{"a variable that begins with *", "env:\n  A: *hunter2\n",
			":2: an alias names no anchor; quote a value that begins with *"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			specs, err := worker.ReadSpecs(strings.NewReader(tt.text), "w.yaml")
			wantLine(t, err, "the spec is not valid: w.yaml"+tt.want)
			if !errors.Is(err, worker.ErrSpec) || specs != nil {
				t.Errorf("got %v with %v", specs, err)
			}
		})
	}
}

func TestReadSpecsOfALargeFile(t *testing.T) {
	t.Parallel()
	_, err := worker.ReadSpecs(io.LimitReader(zeros{}, 1<<20+1), "w.yaml")
	wantLine(t, err, "the spec is not valid: w.yaml: larger than 1048576 bytes")
	_, err = worker.ReadSpecs(iotest.ErrReader(io.ErrUnexpectedEOF), "w.yaml")
	wantLine(t, err, "read w.yaml: unexpected EOF")
}

// zeros is an endless file.
type zeros struct{}

func (zeros) Read(p []byte) (int, error) { return len(p), nil }

// FuzzReadSpecs checks that whatever the file, there is no panic, the error is one line, no value of env is in it, and the specs
// that come back can be checked.
func FuzzReadSpecs(f *testing.F) {
	const secret = "hunter2secret"
	for _, text := range []string{
		wholeSpec, "id: w1\n---\nid: w2\n", "env: {A: " + secret + "}\n", "env:\n  A: \"" + secret + "\n",
		"env:\n  A: [" + secret + "]\n", "env:\n  A: *" + secret + "\n",
		"env: {A: !!int " + secret + "}\n", "env:\n  A: |\n   " + secret + "\n x", "env: &a {A: " + secret + ", B: *a}\n",
		"<<: {id: w}\n", "? id\n: w1\n", "%YAML 1.2\n---\nid: w1\n",
		"mounts: [\"type=bind,source=/a,target=/b\"]\numask: 0777\nstop-grace: 1h\nmemory: 1.5g\npublish: [80:80/udp]\n",
		"id: \"\\xff\"\n", "- - -\n", "{", "\"", "&", "*", "!", "|", ">",
	} {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		began := time.Now()
		specs, err := worker.ReadSpecs(strings.NewReader(text), "w.yaml")
		if d := time.Since(began); d > 2*time.Second {
			t.Errorf("%d bytes took %s", len(text), d)
		}
		if err != nil {
			if strings.Contains(err.Error(), "\n") || !strings.HasPrefix(err.Error(), "the spec is not valid: w.yaml:") {
				t.Errorf("got %q", err)
			}
			return
		}
		if len(specs) == 0 {
			t.Error("no specs and no error")
		}
		for _, s := range specs {
			_ = s.Validate() // does not panic
		}
	})
}

// FuzzSecrets checks that wherever a file is broken, the value of a variable stands in no error. The place is where a byte is put
// in, or taken out when the byte is 0.
func FuzzSecrets(f *testing.F) {
	const secret = "hunter2secret"
	files := []string{
		"id: w1\nimage: i\ncommand: [run]\nuser: u\nenv:\n  TOKEN: " + secret + "\n  OTHER: '" + secret + "'\nlabels: {a: b}\n",
		"env: {A: \"" + secret + "\", B: " + secret + "}\nshell: none\n",
		"env:\n  A: |\n    x\n    " + secret + "\n  B: >-\n    " + secret + "\nid: w1\n",
	}
	for i, file := range files {
		for place := range len(file) {
			f.Add(i, place, byte(0))
		}
	}
	for _, b := range []byte("\"'[]{}:,*&!|>%@`#-? \n\t\x01\xff") {
		f.Add(0, strings.Index(files[0], secret), b)
		f.Add(0, strings.Index(files[0], secret)+len(secret), b)
		f.Add(1, strings.Index(files[1], secret), b)
	}
	f.Fuzz(func(t *testing.T, file, place int, b byte) {
		text := files[uint(file)%uint(len(files))]
		i := int(uint(place) % uint(len(text)))
		if b == '?' || b != 0 && strings.Contains("\n"+secret, text[i:i+1]) && !strings.HasPrefix(text[i:], secret) {
			return // it makes a key of the secret, or parts it and makes one of its end: keys are shown
		}
		if b == 0 {
			text = text[:i] + text[i+1:]
		} else {
			text = text[:i] + string(b) + text[i:]
		}
		specs, err := worker.ReadSpecs(strings.NewReader(text), "w.yaml")
		for _, s := range specs {
			err = errors.Join(err, s.Validate())
		}
		if err != nil && strings.Contains(err.Error(), secret[2:len(secret)-2]) {
			t.Errorf("%q: the secret is in %q", text, err)
		}
	})
}
