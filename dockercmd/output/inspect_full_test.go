package output_test

import (
	"encoding/json"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/dockercmd/toolkit/dockercmd"
	"github.com/dockercmd/toolkit/dockercmd/output"
	"github.com/dockercmd/toolkit/internal/recordings"
)

func inspect(t *testing.T, version, file string) []output.Container {
	t.Helper()
	containers, err := output.ParseInspect(recordings.Read(t, version, file))
	if err != nil {
		t.Fatal(err)
	}
	return containers
}

func byName(t *testing.T, containers []output.Container, name string) output.Container {
	t.Helper()
	i := slices.IndexFunc(containers, func(c output.Container) bool { return c.Name == name })
	if i < 0 {
		t.Fatalf("there is no %s among %d containers", name, len(containers))
	}
	return containers[i]
}

// TestParseInspectFull reads a container that was made with nearly every flag of create.
func TestParseInspectFull(t *testing.T) {
	t.Parallel()
	for _, version := range recordings.Clients {
		c := inspect(t, version, "inspect-full.json")[0]
		config := output.ContainerConfig{
			Hostname: "h1", Domainname: "d1", User: "1000:1000", AttachStdin: true, AttachStdout: true,
			ExposedPorts: map[string]struct{}{"5000/udp": {}, "5001/udp": {}, "80/tcp": {}, "91/udp": {}, "92/udp": {}, "93/tcp": {},
				"99/tcp": {}},
			Tty: true, OpenStdin: true, StdinOnce: true, Env: []string{"A=1", "B=", "PATH=/bin"}, Cmd: []string{"-c", "echo a b"},
			Entrypoint: []string{"/bin/sh"},
			Healthcheck: &output.Healthcheck{Test: []string{"CMD-SHELL", "test -f /x"}, Interval: 5 * time.Second, Timeout: 2 * time.Second,
				StartPeriod: time.Minute, Retries: 4},
			Image: "busybox:local", Volumes: map[string]struct{}{"/anon": {}}, WorkingDir: "/w",
			Labels: map[string]string{"app": "1", "k": "v,w=x"}, StopSignal: "INT", StopTimeout: new(int64(0)),
		}
		host := output.HostConfig{
			Binds: []string{"/srv/a:/a:ro,z", "w-vol:/v"},
			Mounts: []output.HostMount{
				{Type: "bind", Source: "/tmp", Target: "/b", ReadOnly: true, BindOptions: &output.BindOptions{Propagation: "rslave"}},
				{Type: "volume", Source: "w-vol2", Target: "/v2", VolumeOptions: &output.VolumeOptions{
					NoCopy: true, Labels: map[string]string{"a": "b"},
					DriverConfig: &output.VolumeDriverConfig{Name: "local", Options: map[string]string{"type": "tmpfs", "device": "tmpfs"}},
				}},
				{Type: "tmpfs", Target: "/t2", TmpfsOptions: &output.TmpfsOptions{SizeBytes: 1 << 20, Mode: 0o1770}},
			},
			Tmpfs: map[string]string{"/t": "size=1m,mode=1777"}, VolumesFrom: []string{"w-run:ro"}, VolumeDriver: "local",
			NetworkMode: "w-net", PortBindings: map[string][]output.PortBinding{
				"80/tcp": {{HostIP: "127.0.0.1", HostPort: "18090"}}, "91/udp": {{HostPort: "18091"}}, "92/udp": {{HostPort: "18092"}},
				"93/tcp": {{}},
			},
			ExtraHosts: []string{"a:10.0.0.1", "h:host-gateway"}, DNS: []string{"10.0.0.2"}, DNSOptions: []string{"ndots:2"},
			DNSSearch:     []string{"ex.test"},
			RestartPolicy: output.RestartPolicy{Name: "on-failure", MaximumRetryCount: 3}, ContainerIDFile: "/tmp/cid",
			LogConfig: output.LogConfig{Type: "json-file", Config: map[string]string{"max-size": "10m", "max-file": "3"}},
			Init:      new(true), Runtime: "runc", Isolation: "default", Privileged: true, ReadonlyRootfs: true,
			CapAdd: []string{"CAP_NET_ADMIN"}, CapDrop: []string{"ALL"},
			SecurityOpt: []string{"no-new-privileges", "apparmor=unconfined", "label=disable"}, GroupAdd: []string{"33", "audio"},
			Sysctls: map[string]string{"net.ipv4.ip_forward": "1"},
			IpcMode: "private", PidMode: "host", UsernsMode: "host", CgroupnsMode: "private", CgroupParent: "/p",
			Memory: 512 * dockercmd.MiB, MemoryReservation: 256 * dockercmd.MiB, MemorySwap: dockercmd.GiB, MemorySwappiness: new(int64(0)),
			OomKillDisable: new(true), OomScoreAdj: 100, PidsLimit: new(int64(100)), ShmSize: 32 * dockercmd.MiB,
			Ulimits:  []dockercmd.Ulimit{{Name: "core", Soft: -1, Hard: -1}, {Name: "nofile", Soft: 1024, Hard: 2048}},
			NanoCPUs: 1500 * dockercmd.MilliCPU, CPUShares: 512, CpusetCpus: "0,1", CpusetMems: "0",
			BlkioWeightDevice: []output.HostWeight{}, BlkioDeviceReadBps: []output.HostRate{{Path: "/dev/null", Rate: 1 << 20}},
			BlkioDeviceWriteBps: []output.HostRate{}, BlkioDeviceReadIOps: []output.HostRate{},
			BlkioDeviceWriteIOps: []output.HostRate{{Path: "/dev/null", Rate: 9}},
			Devices:              []output.HostDevice{{PathOnHost: "/dev/null", PathInContainer: "/dev/n", CgroupPermissions: "rw"}},
			DeviceRequests: []output.DeviceRequest{{DeviceIDs: []string{"0", "1"}, Capabilities: [][]string{{"compute", "gpu"}},
				Options: map[string]string{}}},
			DeviceCgroupRules: []string{"c 42:* rmw"},
		}
		endpoint := output.Endpoint{IPAMConfig: &output.IPAMConfig{IPv4Address: "10.77.0.33"}, Links: []string{"w-run:dep"},
			Aliases: []string{"al1"}}
		if version == "20.10.24" { // that client writes what the line says, and null for what it does not
			config.MacAddress = "02:42:ac:11:00:63"
			host.CapAdd, host.BlkioDeviceWriteBps, host.BlkioDeviceReadIOps = []string{"NET_ADMIN"}, nil, nil
		}
		slices.Sort(c.Config.Env) // the client shuffles these
		slices.Sort(c.HostConfig.Binds)
		slices.SortFunc(c.HostConfig.Ulimits, func(a, b dockercmd.Ulimit) int { return strings.Compare(a.Name, b.Name) })
		if diff := cmp.Diff(c.Config, config); diff != "" {
			t.Errorf("%s, Config: got -, want +\n%s", version, diff)
		}
		if diff := cmp.Diff(c.HostConfig, host); diff != "" {
			t.Errorf("%s, HostConfig: got -, want +\n%s", version, diff)
		}
		if diff := cmp.Diff(c.NetworkSettings.Networks, map[string]output.Endpoint{"w-net": endpoint}); diff != "" {
			t.Errorf("%s, Networks: got -, want +\n%s", version, diff)
		}
		if c.Path != "/bin/sh" || !slices.Equal(c.Args, []string{"-c", "echo a b"}) || c.Platform != "linux" ||
			c.Driver != "fuse-overlayfs" || c.AppArmorProfile != "unconfined" || c.SizeRw != nil {
			t.Errorf("%s: got %+v", version, c)
		}
		if len(c.Mounts) != 6 {
			t.Errorf("%s: %d mounts, want 6: %+v", version, len(c.Mounts), c.Mounts)
		}
		for _, want := range []output.MountPoint{
			{Type: "bind", Source: "/srv/a", Destination: "/a", Mode: "ro,z", Propagation: "rprivate"},
			{Type: "volume", Name: "w-vol", Source: "/var/lib/docker/volumes/w-vol/_data", Destination: "/v", Driver: "local", Mode: "z",
				RW: true},
			{Type: "tmpfs", Destination: "/t2", RW: true},
		} {
			if !slices.Contains(c.Mounts, want) {
				t.Errorf("%s: no mount %+v in %+v", version, want, c.Mounts)
			}
		}
	}
}

// TestParseInspectRecorded reads containers in several states.
func TestParseInspectRecorded(t *testing.T) {
	t.Parallel()
	for _, version := range recordings.Clients {
		containers := inspect(t, version, "inspect.json")
		run := byName(t, containers, "w-run")
		if s := run.State; s.Status != output.StateRunning || s.Pid == 0 || s.Health != nil || s.StartedAt.IsZero() ||
			!s.FinishedAt.IsZero() || run.Created.IsZero() {
			t.Errorf("%s: w-run is %+v", version, s)
		}
		ports := map[string][]output.PortBinding{
			"80/tcp": {{HostIP: "127.0.0.1", HostPort: "18080"}}, "81/udp": {{HostIP: "0.0.0.0", HostPort: "18081"},
				{HostIP: "::", HostPort: "18081"}},
		}
		if diff := cmp.Diff(run.NetworkSettings.Ports, ports); diff != "" {
			t.Errorf("%s: w-run's ports: got -, want +\n%s", version, diff)
		}
		e := run.NetworkSettings.Networks["w-net"]
		if e.IPAddress != "10.77.0.9" || e.IPPrefixLen != 24 || e.Gateway != "10.77.0.1" || e.IPAMConfig == nil ||
			e.IPAMConfig.IPv4Address != "10.77.0.9" || e.MacAddress == "" || !slices.Contains(e.Aliases, "web") {
			t.Errorf("%s: w-run's network is %+v", version, e)
		}
		if run.HostnamePath == "" || run.HostsPath == "" || run.ResolvConfPath == "" || run.LogPath == "" ||
			run.NetworkSettings.SandboxKey == "" {
			t.Errorf("%s: w-run's files are missing: %+v", version, run)
		}
		if h := run.HostConfig; h.Init != nil || h.PidsLimit != nil || h.MemorySwappiness != nil || run.Config.StopTimeout != nil ||
			run.Config.Entrypoint != nil || run.Config.Healthcheck != nil {
			t.Errorf("%s: w-run has what its line did not name: %+v", version, h)
		}
		if h := run.HostConfig; h.MaskedPaths == nil || h.ReadonlyPaths == nil || h.ShmSize != 64*dockercmd.MiB {
			t.Errorf("%s: w-run lacks the engine's defaults: %+v", version, h)
		}
		sick := byName(t, containers, "w-sick").State.Health
		if sick == nil || sick.Status != output.HealthUnhealthy || sick.FailingStreak < 1 || len(sick.Log) == 0 ||
			sick.Log[0].ExitCode != 3 || sick.Log[0].Output != "not well\n" || !sick.Log[0].Start.Before(sick.Log[0].End) {
			t.Errorf("%s: w-sick's health is %+v", version, sick)
		}
		failed := byName(t, containers, "w-nocmd").State
		if failed.Status != output.StateCreated || failed.ExitCode != 127 ||
			!strings.Contains(failed.Error, "no such file or directory") {
			t.Errorf("%s: w-nocmd is %+v", version, failed)
		}
		oom := byName(t, containers, "w-oom").State
		if oom.Status != output.StateExited || oom.ExitCode != 137 || !oom.OOMKilled || oom.FinishedAt.IsZero() {
			t.Errorf("%s: w-oom is %+v", version, oom)
		}
		if none := inspect(t, version, "inspect-missing.json"); none == nil || len(none) != 0 {
			t.Errorf("%s: a missing one gave %v", version, none)
		}
	}
}

func TestParseInspectOfPodman(t *testing.T) {
	t.Parallel()
	containers := inspect(t, recordings.Podman, "inspect.json")
	run := byName(t, containers, "w-run")
	if run.State.Status != output.StateRunning || run.State.Health != nil || run.Config.Entrypoint != nil ||
		run.ImageName != "localhost/busybox:local" {
		t.Errorf("w-run is %+v", run)
	}
	// The process has ended, podman's own work with it has not: its word is stopped.
	exit := byName(t, containers, "w-exit").State
	if exit.Status != output.StateExited || exit.ExitCode != 3 || exit.FinishedAt.IsZero() {
		t.Errorf("w-exit is %+v", exit)
	}
	c := byName(t, containers, "w-created")
	if diff := cmp.Diff(c.Config.Entrypoint, []string{"/bin/sh"}); diff != "" {
		t.Errorf("w-created's entry point: got -, want +\n%s", diff)
	}
	if c.Config.StopSignal != "2" || *c.Config.StopTimeout != 0 || c.Config.CreateCommand[0] != "/usr/bin/podman" ||
		c.HostConfig.NanoCPUs != 1500*dockercmd.MilliCPU {
		t.Errorf("w-created is %+v", c)
	}
	if want := (dockercmd.Ulimit{Name: "nofile", Soft: 1024, Hard: 2048}); !slices.Contains(c.HostConfig.Ulimits, want) {
		t.Errorf("w-created's limits are %v, want %v among them", c.HostConfig.Ulimits, want)
	}
	// Podman 4 prints "/bin/sh -c" for it.
	if diff := cmp.Diff(byName(t, containers, "w-created2").Config.Entrypoint, []string{"/bin/sh", "-c"}); diff != "" {
		t.Errorf("w-created2's entry point: got -, want +\n%s", diff)
	}
}

// TestParseInspectKeepsNothingFromEmpty holds what docker tells apart, and forms of other engines.
func TestParseInspectKeepsNothingFromEmpty(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name, object string
		ok           func(output.Container) bool
	}{
		{"null", `"Config":{"Cmd":null,"Entrypoint":null,"Healthcheck":null},"HostConfig":{"Init":null,"MaskedPaths":null}`,
			func(c output.Container) bool {
				return c.Config.Cmd == nil && c.Config.Entrypoint == nil && c.Config.Healthcheck == nil && c.HostConfig.Init == nil &&
					c.HostConfig.MaskedPaths == nil
			}},
		{"empty", `"Config":{"Cmd":[],"Entrypoint":[],"Healthcheck":{}},"HostConfig":{"Init":false,"MaskedPaths":[]}`,
			func(c output.Container) bool {
				return c.Config.Cmd != nil && c.Config.Entrypoint != nil && c.Config.Healthcheck != nil && !*c.HostConfig.Init &&
					c.HostConfig.MaskedPaths != nil
			}},
		{"a cleared entry point", `"Config":{"Entrypoint":[""]}`,
			func(c output.Container) bool { return slices.Equal(c.Config.Entrypoint, []string{""}) }},
		{"podman's absent entry point", `"Config":{"Entrypoint":""}`,
			func(c output.Container) bool { return c.Config.Entrypoint == nil }},
		{"an entry point with a space", `"Path":"/a b","Args":["c"],"Config":{"Entrypoint":"/a b","Cmd":["c"]}`,
			func(c output.Container) bool {
				return slices.Equal(c.Config.Entrypoint, []string{"/a b"})
			}},
		{"a stop signal as a number", `"Config":{"StopSignal":15}`, func(c output.Container) bool { return c.Config.StopSignal == "15" }},
		{"no time", `"Created":"","State":{"Status":"running","StartedAt":"","FinishedAt":""}`, func(c output.Container) bool {
			return c.Created.IsZero() && c.State.StartedAt.IsZero() && c.State.Status == output.StateRunning
		}},
		{"a time in a zone", `"Created":"2026-11-22T01:55:01.5+01:00"`, func(c output.Container) bool {
			return c.Created.Equal(time.Date(2026, 11, 22, 0, 55, 1, 5e8, time.UTC))
		}},
		{"the health of podman 3", `"State":{"Healthcheck":{"Status":"healthy","FailingStreak":0,"Log":null}}`,
			func(c output.Container) bool {
				return c.State.Health != nil && c.State.Health.Status == output.HealthHealthy
			}},
		{"health without a check", `"State":{"Health":{"Status":"none"}}`,
			func(c output.Container) bool { return c.State.Health == nil }},
		{"a port that is not open", `"NetworkSettings":{"Ports":{"80/tcp":null}}`, func(c output.Container) bool {
			b, ok := c.NetworkSettings.Ports["80/tcp"]
			return ok && b == nil
		}},
		{"unlimited swap", `"HostConfig":{"MemorySwap":-1,"MemorySwappiness":-1}`, func(c output.Container) bool {
			return c.HostConfig.MemorySwap == -1 && *c.HostConfig.MemorySwappiness == -1
		}},
		{"fields to come", `"Config":{"Soon":[1]},"HostConfig":{"Later":{}},"Never":null`, func(c output.Container) bool {
			return strings.Contains(string(c.Raw), `"Soon":[1]`)
		}},
		{"a network without settings", `"NetworkSettings":{"Networks":{"n":null}}`,
			func(c output.Container) bool { return len(c.NetworkSettings.Networks) == 1 }},
	}
	for _, tt := range tests {
		got, err := output.ParseInspect([]byte(`[{"Id":"ab","Name":"w1",` + tt.object + `}]`))
		if err != nil || !tt.ok(got[0]) || got[0].Name != "w1" {
			t.Errorf("%s: %v, got %+v", tt.name, err, got)
		}
	}
	// What stands in an environment never stands in an error.
	for _, out := range []string{`[{"Id":"ab","Config":{"Env":["TOKEN=secret",7]}}]`, `[{"Id":"ab","Config":{"Env":["TOKEN=secret"`,
		`[{"Id":"ab","Config":{"Env":{"TOKEN":"secret"}}}]`} {
		if _, err := output.ParseInspect([]byte(out)); err == nil || strings.Contains(err.Error(), "secret") {
			t.Errorf("%s: got the error %v", out, err)
		}
	}
}

// TestInspectModelsEveryField holds that whatever docker says of a container has a field, or stands here with a reason.
func TestInspectModelsEveryField(t *testing.T) {
	t.Parallel()
	left := map[string]string{
		"GraphDriver":                            "where the layers are, different for each driver",
		"HostConfig.KernelMemoryTCP":             "never had a flag",
		"NetworkSettings.HairpinMode":            "the engine's own, gone from later versions",
		"NetworkSettings.LinkLocalIPv6Address":   "likewise",
		"NetworkSettings.LinkLocalIPv6PrefixLen": "likewise",
		"NetworkSettings.SecondaryIPAddresses":   "likewise",
		"NetworkSettings.SecondaryIPv6Addresses": "likewise",
	}
	used := map[string]bool{}
	for _, version := range recordings.Clients {
		for _, file := range []string{"inspect.json", "inspect-full.json"} {
			for _, c := range inspect(t, version, file) {
				unmodelled(t, reflect.TypeFor[output.Container](), c.Raw, "", func(path string) {
					if left[path] == "" {
						t.Errorf("%s %s, %s: no field for %s", version, file, c.Name, path)
					}
					used[path] = true
				})
			}
		}
	}
	for path := range left {
		if !used[path] {
			t.Errorf("%s is not in the recordings, or has a field; take it off the list", path)
		}
	}
}

// unmodelled reports each key of an object, and of the objects in it, that a struct has no field for.
func unmodelled(t *testing.T, typ reflect.Type, raw json.RawMessage, path string, report func(string)) {
	t.Helper()
	for typ.Kind() == reflect.Pointer {
		typ = typ.Elem()
	}
	switch {
	case len(raw) == 0 || string(raw) == "null":
		return
	case typ.Kind() == reflect.Slice && raw[0] == '[':
		var list []json.RawMessage
		if err := json.Unmarshal(raw, &list); err != nil {
			t.Fatal(err)
		}
		for _, r := range list {
			unmodelled(t, typ.Elem(), r, path+"[]", report)
		}
		return
	case raw[0] != '{' || typ == reflect.TypeFor[time.Time]():
		return
	}
	var object map[string]json.RawMessage
	if err := json.Unmarshal(raw, &object); err != nil {
		t.Fatal(err)
	}
	for key, value := range object {
		at := strings.TrimPrefix(path+"."+key, ".")
		if typ.Kind() == reflect.Map {
			unmodelled(t, typ.Elem(), value, path+"[]", report)
			continue
		}
		field, ok := typ.FieldByNameFunc(func(name string) bool {
			f, _ := typ.FieldByName(name)
			tag, _, _ := strings.Cut(f.Tag.Get("json"), ",")
			return tag != "-" && (tag == key || tag == "" && strings.EqualFold(name, key))
		})
		if !ok {
			report(at)
			continue
		}
		unmodelled(t, field.Type, value, at, report)
	}
}
