package dockercmd_test

import (
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/dockercmd/toolkit/dockercmd"
	"github.com/dockercmd/toolkit/golden"
)

// problemCase is a command with problems.
type problemCase struct {
	name string
	cmd  dockercmd.Command
}

// runProblem returns a run line that would be valid but for what adjust does.
func runProblem(name string, adjust func(*dockercmd.Run)) problemCase {
	r := &dockercmd.Run{Image: "busybox"}
	adjust(r)
	return problemCase{name, r}
}

func mountProblem(name string, m dockercmd.Mount) problemCase {
	return runProblem("mount: "+name, func(r *dockercmd.Run) { r.Mounts = []dockercmd.Mount{m} })
}

func volumeProblem(name, source, target string, options ...string) problemCase {
	return runProblem("volume: "+name, func(r *dockercmd.Run) {
		r.Volumes = []dockercmd.Volume{{Source: source, Target: target, Options: options}}
	})
}

func portProblem(name string, p dockercmd.PortMapping) problemCase {
	return runProblem("port: "+name, func(r *dockercmd.Run) { r.Publish = []dockercmd.PortMapping{p} })
}

func deviceProblem(name string, d dockercmd.Device) problemCase {
	return runProblem("device: "+name, func(r *dockercmd.Run) { r.Devices = []dockercmd.Device{d} })
}

func problemCases() []problemCase {
	var all []problemCase
	for _, f := range families {
		all = append(all, f.problems()...)
	}
	return all
}

func containerProblems() []problemCase {
	containers := func(names ...string) []string { return names }
	cases := []problemCase{
		{"no image", &dockercmd.Run{}},
		{"image in upper case", &dockercmd.Run{Image: "Busybox"}},
		{"image with a space", &dockercmd.Run{Image: "-- --privileged img"}},
		{"image with a short digest", &dockercmd.Run{Image: "a@sha256:abc"}},
		{"command with a NUL", &dockercmd.Run{Image: "busybox", Command: []string{"sh", "a\x00b"}}},
		{"command that is not UTF-8", &dockercmd.Run{Image: "busybox", Command: []string{"\xff"}}},
		{"several at once", &dockercmd.Run{Name: "-x", Memory: dockercmd.MiB, Detach: true, Attach: []string{"stdout"}}},
		runProblem("name of one letter", func(r *dockercmd.Run) { r.Name = "w" }),
		runProblem("name with a slash", func(r *dockercmd.Run) { r.Name = "a/b" }),
		runProblem("name that is a flag", func(r *dockercmd.Run) { r.Name = "--rm" }),
		runProblem("memory below the minimum", func(r *dockercmd.Run) { r.Memory = dockercmd.MiB }),
		runProblem("negative memory", func(r *dockercmd.Run) { r.Memory = -1 }),
		runProblem("memory that docker would round", func(r *dockercmd.Run) { r.Memory = 1<<60 + 1 }),
		runProblem("swap without memory", func(r *dockercmd.Run) { r.MemorySwap = dockercmd.GiB }),
		runProblem("swap below memory", func(r *dockercmd.Run) { r.Memory, r.MemorySwap = 2*dockercmd.GiB, dockercmd.GiB }),
		runProblem("negative swap", func(r *dockercmd.Run) { r.Memory, r.MemorySwap = dockercmd.GiB, -2 }),
		runProblem("reservation above memory", func(r *dockercmd.Run) { r.Memory, r.MemoryReservation = dockercmd.GiB, 2*dockercmd.GiB }),
		runProblem("swappiness", func(r *dockercmd.Run) { r.MemorySwappiness = new(int64(101)) }),
		runProblem("OOM score", func(r *dockercmd.Run) { r.OOMScoreAdj = -1001 }),
		runProblem("pids", func(r *dockercmd.Run) { r.PidsLimit = -2 }),
		runProblem("CPU shares", func(r *dockercmd.Run) { r.CPUShares = -1 }),
		runProblem("CPUs beside a quota", func(r *dockercmd.Run) { r.CPUs, r.CPUQuota = dockercmd.CPU, 1 }),
		runProblem("negative CPUs", func(r *dockercmd.Run) { r.CPUs = -dockercmd.CPU }),
		runProblem("too few CPUs", func(r *dockercmd.Run) { r.CPUs = dockercmd.MilliCPU }),
		runProblem("block IO weight", func(r *dockercmd.Run) { r.BlkioWeight = 9 }),
		runProblem("CPU set", func(r *dockercmd.Run) { r.CpusetCpus = "0-" }),
		runProblem("memory set", func(r *dockercmd.Run) { r.CpusetMems = "all" }),
		runProblem("stop timeout", func(r *dockercmd.Run) { r.StopTimeout = new(int64(-2)) }),
		runProblem("stop signal", func(r *dockercmd.Run) { r.StopSignal = "SIGJUNK" }),
		runProblem("rm beside restart", func(r *dockercmd.Run) { r.Rm, r.Restart = true, dockercmd.RestartPolicy{Policy: "always"} }),
		runProblem("restart policy", func(r *dockercmd.Run) { r.Restart.Policy = "sometimes" }),
		runProblem("restart count", func(r *dockercmd.Run) { r.Restart = dockercmd.RestartPolicy{Policy: "always", Max: 3} }),
		runProblem("negative restart count", func(r *dockercmd.Run) {
			r.Restart = dockercmd.RestartPolicy{Policy: "on-failure",
				Max: -1}
		}),
		runProblem("detach beside attach", func(r *dockercmd.Run) { r.Detach, r.Attach = true, []string{"stdout"} }),
		runProblem("attach to what", func(r *dockercmd.Run) { r.Attach = []string{"output"} }),
		runProblem("no health check with one", func(r *dockercmd.Run) { r.NoHealthcheck, r.HealthRetries = true, 3 }),
		runProblem("negative duration", func(r *dockercmd.Run) { r.HealthInterval = -time.Second }),
		runProblem("log options without logs", func(r *dockercmd.Run) { r.LogDriver, r.LogOpts = "none", map[string]string{"tag": "x"} }),
		runProblem("a shared network", func(r *dockercmd.Run) {
			r.Networks, r.Hostname = []dockercmd.Network{{Name: "container:w1"}},
				"h"
		}),
		runProblem("ports without a network", func(r *dockercmd.Run) {
			r.Networks, r.PublishAll = []dockercmd.Network{{Name: "none"}},
				true
		}),
		runProblem("empty network", func(r *dockercmd.Run) { r.Networks = []dockercmd.Network{{Name: " "}} }),
		runProblem("pull", func(r *dockercmd.Run) { r.Pull = "sometimes" }),
		runProblem("cgroup namespace", func(r *dockercmd.Run) { r.CgroupNS = "x" }),
		runProblem("UTS namespace", func(r *dockercmd.Run) { r.UTS = "private" }),
		runProblem("user namespace", func(r *dockercmd.Run) { r.UserNS = "keep-id" }),
		runProblem("process namespace", func(r *dockercmd.Run) { r.PID = "private" }),
		runProblem("capabilities in one word", func(r *dockercmd.Run) { r.CapAdd = []string{"NET_RAW,SYS_TIME"} }),
		runProblem("empty group", func(r *dockercmd.Run) { r.GroupAdd = []string{""} }),
		runProblem("security option", func(r *dockercmd.Run) { r.SecurityOpts = []dockercmd.SecurityOpt{"unconfined"} }),
		runProblem("relative workdir", func(r *dockercmd.Run) { r.Workdir = "a" }),
		runProblem("a target twice", func(r *dockercmd.Run) {
			r.Volumes = []dockercmd.Volume{{Source: "/a", Target: "/t"}}
			r.Mounts = []dockercmd.Mount{{Target: "/t/"}}
			r.Tmpfs = []dockercmd.TmpfsMount{{Target: "/t", Options: []string{"size=1m"}}}
		}),
		runProblem("relative tmpfs", func(r *dockercmd.Run) { r.Tmpfs = []dockercmd.TmpfsMount{{Target: "t"}} }),
		runProblem("variable without a name", func(r *dockercmd.Run) { r.Env = []string{"=x"} }),
		runProblem("variable with a NUL", func(r *dockercmd.Run) { r.Env = []string{"A=\x00"} }),
		runProblem("label without a key", func(r *dockercmd.Run) { r.Labels = map[string]string{"": "x"} }),
		runProblem("label with = in its key", func(r *dockercmd.Run) { r.Labels = map[string]string{"a=b": "x"} }),
		runProblem("ulimit", func(r *dockercmd.Run) { r.Ulimits = []dockercmd.Ulimit{{Name: "as", Soft: 1, Hard: 1}} }),
		runProblem("soft above hard", func(r *dockercmd.Run) { r.Ulimits = []dockercmd.Ulimit{{Name: "core", Soft: 2, Hard: 1}} }),
		runProblem("host without a name", func(r *dockercmd.Run) { r.AddHosts = []dockercmd.Host{{IP: "10.0.0.1"}} }),
		runProblem("host without an address", func(r *dockercmd.Run) { r.AddHosts = []dockercmd.Host{{Name: "h", IP: "h2"}} }),
		runProblem("extra without dashes", func(r *dockercmd.Run) { r.Extra = []string{"-x"} }),
		runProblem("extra with a NUL", func(r *dockercmd.Run) { r.Extra = []string{"--x=\x00"} }),
		runProblem("extra that has a field", func(r *dockercmd.Run) { r.Extra = []string{"--memory=5m", "--net=host"} }),
		runProblem("extra that asks for help", func(r *dockercmd.Run) { r.Extra = []string{"--help"} }),

		mountProblem("no target", dockercmd.Mount{}),
		mountProblem("relative target", dockercmd.Mount{Target: "t"}),
		mountProblem("type", dockercmd.Mount{Type: "nfs", Target: "/t"}),
		mountProblem("bind without a source", dockercmd.Mount{Type: "bind", Target: "/t"}),
		mountProblem("bind of a relative source", dockercmd.Mount{Type: "bind", Source: "s", Target: "/t"}),
		mountProblem("tmpfs with a source", dockercmd.Mount{Type: "tmpfs", Source: "/s", Target: "/t"}),
		mountProblem("another type's option", dockercmd.Mount{Type: "bind", Source: "/s", Target: "/t", VolumeNoCopy: true}),
		mountProblem("mode", dockercmd.Mount{Type: "tmpfs", Target: "/t", TmpfsMode: 0o10000}),
		mountProblem("negative size", dockercmd.Mount{Type: "tmpfs", Target: "/t", TmpfsSize: -1}),
		mountProblem("rounded size", dockercmd.Mount{Type: "tmpfs", Target: "/t", TmpfsSize: 1<<60 + 1}),
		mountProblem("propagation", dockercmd.Mount{Type: "bind", Source: "/s", Target: "/t", BindPropagation: "up"}),
		mountProblem("consistency", dockercmd.Mount{Target: "/t", Consistency: "good"}),
		mountProblem("recursive", dockercmd.Mount{Type: "bind", Source: "/s", Target: "/t", BindRecursive: "yes"}),
		mountProblem("writable without readonly", dockercmd.Mount{Type: "bind", Source: "/s", Target: "/t", BindRecursive: "writable"}),
		mountProblem("readonly without rprivate", dockercmd.Mount{Type: "bind", Source: "/s", Target: "/t", ReadOnly: true,
			BindRecursive: "readonly"}),
		mountProblem("label", dockercmd.Mount{Target: "/t", VolumeLabels: map[string]string{"a=b": ""}}),
		mountProblem("white space in a label", dockercmd.Mount{Target: "/t", VolumeLabels: map[string]string{"a": "b "}}),
		mountProblem("white space", dockercmd.Mount{Source: " s", Target: "/t"}),
		mountProblem("carriage return", dockercmd.Mount{Source: "a\rb", Target: "/t"}),

		volumeProblem("no target", "/s", ""),
		volumeProblem("relative target", "/s", "t"),
		volumeProblem("root", "/s", "/"),
		volumeProblem("colon", "/a:b", "/t"),
		volumeProblem("drive", "", "v:/t"),
		volumeProblem("one letter", "v", "/t"),
		volumeProblem("home", "~/a", "/t"),
		volumeProblem("a path that is none", "a/b", "/t"),
		volumeProblem("white space", "/a ", "/t"),
		volumeProblem("options without a source", "", "/t", "ro"),
		volumeProblem("option", "/s", "/t", "RO"),
		volumeProblem("contradiction", "/s", "/t", "ro", "rw"),

		portProblem("none", dockercmd.PortMapping{Host: "80"}),
		portProblem("too large", dockercmd.PortMapping{Container: "65536"}),
		portProblem("address", dockercmd.PortMapping{IP: "localhost", Container: "80"}),
		portProblem("host", dockercmd.PortMapping{Host: "x", Container: "80"}),
		portProblem("ranges", dockercmd.PortMapping{Host: "80-81", Container: "80-82"}),
		portProblem("protocol", dockercmd.PortMapping{Container: "80", Protocol: "icmp"}),

		deviceProblem("none", dockercmd.Device{}),
		deviceProblem("colon", dockercmd.Device{Host: "/dev/a:b"}),
		deviceProblem("relative", dockercmd.Device{Host: "/dev/a", Container: "b"}),
		deviceProblem("permissions", dockercmd.Device{Host: "/dev/a", Permissions: "rr"}),

		{"create without an image", &dockercmd.Create{Name: "w"}},
		{"create with what is run's", &dockercmd.Create{Detach: true, DetachKeys: "ctrl-a", SigProxy: new(false), Image: "busybox"}},
		{"restart without a container", &dockercmd.Restart{}},
		{"restart with a signal and a timeout", &dockercmd.Restart{Signal: "SIGJUNK", Timeout: new(int64(-2)),
			Containers: containers("w1")}},
		{"pause nothing", &dockercmd.Pause{}},
		{"unpause a bad name", &dockercmd.Unpause{Containers: containers("a/b")}},
		{"rename to a bad name", &dockercmd.Rename{Container: "w1", NewName: "w"}},
		{"rename nothing to nothing", &dockercmd.Rename{}},
		{"update without a change", &dockercmd.Update{Containers: containers("w1")}},
		{"update of nothing", &dockercmd.Update{CPUShares: 2}},
		{"update with bad limits", &dockercmd.Update{
			Memory: dockercmd.MiB, CpusetCpus: "all", CPUs: dockercmd.CPU, CPUQuota: 5, BlkioWeight: 9, PidsLimit: -2,
			Restart: dockercmd.RestartPolicy{Policy: "x"}, Containers: containers("w1"),
		}},
		{"update to less swap than memory", &dockercmd.Update{Memory: dockercmd.GiB, MemorySwap: dockercmd.MiB,
			Containers: containers("w1")}},
		{"cp of nothing", &dockercmd.Cp{Destination: "w1:/a"}},
		{"cp from container to container", &dockercmd.Cp{Source: "w1:/a", Destination: "w2:/a"}},
		{"cp without a container", &dockercmd.Cp{Source: "./w1:/a", Destination: "-"}},
		{"cp from a bad name", &dockercmd.Cp{Source: "w:/a", Destination: "-"}},
		{"cp to no path", &dockercmd.Cp{Source: "-", Destination: "w1:"}},
		{"cp with a NUL", &dockercmd.Cp{Source: "w1:/\x00", Destination: "a\x00"}},
		{"diff of nothing", &dockercmd.Diff{}},
		{"attach to a bad name", &dockercmd.Attach{Container: "a/b"}},
		{"commit nothing to a bad name", &dockercmd.Commit{Repository: "A"}},
		{"commit to a digest", &dockercmd.Commit{Container: "w1", Repository: "a@sha256:" + strings.Repeat("0", 64)}},
		{"commit to an id", &dockercmd.Commit{Container: "w1", Repository: "sha256:" + strings.Repeat("0", 64)}},
		{"commit that pauses and does not", &dockercmd.Commit{NoPause: true, Pause: new(true), Container: "w1"}},
		{"export nothing to a NUL", &dockercmd.Export{Output: "\x00"}},
		{"top of nothing with a NUL", &dockercmd.Top{PsOptions: []string{"\x00"}}},
		{"port of nothing", &dockercmd.Port{PrivatePort: "80"}},
		{"port that is none", &dockercmd.Port{Container: "w1", PrivatePort: "80-82/icmp"}},
		{"stats of a bad name", &dockercmd.Stats{Containers: containers("w1", "a/b")}},
		{"events with a filter that matches all", &dockercmd.Events{Filters: []dockercmd.Filter{{Value: "w1"}}}},
		{"exec without a container", &dockercmd.Exec{Command: []string{"ls"}}},
		{"exec without a command", &dockercmd.Exec{Container: "w1"}},
		{"exec with a NUL", &dockercmd.Exec{Container: "w1", Command: []string{"\x00"}}},
		{"stop without a container", &dockercmd.Stop{}},
		{"stop with a signal", &dockercmd.Stop{Signal: "65", Containers: containers("w1")}},
		{"stop with a timeout", &dockercmd.Stop{Timeout: new(int64(-2)), Containers: containers("w1")}},
		{"kill with a signal", &dockercmd.Kill{Signal: "RTMIN+16", Containers: containers("w1", "-w")}},
		{"wait for nothing", &dockercmd.Wait{}},
		{"rm of an empty name", &dockercmd.Rm{Containers: containers("")}},
		{"rm of a link with a NUL", &dockercmd.Rm{Link: true, Containers: containers("a/\x00")}},
		{"ps with a filter that matches all", &dockercmd.Ps{Filters: []dockercmd.Filter{{Value: "w1"}, {Key: " ", Value: "x"}}}},
		{"logs with a tail", &dockercmd.Logs{Tail: "-1", Container: "w1"}},
		{"logs of nothing", &dockercmd.Logs{}},
		{"inspect nothing", &dockercmd.Inspect{}},
		{"inspect an empty name", &dockercmd.Inspect{Names: containers("")}},
		{"inspect a NUL", &dockercmd.Inspect{Names: containers("\x00")}},
		{"start two attached", &dockercmd.Start{Attach: true, Containers: containers("w1", "w2")}},
		{"import nothing", &dockercmd.Import{}},
		{"import a NUL to a bad name", &dockercmd.Import{Source: "\x00", Repository: "A"}},
		{"rmi nothing", &dockercmd.Rmi{}},
		{"rmi a bad name", &dockercmd.Rmi{Images: containers("a b")}},
		{"version with a NUL", &dockercmd.Version{Format: "\x00"}},
	}
	return append(cases, valueProblems()...)
}

// TestValidateTexts holds each problem to its exact text.
func TestValidateTexts(t *testing.T) {
	t.Parallel()
	var b strings.Builder
	for _, c := range problemCases() {
		err := c.cmd.Validate()
		if err == nil {
			t.Errorf("%s: no problem in %q", c.name, c.cmd.Args())
		}
		fmt.Fprintf(&b, "%s\n", c.name)
		for _, part := range parts(err) {
			problem, ok := errors.AsType[*dockercmd.FieldError](part)
			if !ok {
				t.Errorf("%s: %v is no *FieldError", c.name, part)
				continue
			}
			if problem.Command != c.cmd.Subcommand() || problem.Flag == "" || strings.Contains(part.Error(), "\n") {
				t.Errorf("%s: %q does not name its command and flag in one line", c.name, part)
			}
			fmt.Fprintf(&b, "\t%v\n", part)
		}
	}
	golden.Dir(testdata).CheckString(t, "problems.txt", b.String())
}

// TestValidateTakes holds what is unusual but right.
func TestValidateTakes(t *testing.T) {
	t.Parallel()
	valid := []string{
		"run --init=false --entrypoint= --stop-timeout=0 --memory=6m --memory-swap=-1 busybox",
		"run --rm --restart=no --cpus=0.01 --cpu-shares=2 busybox -x -- --",
		"run --memory-swappiness=-1 --oom-score-adj=-1000 --pids-limit=-1 --stop-signal=rtmin+15 busybox",
		"run --network=host --hostname=h --publish=80 busybox:1.36",
		"run --publish=8080-8082:80 --publish=0:80 --publish=[::1]:80:80 registry:5000/team/app@sha256:0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef",
		"run --volume=/a:/b:rslave,ro,z --volume=ab:/c:nocopy --tmpfs=/t busybox",
		"run --network=container:c --pid=container:/w1 --volumes-from=/w1:ro busybox", "run --link=c:x busybox",
		"run --security-opt=apparmor:unconfined --user=:5 sha256:0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef",
		"network create --config-only --driver=macvlan --label=a --opt=parent=eth0 --subnet=10.1.0.0/16 x",
		"network create --subnet=10.1.0.0/16,2001:db8::/64 --ip-range=10.1.0.0/16 --gateway=2001:db8::1,10.1.0.1 --aux-address=a=10.1.0.2 --ipv6 n1",
		"network create --driver=overlay --ingress --internal --scope=swarm ingress",
		"network create --config-from=c --internal --attachable n1",
		"network rm -f -- -n", "network connect --ip6=::1 --link=a:b --driver-opt=a= n1 w1", "volume create",
		"volume create --group= --secret=a=b --topology-required=rack v1",
		"pull -a reg:5000/app", "push app", "images team/*:1", "tag 0123456789ab app", "image prune -af --filter=until=24h",
		"load --platform=linux",
		"stop --timeout=-1 w1", "restart -t -1 w1", "create --rm --name=w1 busybox -x", "rename w1 w2", "update --memory-swap=1g w1",
		"cp ./a:b w1:c", "cp w1:a:b -", "commit w1 app:1", "top w1 -o pid,args", "port w1 53/udp", "stats -a", "events -f container=w1",
		"kill --signal=9 w1", "ps --filter=name=", "rm --link a/b", "inspect -- -x", "logs --tail=all w1",
	}
	for _, line := range valid {
		c, err := dockercmd.Parse(strings.Fields(line))
		if err == nil {
			err = c.Validate()
		}
		if err != nil {
			t.Errorf("%s: %v", line, err)
		}
	}
}
