package dockercmd_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/dockercmd/toolkit/dockercmd"
)

func TestEngineArgs(t *testing.T) {
	t.Parallel()
	stop := &dockercmd.Stop{Timeout: new(int64(3)), Containers: []string{"w1"}}
	run := &dockercmd.Run{Networks: []dockercmd.Network{{Name: "host"}}, Image: "img", Command: []string{"sh", "-c", "true"}}
	filtered := &dockercmd.Ps{Filters: []dockercmd.Filter{{Key: "label", Value: "a=b,c"}, {Key: "name", Value: "w"}}}
	tests := []struct {
		engine string
		cmd    dockercmd.Command
		want   string
	}{
		{"docker", stop, "stop -t=3 w1"},
		{"docker@20.10", stop, "stop --time=3 w1"},
		{"docker@20.10.24+dfsg1", stop, "stop --time=3 w1"},
		{"docker@27.5", stop, "stop --time=3 w1"},
		{"docker@28.0", stop, "stop --timeout=3 w1"},
		{"docker@28", stop, "stop --timeout=3 w1"},
		{"docker@100.1", stop, "stop --timeout=3 w1"},
		{"docker@v27.5.0-rc1", stop, "stop --time=3 w1"},
		{"docker@28.2.2,api=1.38", stop, "stop --timeout=3 w1"},
		{"docker,api=1.38", stop, "stop -t=3 w1"},
		{"podman@5.0", stop, "stop -t=3 w1"},
		{"storm", stop, "stop --time=3 w1"},
		{"docker@20.10", &dockercmd.Stop{Containers: []string{"w1"}}, "stop w1"},
		{"docker", &dockercmd.Stop{Timeout: new(int64(-1)), Signal: "INT", Extra: []string{"--x"}, Containers: []string{"w1"}},
			"stop --signal=INT -t=-1 --x w1"},
		{"docker", run, "run --network=host img sh -c true"},
		{"docker@20.10/28.2.2", stop, "stop --timeout=3 w1"},
		{"podman", stop, "stop -t=3 w1"},
		{"nerdctl", stop, "stop -t=3 w1"},
		{"podman", filtered, `ps --filter="label=a=b,c" --filter=name=w`},
		{"podman@4.9.4", filtered, `ps --filter="label=a=b,c" --filter=name=w`},
		{"podman@5", filtered, "ps --filter=label=a=b,c --filter=name=w"},
		{"podman@5.4.2", filtered, "ps --filter=label=a=b,c --filter=name=w"},
		{"podman@5.4.2", &dockercmd.Run{CapAdd: []string{"A,B"}, Image: "img"}, `run --cap-add="A,B" img`},
		{"docker", filtered, "ps --filter=label=a=b,c --filter=name=w"},
		{"docker", &dockercmd.Ps{Format: "json"}, "ps --format=json"},
		{"docker@20.10", &dockercmd.Ps{Format: "json"}, "ps --format={{json .}}"},
		{"docker@23.0", &dockercmd.Ps{Format: "json"}, "ps --format=json"},
		{"docker@20.10/23.0", &dockercmd.Ps{Format: "json"}, "ps --format=json"},
		{"storm", run, "run --net=host -- img sh -c true"},
		{"docker@20.10", &dockercmd.Inspect{Names: []string{"-x"}}, "inspect -- -x"},
	}
	for _, tt := range tests {
		t.Run(tt.engine+" "+tt.want, func(t *testing.T) {
			t.Parallel()
			e, err := dockercmd.ParseEngine(tt.engine)
			if err != nil {
				t.Fatal(err)
			}
			if got := strings.Join(e.Args(tt.cmd), " "); got != tt.want {
				t.Errorf("got  %s\nwant %s", got, tt.want)
			}
			if e.String() != tt.engine {
				t.Errorf("String: got %s, want %s", e, tt.engine)
			}
		})
	}
}

// TestEngineSpellsWhatParseReads holds that every engine's spelling is read back as the same command.
func TestEngineSpellsWhatParseReads(t *testing.T) {
	t.Parallel()
	for _, version := range []string{"", "20.10", "23.0", "28.2.2", "29.7"} {
		for name, c := range bare() {
			if stop, ok := c.(*dockercmd.Stop); ok {
				stop.Timeout = new(int64(0))
			}
			e := dockercmd.Engine{Version: version}
			got, err := dockercmd.Parse(e.Args(c))
			if err != nil {
				t.Errorf("%s on %s: %v", name, e, err)
				continue
			}
			if got.String() != c.String() {
				t.Errorf("%s on %s: got %s, want %s", name, e, got, c)
			}
		}
	}
}

func TestEngineCheck(t *testing.T) {
	t.Parallel()
	run := func(adjust func(*dockercmd.Run)) dockercmd.Command {
		r := &dockercmd.Run{Image: "img"}
		adjust(r)
		return r
	}
	annotated := run(func(r *dockercmd.Run) {
		r.Annotations, r.Quiet, r.UseAPISocket, r.HealthStartInterval = map[string]string{"a": "b"}, true, true, 1
	})
	mounted := run(func(r *dockercmd.Run) {
		r.Mounts = []dockercmd.Mount{
			{Source: "v", Target: "/a", VolumeSubpath: "x"}, {Type: "bind", Source: "/s", Target: "/b", BindCreateSrc: true,
				BindNonRecursive: true},
			{Type: "image", Source: "img", Target: "/c", ImageSubpath: "y"},
		}
		r.Networks = []dockercmd.Network{{Name: "n1", MACAddress: "02:42:ac:11:00:02", GWPriority: 2}}
		r.Devices = []dockercmd.Device{{Host: "vendor.com/class=name"}, {Host: "/dev/a=b"}}
	})
	trusting := run(func(r *dockercmd.Run) { r.DisableContentTrust, r.KernelMemory = new(false), dockercmd.GiB })
	tests := []struct {
		name, engine string
		cmd          dockercmd.Command
		want         []string
	}{
		{"any version", "docker", annotated, nil},
		{"nothing set", "docker@20.10", run(func(*dockercmd.Run) {}), nil},
		{"the oldest", "docker@20.10.24", annotated, []string{
			"run: --annotation is not for docker@20.10.24: docker has it from 24.0 on",
			"run: --health-start-interval is not for docker@20.10.24: docker has it from 25.0 on",
			"run: --quiet is not for docker@20.10.24: docker has it from 23.0 on",
			"run: --use-api-socket is not for docker@20.10.24: docker has it from 28.1 on",
		}},
		{"in between", "docker@24.0", annotated, []string{
			"run: --health-start-interval is not for docker@24.0: docker has it from 25.0 on",
			"run: --use-api-socket is not for docker@24.0: docker has it from 28.1 on",
		}},
		{"a minor version before", "docker@28.0.4", annotated,
			[]string{"run: --use-api-socket is not for docker@28.0.4: docker has it from 28.1 on"}},
		{"a newer one", "docker@28.2.2", annotated, nil},
		{"what is gone, still there", "docker@28.5", trusting, nil},
		{"what is gone", "docker@29", trusting, []string{
			"run: --kernel-memory is not for docker@29: docker hides it as obsolete from 29.0 on; leave it out",
			"run: --disable-content-trust is not for docker@29: docker hides it as obsolete from 29.0 on; leave it out",
		}},
		{"a new name has an old one", "docker@20.10", &dockercmd.Stop{Timeout: new(int64(3)), Containers: []string{"w1"}}, nil},
		{"an old engine before a new client", "docker@20.10.24/28.2.2", annotated, []string{
			"run: --annotation is not for docker@20.10.24/28.2.2: it needs API 1.43, which engines have from 24.0 on",
			"run: --health-start-interval is not for docker@20.10.24/28.2.2: it needs API 1.44, which engines have from 25.0 on",
		}},
		{"an old API", "docker@28.2.2,api=1.41", annotated, []string{
			"run: --annotation is not for docker@28.2.2,api=1.41: it needs API 1.43, and client and engine speak 1.41",
			"run: --health-start-interval is not for docker@28.2.2,api=1.41: it needs API 1.44, and client and engine speak 1.41",
		}},
		{"an API before 20.10", "docker@20.10.24/28.2.2,api=1.39", run(func(r *dockercmd.Run) {
			r.GPUs, r.CgroupNS = []dockercmd.GPURequest{{}}, "host"
		}), []string{
			"run: --gpus is not for docker@20.10.24/28.2.2,api=1.39: it needs API 1.40, and client and engine speak 1.39",
			"run: --cgroupns is not for docker@20.10.24/28.2.2,api=1.39: it needs API 1.41, and client and engine speak 1.39",
		}},
		{"an API alone", "docker,api=1.42", annotated, []string{
			"run: --annotation is not for docker,api=1.42: it needs API 1.43, and client and engine speak 1.42",
			"run: --health-start-interval is not for docker,api=1.42: it needs API 1.44, and client and engine speak 1.42",
		}},
		{"an API that is newer than all known", "docker@35.0,api=1.70", annotated, nil},
		{"a candidate", "docker@v24.0-rc1", annotated, []string{
			"run: --health-start-interval is not for docker@v24.0-rc1: docker has it from 25.0 on",
			"run: --use-api-socket is not for docker@v24.0-rc1: docker has it from 28.1 on",
		}},
		{"the date of a build", "docker@20240305", annotated, nil},
		{"keys of a mount, by the API", "docker@29.3,api=1.44", run(func(r *dockercmd.Run) {
			r.Mounts = []dockercmd.Mount{{Source: "v", Target: "/a", VolumeSubpath: "x"}}
		}), []string{"run: --mount volume-subpath is not for docker@29.3,api=1.44: docker has it from 26.0 on"}},
		{"keys of a mount", "docker@24.0", mounted, []string{
			"run: --network mac-address is not for docker@24.0: docker has it from 25.0 on; use --mac-address",
			"run: --network gw-priority is not for docker@24.0: docker has it from 28.0 on",
			"run: --mount volume-subpath is not for docker@24.0: docker has it from 26.0 on",
			"run: --mount bind-create-src is not for docker@24.0: docker has it from 29.3 on",
			"run: --mount image-subpath is not for docker@24.0: docker has it from 28.0 on",
			"run: --mount type=image is not for docker@24.0: docker has it from 28.0 on",
			"run: --device vendor.com/class=name is not for docker@24.0: docker has it from 25.0 on; use the path of a device",
		}},
		{"a key that is gone", "docker@29.3", mounted,
			[]string{"run: --mount bind-nonrecursive is not for docker@29.3: docker refuses it from 29.0 on; use bind-recursive=disabled"}},
		{"a new flag has none", "docker@20.10", &dockercmd.Stop{Signal: "INT", Containers: []string{"w1"}},
			[]string{"stop: --signal is not for docker@20.10: docker has it from 23.0 on"}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			e, err := dockercmd.ParseEngine(tt.engine)
			if err != nil {
				t.Fatal(err)
			}
			got := ""
			if err := e.Check(tt.cmd); err != nil {
				got = err.Error()
			}
			if want := strings.Join(tt.want, "\n"); got != want {
				t.Errorf("got\n%s\nwant\n%s", got, want)
			}
		})
	}
	for _, version := range []string{"x", "20.x", "-1.0", "20.-1", "+5.1", "dev", "library-import", "unknown-version"} {
		e := dockercmd.Engine{Version: version}
		stop := &dockercmd.Stop{Timeout: new(int64(3)), Containers: []string{"w1"}}
		if err := e.Check(annotated); err != nil {
			t.Errorf("the version %q, which says nothing: got %v", version, err)
		}
		if got, want := strings.Join(e.Args(stop), " "), "stop -t=3 w1"; got != want {
			t.Errorf("the version %q: got %s, want %s", version, got, want)
		}
		e.API = "1.42"
		if got, want := fmt.Sprint(e.Check(run(func(r *dockercmd.Run) { r.Annotations = map[string]string{"a": "b"} }))),
			"run: --annotation is not for "+e.String()+": it needs API 1.43, and client and engine speak 1.42"; got != want {
			t.Errorf("got  %s\nwant %s", got, want)
		}
		if e, err := dockercmd.ParseEngine("docker@" + version); err == nil {
			t.Errorf("ParseEngine takes %q as %v", version, e)
		}
	}
	for _, s := range []string{"", "Podman", "Docker", "docker@", "docker@20.10/", "docker@/28.2", "docker@20.10/x", "podman@4/5", "nerdctl@2",
		"docker@20.10,api=", "docker@20.10,api=x", "podman,api=1.41", "docker@20.10,api=2.1"} {
		if e, err := dockercmd.ParseEngine(s); err == nil {
			t.Errorf("ParseEngine takes %q as %v", s, e)
		}
	}
}
