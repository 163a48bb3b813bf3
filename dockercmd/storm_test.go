package dockercmd_test

import (
	"errors"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/dockercmd/toolkit/dockercmd"
)

var storm = dockercmd.Engine{Dialect: dockercmd.Storm}

// stormRoot stands for the root of the folders in the recorded life.
const stormRoot = "/srv/storm"

// stormWorker returns the run line of a worker as Storm's DockerManager builds it; adjust makes the scenario.
func stormWorker(adjust func(*dockercmd.Run)) *dockercmd.Run {
	const root, worker = stormRoot, stormRoot + "/local/workers/worker-1"
	same := func(path string, options ...string) dockercmd.Volume {
		return dockercmd.Volume{Source: path, Target: path, Options: options}
	}
	run := &dockercmd.Run{
		Name: "worker-1", User: "1000:1000", Detach: true, Networks: []dockercmd.Network{{Name: "host"}}, ReadOnly: true,
		Volumes: []dockercmd.Volume{
			same("/sys/fs/cgroup", "ro"), same(root+"/home", "ro"), same(root+"/local/supervisor", "ro"),
			same(worker), same(root + "/artifacts/wc-1-159/6703"), same(root + "/local/workers-users/worker-1"), same(root + "/nscd"),
			same(root + "/local/supervisor/stormdist/wc-1-159/shared_by_topology"), {Source: worker + "/tmp", Target: "/tmp"},
			same(root+"/ro1", "ro"), same(root+"/ro2", "ro"), same(root + "/rw1"),
		},
		CgroupParent: "/storm", GroupAdd: []string{"1000"}, Workdir: worker, CIDFile: worker + "/container.cid",
		CapDrop: []string{"ALL"}, SecurityOpts: []dockercmd.SecurityOpt{"no-new-privileges"},
		Image: "reg:5000/storm/img:1", Command: []string{"bash", worker + "/storm-worker-script.sh"},
	}
	adjust(run)
	return run
}

// TestStormLifecycle holds every line of a worker's life to Storm's own, byte for byte.
func TestStormLifecycle(t *testing.T) {
	t.Parallel()
	worker := []string{"worker-1"}
	runs := map[string]*dockercmd.Run{
		"render": stormWorker(func(r *dockercmd.Run) { r.CPUs = 2600 * dockercmd.MilliCPU }),
		"render-full-mem-numa": stormWorker(func(r *dockercmd.Run) {
			r.CpusetCpus, r.CpusetMems = "0,1", "0"
			r.SecurityOpts = append(r.SecurityOpts, dockercmd.SecurityOpt("seccomp="+stormRoot+"/seccomp.json"))
			r.CPUs, r.Memory = 2600*dockercmd.MilliCPU, 512*dockercmd.MiB
		}),
		"render-cpu33-relparent": stormWorker(func(r *dockercmd.Run) { r.CPUs = 330 * dockercmd.MilliCPU }),
		"render-noreserve":       stormWorker(func(*dockercmd.Run) {}),
	}
	others := map[string]dockercmd.Command{
		"docker-wait":     &dockercmd.Wait{Containers: worker},
		"docker-ps":       &dockercmd.Ps{Filters: []dockercmd.Filter{{Key: "name", Value: "worker-1"}}, Quiet: true},
		"docker-stop":     &dockercmd.Stop{Containers: worker},
		"docker-rm":       &dockercmd.Rm{Containers: worker},
		"docker-force-rm": &dockercmd.Rm{Force: true, Containers: worker},
	}
	lines := stormLines(t, "lifecycle.txt")
	if len(lines) != 10 {
		t.Fatalf("%d lines, want 10", len(lines))
	}
	seen := map[string]bool{}
	for _, l := range lines {
		scenario, file, want := l[0], l[1], strings.ReplaceAll(l[2], "R/", stormRoot+"/")
		cmd := others[file]
		if file == "docker-run" {
			cmd = runs[scenario]
		}
		seen[scenario+file] = true
		if err := cmd.Validate(); err != nil {
			t.Errorf("%s %s: %v", scenario, file, err)
		}
		if diff := cmp.Diff(strings.Join(storm.Args(cmd), " "), want); diff != "" {
			t.Errorf("%s %s: got -, want +\n%s", scenario, file, diff)
		}
		// The launcher refuses Storm's own line with --memory, and takes all others.
		wantErr := scenario == "render-full-mem-numa"
		if err := storm.Check(cmd); (err != nil) != wantErr {
			t.Errorf("%s %s: Check says %v, want an error: %t", scenario, file, err, wantErr)
		}
		if err := dockercmd.CheckStorm([]byte(want)); (err != nil) != wantErr {
			t.Errorf("%s %s: CheckStorm says %v, want an error: %t", scenario, file, err, wantErr)
		}
	}
	if len(seen) != 9 { // the life asks twice with ps
		t.Errorf("%d different lines, want 9", len(seen))
	}
}

// builderRun returns the base of Storm's run builder.
func builderRun(adjust func(*dockercmd.Run)) *dockercmd.Run {
	run := &dockercmd.Run{Name: "foo", User: "1:2", Image: "img"}
	adjust(run)
	return run
}

// builderCommands returns the calls on Storm's builders whose line a command gives byte for byte.
func builderCommands() map[string]dockercmd.Command {
	volume := func(source, target string, options ...string) dockercmd.Volume {
		return dockercmd.Volume{Source: source, Target: target, Options: options}
	}
	run := builderRun
	c := []string{"c"}
	commands := map[string]dockercmd.Command{
		"run bare":                       run(func(r *dockercmd.Run) {}),
		"removeContainerOnExit":          run(func(r *dockercmd.Run) { r.Rm = true }),
		"detachOnRun":                    run(func(r *dockercmd.Run) { r.Detach = true }),
		"setContainerWorkDir(/w d)":      run(func(r *dockercmd.Run) { r.Workdir = "/w d" }),
		"setNetworkType(host)":           run(func(r *dockercmd.Run) { r.Networks = []dockercmd.Network{{Name: "host"}} }),
		"addReadWriteMountLocation(s,d)": run(func(r *dockercmd.Run) { r.Volumes = []dockercmd.Volume{volume("s", "d")} }),
		"addReadOnlyMountLocation(s,d)":  run(func(r *dockercmd.Run) { r.Volumes = []dockercmd.Volume{volume("s", "d", "ro")} }),
		"addReadOnlyMountLocation(/tmp,/d,false)": run(func(r *dockercmd.Run) {
			r.Volumes = []dockercmd.Volume{volume("/tmp", "/d",
				"ro")}
		}),
		"addAllReadWriteMountLocations([a,b])": run(func(r *dockercmd.Run) {
			r.Volumes = []dockercmd.Volume{volume("a", "a"),
				volume("b", "b")}
		}),
		"addAllReadOnlyMountLocations([a,b])": run(func(r *dockercmd.Run) {
			r.Volumes = []dockercmd.Volume{volume("a", "a", "ro"),
				volume("b", "b", "ro")}
		}),
		`addCpuSetBindings([0,1],"0")`: run(func(r *dockercmd.Run) { r.CpusetCpus, r.CpusetMems = "0,1", "0" }),
		`addCpuSetBindings([],"1")`:    run(func(r *dockercmd.Run) { r.CpusetMems = "1" }),
		"addCpuSetBindings([3],null)":  run(func(r *dockercmd.Run) { r.CpusetCpus = "3" }),
		"setCGroupParent(/storm)":      run(func(r *dockercmd.Run) { r.CgroupParent = "/storm" }),
		"setPrivileged":                run(func(r *dockercmd.Run) { r.Privileged = true }),
		"setCapabilities({})":          run(func(r *dockercmd.Run) { r.CapDrop = []string{"ALL"} }),
		"setCapabilities({SYS_PTRACE,NET_RAW} LinkedHashSet)": run(func(r *dockercmd.Run) {
			r.CapDrop, r.CapAdd = []string{"ALL"}, []string{"SYS_PTRACE", "NET_RAW"}
		}),
		"addDevice(/dev/a,/dev/b)": run(func(r *dockercmd.Run) {
			r.Devices = []dockercmd.Device{{Host: "/dev/a",
				Container: "/dev/b"}}
		}),
		"groupAdd([5,6])":                    run(func(r *dockercmd.Run) { r.GroupAdd = []string{"5", "6"} }),
		"groupAdd([])":                       run(func(r *dockercmd.Run) { r.GroupAdd = []string{} }),
		"setReadonly":                        run(func(r *dockercmd.Run) { r.ReadOnly = true }),
		"setSeccompProfile(/s.json)":         run(func(r *dockercmd.Run) { r.SecurityOpts = []dockercmd.SecurityOpt{"seccomp=/s.json"} }),
		"setNoNewPrivileges":                 run(func(r *dockercmd.Run) { r.SecurityOpts = []dockercmd.SecurityOpt{"no-new-privileges"} }),
		"setCpuShares(-5)":                   run(func(r *dockercmd.Run) { r.CPUShares = -5 }),
		"setCpuShares(1)":                    run(func(r *dockercmd.Run) { r.CPUShares = 2 }),
		"setCpuShares(2)":                    run(func(r *dockercmd.Run) { r.CPUShares = 2 }),
		"setCpuShares(1024)":                 run(func(r *dockercmd.Run) { r.CPUShares = 1024 }),
		"setMemoryMb(512)":                   run(func(r *dockercmd.Run) { r.Memory = 512 * dockercmd.MiB }),
		"setCidFile(/c.cid)":                 run(func(r *dockercmd.Run) { r.CIDFile = "/c.cid" }),
		"override [bash,s]":                  run(func(r *dockercmd.Run) { r.Command = []string{"bash", "s"} }),
		"override []":                        run(func(r *dockercmd.Run) { r.Command = []string{} }),
		"override twice: last wins":          run(func(r *dockercmd.Run) { r.Command = []string{"b"} }),
		"wait":                               &dockercmd.Wait{Containers: c},
		"stop":                               &dockercmd.Stop{Containers: c},
		"stop setGracePeriod(3)":             &dockercmd.Stop{Timeout: new(int64(3)), Containers: c},
		"stop setGracePeriod(-1)":            &dockercmd.Stop{Timeout: new(int64(-1)), Containers: c},
		"rm":                                 &dockercmd.Rm{Containers: c},
		"rm withForce":                       &dockercmd.Rm{Force: true, Containers: c},
		"ps":                                 &dockercmd.Ps{},
		"ps withQuietOption":                 &dockercmd.Ps{Quiet: true},
		"ps withNameFilter withQuietOption":  &dockercmd.Ps{Filters: []dockercmd.Filter{{Key: "name", Value: "c"}}, Quiet: true},
		"inspect":                            &dockercmd.Inspect{Names: c},
		"inspect withGettingContainerStatus": &dockercmd.Inspect{Format: "'{{.State.Status}}'", Names: c},
	}
	for text, cpus := range map[string]string{
		"0.01": "0.01", "0.005": "0.005", "0.33": "0.33", "1.0": "1", "2.0": "2", "2.6": "2.6", "10.0": "10", "100.0": "100",
		"1.0E7": "10000000", "1.0E-4": "0.0001", "0.07": "0.07", "0.29": "0.29", "0.57": "0.57", "1.15": "1.15",
	} {
		commands["setCpus("+text+")"] = run(func(r *dockercmd.Run) {
			if err := r.CPUs.UnmarshalText([]byte(cpus)); err != nil {
				panic(err)
			}
		})
	}
	return commands
}

// builderRefusals are the calls whose line no command gives, and why.
var builderRefusals = map[string]string{
	"detachOnRun x2":              "a flag stands once",
	"enableDetach":                "-d says the same",
	"disableDetach":               "false is the default: the flag is left out",
	"setCpuShares(0)":             "0 is the default: the flag is left out",
	"setCpus(0.0)":                "0 is the default: the flag is left out",
	"setMemoryMb(0)":              "0 is the default: the flag is left out",
	"setCpus(0.3333333333333333)": "docker refuses more than nine decimals",
	"addReadWriteMountLocation(/nope,/d,false)":        "it throws: no line",
	"addReadOnlyMountLocation(/nope,/d,false)":         "it throws: no line",
	"addAllReadOnlyMountLocations([/tmp,/nope],false)": "it throws: no line",
	"exec without addExecCommand":                      "it throws: no line",
	"exec [ls,-l]":                                     "the launcher refuses the line (exit 39); with -- before the container it works",
	"ps withQuietOption withNameFilter":                "flags stand in one order, not in that of the calls",
	"getCommandOption":                                 "a word, not a line: Subcommand gives it",
	"shellCmd [it's, null, a b, '']":                   "no docker line",
}

func TestStormBuilders(t *testing.T) {
	t.Parallel()
	commands := builderCommands()
	seen := map[string]bool{}
	for _, l := range stormLines(t, "builders.tsv") {
		name, want := l[0], l[1]
		cmd, said := commands[name]
		_, refused := builderRefusals[name]
		seen[name] = true
		switch {
		case said == refused:
			t.Errorf("%s: said %t, refused %t; want one of them", name, said, refused)
		case said:
			if got := strings.Join(storm.Args(cmd), " "); got != want {
				t.Errorf("%s:\n got %s\nwant %s", name, got, want)
			}
		}
	}
	if want := len(commands) + len(builderRefusals); len(seen) != want {
		t.Errorf("%d different calls in the file, %d in the tables", len(seen), want)
	}
}

func TestStormRefuses(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name string
		cmd  dockercmd.Command
		want []string // the flags that are refused
	}{
		{"memory", &dockercmd.Run{Memory: dockercmd.MinMemory, Image: "img"}, []string{"--memory"}},
		{"privileged", &dockercmd.Run{Privileged: true, Image: "img"}, []string{"--privileged"}},
		{"a value with a space", &dockercmd.Run{Workdir: "/w d", Image: "img"}, []string{"--workdir"}},
		{"an operand with a space", &dockercmd.Run{Image: "img", Command: []string{"sh", "-c", "echo a"}}, []string{"operand"}},
		{"an empty operand", &dockercmd.Exec{Container: "w1", Command: []string{"echo", ""}}, []string{"operand"}},
		{"a line break", &dockercmd.Ps{Format: "{{.ID}}\n"}, []string{"--format"}},
		{"a template with a space", &dockercmd.Inspect{Format: "{{json .State}}", Names: []string{"w1"}}, []string{"--format"}},
		{"a name that is a flag", &dockercmd.Inspect{Names: []string{"-f"}}, []string{"operand"}},
		{"an option of docker's newer than it", &dockercmd.Run{Extra: []string{"--new=1"}, Image: "img"}, []string{"--new=1"}},
		{"kill with a signal", &dockercmd.Kill{Signal: "9", Containers: []string{"w1"}}, []string{"--signal"}},
		{"an image by its digest", &dockercmd.Pull{Image: "a@sha256:" + strings.Repeat("0", 64)}, []string{"operand"}},
		{"a registry in upper case", &dockercmd.Pull{Image: "Registry/app"}, nil},
		{"a pull with flags", &dockercmd.Pull{Quiet: true, AllTags: true, Platform: "linux", Image: "app"},
			[]string{"--all-tags", "--platform", "--quiet"}},
		{"a network", &dockercmd.NetworkRm{Networks: []string{"n1"}}, []string{"rm"}},
		{"several at once", &dockercmd.Run{Env: []string{"A=1"}, Init: new(true), Mounts: []dockercmd.Mount{{Target: "/a"}},
			Image: "img"}, []string{"--mount", "--init", "--env"}},
		{"a line that is too long", &dockercmd.Run{Image: "img", Command: []string{strings.Repeat("x", dockercmd.StormLimit)}},
			[]string{"the line"}},
		{"what it takes", stormWorker(func(*dockercmd.Run) {}), nil},
		{"an empty value", &dockercmd.Ps{Filters: []dockercmd.Filter{{Key: "name", Value: ""}}}, nil},
		{"a dashed command", &dockercmd.Exec{Container: "w1", Command: []string{"ls", "-l"}}, nil},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			var got []string
			for _, err := range parts(storm.Check(tt.cmd)) {
				refused, ok := errors.AsType[*dockercmd.UnsupportedError](err)
				if !ok {
					t.Fatalf("%v is no *UnsupportedError", err)
				}
				got = append(got, refused.Flag)
			}
			if !slices.Equal(got, tt.want) {
				t.Errorf("got %q, want %q", got, tt.want)
			}
		})
	}
}

// parts returns the errors that errors.Join joined.
func parts(err error) []error {
	if joined, ok := err.(interface{ Unwrap() []error }); ok {
		return joined.Unwrap()
	}
	if err != nil {
		return []error{err}
	}
	return nil
}
