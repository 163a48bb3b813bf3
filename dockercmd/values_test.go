package dockercmd_test

import (
	"fmt"
	"math"
	"regexp"
	"strings"
	"testing"

	"github.com/dockercmd/toolkit/dockercmd"
)

// valueCase is how a type of value is read, and how it is spelled then.
type valueCase struct {
	kind  string
	parse func(string) (fmt.Stringer, error)
	same  []string          // spelled as it is read
	other map[string]string // read, and spelled otherwise
	bad   []string
}

func (c valueCase) run(t *testing.T) {
	t.Parallel()
	spell := func(s, want string) {
		if got, err := c.parse(s); err != nil || got.String() != want {
			t.Errorf("%q: got %q, %v, want %q", s, got, err, want)
		}
	}
	for _, s := range c.same {
		spell(s, s)
	}
	for s, want := range c.other {
		spell(s, want)
	}
	for _, s := range c.bad {
		if got, err := c.parse(s); err == nil {
			t.Errorf("%q: got %q, want an error", s, got)
		} else if strings.Contains(err.Error(), "\n") {
			t.Errorf("%q: the error has several lines: %v", s, err)
		}
	}
}

func TestValues(t *testing.T) {
	t.Parallel()
	tests := []valueCase{
		{
			"bytes", func(s string) (fmt.Stringer, error) { return dockercmd.ParseBytes(s) },
			[]string{"0", "-1", "1b", "1023b", "1k", "1536m", "64m", "7p"},
			map[string]string{"512": "512b", "1.5g": "1536m", "1024": "1k", "1kB": "1k", "64MiB": "64m", "1 GB": "1g", "1024t": "1p", ".5g": "512m", "1.5": "1b"},
			[]string{"", "x", "64x", "-2", "-5m", "inf", "nan", "1e", "9223372036854775807", "8192p", "1e30"},
		},
		{
			"cpus", func(s string) (fmt.Stringer, error) { return dockercmd.ParseCPUs(s) },
			[]string{"0", "1", "1.5", "0.01", "0.000000001", "-1", "9223372036.854775807", "-9223372036.854775808"},
			map[string]string{".5": "0.5", "1/2": "0.5", "1e1": "10", "0x2": "2", "2_0": "20", "1.50": "1.5", "15e-1": "1.5"},
			[]string{"", "x", "1/3", "1.0000000001", "9223372036.854775808", "1e400", "1e-400", "1e999999999999", "1/0", "0x1p999999", strings.Repeat("1", 65)},
		},
		{
			"mount", func(s string) (fmt.Stringer, error) { return dockercmd.ParseMount(s) },
			[]string{"type=bind,source=/a,target=/b,readonly", `type=bind,"source=/a,b",target=/c:d`, "target=/b", `source=v,target=/b,"volume-opt=o=a,b"`, "type=tmpfs,target=/t,tmpfs-mode=700"},
			map[string]string{
				"type=BIND,src=/a,dst=/b,ro": "type=bind,source=/a,target=/b,readonly", "SRC=/x,src=/a,destination=/b,readonly=false": "source=/a,target=/b",
				"type=tmpfs,dst=/t,tmpfs-size=1.5k,tmpfs-mode=01777": "type=tmpfs,target=/t,tmpfs-size=1536b,tmpfs-mode=1777",
				"dst=/b,volume-label=b,volume-label=a=1":             "target=/b,volume-label=a=1,volume-label=b=",
			},
			[]string{"", "x", "dst", "src=/a", "dst=", "dst=/b,foo=1", "dst=/b,rw", "dst=/b,", "dst=/b,ro=yes", `src="/a",dst=/b`, "type=tmpfs,dst=/t,tmpfs-mode=9", "dst=/t,tmpfs-size=1m", "dst=/b,volume-label==x", "dst=/a\ndst=/b", "dst=/b,tmpfs-size=x,type=tmpfs"},
		},
		{
			"volume", func(s string) (fmt.Stringer, error) { return dockercmd.ParseVolume(s) },
			[]string{"/a:/b", "/a:/b:ro,z", "vol:/b:nocopy", "/b", "v:/b", `C:\x:C:\y:ro`, "/a b:/c"},
			nil,
			[]string{"", "/b:", ":/b", "/a::ro", "/a:/b:ro:z"},
		},
		{
			"port", func(s string) (fmt.Stringer, error) { return dockercmd.ParsePort(s) },
			[]string{"80", "8080:80", "127.0.0.1:8080:80/udp", "127.0.0.1::80", "[::1]:8080:80", "8000-8002:80-82", "8080-8082:80", "80/sctp", "0:80"},
			map[string]string{"80/TCP": "80/tcp", ":80": "80", "::1:8080:80": "[::1]:8080:80", "target=80,published=8080": "8080:80", "target=80,published=127.0.0.1:81,protocol=UDP": "127.0.0.1:81:80/udp", "80/": "80"},
			[]string{"", ":", "8080:", "x", "65536", "localhost:80:80", "8000-8001:80-82", "82-80", "80/x", "80/tcp/udp", "target=80,mode=host", "published=80", "target=80,published", "target=,published=1", "-1"},
		},
		{
			"ulimit", func(s string) (fmt.Stringer, error) { return dockercmd.ParseUlimit(s) },
			[]string{"nofile=1024", "nofile=1024:2048", "core=5:-1", "memlock=-1"},
			map[string]string{"core=1:1": "core=1", "core=+1": "core=1", "memlock=-1:-1": "memlock=-1"},
			[]string{"", "nofile", "nofile=", "as=1", "CORE=1", "core=1k", "core=2:1", "core=-1:5", "core=1:", "core=1:2:3"},
		},
		{
			"device", func(s string) (fmt.Stringer, error) { return dockercmd.ParseDevice(s) },
			[]string{"/dev/a", "/dev/a:/dev/b", "/dev/a:rw", "/dev/a:/dev/b:m", "vendor.com/class=name"},
			nil,
			[]string{"", ":", "/dev/a:", "/dev/a:b", "/dev/a:/dev/b:rr", "/dev/a:/dev/b:x", "a:b:c:d", "/dev/a::r"},
		},
		{
			"restart", func(s string) (fmt.Stringer, error) { return dockercmd.ParseRestart(s) },
			[]string{"", "no", "always", "unless-stopped", "on-failure", "on-failure:3"},
			map[string]string{"on-failure:": "on-failure", "on-failure:0": "on-failure"},
			[]string{"junk", "No", ":3", "always:3", "on-failure:x", "on-failure:-1"},
		},
		{
			"host", func(s string) (fmt.Stringer, error) { return dockercmd.ParseHost(s) },
			[]string{"a:10.0.0.1", "b:::1", "c:host-gateway", "a b:10.0.0.1"},
			map[string]string{"a=10.0.0.1": "a:10.0.0.1", "b:[::1]": "b:::1", "b=[::1]": "b:::1"},
			[]string{"", "a", "a:", ":10.0.0.1", "a:b", "a=b:1", "a:10.0.0.1:80", "a:[10.0.0.1"},
		},
	}
	for _, tt := range tests {
		t.Run(tt.kind, tt.run)
	}
}

func TestCPUPercent(t *testing.T) {
	t.Parallel()
	for percent, want := range map[float64]string{260: "2.6", 33: "0.33", 0: "0", 0.1: "0.001", 1e9: "10000000"} {
		if got, err := dockercmd.CPUPercent(percent); err != nil || got.String() != want {
			t.Errorf("%v: got %s, %v, want %s", percent, got, err, want)
		}
	}
	for _, percent := range []float64{math.NaN(), math.Inf(1), 1e300, 100.0 / 3} {
		if got, err := dockercmd.CPUPercent(percent); err == nil {
			t.Errorf("%v: got %s, want an error", percent, got)
		}
	}
}

// TestExactName holds the filter to the names that engines compare it with: with and without a leading slash.
func TestExactName(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name, other string
		want        bool
	}{
		{"worker-1", "worker-1", true}, {"worker-1", "worker-10", false}, {"worker-1", "my-worker-1", false},
		{"a.b", "a.b", true}, {"a.b", "axb", false}, {"w1", "W1", false},
	}
	for _, tt := range tests {
		pattern, ok := strings.CutPrefix(dockercmd.ExactName(tt.name), "name=")
		re := regexp.MustCompile(pattern)
		for _, s := range []string{tt.other, "/" + tt.other} {
			if !ok || re.MatchString(s) != tt.want {
				t.Errorf("the filter for %s on %s: got %t, want %t", tt.name, s, !tt.want, tt.want)
			}
		}
	}
}

func TestMountEqual(t *testing.T) {
	t.Parallel()
	a := dockercmd.Mount{Target: "/b", VolumeLabels: map[string]string{"a": "1"}}
	b := a
	b.VolumeLabels = map[string]string{"a": "1"}
	if !a.Equal(b) {
		t.Error("equal mounts differ")
	}
	b.VolumeLabels["a"] = "2"
	if a.Equal(b) {
		t.Error("mounts with other labels are equal")
	}
}
