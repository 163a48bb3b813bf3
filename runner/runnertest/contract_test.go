package runnertest_test

import (
	"cmp"
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"syscall"
	"testing"
	"time"

	gocmp "github.com/google/go-cmp/cmp"
	"github.com/google/shlex"

	"github.com/dockercmd/toolkit/golden"
	"github.com/dockercmd/toolkit/internal/enginetest"
	"github.com/dockercmd/toolkit/runner"
	"github.com/dockercmd/toolkit/runner/runnertest"
)

// A scenario is a list of docker command lines, without the word docker. $A and $B are names of containers, $IMAGE is the
// busybox image, $DIR is a folder. $SINCE is the time when the scenario began, $NOW that of the line, $SOON one a little later,
// all in seconds; $ID is the id that the latest line printed. Some lines are not for docker:
//
//	until WORD: LINE   repeat LINE until it prints WORD; leaves no trace
//	begin: LINE        start LINE and go on
//	signal: NAME       send a signal to what begin has started
//	join               wait for what begin has started
type scenario struct {
	name  string
	lines []string
}

// file returns the path of the scenario's recording.
func (s scenario) file() string {
	return strings.NewReplacer(" ", "-", ",", "").Replace(s.name) + ".txt"
}

var scenarios = []scenario{
	{"run detached", []string{
		"run -d --name $A --network none $IMAGE sleep 1000",
		"ps --format {{.Names}}|{{.State}} --filter name=^/$A$",
	}},
	{"run in the foreground", []string{
		`run --name $A --network none $IMAGE sh -c 'echo out; echo err >&2; exit 3'`,
		"wait $A",
		"run --rm --name $B --network none $IMAGE sh -c 'exit 4'",
		"inspect --type container $B",
	}},
	{"run with a name that is taken", []string{
		"run -d --name $A --network none $IMAGE sleep 1000",
		"run -d --name $A --network none $IMAGE sleep 1",
		"run --rm --name $A --network none $IMAGE sleep 1",
	}},
	{"run without its image", []string{
		"run --pull=never --name $A --network none dockercmd-test-nosuch:1 true",
		"run --pull=never --name $A --network none --cidfile=$DIR/cid dockercmd-test-nosuch true",
		"run --pull=never --name $A --network none --cidfile=$DIR/cid $IMAGE true",
		"inspect --type container --format {{.State.Status}} $A",
	}},
	{"run without its program", []string{
		"run -d --name $A --network none --cidfile=$DIR/cid $IMAGE nosuch",
		"inspect --format '{{json .State}} {{.Path}} {{json .Args}}' $A",
		"ps --all --filter name=^/$A$ --format '{{.State}} {{.Status}} {{.Command}}'",
		"wait $A",
		"start $A",
		"start -a $A",
		"logs $A",
		"rm $A",
		"run --rm --name $A --network none $IMAGE /bin",
		"run --rm --name $A --network none $IMAGE /nosuch/x",
		"ps --all --quiet --filter name=^/$A$",
	}},
	{"run with a cid file", []string{
		"run --rm --name $A --network none --cidfile=$DIR/cid $IMAGE true",
		"run --rm --name $A --network none --cidfile=$DIR/cid $IMAGE true",
		"run --rm --name $A --network none --cidfile=$DIR/no/cid $IMAGE true",
	}},
	{"run refused", []string{
		"run --name -x --network none $IMAGE true",
		"run --name x --network none $IMAGE true",
		"run --name $A --network none --memory 3m $IMAGE true",
		"run --name $A --network none --mount type=bind,source=/dockercmd-test-nope,target=/x $IMAGE true",
		"run --name $A --network none Bad true",
		"run --name $A --network none --rm --restart always $IMAGE true",
		"run --name $A --network none -d -a stdout $IMAGE true",
		"run --name $A --network none -it $IMAGE true",
	}},
	{"environment, labels and mounts", []string{
		"run --rm --network none --name $A -v $DIR:/data:ro $IMAGE cat /data/file",
		"run --rm --network none --name $A --mount type=bind,source=$DIR,target=/data $IMAGE cat /data/nosuch",
		"run -d --network none --name $A -v $DIR:/data:ro --user 1:2 --label k=v --label l --memory 64m --cpus 1.5 --init --restart on-failure:2 --stop-timeout 3 --stop-signal USR1 $IMAGE sh -c 'sleep 1000'",
		`inspect --type container --format '{{.Name}} {{.Config.Image}} {{.Config.User}} {{json .Config.Cmd}} {{json .Config.Labels}} {{.Config.StopSignal}} {{.Config.StopTimeout}}' $A`,
		`inspect --type container --format '{{.HostConfig.Memory}} {{.HostConfig.NanoCpus}} {{.HostConfig.CgroupParent}} {{.HostConfig.NetworkMode}} {{json .HostConfig.Binds}} {{.HostConfig.Init}} {{.HostConfig.AutoRemove}}' $A`,
		`inspect --type container --format '{{json .HostConfig.RestartPolicy}} {{range .Mounts}}{{.Type}} {{.Destination}} {{.RW}}{{end}}' $A`,
		`ps --filter name=$A --filter label=k=v --format '{{.Label "k"}} {{.Label "no"}} {{.Labels}} {{json .Names}} {{.Networks}} {{.Size}}'`,
		"ps --filter name=$A --filter label=k --filter label=no --quiet",
		"ps --filter name=$A --filter label=l= --quiet --no-trunc",
	}},
	{"wait", []string{
		"run -d --name $A --network none $IMAGE sh -c 'exit 3'",
		"run -d --name $B --network none $IMAGE sh -c 'sleep 0.3; exit 4'",
		"wait $B dockercmd-test-nosuch $A",
		"wait dockercmd-test-nosuch",
		"wait",
	}},
	{"stop with a trap", []string{
		`run -d --name $A --network none $IMAGE sh -c 'trap "echo bye; exit 9" TERM; echo ready; while sleep 0.1; do :; done'`,
		"until ready: logs $A",
		"stop --timeout 5 $A",
		"wait $A",
		"logs $A",
		"stop $A",
		"kill $A",
	}},
	{"stop without an ear for it", []string{
		"run -d --name $A --network none $IMAGE sleep 1000",
		"run -d --name $B --network none --init $IMAGE sh -c 'echo ready; sleep 1000'",
		"until ready: logs $B",
		"stop -t 1 $A dockercmd-test-nosuch $B",
		"wait $A $B",
		"inspect --format '{{.State.Status}} {{.State.ExitCode}} {{.State.Running}} {{.State.OOMKilled}} {{.State.Pid}}' $A $B",
	}},
	{"kill", []string{
		"run -d --name $A --network none --init $IMAGE sh -c 'echo ready; sleep 1000'",
		"until ready: logs $A",
		"kill --signal JUNK $A",
		"kill --signal WINCH $A",
		"kill --signal HUP $A dockercmd-test-nosuch",
		"wait $A",
		"run -d --name $B --network none $IMAGE sleep 1000",
		"kill -s TERM $B",
		"kill $B",
		"wait $B",
		"ps --all --filter name=$B --format {{.Status}}",
	}},
	{"rm", []string{
		"run -d --name $A --network none $IMAGE sleep 1000",
		"rm $A dockercmd-test-nosuch",
		"rm dockercmd-test-nosuch",
		"rm -f dockercmd-test-nosuch",
		"rm -f $A dockercmd-test-nosuch",
		"ps --all --quiet --filter name=$A",
		"rm",
	}},
	{"removed in the foreground", []string{
		"begin: run --name $A --network none $IMAGE sh -c 'echo ready; sleep 1000'",
		"until ready: begun",
		"rm --force $A",
		"join",
	}},
	{"ps and its filters", []string{
		"run -d --name $A --network none $IMAGE sleep 1000",
		"run -d --name $A-more --rm --network none $IMAGE sleep 1000",
		"run --name $B --network none $IMAGE true",
		"ps --filter name=$A --format {{.Names}}",
		"ps --filter name=^/?$A$ --format {{.Names}}",
		"ps --filter name=$A- --format {{.Names}}",
		"ps --filter name=$A[ --format {{.Names}}",
		"ps --filter name=$B --format {{.Names}}",
		"ps --all --filter name=$B --filter name=^$A$ --format '{{.Names}} {{.State}} {{.Status}}'",
		"ps --filter status=exited --filter name=$B --format {{.Names}}",
		"ps --all --filter exited=0 --filter name=$B --format {{.Names}}",
		"ps --filter status=bogus",
		"ps --filter bogus=bogus",
		"ps --filter id=zz",
		"ps --all --filter health=none --filter name=^/$A$ --format {{.Names}}",
		"ps --filter health=bogus",
		"ps --filter exited=x",
		"ps --all --filter ancestor=$IMAGE --filter name=$B --format {{.Names}}",
		"ps --all --filter ancestor=nosuch --filter name=$B --format {{.Names}}",
		"ps --all --last 1 --filter name=$A --format {{.Names}}",
		`ps --filter name=^/$A$ --format '{{title .State}} {{truncate .State 3}} {{pad .State 1 2}}| {{join (split .State "n") "+"}} {{lower .ID}} {{.LocalVolumes}} {{.CreatedAt}} {{.RunningFor}}|{{.Ports}}|{{.Mounts}}'`,
		"ps --all --filter name=$B",
		"ps --all --filter name=$B --no-trunc",
		`ps --filter name=$A --format 'table {{.Names}}\t{{.State}}\t{{.Label "a.b"}}'`,
		"ps --filter name=$A --format {{.Nope}}",
		"ps --filter name=$A --format {{.Nope",
		"ps --quiet --format {{.Names}} --filter name=^/$A$",
		"ps --all --filter name=$B --format json",
		"rm -f $A-more",
	}},
	{"inspect", []string{
		"run -d --name $A --network none $IMAGE sleep 1000",
		"inspect --type container --format '{{json .State.Status}} {{.State.Running}} {{.RestartCount}} {{if .State.Pid}}pid{{end}} {{.State.FinishedAt}}' $A",
		"inspect --format '{{.Id}} {{.Name}}' $A dockercmd-test-nosuch",
		"inspect dockercmd-test-nosuch",
		"inspect --type container dockercmd-test-nosuch dockercmd-test-nosuch2",
		"inspect --type container --format {{.State.Pid}} dockercmd-test-nosuch",
		"inspect --format json dockercmd-test-nosuch",
		"inspect --format {{.Nope}} $A",
		"inspect --format {{.State.Nope}} $A",
		"inspect --format {{.Nope $A",
		"inspect --type bogus $A",
		"inspect --format '{{.Architecture}} {{.Os}} {{json .RepoTags}}' $IMAGE",
		"inspect --type image --format '{{json .RepoTags}}' $IMAGE dockercmd-test-nosuch",
		"inspect --type image dockercmd-test-nosuch:1",
	}},
	{"exec", []string{
		"run -d --name $A --network none $IMAGE sleep 1000",
		"exec $A sh -c 'echo out; echo err >&2; exit 4'",
		"exec $A nosuch",
		"exec $A /bin",
		"exec -d $A nosuch",
		"exec -d $A true",
		"exec dockercmd-test-nosuch true",
		"exec $A",
		"exec -it $A true",
		"exec -t $A sh -c 'echo a; echo b >&2'",
		"kill $A",
		"exec $A true",
		"exec --env A=b -w /tmp -u 0 $A true",
	}},
	{"exec whose container dies", []string{
		"run -d --name $A --network none $IMAGE sleep 1000",
		"begin: exec $A sh -c 'echo ready; sleep 1000'",
		"until ready: begun",
		"kill $A",
		"join",
	}},
	{"logs", []string{
		`run --name $A --network none $IMAGE sh -c 'echo one; sleep 0.1; echo two >&2; sleep 0.1; echo three'`,
		"logs $A",
		"logs --tail 2 $A",
		"logs --tail 0 $A",
		"logs --tail x $A",
		"logs --timestamps $A",
		"logs --follow $A",
		"logs dockercmd-test-nosuch",
		"logs",
		`run -d --name $B --network none $IMAGE sh -c 'echo one; sleep 0.5; echo two; exit 1'`,
		"logs --follow $B",
	}},
	{"a terminal", []string{
		"run --name $A --network none -t $IMAGE sh -c 'echo a; echo b >&2'",
		"logs $A",
	}},
	{"start again", []string{
		"run --name $A --network none $IMAGE sh -c 'echo once; exit 5'",
		"start -a $A",
		"start $A",
		"wait $A",
		"logs $A",
		"start dockercmd-test-nosuch $A",
		"start -a dockercmd-test-nosuch",
	}},
	{"an exit that the policy mends", []string{
		"run -d --name $A --network none --restart on-failure:2 $IMAGE sh -c 'exit 6'",
		"until exited: inspect --format {{.State.Status}} $A",
		"wait $A",
		"inspect --format '{{.RestartCount}} {{.State.Status}} {{.State.ExitCode}}' $A",
	}},
	{"signals for clients", []string{
		"run -d --name $A --network none --init $IMAGE sh -c 'echo ready; sleep 1000'",
		"until ready: logs $A",
		"begin: logs --follow $A", "until ready: begun", "signal: TERM", "join",
		"begin: logs --follow $A", "until ready: begun", "signal: INT", "join",
		"begin: logs --follow $A", "until ready: begun", "signal: HUP", "join",
		"begin: logs --follow $A", "until ready: begun", "signal: KILL", "join",
		"inspect --format {{.State.Status}} $A",
		`begin: run --name $B --network none $IMAGE sh -c 'trap "echo bye; exit 8" TERM; echo ready; while sleep 0.1; do :; done'`,
		"until ready: begun", "signal: TERM", "join",
	}},
	{"a client that is killed leaves its container", []string{
		"begin: run --name $A --network none --init $IMAGE sh -c 'echo ready; sleep 1000'",
		"until ready: begun", "signal: KILL", "join",
		"inspect --format {{.State.Status}} $A",
	}},
	{"events of lives", []string{
		`run --name $A --network none --label a=b --label exitCode=99 --label name=x $IMAGE sh -c 'exit 3'`,
		"rm $A",
		"run --rm --name $A --network none $IMAGE sh -c 'echo out; exit 4'",
		"run --rm --name $A --network none $IMAGE nosuch",
		"run -d --name $A --network none $IMAGE nosuch",
		"start $A",
		"start -a $A",
		"rm $A",
		"run -d --name $A --network none --restart on-failure:1 $IMAGE sh -c 'exit 6'",
		"until exited: inspect --format {{.State.Status}} $A",
		"start -a $A",
		"until exited1: inspect --format {{.State.Status}}{{.RestartCount}} $A", // it is started again once more
		"events --since $SINCE --until $NOW --filter container=$A --format '{{json .}}'",
		"events --since $SINCE --until $NOW --filter container=$A --format json --filter event=destroy --filter event=die",
		"events --since $SINCE --until $NOW --filter container=$A --filter label=a=b --filter label=exitCode --filter type=container",
		"events --since $SINCE --until $NOW --filter container=$A --filter label=a --filter label=none",
		"events --since $SINCE --until $NOW --filter label=name=$A --filter image=dockercmd-test-nosuch",
		"events --since $SINCE --until $NOW --filter label=name=$A --filter image=$IMAGE --filter event=start --format {{.Status}}|{{.From}}|{{.Action}}|{{.Actor.Attributes.name}}",
		"events --since $SINCE --until $NOW --filter container=$A --filter event=nosuch",
		"events --since $SINCE --until $NOW --filter container=$A --filter event=create --filter bogus=x --format {{.Action}}",
	}},
	{"events of signals", []string{
		"run -d --name $A --network none --init $IMAGE sh -c 'echo ready; sleep 1000'",
		"until ready: logs $A",
		"kill -s WINCH $A",
		"stop -t 5 $A",
		"stop $A",
		"start $A",
		"kill $A",
		"rm -f $A",
		`begin: run --name $A --network none $IMAGE sh -c 'trap "echo bye; exit 8" TERM; echo ready; while sleep 0.1; do :; done'`,
		"until ready: begun", "signal: TERM", "join",
		"start $A",
		"rm -f $A",
		"events --since $SINCE --until $NOW --filter container=$A --format '{{.Action}} {{.Actor.Attributes}}'",
	}},
	{"events of commands in a container", []string{
		"run -d --name $A --network none $IMAGE sleep 1000",
		"exec $A sh -c 'exit 4'",
		"exec $A true",
		"exec $A nosuch",
		"events --since $SINCE --until $NOW --filter container=$A --filter event=exec_create --filter event=exec_die --format json",
		"events --since $SINCE --until $NOW --filter container=$A --filter event=exec_die --filter event=start --format '{{.Action}}'",
	}},
	{"events of networks", []string{
		"run -d --name $A --network none $IMAGE sh -c 'exit 3'",
		"wait $A",
		"until disconnect: events --since $SINCE --until $NOW --filter label=container=$ID",
		"events --since $SINCE --until $NOW --filter label=container=$ID --format json",
		"events --since $SINCE --until $NOW --filter label=container=$ID --filter type=network --filter network=none --format {{.Action}}",
	}},
	{"events as they come", []string{
		"begin: events --since $SINCE --filter container=$A --filter event=start --filter event=die --format '{{.Action}} {{.Actor.Attributes.exitCode}}'",
		"run -d --name $A --network none $IMAGE sh -c 'exit 3'",
		"until die: begun",
		"signal: TERM", "join",
		"events --since $SINCE --until $SOON --filter event=nosuch",
	}},
	{"events of too much memory", []string{
		"run -d --name $A --network none --memory 8m $IMAGE sh -c 'a=x; while :; do a=$a$a; done'",
		"wait $A",
		"until oom: events --since $SINCE --until $NOW --filter container=$A --filter event=oom",
		// How often the kernel tells of it is not the same each time.
		"events --since $SINCE --until $NOW --filter container=$A --filter event=die --format json",
		"inspect --format {{.State.ExitCode}} $A", // not OOMKilled: an engine that hears of the end first says false
	}},
	{"events refused", []string{
		"events --since bogus --until 0s",
		"events --since 0s --until bogus",
		"events --since 2026-01-02T03:04:05Z --until 2020-01-02T00:00:00Z",
		"events --since 1600000001.5 --until 1600000000.25",
		"events --since 2020-01-02 --until 2020-01-01",
		"events --since 2020-01-02T03:04 --until 2020-01-02T03Z",
		"events --since 2020-01-02T03:04:05.5+01:00 --until 2020-01-02T03:04:05+01:00",
		"events --since 2020-13-02 --until 0s",
		"events --format {{.Nope}}",
		"events --format {{",
		"events x",
	}},
	{"pause", []string{
		"run -d --name $A --network none $IMAGE sleep 1000",
		"pause $A",
		"pause dockercmd-test-nosuch $A",
		"inspect --format '{{.State.Status}} {{.State.Running}} {{.State.Paused}} {{if .State.Pid}}pid{{end}}' $A",
		"ps --filter name=$A --filter status=paused --format '{{.State}} {{.Status}}'",
		"exec $A true",
		"start $A",
		"rm $A",
		"unpause $A",
		"unpause $A",
		"unpause dockercmd-test-nosuch",
		"pause $A",
		"kill -s USR1 $A",
		"inspect --format {{.State.Status}} $A",
		"pause $A",
		"stop -t 1 $A",
		"pause $A",
		"start $A",
		"pause $A",
		"rm -f $A",
		"events --since $SINCE --until $NOW --filter container=$A --filter type=container --format '{{.Action}} {{.Actor.Attributes.signal}}'",
		"pause",
		"unpause",
	}},
	{"restart", []string{
		"run -d --name $A --network none --init $IMAGE sh -c 'echo ready; sleep 1000'",
		"until ready: logs $A",
		"restart -t 5 $A dockercmd-test-nosuch",
		"inspect --format '{{.State.Status}} {{.RestartCount}}' $A",
		"restart --signal JUNK $A",
		"stop -t 5 $A",
		"restart $A",
		"pause $A",
		"restart -t 5 $A",
		"stop --signal JUNK -t 5 $A",
		"wait $A",
		"run -d --name $B --network none $IMAGE nosuch",
		"restart $B",
		"events --since $SINCE --until $NOW --filter container=$A --format '{{.Action}} {{.Actor.Attributes.signal}}'",
		"restart",
	}},
	{"rename", []string{
		"run -d --name $A --network none $IMAGE sleep 1000",
		"rename $A $B",
		"rename $A $B",
		"rename $B $B",
		"rename $B dockercmd-test:bad",
		"ps --filter name=^/$B$ --format {{.Names}}",
		"run -d --name $A --network none $IMAGE sleep 1000",
		"rename $A $B",
		"rename $B",
		"events --since $SINCE --until $NOW --filter event=rename --filter container=$B --format json",
		"rm -f $A $B",
	}},
	{"images", []string{
		"images --format '{{.Repository}}:{{.Tag}} {{.Digest}} {{.Containers}} {{.SharedSize}}' $IMAGE",
		"images --quiet dockercmd-test-nosuch",
		"images dockercmd-test-nosuch",
		"images --format json dockercmd-test-nosuch",
		"images --format {{.Nope}} $IMAGE",
		"images --format {{ $IMAGE",
		"images x y",
		"image inspect --format '{{.Architecture}} {{.Os}} {{json .RepoTags}}' dockercmd-test-nosuch $IMAGE",
		"image inspect dockercmd-test-nosuch",
		"image inspect",
		"image ls --zz",
		"image nosuch",
		"rmi dockercmd-test-nosuch dockercmd-test-nosuch:1",
		"rmi --force dockercmd-test-nosuch",
		"rmi",
		"run -d --name $A --network none $IMAGE sleep 1000",
		"pull -q Bad",
		"pull Bad",
		"pull",
		"load --input $DIR/nosuch",
		"load x",
	}},
	{"a signal that no policy outlives", []string{
		"run -d --name $A --network none --init --restart always $IMAGE sh -c 'echo ready; sleep 1000'",
		"until ready: logs $A",
		"kill -s HUP $A",
		"until exited: inspect --format {{.State.Status}} $A",
		"inspect --format '{{.RestartCount}} {{.State.ExitCode}}' $A",
	}},
	{"version", []string{
		"version --format '{{.Client.Version}} {{.Client.APIVersion}} {{.Client.DefaultAPIVersion}} {{.Server.Version}} {{.Server.APIVersion}} {{.Server.MinAPIVersion}} {{.Server.Os}}'",
		"version --format {{.Nope}}",
		"version --format {{",
		"version x",
	}},
	{"lines that docker cannot read", []string{
		"ps --zz",
		"run --zz",
		"exec -z $A true",
		"stop -t",
		"container nosuch",
		"container wait",
		"nosuch",
		"run",
		"inspect",
		"ps x",
	}},
}

// recorded is what a real engine said.
const recorded = golden.Dir("../../testdata/runnertest")

// TestContract runs the scenarios against the fake and, when there is one, a real engine, and compares both with what is
// recorded in the repository. GOLDEN=update records the real engine anew; what the fake says is never recorded.
func TestContract(t *testing.T) {
	t.Parallel()
	for _, s := range scenarios {
		t.Run(s.name, func(t *testing.T) {
			t.Parallel()
			t.Run("engine", func(t *testing.T) {
				e := enginetest.Require(t)
				if !strings.HasPrefix(e.Version, "20.10.") || clientVersion(t, e) != runnertest.ClientVersion {
					t.Skipf("NOT TESTED, the texts are those of client %s and engine 20.10, not of these", runnertest.ClientVersion)
				}
				// An engine under load now and then does two things in another order, or tells of one twice: what it says in
				// one of three plays is the contract.
				var got string
				for range 3 {
					w := &world{runner: runner.Exec{}, docker: e.Docker, image: e.Image, a: e.Name(t), b: e.Name(t), dir: folder(t)}
					got = w.play(t, s.lines)
					want, err := os.ReadFile(filepath.Join(string(recorded), s.file()))
					if err == nil && string(want) == got {
						break
					}
				}
				recorded.CheckString(t, s.file(), got)
			})
			t.Run("fake", func(t *testing.T) {
				const image = "dockercmd-test-busybox:local"
				d := &runnertest.Docker{Images: map[string]runnertest.Program{image: runnertest.Busybox}, Lookup: runnertest.BusyboxLookup}
				w := newWorld(t, d, "docker", image, enginetest.Prefix)
				got := w.play(t, s.lines)
				if err := d.Close(); err != nil {
					t.Error(err)
				}
				compare(t, s.file(), got)
			})
		})
	}
}

func compare(t *testing.T, file, got string) {
	t.Helper()
	want, err := os.ReadFile(filepath.Join(string(recorded), file))
	if err != nil {
		t.Fatalf("%v: record it with GOLDEN=update and an engine", err)
	}
	if diff := gocmp.Diff(string(want), got); diff != "" {
		t.Errorf("not as recorded (-recorded +got):\n%s", diff)
	}
}

func clientVersion(t *testing.T, e *enginetest.Engine) string {
	return e.Run(t, "version", "--format={{.Client.Version}}")
}

// folder returns a directory with one file.
func folder(t *testing.T) string {
	dir, err := os.MkdirTemp("", "runnertest-") // without a comma in its name, unlike t.TempDir
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { os.RemoveAll(dir) })
	if err := os.WriteFile(filepath.Join(dir, "file"), []byte("content\n"), 0o644); err != nil {
		t.Fatal(err)
	}
	return dir
}

// world is one docker, and what the scenario's words stand for there.
type world struct {
	runner                   runner.Runner
	docker, image, a, b, dir string

	patience time.Duration // for until; zero is 2 minutes
	lenient  bool          // what does not come is noted down, and no failure

	begun      runner.Process
	begunOut   *streams
	begunLine  string
	since      time.Time
	id         string
	ids        []string
	transcript strings.Builder
}

// newWorld returns a world with container names that are not in use.
func newWorld(t *testing.T, r runner.Runner, docker, image, prefix string) *world {
	name := func() string { return prefix + strings.ToLower(rand.Text()[:12]) }
	return &world{runner: r, docker: docker, image: image, a: name(), b: name(), dir: folder(t)}
}

func (w *world) play(t *testing.T, lines []string) string {
	w.since = time.Now()
	for _, line := range lines {
		kind, rest, found := strings.Cut(line, ": ")
		word, isUntil := strings.CutPrefix(kind, "until ")
		switch {
		case found && isUntil:
			w.until(t, word, rest)
		case found && kind == "begin":
			w.begunLine = rest
			w.begun, w.begunOut = w.start(t, rest)
		case found && kind == "signal":
			sig := map[string]os.Signal{"TERM": syscall.SIGTERM, "INT": syscall.SIGINT, "HUP": syscall.SIGHUP, "KILL": syscall.SIGKILL}[rest]
			if err := w.begun.Signal(sig); err != nil {
				t.Errorf("%s: %v", line, err)
			}
		case line == "join":
			w.note(w.begunLine, w.begunOut, w.begun.Wait())
		default:
			p, out := w.start(t, line)
			w.note(line, out, p.Wait())
		}
	}
	return w.transcript.String()
}

func (w *world) start(t *testing.T, line string) (runner.Process, *streams) {
	words, err := shlex.Split(line)
	if err != nil {
		t.Fatal(err)
	}
	fill := strings.NewReplacer("$A", w.a, "$B", w.b, "$IMAGE", w.image, "$DIR", w.dir,
		"$SINCE", seconds(w.since), "$NOW", seconds(time.Now()), "$ID", w.id,
		"$SOON", seconds(time.Now().Add(200*time.Millisecond)))
	argv := []string{w.docker}
	for _, word := range words {
		argv = append(argv, fill.Replace(word))
	}
	ctx, cancel := context.WithTimeout(t.Context(), 2*cmp.Or(w.patience, 2*time.Minute))
	t.Cleanup(cancel)
	out := new(streams)
	p, err := w.runner.Start(ctx, runner.Cmd{Argv: argv, Stdout: &out.stdout, Stderr: &out.stderr})
	if err != nil {
		t.Fatal(err)
	}
	return p, out
}

// until repeats a line, or looks at what begin's line prints, until a word appears.
func (w *world) until(t *testing.T, word, line string) {
	for deadline := time.Now().Add(cmp.Or(w.patience, 2*time.Minute)); time.Now().Before(deadline); {
		out := w.begunOut
		if line != "begun" {
			var p runner.Process
			p, out = w.start(t, line)
			_ = p.Wait() // the word is what counts
		}
		if strings.Contains(out.stdout.String(), word) {
			return
		}
		<-time.After(5 * time.Millisecond)
	}
	if w.lenient {
		t.Logf("%q has not appeared in: %s", word, line)
		return
	}
	t.Fatalf("%q has not appeared in: %s", word, line)
}

func seconds(t time.Time) string { return fmt.Sprintf("%d.%09d", t.Unix(), t.Nanosecond()) }

// note writes down what a line did.
func (w *world) note(line string, out *streams, err error) {
	ending := "exit 0"
	if e, ok := errors.AsType[*runner.ExitError](err); ok {
		ending = fmt.Sprintf("exit %d", e.Code)
		if e.Signal != 0 {
			ending = fmt.Sprintf("signal %d", int(e.Signal))
		}
	} else if err != nil {
		ending = err.Error()
	}
	if id := fullID.FindString(out.stdout.String()); id != "" {
		w.id = id
	}
	fmt.Fprintf(&w.transcript, "$ docker %s\n", line)
	for _, s := range []struct {
		mark string
		text string
	}{{"1|", out.stdout.String()}, {"2|", out.stderr.String()}} {
		for l := range strings.Lines(w.normal(s.text)) {
			l, whole := strings.CutSuffix(l, "\n")
			if !whole {
				l += "(no line break)"
			}
			fmt.Fprintf(&w.transcript, "%s%s\n", s.mark, strings.ReplaceAll(l, "\r", `\r`))
		}
	}
	fmt.Fprintf(&w.transcript, "= %s\n\n", ending)
}

var (
	fullID   = regexp.MustCompile(`\b[0-9a-f]{64}\b`)
	shortID  = regexp.MustCompile(`\b[0-9a-f]{12}\b`)
	moment   = regexp.MustCompile(`20\d\d-\d\d-\d\d[T ]\d\d:\d\d:\d\d(\.\d+)?(Z| \+0000 UTC)`)
	stamp    = regexp.MustCompile(`"time":\d{10},"timeNano":\d{19}`)
	duration = regexp.MustCompile(`(Less than a|\d+) seconds?( ago)? *`)
	size     = regexp.MustCompile(`virtual [0-9.]+[kMG]?B`)
	spaces   = regexp.MustCompile(` {3,}`)
)

// normal takes out what differs from one time to the next.
func (w *world) normal(text string) string {
	text = strings.NewReplacer(w.a, "$A", w.b, "$B", w.image, "$IMAGE", w.dir, "$DIR").Replace(text)
	text = fullID.ReplaceAllStringFunc(text, func(id string) string { return fmt.Sprintf("<id %d>", w.number(id)) })
	text = shortID.ReplaceAllStringFunc(text, func(id string) string { return fmt.Sprintf("<short id %d>", w.number(id)) })
	text = moment.ReplaceAllString(text, "<time>")
	text = stamp.ReplaceAllString(text, `"time":<time>,"timeNano":<time>`)
	text = duration.ReplaceAllString(text, "<a while>$2 ")
	text = size.ReplaceAllString(text, "virtual <size>")
	return spaces.ReplaceAllString(text, "   ")
}

// number counts the ids in the order in which they appear.
func (w *world) number(id string) int {
	for i, known := range w.ids {
		if strings.HasPrefix(known, id) || strings.HasPrefix(id, known) {
			return i + 1
		}
	}
	w.ids = append(w.ids, id)
	return len(w.ids)
}

// output is what a process writes. Its parts can be read meanwhile.
type streams struct{ stdout, stderr lockedBuffer }
