package output_test

import (
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/dockercmd/toolkit/dockercmd"
	"github.com/dockercmd/toolkit/dockercmd/output"
	"github.com/dockercmd/toolkit/internal/recordings"
)

func TestParseImageInspect(t *testing.T) {
	t.Parallel()
	for version, prefix := range map[string]string{"20.10.24": "sha256:", "28.2.2": "sha256:", recordings.Podman: ""} {
		got, err := output.ParseImageInspect(recordings.Read(t, version, "image-inspect.json"))
		if err != nil || len(got) != 1 {
			t.Fatalf("%s: %v, got %+v", version, err, got)
		}
		d := got[0]
		if d.ID != prefix+"eacd346848153ead71c36f22f7cc74e0726335e1c430b79f681442680129dd46" || d.Architecture != "amd64" ||
			d.OS != "linux" || d.Size < 1980000 || d.Comment != "Imported from -" {
			t.Errorf("%s: got %+v", version, d)
		}
		if !d.Created.Equal(time.Date(2026, 11, 26, 11, 15, 4, 131045216, time.UTC)) || len(d.RepoTags) != 1 ||
			len(d.RootFS.Layers) != 1 || len(d.Raw) == 0 {
			t.Errorf("%s: got %+v", version, d)
		}
		if diff := cmp.Diff(d.Config, output.ContainerConfig{Env: []string{"PATH=/bin"}, Cmd: []string{"sh"}}); diff != "" {
			t.Errorf("%s: Config: got -, want +\n%s", version, diff)
		}
	}
	got, err := output.ParseImageInspect([]byte(`[{"Id":"sha256:00","Created":"","Config":{"Entrypoint":["/a"],"Labels":{"a":"b"}}}]`))
	if err != nil || !got[0].Created.IsZero() || got[0].Config.Entrypoint[0] != "/a" {
		t.Errorf("without a time: %v, got %+v", err, got)
	}
}

func TestParseNetworkInspect(t *testing.T) {
	t.Parallel()
	for _, version := range recordings.Clients {
		got, err := output.ParseNetworkInspect(recordings.Read(t, version, "network-inspect.json"))
		if err != nil || len(got) != 1 {
			t.Fatalf("%s: %v, got %+v", version, err, got)
		}
		d := got[0]
		if d.Name != "w-net" || !dockercmd.ValidID(d.ID) || d.Driver != "bridge" || d.Scope != "local" ||
			d.IPAM.Config[0].Subnet != "10.77.0.0/24" || d.Created.IsZero() || len(d.Containers) != 1 {
			t.Errorf("%s: got %+v", version, d)
		}
		for id, c := range d.Containers {
			if !dockercmd.ValidID(id) || c.Name != "w-run" || c.IPv4Address != "10.77.0.2/24" || c.MacAddress == "" {
				t.Errorf("%s: got %+v", version, c)
			}
		}
	}
	got, err := output.ParseNetworkInspect(recordings.Read(t, recordings.Podman, "network-inspect.json"))
	if err != nil || got[0].Name != "podman" || got[0].IPAM.Driver != "host-local" || got[0].IPAM.Config[0].Gateway != "10.88.0.1" ||
		got[0].EnableIPv6 {
		t.Errorf("podman: %v, got %+v", err, got)
	}
}

func TestParseVolumeInspect(t *testing.T) {
	t.Parallel()
	for _, version := range recordings.Clients {
		got, err := output.ParseVolumeInspect(recordings.Read(t, version, "volume-inspect.json"))
		if err != nil || len(got) != 2 {
			t.Fatalf("%s: %v, got %+v", version, err, got)
		}
		if d := got[1]; d.Name != "w-vol2" || d.Labels["a"] != "b" || d.Options["device"] != "tmpfs" || d.CreatedAt.IsZero() ||
			d.Mountpoint == "" || got[0].Labels != nil {
			t.Errorf("%s: got %+v", version, d)
		}
	}
	got, err := output.ParseVolumeInspect(recordings.Read(t, recordings.Podman, "volume-inspect.json"))
	if err != nil || got[0].Name != "w-vol" || got[0].Driver != "local" || got[0].CreatedAt.Nanosecond() == 0 {
		t.Errorf("podman: %v, got %+v", err, got)
	}
}

// TestDetailsRefuse holds the inspect parsers to their errors.
func TestDetailsRefuse(t *testing.T) {
	t.Parallel()
	parsers := map[string]func([]byte) error{
		"inspect":         func(out []byte) error { _, err := output.ParseInspect(out); return err },
		"image inspect":   func(out []byte) error { _, err := output.ParseImageInspect(out); return err },
		"network inspect": func(out []byte) error { _, err := output.ParseNetworkInspect(out); return err },
		"volume inspect":  func(out []byte) error { _, err := output.ParseVolumeInspect(out); return err },
	}
	for command, parse := range parsers {
		for out, want := range map[string]string{
			"":       "output of " + command + ": it is empty",
			"json\n": "output of " + command + ": docker printed the word json",
			"\n[{}":  "output of " + command + ": unexpected EOF",
			"[{},7]": "output of " + command + ", object 1: it has no ",
			"[7]":    "output of " + command + ", object 1: json: cannot unmarshal number",
		} {
			if err := parse([]byte(out)); err == nil || !strings.HasPrefix(err.Error(), want) {
				t.Errorf("%s of %q: got %v, want %s", command, out, err, want)
			}
		}
		if err := parse([]byte("[]\n")); err != nil {
			t.Errorf("%s of []: %v", command, err)
		}
	}
}

func TestParseInfo(t *testing.T) {
	t.Parallel()
	info := func(version, file string) output.EngineInfo {
		i, err := output.ParseInfo(recordings.Read(t, version, file))
		if err != nil {
			t.Fatal(err)
		}
		return i
	}
	for _, version := range recordings.Clients {
		i := info(version, "info.json")
		if err := i.Answered(); err != nil {
			t.Errorf("%s: %v", version, err)
		}
		if i.ServerVersion != "20.10.24+dfsg1" || i.Name != "host1" || i.NCPU != 2 || i.MemTotal != 25276510208 ||
			i.CgroupVersion != "1" || i.CgroupDriver != "cgroupfs" || i.Driver != "fuse-overlayfs" || i.DefaultRuntime != "runc" ||
			len(i.Runtimes) != 3 || i.Swarm.LocalNodeState != "inactive" || !i.MemoryLimit || i.ClientInfo.Context != "default" ||
			i.Containers != i.ContainersRunning+i.ContainersPaused+i.ContainersStopped || len(i.SecurityOptions) != 1 || len(i.Raw) == 0 {
			t.Errorf("%s: got %+v", version, i)
		}
	}
	// Without an engine 20.10 exits with 0 all the same.
	down := info("20.10.24", "info-down.json")
	if err := down.Answered(); err == nil ||
		err.Error() != "Cannot connect to the Docker daemon at unix:///nonexistent. Is the docker daemon running?" ||
		down.ServerVersion != "" {
		t.Errorf("20.10, no engine: %v", err)
	}
	down = info("28.2.2", "info-down.json")
	if err := down.Answered(); err == nil || down.ClientInfo.Version != "28.2.2" {
		t.Errorf("28.2, no engine: %v", err)
	}
	p := info(recordings.Podman, "info.json")
	if err := p.Answered(); err != nil || p.ServerVersion != "4.3.1" || p.Name != "host1" || p.CgroupVersion != "1" || p.NCPU != 2 ||
		p.Containers != 6 || p.OperatingSystem != "debian 12" || p.Driver != "vfs" || p.DefaultRuntime != "runc" {
		t.Errorf("podman: %v, got %+v", err, p)
	}
	for out, want := range map[string]string{
		"": "output of info: it is empty", "json": "output of info: docker printed the word json",
		"[]": "output of info: json: cannot unmarshal array", "Client:\n": "output of info: invalid character",
	} {
		if i, err := output.ParseInfo([]byte(out)); err == nil || !strings.HasPrefix(err.Error(), want) {
			t.Errorf("%q: got %+v, %v, want %s", out, i, err, want)
		}
	}
}
