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
			map[string]string{"512": "512b", "1.5g": "1536m", "1024": "1k", "1kB": "1k", "64MiB": "64m", "1 GB": "1g", "1024t": "1p",
				".5g": "512m", "1.5": "1b"},
			[]string{"", "x", "64x", "-2", "-5m", "inf", "nan", "1e", "9223372036854775807", "8192p", "1e30"},
		},
		{
			"cpus", func(s string) (fmt.Stringer, error) { return dockercmd.ParseCPUs(s) },
			[]string{"0", "1", "1.5", "0.01", "0.000000001", "-1", "9223372036.854775807", "-9223372036.854775808"},
			map[string]string{".5": "0.5", "1/2": "0.5", "1e1": "10", "0x2": "2", "2_0": "20", "1.50": "1.5", "15e-1": "1.5"},
			[]string{"", "x", "1/3", "1.0000000001", "9223372036.854775808", "1e400", "1e-400", "1e999999999999", "1/0", "0x1p999999",
				strings.Repeat("1", 65)},
		},
		{
			"mount", func(s string) (fmt.Stringer, error) { return dockercmd.ParseMount(s) },
			[]string{"type=bind,source=/a,target=/b,readonly", `type=bind,"source=/a,b",target=/c:d`, "target=/b",
				`source=v,target=/b,"volume-opt=o=a,b"`, "type=tmpfs,target=/t,tmpfs-mode=700"},
			map[string]string{
				"type=BIND,src=/a,dst=/b,ro":                         "type=bind,source=/a,target=/b,readonly",
				"SRC=/x,src=/a,destination=/b,readonly=false":        "source=/a,target=/b",
				"type=tmpfs,dst=/t,tmpfs-size=1.5k,tmpfs-mode=01777": "type=tmpfs,target=/t,tmpfs-size=1536b,tmpfs-mode=1777",
				"dst=/b,volume-label=b,volume-label=a=1":             "target=/b,volume-label=a=1,volume-label=b=",
			},
			[]string{"", "x", "dst", "src=/a", "dst=", "dst=/b,foo=1", "dst=/b,rw", "dst=/b,", "dst=/b,ro=yes", `src="/a",dst=/b`,
				"type=tmpfs,dst=/t,tmpfs-mode=9", "dst=/t,tmpfs-size=1m", "type=,dst=/b", "type=bind,dst=/b,tmpfs-size=0", "dst=/a\ndst=/b",
				"dst=/b,tmpfs-size=x,type=tmpfs"},
		},
		{
			"volume", func(s string) (fmt.Stringer, error) { return dockercmd.ParseVolume(s) },
			[]string{"/a:/b", "/a:/b:ro,z", "vol:/b:nocopy", "/b", "v:/b", `C:\x:C:\y:ro`, "/a b:/c"},
			nil,
			[]string{"", "/b:", ":/b", "/a::ro", "/a:/b:ro:z"},
		},
		{
			"port", func(s string) (fmt.Stringer, error) { return dockercmd.ParsePortMapping(s) },
			[]string{"80", "8080:80", "127.0.0.1:8080:80/udp", "127.0.0.1::80", "[::1]:8080:80", "8000-8002:80-82", "8080-8082:80",
				"80/sctp", "0:80"},
			map[string]string{"80/TCP": "80/tcp", ":80": "80", "::1:8080:80": "[::1]:8080:80", "target=80,published=8080": "8080:80",
				"target=80,published=127.0.0.1:81,protocol=UDP": "127.0.0.1:81:80/udp", "80/": "80"},
			[]string{"", ":", "8080:", "x", "65536", "localhost:80:80", "8000-8001:80-82", "82-80", "80/x", "[::1:80:80",
				"fe80::1%eth0:80:80", "mode=host", "published=80", "target=80,published", "target=,published=1", "-1"},
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
			"restart", func(s string) (fmt.Stringer, error) { return dockercmd.ParseRestartPolicy(s) },
			[]string{"", "no", "always", "unless-stopped", "on-failure", "on-failure:3"},
			map[string]string{"on-failure:": "on-failure", "on-failure:0": "on-failure"},
			[]string{":3", ":", "on-failure:x", "on-failure:1.5"},
		},
		{
			"host", func(s string) (fmt.Stringer, error) { return dockercmd.ParseHost(s) },
			[]string{"a:10.0.0.1", "b:::1", "c:host-gateway", "a b:10.0.0.1"},
			map[string]string{"a=10.0.0.1": "a:10.0.0.1", "b:[::1]": "b:::1", "b=[::1]": "b:::1"},
			[]string{"", "a", "a:", ":10.0.0.1", "a:b", "a=b:1", "a:10.0.0.1:80", "a:[10.0.0.1"},
		},
		{
			"network", func(s string) (fmt.Stringer, error) { return dockercmd.ParseNetwork(s) },
			[]string{"", "n1", "MyNet", "container:w1", "name = x", "com.x=", "=x", "name=n1,alias=a,alias=b",
				"name=n1,ip=10.0.0.1,ip6=::1,mac-address=02:42:ac:11:00:02", `"name=a,b",alias=c`, "name=é", "x é=y",
				"name=a=b", "name=x,name=é,alias=ü", "name=n1,driver-opt=a=b,driver-opt=c=,gw-priority=-1", "name=n1,link-local-ip=169.254.1.1",
				"name=n1,alias=", "name=n1,ip=x"},
			map[string]string{
				"name=N1": "n1", "name=MyNet,alias=A": "name=mynet,alias=a", "NAME=n1 ,alias= a ": "name=n1,alias=a",
				"alias=a,name=x,name=n1":                      "name=n1,alias=a",
				"name=n1,ip=,gw-priority=0,mac-address=":      "n1",
				"name=n1,driver-opt=A.b=C,driver-opt= x = y ": "name=n1,driver-opt=a.b=c,driver-opt=x=y",
				"name=n1,gw-priority=+5":                      "name=n1,gw-priority=5",
				"name=a\nanything":                            "a", "\nname=n1,alias=a": "name=n1,alias=a",
			},
			[]string{"alias=a", "name=n1,", "name=n1,x=y", "name=n1,alias", "name=n1,driver-opt=a", "name=n1,gw-priority=0x5",
				`name="n1",alias=a`, "name=,alias=a"},
		},
		{
			"filter", func(s string) (fmt.Stringer, error) { return dockercmd.ParseFilter(s) },
			[]string{"", "name=w1", "name=", "label=a=b", "label!=a=b", "=x"},
			map[string]string{" Name = w 1 ": "name=w 1", "LABEL!=A": "label!=A"},
			[]string{"w1", " ", "=", " = "},
		},
		{
			"tmpfs", func(s string) (fmt.Stringer, error) { return dockercmd.ParseTmpfsMount(s) },
			[]string{"", "/t", "/t:size=64m,mode=1777", "/t:,", "t:a:b", "/t:,ro"},
			map[string]string{"/t:": "/t"},
			nil,
		},
		{
			"gpus", func(s string) (fmt.Stringer, error) { return dockercmd.ParseGPURequest(s) },
			[]string{"all", "2", "0", "-5", `"device=0,1"`, "device=GPU-x", "count=all,driver=nvidia", "count=1,device=0",
				`count=1,"capabilities=compute,utility"`, `"device=0,1",driver=x`, `count=1,"options=a=1,b="`, `count=1,"options=""k=v,w"",x="`,
				"device="},
			map[string]string{"count=all": "all", "-1": "all", "driver=nvidia": "count=1,driver=nvidia", "driver=x,2": "count=2,driver=x",
				"device=0,1": "count=1,device=0", "count=0,device=1": "device=1", "count=3,4": "4", "+3": "3", "2\nx": "2",
				"count=1,options=a": "count=1,options=a="},
			[]string{"", "x", "1.5", "0x2", "count=", "2,count=1", "driver=a,driver=b", "gpu=1", "all,all", `driver="x"`, "DEVICE=0",
				"options=", "0,"},
		},
		{
			"weight", func(s string) (fmt.Stringer, error) { return dockercmd.ParseWeightDevice(s) },
			[]string{"/dev/sda:10", "/dev/sda:1000", "/dev/sda:0"},
			map[string]string{"/dev/sda:0500": "/dev/sda:500"},
			[]string{"", "/dev/sda", "/dev/sda:", "/dev/sda:9", "/dev/sda:1001", "/dev/sda:0x10", "/dev/sda:1:2", "/sda:10", ":10",
				"/dev/sda:65546"},
		},
		{
			"bps", func(s string) (fmt.Stringer, error) { return dockercmd.ParseBpsDevice(s) },
			[]string{"/dev/sda:1m", "/dev/sda:0", "/dev/sda:1023b"},
			map[string]string{"/dev/sda:1mb": "/dev/sda:1m", "/dev/sda:1.5 KB": "/dev/sda:1536b"},
			[]string{"", "/dev/sda", "/dev/sda:", "/dev/sda:-1", "/dev/sda:x", "sda:1m", "/dev/sda:1m:2m"},
		},
		{
			"iops", func(s string) (fmt.Stringer, error) { return dockercmd.ParseIOpsDevice(s) },
			[]string{"/dev/sda:1000", "/dev/sda:0", "/dev/sda:18446744073709551615"},
			map[string]string{"/dev/sda:010": "/dev/sda:10"},
			[]string{"", "/dev/sda", "/dev/sda:", "/dev/sda:-1", "/dev/sda:1k", "sda:1", "/dev/sda:18446744073709551616"},
		},
		{
			"expose", func(s string) (fmt.Stringer, error) { return dockercmd.ParseExposedPort(s) },
			[]string{"80", "53/udp", "8000-8010", "80/xyz", "80/TCP", "0"},
			map[string]string{"80/": "80", "80/tcp/udp": "80/tcp", "80-81-x": "80-81"},
			[]string{"", "/tcp", "x", "65536", "82-80", "80:80", "80/a:b", "-1", "80-"},
		},
		{
			"security-opt", func(s string) (fmt.Stringer, error) { return dockercmd.ParseSecurityOpt(s) },
			[]string{"no-new-privileges", "no-new-privileges:true", "no-new-privileges=", "seccomp=/s.json", "apparmor:unconfined",
				"label=user:u", "x=y:z", "a:b"},
			nil,
			[]string{"", "unconfined", "a=", "a:", "a:b="},
		},
		{
			"link", func(s string) (fmt.Stringer, error) { return dockercmd.ParseLink(s) },
			[]string{"w1", "w1:alias", "w1:", ":a"},
			nil,
			[]string{"", "a:b:c"},
		},
		{
			"volumes-from", func(s string) (fmt.Stringer, error) { return dockercmd.ParseVolumesFrom(s) },
			[]string{"", "w1", "w1:ro", "w1:", "a:b:c"},
			nil,
			nil,
		},
		{
			"device-cgroup-rule", func(s string) (fmt.Stringer, error) { return dockercmd.ParseDeviceCgroupRule(s) },
			[]string{"c 1:3 rwm", "a *:* r", "b 8:* mrw", "c 1:3 rrr"},
			nil,
			[]string{"", "c 1:3", "c  1:3 r", "d 1:3 r", "c 1:3 rwmr", "c 1 r", "c 1:3 x", "c 1:3 r "},
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
		filter := dockercmd.ExactName(tt.name)
		re := regexp.MustCompile(filter.Value)
		for _, s := range []string{tt.other, "/" + tt.other} {
			if filter.Key != "name" || re.MatchString(s) != tt.want {
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

// TestVerbatimParts takes apart the values that docker is sent as they are written.
func TestVerbatimParts(t *testing.T) {
	t.Parallel()
	tests := []struct {
		value       fmt.Stringer
		first, rest string
	}{
		{dockercmd.SecurityOpt("no-new-privileges"), "no-new-privileges", ""},
		{dockercmd.SecurityOpt("label:user:u"), "label", "user:u"},
		{dockercmd.SecurityOpt("seccomp=/a:b"), "seccomp", "/a:b"},
		{dockercmd.SecurityOpt("a:b=c"), "a:b", "c"},
		{dockercmd.Link("w1"), "w1", "w1"},
		{dockercmd.Link("w1:a"), "w1", "a"},
		{dockercmd.Link("w1:"), "w1", ""},
		{dockercmd.VolumesFrom("w1"), "w1", ""},
		{dockercmd.VolumesFrom("w1:ro,z"), "w1", "ro,z"},
	}
	for _, tt := range tests {
		var first, rest string
		switch v := tt.value.(type) {
		case dockercmd.SecurityOpt:
			first, rest = v.Key(), v.Value()
		case dockercmd.Link:
			first, rest = v.Container(), v.Alias()
		case dockercmd.VolumesFrom:
			first, rest = v.Container(), v.Mode()
		}
		if first != tt.first || rest != tt.rest {
			t.Errorf("%T %s: got %q and %q, want %q and %q", tt.value, tt.value, first, rest, tt.first, tt.rest)
		}
	}
}

// TestNetworkKinds tells the networks that somebody made from the engine's own.
func TestNetworkKinds(t *testing.T) {
	t.Parallel()
	for name, want := range map[string]bool{"n1": true, "hosts": true, "": false, "default": false, "bridge": false, "host": false,
		"none": false, "container:w1": false} {
		n := dockercmd.Network{Name: name}
		if got := n.UserDefined(); got != want {
			t.Errorf("%q: user-defined %t, want %t", name, got, want)
		}
		if container, shared := n.Container(); shared != (container == "w1") {
			t.Errorf("%q: it shares %q: %t", name, container, shared)
		}
	}
}

// TestValuesAreEqual compares values that hold lists and maps.
func TestValuesAreEqual(t *testing.T) {
	t.Parallel()
	n := dockercmd.Network{Name: "n1", Aliases: []string{"a"}, DriverOpts: map[string]string{"k": "v"}}
	if o := (dockercmd.Network{Name: "n1", Aliases: []string{"a"}, DriverOpts: map[string]string{"k": "v"}}); !n.Equal(o) {
		t.Error("equal networks differ")
	}
	if n.Equal(dockercmd.Network{Name: "n1", Aliases: []string{"a"}}) {
		t.Error("networks with other options are equal")
	}
	g := dockercmd.GPURequest{Devices: []string{"0"}, Options: map[string]string{"k": "v"}}
	if o := (dockercmd.GPURequest{Devices: []string{"0"}, Options: map[string]string{"k": "v"}}); !g.Equal(o) ||
		g.Equal(dockercmd.GPURequest{Devices: []string{"0"}}) {
		t.Error("GPU requests are not compared")
	}
	m := dockercmd.TmpfsMount{Target: "/t", Options: []string{"ro"}}
	if !m.Equal(dockercmd.TmpfsMount{Target: "/t", Options: []string{"ro"}}) || m.Equal(dockercmd.TmpfsMount{Target: "/t"}) {
		t.Error("memory file systems are not compared")
	}
}

func TestParseTopology(t *testing.T) {
	t.Parallel()
	got, err := dockercmd.ParseTopology("zone=Z1,region=R1")
	if err != nil || got.String() != "region=R1,zone=Z1" {
		t.Errorf("got %v, %v", got, err)
	}
}

func TestParseContextEndpoint(t *testing.T) {
	t.Parallel()
	got, err := dockercmd.ParseContextEndpoint("host=ssh://me@h")
	if err != nil || got.String() != "host=ssh://me@h" {
		t.Errorf("got %v, %v", got, err)
	}
	if got, err := dockercmd.ParseContextEndpoint("hos=x"); err == nil {
		t.Errorf("got %v, want an error", got)
	}
}

func TestValidVolume(t *testing.T) {
	t.Parallel()
	for name, want := range map[string]bool{"data": true, "a.b-c_1": true, "a": false, "": false, "-x": false, "a b": false} {
		if err := dockercmd.ValidVolume(name); (err == nil) != want {
			t.Errorf("%q: got %v, want valid %t", name, err, want)
		}
	}
}
