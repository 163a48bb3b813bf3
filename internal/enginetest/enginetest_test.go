package enginetest

import (
	"bytes"
	"crypto/rand"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
)

func TestImage(t *testing.T) {
	t.Parallel()
	e := Require(t)
	tests := []struct {
		name, user string
		argv       []string
		want       string
	}{
		{"shell", "", []string{"sh", "-c", "printf '%s' \"$PATH\""}, "/bin"},
		{"applets", "", []string{"sh", "-c",
			"for a in sleep echo cat id env ls kill true false head dd; do which $a >/dev/null || echo no $a; done"}, ""},
		{"the user worker", "worker", []string{"id"}, "uid=1000(worker) gid=1000(worker)"},
		{"a /tmp for everybody", "worker", []string{"sh", "-c", "echo x >/tmp/f && cat /tmp/f"}, "x"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			args := append([]string{"run", "--rm", "--network=none", "--name=" + e.Name(t), "--user=" + tt.user, e.Image}, tt.argv...)
			if got := e.Run(t, args...); !strings.HasPrefix(got, tt.want) || (tt.want == "" && got != "") {
				t.Errorf("got %q, want %q", got, tt.want)
			}
		})
	}
}

func TestImageIsMadeOnce(t *testing.T) {
	t.Parallel()
	e := Require(t)
	if os.Getenv("DOCKERCMD_TEST_IMAGE") != "" {
		t.Skip("DOCKERCMD_TEST_IMAGE is set: no image is made here")
	}
	name := Prefix + strings.ToLower(rand.Text()[:12])
	t.Cleanup(func() { e.Run(t, "image", "rm", name) })
	var ids [4]string
	var wait sync.WaitGroup
	for i := range ids {
		wait.Go(func() {
			err := e.importBusybox(name)
			if err == nil {
				ids[i], err = e.try(pingDeadline, nil, "image", "inspect", "--format={{.Id}}", name)
			}
			if err != nil {
				t.Error(err)
			}
		})
	}
	wait.Wait()
	if len(slices.Compact(ids[:])) != 1 {
		t.Errorf("the image was made more than once: %q", ids)
	}
}

func TestNameIsRemoved(t *testing.T) {
	t.Parallel()
	e := Require(t)
	var running, never string
	t.Run("scope", func(t *testing.T) {
		running, never = e.Name(t), e.Name(t)
		e.Run(t, "run", "-d", "--network=none", "--name="+running, e.Image, "tail", "-f", "/dev/null")
		if got := e.Run(t, "ps", "--quiet", "--filter=name=^/"+running+"$"); got == "" {
			t.Fatal("the container does not run")
		}
	})
	for _, name := range []string{running, never} {
		if got := e.Run(t, "ps", "--all", "--quiet", "--filter=name=^/"+name+"$"); got != "" {
			t.Errorf("%s is still there: %s", name, got)
		}
	}
}

// verdict stands in for a test and keeps what Run says to it.
type verdict struct {
	testing.TB
	said string
}

func (v *verdict) Helper() {}
func (v *verdict) Fatal(args ...any) {
	var b bytes.Buffer
	for _, a := range args {
		b.WriteString(a.(error).Error())
	}
	v.said = b.String()
}

func TestRunFails(t *testing.T) {
	t.Parallel()
	e := Require(t)
	v := &verdict{TB: t}
	e.Run(v, "inspect", Prefix+"nobody")
	for _, want := range []string{"inspect " + Prefix + "nobody", "exit status 1", "No such"} {
		if !strings.Contains(strings.ReplaceAll(v.said, "no such", "No such"), want) {
			t.Errorf("got %q, want it to contain %q", v.said, want)
		}
	}
}

// TestClients sets PATH, so it is not parallel.
func TestClients(t *testing.T) {
	script := func(dir, answer string) string {
		path := filepath.Join(t.TempDir(), dir, "docker")
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte("#!/bin/sh\necho '"+answer+"'\n"), 0o755); err != nil {
			t.Fatal(err)
		}
		return path
	}
	old := script("old", "Docker version 1.2.3, build abc")
	twin := script("twin", "Docker version 1.2.3, build def")
	podman := script("podman", "podman version 4.3.1")
	extra := script("extra", "Docker version 99.0.0-rc.1, build abc")
	link := filepath.Join(t.TempDir(), "docker")
	if err := os.Symlink(old, link); err != nil {
		t.Fatal(err)
	}
	dirs := []string{filepath.Dir(link), filepath.Dir(old), filepath.Dir(twin), filepath.Dir(podman),
		filepath.Join(t.TempDir(), "missing")}
	t.Setenv("DOCKERCMD_QUICK", "")
	t.Setenv("PATH", strings.Join(dirs, string(filepath.ListSeparator)))
	t.Setenv("DOCKERCMD_CLIENTS", extra)

	got := Clients(t)
	if len(got) < 2 || got[0] != (Client{old, "1.2.3"}) || got[len(got)-1] != (Client{extra, "99.0.0-rc.1"}) {
		t.Fatalf("got %v, want 1.2.3 first and 99.0.0-rc.1 last", got)
	}
	for i, c := range got {
		for _, other := range got[:i] {
			if c.same(other) {
				t.Errorf("%v and %v are the same", other, c)
			}
		}
	}
}

func TestIsStatic(t *testing.T) {
	t.Parallel()
	text := filepath.Join(t.TempDir(), "busybox")
	if err := os.WriteFile(text, []byte("#!/bin/sh\n"), 0o755); err != nil {
		t.Fatal(err)
	}
	if isStatic(text) {
		t.Error("a shell script passed for a static binary")
	}
	if isStatic("/bin/ls") {
		t.Error("a dynamic binary passed for a static one")
	}
}
