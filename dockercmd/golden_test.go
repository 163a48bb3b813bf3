package dockercmd_test

import (
	"maps"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/dockercmd/toolkit/dockercmd"
	"github.com/dockercmd/toolkit/dockercmd/output"
	"github.com/dockercmd/toolkit/golden"
)

// family is what the tests of all commands need to know of some. Its parts are functions, since tests alter what they make.
type family struct {
	bare     func() map[string]dockercmd.Command // nothing but operands, by name
	full     func() map[string]dockercmd.Command // every field set to what is not its default, though some may contradict each other
	problems func() []problemCase                // what Validate finds
	client   map[string][]clientCase             // lines for the real clients
}

// families are all; a family's test file adds its own.
var families = []family{containerFamily}

var containerFamily = family{bare: bareContainers, full: fullContainers, problems: containerProblems, client: containerCases}

// together joins one part of all families.
func together[T any](part func(family) map[string]T) map[string]T {
	all := map[string]T{}
	for _, f := range families {
		maps.Copy(all, part(f))
	}
	return all
}

func bare() map[string]dockercmd.Command {
	return together(func(f family) map[string]dockercmd.Command { return f.bare() })
}

func full() map[string]dockercmd.Command {
	return together(func(f family) map[string]dockercmd.Command { return f.full() })
}

func bareContainers() map[string]dockercmd.Command {
	w1 := []string{"w1"}
	return map[string]dockercmd.Command{
		"run":     &dockercmd.Run{Image: "busybox"},
		"exec":    &dockercmd.Exec{Container: "w1", Command: []string{"ls", "-l"}},
		"wait":    &dockercmd.Wait{Containers: w1},
		"stop":    &dockercmd.Stop{Containers: w1},
		"rm":      &dockercmd.Rm{Containers: w1},
		"ps":      &dockercmd.Ps{},
		"kill":    &dockercmd.Kill{Containers: w1},
		"logs":    &dockercmd.Logs{Container: "w1"},
		"start":   &dockercmd.Start{Containers: w1},
		"inspect": &dockercmd.Inspect{Names: w1},
		"import":  &dockercmd.Import{Source: "-"},
		"rmi":     &dockercmd.Rmi{Images: []string{"busybox"}},
		"version": &dockercmd.Version{},
		"create":  &dockercmd.Create{Image: "busybox"},
		"restart": &dockercmd.Restart{Containers: w1},
		"pause":   &dockercmd.Pause{Containers: w1},
		"unpause": &dockercmd.Unpause{Containers: w1},
		"rename":  &dockercmd.Rename{Container: "w1", NewName: "w2"},
		"update":  &dockercmd.Update{Containers: w1},
		"cp":      &dockercmd.Cp{Source: "w1:/a", Destination: "-"},
		"diff":    &dockercmd.Diff{Container: "w1"},
		"attach":  &dockercmd.Attach{Container: "w1"},
		"commit":  &dockercmd.Commit{Container: "w1"},
		"export":  &dockercmd.Export{Container: "w1"},
		"top":     &dockercmd.Top{Container: "w1"},
		"port":    &dockercmd.Port{Container: "w1"},
		"stats":   &dockercmd.Stats{},
		"events":  &dockercmd.Events{},
	}
}

func fullContainers() map[string]dockercmd.Command {
	extra := []string{"--new", "--newer=a b"}
	two := []string{"w1", "w2"}
	fullRun := func() *dockercmd.Run {
		return &dockercmd.Run{
			Name: "w1", User: "1000:1000", Detach: true, Networks: []dockercmd.Network{{Name: "n1"},
				{Name: "n2", Aliases: []string{"a", "b,c"}, IP: "10.0.0.9", DriverOpts: map[string]string{"x": "1"}, GWPriority: -1}},
			ReadOnly: true,
			Volumes:  []dockercmd.Volume{{Source: "/src", Target: "/dst", Options: []string{"ro", "z"}}, {Target: "/anonymous"}},
			Mounts: []dockercmd.Mount{{Type: "bind", Source: "/a,b", Target: "/c", ReadOnly: true},
				{Type: "tmpfs", Target: "/t", TmpfsSize: 64 * dockercmd.MiB, TmpfsMode: 0o1777}},
			Tmpfs:       []dockercmd.TmpfsMount{{Target: "/tmp", Options: []string{"size=64m", "mode=1777"}}},
			VolumesFrom: []dockercmd.VolumesFrom{"other:ro"}, VolumeDriver: "local", Rm: true, CpusetCpus: "0-3", CpusetMems: "0",
			CgroupParent: "/workers",
			GroupAdd:     []string{"100"}, Workdir: "/work dir", CIDFile: "/run/w1.cid", CapDrop: []string{"ALL"},
			CapAdd:       []string{"NET_RAW", "SYS_PTRACE"},
			SecurityOpts: []dockercmd.SecurityOpt{"no-new-privileges", "seccomp=/s.json"}, CPUShares: 512, CPUs: 1500 * dockercmd.MilliCPU,
			Memory: 1536 * dockercmd.MiB, MemorySwap: -1, MemoryReservation: dockercmd.GiB, MemorySwappiness: new(int64(0)),
			KernelMemory: dockercmd.GiB,
			PidsLimit:    100, Init: new(false), Privileged: true,
			Devices:           []dockercmd.Device{{Host: "/dev/a", Container: "/dev/b", Permissions: "r"}, {Host: "vendor.com/class=name"}},
			DeviceCgroupRules: []dockercmd.DeviceCgroupRule{"c 1:3 rwm"}, GPUs: []dockercmd.GPURequest{{Devices: []string{"0", "1"}},
				{Count: -1, Driver: "nvidia"}}, Runtime: "runc", ShmSize: 64 * dockercmd.MiB,
			Ulimits: []dockercmd.Ulimit{{Name: "nofile", Soft: 1024, Hard: 2048}, {Name: "core"}}, OOMScoreAdj: -500, OOMKillDisable: true,
			CPUPeriod: 100000, CPUQuota: 50000, CPURtPeriod: 1000000, CPURtRuntime: 950000, CPUCount: 2, CPUPercent: 50,
			IOMaxBandwidth: dockercmd.MiB, IOMaxIOps: 9,
			BlkioWeight: 500, BlkioWeightDevices: []dockercmd.WeightDevice{{Path: "/dev/sda", Weight: 10}},
			DeviceReadBps:   []dockercmd.BpsDevice{{Path: "/dev/sda", Rate: dockercmd.MiB}},
			DeviceWriteBps:  []dockercmd.BpsDevice{{Path: "/dev/sda", Rate: 2 * dockercmd.MiB}},
			DeviceReadIOps:  []dockercmd.IOpsDevice{{Path: "/dev/sda", Rate: 3}},
			DeviceWriteIOps: []dockercmd.IOpsDevice{{Path: "/dev/sda", Rate: 4}}, Env: []string{"A=two words", "B"},
			EnvFiles: []string{"/env"},
			Labels:   map[string]string{"b": "2", "a": "it's"}, LabelFiles: []string{"/labels"}, Annotations: map[string]string{"x": ""},
			Entrypoint: new(""),
			Hostname:   "h", Domainname: "d", AddHosts: []dockercmd.Host{{Name: "h1", IP: "::1"}}, DNS: []string{"1.1.1.1"},
			DNSOptions: []string{"use-vc"}, DNSSearch: []string{"."},
			Publish:    []dockercmd.PortMapping{{IP: "::1", Host: "8080", Container: "80", Protocol: "udp"}, {Container: "81"}},
			PublishAll: true, Expose: []dockercmd.ExposedPort{{Port: "90"}, {Port: "8000-8010", Protocol: "udp"}},
			NetworkAliases: []string{"n"}, IP: "10.0.0.2", IP6: "2001:db8::2", LinkLocalIPs: []string{"169.254.1.1"},
			MACAddress: "02:42:ac:11:00:02", Links: []dockercmd.Link{"db:alias"}, CgroupNS: "private", IPC: "none", PID: "host",
			UserNS: "host", UTS: "host", Isolation: "process",
			Sysctls: map[string]string{"net.core.somaxconn": "9"}, StorageOpts: map[string]string{"size": "1g"}, LogDriver: "json-file",
			LogOpts: map[string]string{"max-size": "1m"},
			Restart: dockercmd.RestartPolicy{Policy: "on-failure", Max: 3}, StopSignal: "SIGINT", StopTimeout: new(int64(0)),
			HealthCmd:      "test -f /ok",
			HealthInterval: 90 * time.Second, HealthRetries: 3, HealthTimeout: 500 * time.Millisecond, HealthStartPeriod: time.Hour,
			HealthStartInterval: time.Second,
			NoHealthcheck:       true, Pull: "never", Platform: "linux/amd64", DisableContentTrust: new(false), Quiet: true,
			UseAPISocket: true,
			Interactive:  true, TTY: true,
			Attach: []string{"stdout", "stderr"}, DetachKeys: "ctrl-a", SigProxy: new(false),
			Extra: extra, Image: "registry:5000/app:1", Command: []string{"sh", "-c", "echo \"$HOME\""},
		}
	}
	fullCreate := fullRun()
	fullCreate.Detach, fullCreate.DetachKeys, fullCreate.SigProxy = false, "", nil
	return map[string]dockercmd.Command{
		"run": fullRun(),
		"exec": &dockercmd.Exec{
			Detach: true, DetachKeys: "ctrl-a", Env: []string{"A=1", "B"}, EnvFiles: []string{"/env"}, Interactive: true, Privileged: true,
			TTY:  true,
			User: "1000", Workdir: "/w", Extra: extra, Container: "w1", Command: []string{"sh", "-c", "true"},
		},
		"wait": &dockercmd.Wait{Extra: extra, Containers: two},
		"stop": &dockercmd.Stop{Signal: "INT", Timeout: new(int64(0)), Extra: extra, Containers: two},
		"rm":   &dockercmd.Rm{Force: true, Link: true, Volumes: true, Extra: extra, Containers: []string{"a/b", "w2"}},
		"ps": &dockercmd.Ps{All: true, Filters: []dockercmd.Filter{{Key: "status", Value: "exited"}, dockercmd.ExactName("w.1")},
			Format: output.PsFormat("a"), Last: 3, Latest: true, NoTrunc: true, Quiet: true, Size: true, Extra: extra},
		"kill": &dockercmd.Kill{Signal: "TERM", Extra: extra, Containers: two},
		"logs": &dockercmd.Logs{Details: true, Follow: true, Since: "10m", Until: "2026-01-02T03:04:05Z", Tail: "0", Timestamps: true,
			Extra: extra, Container: "w1"},
		"start": &dockercmd.Start{Attach: true, Interactive: true, Checkpoint: "c1", CheckpointDir: "/c", DetachKeys: "ctrl-a",
			Extra: extra, Containers: two},
		"inspect": &dockercmd.Inspect{Format: "{{.Id}}", Size: true, Type: "container", Extra: extra, Names: []string{"w1", "-x"}},
		"import": &dockercmd.Import{Changes: []string{`CMD ["sh"]`}, Message: "a note", Platform: "linux/amd64", Extra: extra,
			Source: "-", Repository: "app:1"},
		"rmi": &dockercmd.Rmi{Force: true, NoPrune: true, Platforms: []string{"linux/amd64", "linux/arm64"}, Extra: extra,
			Images: []string{"a", "b:1"}},
		"version": &dockercmd.Version{Format: output.VersionFormat, Extra: extra},
		"create":  (*dockercmd.Create)(fullCreate),
		"restart": &dockercmd.Restart{Signal: "INT", Timeout: new(int64(0)), Extra: extra, Containers: two},
		"pause":   &dockercmd.Pause{Extra: extra, Containers: two},
		"unpause": &dockercmd.Unpause{Extra: extra, Containers: two},
		"rename":  &dockercmd.Rename{Extra: extra, Container: "w1", NewName: "w2"},
		"update": &dockercmd.Update{
			BlkioWeight: 500, CPUPeriod: 100000, CPUQuota: 50000, CPURtPeriod: 1000000, CPURtRuntime: 950000, CPUShares: 512,
			CPUs:       1500 * dockercmd.MilliCPU,
			CpusetCpus: "0-3", CpusetMems: "0", KernelMemory: dockercmd.GiB, Memory: 1536 * dockercmd.MiB, MemoryReservation: dockercmd.GiB,
			MemorySwap: -1,
			PidsLimit:  100, Restart: dockercmd.RestartPolicy{Policy: "on-failure", Max: 3}, Extra: extra, Containers: two,
		},
		"cp":     &dockercmd.Cp{Archive: true, FollowLink: true, Quiet: true, Extra: extra, Source: "-x", Destination: "w1:/a b"},
		"diff":   &dockercmd.Diff{Extra: extra, Container: "w1"},
		"attach": &dockercmd.Attach{DetachKeys: "ctrl-a", NoStdin: true, SigProxy: new(false), Extra: extra, Container: "w1"},
		"commit": &dockercmd.Commit{
			Author: "A B <a@b.example>", Changes: []string{`CMD ["sh"]`, "ENV A=b"}, Message: "a note", NoPause: true, Pause: new(false),
			Extra: extra, Container: "w1", Repository: "app:1",
		},
		"export": &dockercmd.Export{Output: "a b.tar", Extra: extra, Container: "w1"},
		"top":    &dockercmd.Top{Extra: extra, Container: "w1", PsOptions: []string{"-o", "pid,args"}},
		"port":   &dockercmd.Port{Extra: extra, Container: "w1", PrivatePort: "53/udp"},
		"stats": &dockercmd.Stats{All: true, Format: "{{.Name}} {{.MemUsage}}", NoStream: true, NoTrunc: true, Extra: extra,
			Containers: two},
		"events": &dockercmd.Events{Filters: []dockercmd.Filter{{Key: "container", Value: "w1"}, {Key: "event", Value: "die"}},
			Format: "{{json .}}", Since: "10m", Until: "2026-01-02T03:04:05Z", Extra: extra},
	}
}

// TestLines holds two lines of each command: nothing set, everything set. A word stands on a line of its own; the shell's line,
// the log's and the JSON follow.
func TestLines(t *testing.T) {
	t.Parallel()
	for kind, commands := range map[string]map[string]dockercmd.Command{"bare": bare(), "full": full()} {
		for _, name := range dockercmd.Names() {
			t.Run(name+"/"+kind, func(t *testing.T) {
				t.Parallel()
				c := commands[name]
				if c == nil || c.Subcommand() != name {
					t.Fatalf("the table has %v for %s", c, name)
				}
				json, err := c.MarshalJSON()
				if err != nil {
					t.Fatal(err)
				}
				texts := append(c.Args(), "", c.String(), "", dockercmd.Redacted(c), "", string(json), "")
				golden.Dir(testdata).CheckString(t, "lines/"+file(name)+"-"+kind+".txt", strings.Join(texts, "\n"))
			})
		}
	}
}

// file returns a command's name in file names.
func file(name string) string { return strings.ReplaceAll(name, " ", "-") }

// TestFullIsFull keeps the table of full commands true when a field is added.
func TestFullIsFull(t *testing.T) {
	t.Parallel()
	for name, c := range full() {
		v := reflect.ValueOf(c).Elem()
		for i := range v.NumField() {
			if field := v.Type().Field(i).Name; v.Field(i).IsZero() && !foreign(name, field) {
				t.Errorf("%s: %s is not set: give it a value in the full command of its family, in golden_test.go and its like", name, field)
			}
		}
	}
}
