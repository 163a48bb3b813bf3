package dockercmd_test

import (
	"encoding"
	"fmt"
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/shlex"

	"github.com/dockercmd/toolkit/dockercmd"
)

// FuzzParse takes words between NUL bytes. What Parse takes, it gives back unchanged once it is rendered.
func FuzzParse(f *testing.F) {
	for _, cases := range clientCases() {
		for _, c := range cases {
			words, err := shlex.Split(c.lines[0])
			if err != nil {
				f.Fatal(err)
			}
			f.Add(strings.Join(words, "\x00"))
		}
	}
	f.Add("")
	f.Add("docker\x00container\x00run\x00--\x00--rm")
	f.Add("run\x00--unknown=1\x00-Z\x00img")
	f.Add("rename\x00\x00")
	f.Add("rm\x00-fv\x00--\x00-x")
	f.Fuzz(func(t *testing.T, line string) {
		words := strings.Split(line, "\x00")
		first, err := dockercmd.Parse(words)
		if err != nil {
			return
		}
		args := first.Args()
		again, err := dockercmd.Parse(args)
		if err != nil {
			t.Fatalf("%q became %q, and that is not read: %v", words, args, err)
		}
		if !reflect.DeepEqual(first, again) {
			t.Fatalf("%q became %q: first -, again +\n%s", words, args, cmp.Diff(first, again))
		}
		if !slices.Equal(args, again.Args()) {
			t.Fatalf("%q became %q, then %q", words, args, again.Args())
		}
		_ = first.Validate()
		_ = dockercmd.Redacted(first)
		if _, err := first.MarshalJSON(); err != nil {
			t.Fatal(err)
		}
		for _, e := range []dockercmd.Engine{{}, {Version: "20.10"}, {Dialect: dockercmd.Storm}} {
			_, _ = e.Args(first), e.Check(first)
		}
	})
}

// fuzzValue holds one type of value: what is read is rendered, and read again as the same.
func fuzzValue[T any, P interface {
	*T
	encoding.TextUnmarshaler
	encoding.TextMarshaler
	fmt.Stringer
}](f *testing.F, seeds ...string) {
	for _, s := range seeds {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		var first, again T
		if P(&first).UnmarshalText([]byte(s)) != nil {
			return
		}
		text, err := P(&first).MarshalText()
		if err != nil || string(text) != P(&first).String() {
			t.Fatalf("%q: MarshalText is %q, %v; String is %q", s, text, err, P(&first).String())
		}
		if err := P(&again).UnmarshalText(text); err != nil {
			t.Fatalf("%q became %q, and that is not read: %v", s, text, err)
		}
		if !reflect.DeepEqual(first, again) {
			t.Fatalf("%q became %q: %#v, then %#v", s, text, first, again)
		}
	})
}

func FuzzBytes(f *testing.F) {
	fuzzValue[dockercmd.Bytes](f, "512m", "1.5g", "0", "-1", "1 KiB", "9223372036854775807", "8e18", "1_000", ".5t", "inf", "2p")
}

func FuzzCPUs(f *testing.F) {
	fuzzValue[dockercmd.CPUs](f, "1.5", ".5", "1/2", "1e1", "0x2", "0x1p-2", "-1", "1/3", "1e-9", "1e999999999",
		"9223372036.854775807")
}

func FuzzMount(f *testing.F) {
	fuzzValue[dockercmd.Mount](f, "type=bind,source=/a,target=/b,readonly", `type=bind,"source=/a,b",dst=/c`,
		"type=tmpfs,dst=/t,tmpfs-size=1m,tmpfs-mode=1777",
		"src=v,dst=/b,volume-label=a=b,volume-label=a,volume-opt=o=x,volume-nocopy=false", "type=image,src=i,dst=/b,image-subpath=x",
		"dst=", `"a`, "\n", `""`, "dst=/a\n")
}

func FuzzVolume(f *testing.F) {
	fuzzValue[dockercmd.Volume](f, "/a:/b:ro,z", "vol:/b", "/b", "v:/b", `C:\x:C:\y:ro`, "a:b:c:d", "x:", ":", "é:/b", "/a:/b:,")
}

func FuzzPort(f *testing.F) {
	fuzzValue[dockercmd.PortMapping](f, "80", "8080:80/udp", "127.0.0.1::80", "[::1]:80:80", "::1:80:80", "80-82:80-82",
		"target=80,published=127.0.0.1:81,protocol=TCP", ":80", "80/")
}

func FuzzUlimit(f *testing.F) {
	fuzzValue[dockercmd.Ulimit](f, "nofile=1024", "nofile=1024:2048", "memlock=-1", "memlock=-1:-1", "core=5:-1", "core=+5", "core=")
}

func FuzzDevice(f *testing.F) {
	fuzzValue[dockercmd.Device](f, "/dev/a", "/dev/a:/dev/b", "/dev/a:rw", "/dev/a:/dev/b:m", "vendor.com/class=name", "a::",
		"a:b:c:d")
}

func FuzzRestart(f *testing.F) {
	fuzzValue[dockercmd.RestartPolicy](f, "no", "always", "on-failure", "on-failure:3", "on-failure:", "unless-stopped", "",
		"on-failure:+1")
}

func FuzzHost(f *testing.F) {
	fuzzValue[dockercmd.Host](f, "a:10.0.0.1", "a=10.0.0.1", "b:::1", "b:[::1]", "c:host-gateway", "a:b:c", "=", ":")
}

func FuzzTopology(f *testing.F) {
	fuzzValue[dockercmd.Topology](f, "region=R1,zone=Z1", "a", "", "a=,b", "=c", " a = b=c , d", "a=1,a=2")
}

func FuzzNetwork(f *testing.F) {
	fuzzValue[dockercmd.Network](f, "n1", "name=n1,alias=a,ip=10.0.0.1", "name=é,alias=ü,gw-priority=0", `"name=a,b",alias=c`,
		"name=n1,driver-opt= a = b ", "\nname=a\r\nb", "NAME=K,x=y", `name=a,"alias=b`, "name=n,link-local-ip=x,mac-address=y")
}

func FuzzFilter(f *testing.F) {
	fuzzValue[dockercmd.Filter](f, "name=w1", " NAME = x ", "label!=a=b", "", "=", "=x", "İ=\u00a0x")
}

func FuzzTmpfsMount(f *testing.F) {
	fuzzValue[dockercmd.TmpfsMount](f, "/t", "/t:size=64m,mode=1777", "/t:", "/t:,", ":", "a:b:c")
}

func FuzzGPURequest(f *testing.F) {
	fuzzValue[dockercmd.GPURequest](f, "all", "2", `"device=0,1"`, "device=0,1", `driver=x,"options=a=1,""b=2,3"""`, "count=0,device=",
		"capabilities=,2", `"options==x"`, "all\r", "options=\"\"")
}

func FuzzWeightDevice(f *testing.F) {
	fuzzValue[dockercmd.WeightDevice](f, "/dev/sda:10", "/dev/sda:0", "/dev/:1000", "/dev/a:b:10", "/dev/sda:010")
}

func FuzzBpsDevice(f *testing.F) {
	fuzzValue[dockercmd.BpsDevice](f, "/dev/sda:1mb", "/dev/sda:1.5 k", "/dev/sda:0", "/dev/sda:-1", "/dev/sda:1e3")
}

func FuzzIOpsDevice(f *testing.F) {
	fuzzValue[dockercmd.IOpsDevice](f, "/dev/sda:1000", "/dev/sda:0", "/dev/sda:00", "/dev/sda:x")
}

func FuzzExposedPort(f *testing.F) {
	fuzzValue[dockercmd.ExposedPort](f, "80", "53/udp", "80-82/tcp", "80/", "80/a/b", "/", "080")
}

func FuzzSecurityOpt(f *testing.F) {
	fuzzValue[dockercmd.SecurityOpt](f, "no-new-privileges", "a=b", "a:b", "a:b=c", "a=", "=", ":b")
}

func FuzzLink(f *testing.F) { fuzzValue[dockercmd.Link](f, "w1", "w1:a", "w1:", "a:b:c", "") }

func FuzzVolumesFrom(f *testing.F) {
	fuzzValue[dockercmd.VolumesFrom](f, "w1", "w1:ro", "w1:ro,z", "", ":")
}

func FuzzDeviceCgroupRule(f *testing.F) {
	fuzzValue[dockercmd.DeviceCgroupRule](f, "c 1:3 rwm", "a *:* r", "b 1:* mm", "c 1:3 ")
}

func FuzzParseEngine(f *testing.F) {
	f.Add("docker@20.10")
	f.Fuzz(func(t *testing.T, s string) {
		if e, err := dockercmd.ParseEngine(s); err == nil && e.String() != s {
			t.Fatalf("ParseEngine(%q) is %q", s, e)
		}
	})
}

// FuzzStormFile holds CheckStorm to its promise: the docker words of a file that it takes are the command that the file says.
func FuzzStormFile(f *testing.F) {
	for _, r := range corpus(f) {
		f.Add([]byte(r.File))
	}
	f.Add([]byte("rm -vf w1"))
	f.Add([]byte("run --net=-- -- img -v"))
	f.Add([]byte("pull registry:5000/team/app:1"))
	f.Add([]byte("pull -a/b"))
	f.Fuzz(func(t *testing.T, file []byte) {
		argv, readErr := dockercmd.ReadStorm(file)
		if dockercmd.CheckStorm(file) != nil {
			return
		}
		if readErr != nil {
			t.Fatalf("%q is taken, but the launcher refuses it: %v", file, readErr)
		}
		given, err := dockercmd.Parse(argv)
		if err != nil {
			t.Fatalf("%q is taken, but docker refuses %q: %v", file, argv, err)
		}
		said, err := dockercmd.Parse(strings.FieldsFunc(string(file), func(r rune) bool { return r == ' ' }))
		if err != nil || !reflect.DeepEqual(given, said) {
			t.Fatalf("%q is taken, but docker is given another command (%v): given -, said +\n%s", file, err, cmp.Diff(given, said))
		}
	})
}
