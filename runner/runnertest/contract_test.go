package runnertest_test

import (
	"cmp"
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
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
	{"scripts in a bind mount", []string{
		"run --name $A --network none -e V=b -v $DIR:/w:ro $IMAGE sh /w/script.sh one 'two words'",
		"wait $A",
		"logs $A",
		"run --rm --name $B --network none -v $DIR:/w:ro $IMAGE /w/script.sh",
		"run --rm --name $B --network none -v $DIR:/w:ro $IMAGE sh -c '. /w/script.sh; echo no'",
		"run --rm --name $B --network none -v $DIR:/w:ro $IMAGE sh /w/nosuch",
		"run --rm --name $B --network none -v $DIR:/w:ro $IMAGE sh /w/bad.sh",
		"run --rm --name $B --network none -v $DIR:/w:ro $IMAGE /w/file",
		"run --rm --name $B --network none -v $DIR:/w:ro $IMAGE /w/plain.sh",
		"run --rm --name $B --network none -v $DIR:/w:ro $IMAGE /w/other.sh",
		"run --rm --name $B --network none -v $DIR:/w:ro $IMAGE sh -c '/w/plain.sh 1; echo $?; /w/file; echo $?; /w/nosuch; echo $?; nosuch'",
		"run --rm --name $B --network none -v $DIR:/w:ro -w /w $IMAGE sh -c 'pwd; cat file; cat < nosuch; echo $?; echo x > new; echo $?'",
		"run --rm --name $B --network none -v $DIR:/w $IMAGE sh -c 'echo x > /w/new; cat /w/new /w/nosuch; echo $?; rm /w/new; cd /w; echo *'",
		"run --rm --name $B --network none -v $DIR:/w $IMAGE sh -c 'if true; then echo'",
		"run --rm --name $B --network none --mount type=bind,source=$DIR/script.sh,target=/x $IMAGE sh -c '/x | cat; echo $(exit 4)$?; echo \"$V\"; exec sh /x'",
	}},
	{"scripts and signals", []string{
		"run -d --name $A --network none -v $DIR:/w:ro $IMAGE sh /w/trap.sh",
		"until ready: logs $A",
		"stop -t 5 $A",
		"wait $A",
		"logs $A",
		`run -d --name $B --network none $IMAGE sh -c 'trap "echo t; exit 9" TERM; echo ready; sleep 1000'`,
		"until ready: logs $B",
		"stop -t 1 $B",
		"wait $B",
		"logs $B",
		"rm $B",
		`run -d --name $B --network none --init $IMAGE sh -c 'trap "echo t" USR1; trap "" HUP; echo ready; sleep 1000 & wait; echo $?; wait'`,
		"until ready: logs $B",
		"kill -s HUP $B",
		"kill -s USR1 $B",
		"until 138: logs $B",
		"logs $B",
		"stop -t 5 $B",
		"wait $B",
	}},
	{"scripts in docker exec", []string{
		"run -d --name $A --network none -e V=b -v $DIR:/w:ro $IMAGE sh -c 'trap \"exit 6\" TERM; echo ready; while sleep 0.1; do :; done'",
		"until ready: logs $A",
		"exec $A sh /w/script.sh 1",
		"exec -w /w -e U=c $A sh -c 'pwd; echo $V $U; exit 5'",
		"exec $A /w/file",
		"exec $A sh -c 'kill -9 1; kill 1'",
		"wait $A",
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
	{"stop with another signal", []string{ // which an engine of 20.10 is not told of
		"run -d --name $A --network none --init $IMAGE sh -c 'echo ready; sleep 1000'",
		"until ready: logs $A",
		"stop --signal USR1 -t 5 $A",
		"wait $A",
		"stop --signal JUNK $A",
		"restart --signal JUNK $A",
		"events --since $SINCE --until $NOW --filter container=$A --filter event=kill --format '{{.Actor.Attributes.signal}}'",
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
	{"events of too much memory", []string{ // not at once: the engine has to listen
		"run -d --name $A --network none --memory 64m $IMAGE sh -c 'sleep 1; (a=x; while :; do a=$a$a; done); sleep 1; exit 137'",
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
		"stop --signal JUNK -t 5 $A", // an engine later than 20.10 refuses it
		"inspect --format '{{.State.Status}} {{.State.ExitCode}}' $A",
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

// engineVersion is a version of the engine whose words are recorded: those of 20.10 for each scenario, and for a later one, in a
// folder of its name, those that are different.
type engineVersion struct {
	name, release string
	fake          bool // speaks for it
	// forgets is an event that it does not always tell of: for minutes at a time an engine of 26.1 on a busy machine told of no oom,
	// while others beside it did.
	forgets string
}

var engineVersions = []engineVersion{
	{name: "20.10", release: enginetest.Own, fake: true},
	{name: "26.1", release: "trixie", forgets: "oom"},
	{name: "28.5", release: "sid", fake: true},
}

// file returns the path of the version's recording of a scenario.
func (v engineVersion) file(s scenario) string {
	if own := filepath.Join(v.name, s.file()); exists(own) {
		return own
	}
	return s.file()
}

// keep writes a scenario's recording down where it is not that of 20.10.
func (v engineVersion) keep(t *testing.T, s scenario, got string) {
	t.Helper()
	own := filepath.Join(v.name, s.file())
	if v != engineVersions[0] {
		if want, err := os.ReadFile(filepath.Join(string(recorded), s.file())); err == nil && string(want) != got {
			recorded.CheckString(t, own, got)
			return
		}
		if exists(own) {
			if err := os.Remove(filepath.Join(string(recorded), own)); err != nil {
				t.Fatal(err)
			}
		}
	}
	recorded.CheckString(t, s.file(), got)
}

func exists(file string) bool {
	_, err := os.Stat(filepath.Join(string(recorded), file))
	return err == nil
}

// engine returns an engine of the version, the machine's own if it is one, with a client whose words are the recorded one's, or
// known to differ.
func (v engineVersion) engine(t *testing.T) (e *enginetest.Engine, env []string) {
	t.Helper()
	if v.release == enginetest.Own || v.is(ownVersion(t)) {
		e = enginetest.Require(t)
	} else {
		for _, r := range enginetest.Releases {
			if r.Name == v.release {
				r.Need(t)
			}
		}
		p := enginetest.PrivateOf(t, v.release)
		e, env = p.Engine, p.Env()
	}
	if client := clientVersion(t, e); !v.is(e.Version) || client != runnertest.ClientVersion && !isLaterClient(client) {
		t.Skipf("NOT TESTED, the texts are those of client %s and engine %s, not of these", runnertest.ClientVersion, v.name)
	}
	return e, env
}

// is reports whether an engine's version is this one.
func (v engineVersion) is(version string) bool { return strings.HasPrefix(version, v.name+".") }

// ownVersion returns the version of the machine's own engine, "" if there is none.
func ownVersion(t *testing.T) string {
	if enginetest.Quick() {
		return ""
	}
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	out, _ := exec.CommandContext(ctx, "docker", "version", "--format={{.Server.Version}}").Output()
	return string(out)
}

// isLaterClient reports whether a client is the one whose words laterClient knows.
func isLaterClient(version string) bool { return strings.HasPrefix(version, "28.5.") }

// laterClient are the words of client 28.5 that differ from those of the recorded one, 28.2, before any engine.
var laterClient = []struct {
	said     *regexp.Regexp
	recorded string
}{
	{regexp.MustCompile(`(?m)^1\|28\.5\.<patch> 1\.51 1\.51 `), "1|" + runnertest.ClientVersion + " 1.50 1.50 "},
	{regexp.MustCompile(`(?m)^(1\|\$IMAGE <none>) \d+ N/A$`), "$1 N/A N/A"}, // it counts an image's containers
}

// TestContract runs the scenarios against the fake and, where there is one, a real engine of each version, and compares both with
// what is recorded in the repository. GOLDEN=update records the real engines anew; what the fake says is never recorded.
func TestContract(t *testing.T) {
	t.Parallel()
	for _, v := range engineVersions {
		t.Run(v.name, func(t *testing.T) {
			t.Parallel()
			t.Run("engine", func(t *testing.T) {
				t.Parallel()
				e, env := v.engine(t)
				for _, s := range scenarios {
					t.Run(s.name, func(t *testing.T) {
						t.Parallel()
						holdEngine(t, v, s, e, env)
					})
				}
			})
			t.Run("fake", func(t *testing.T) {
				if !v.fake {
					return
				}
				for _, s := range scenarios {
					t.Run(s.name, func(t *testing.T) {
						t.Parallel()
						holdFake(t, v, s)
					})
				}
			})
		})
	}
}

// holdEngine compares a real engine with what is recorded. An engine under load now and then does two things in another order,
// tells of one twice: what it says in one of three plays is the contract.
func holdEngine(t *testing.T, v engineVersion, s scenario, e *enginetest.Engine, env []string) {
	var got string
	for plays := range 3 {
		w := &world{runner: runner.Exec{}, docker: e.Docker, env: env, image: e.Image, a: e.Name(t), b: e.Name(t), dir: folder(t)}
		if plays < 2 {
			w.lenient, w.patience = true, 30*time.Second
		}
		w.forgets = v.forgets
		got = w.play(t, s.lines)
		for _, l := range laterClient {
			if isLaterClient(clientVersion(t, e)) {
				got = l.said.ReplaceAllString(got, l.recorded)
			}
		}
		want, err := os.ReadFile(filepath.Join(string(recorded), v.file(s)))
		if err == nil && string(want) == got && !w.missed {
			return
		}
	}
	if os.Getenv("GOLDEN") == "update" {
		v.keep(t, s, got)
		return
	}
	recorded.CheckString(t, v.file(s), got)
}

func holdFake(t *testing.T, v engineVersion, s scenario) {
	const image = "dockercmd-test-busybox:local"
	d := &runnertest.Docker{Engine: v.name, Images: map[string]runnertest.Program{image: runnertest.Busybox},
		Lookup: runnertest.BusyboxLookup}
	w := newWorld(t, d, "docker", image, enginetest.Prefix)
	got := w.play(t, s.lines)
	if err := d.Close(); err != nil {
		t.Error(err)
	}
	compare(t, v.file(s), got)
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

// folder returns a directory with a file and scripts.
func folder(t *testing.T) string {
	dir, err := os.MkdirTemp("", "runnertest-") // without a comma in its name, unlike t.TempDir
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { os.RemoveAll(dir) })
	for name, text := range map[string]string{
		"file":      "content\n",
		"script.sh": "#!/bin/sh\necho \"$V $# $1 $2\"\necho err >&2\nfor i in 1 2; do\n  nosuch $i\ndone\nf() { return 3; }\nf || exit $?\n",
		"trap.sh":   "trap 'echo bye; exit 9' TERM\ntrap 'echo end $?' EXIT\necho ready\nwhile :; do sleep 1000 & wait $!; done\n",
		"plain.sh":  "echo plain $1\nexit 4\n",
		"other.sh":  "#!/nosuch/interpreter\n",
		"bad.sh":    "echo before\nif true; then\n  echo no\n",
	} {
		mode := os.FileMode(0o644)
		if name != "file" {
			mode = 0o755
		}
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), mode); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

// world is one docker, and what the scenario's words stand for there.
type world struct {
	runner                   runner.Runner
	docker, image, a, b, dir string
	env                      []string // of docker; nil is the test's own

	patience time.Duration // for until; zero is 2 minutes
	pause    time.Duration // between the looks of until; zero is 5 ms
	lenient  bool          // what does not come is noted down, and no failure
	missed   bool          // it has not come
	forgets  string        // what the engine need not tell of: until's word for it is no failure, but said
	podman   bool          // whose events with a time that has passed are not held

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
			if err := w.begun.Signal(sig); err != nil && !w.lenient {
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
	p, err := w.runner.Start(ctx, runner.Cmd{Argv: argv, Env: w.env, Stdout: &out.stdout, Stderr: &out.stderr})
	if err != nil {
		t.Fatal(err)
	}
	return p, out
}

// until repeats a line, or looks at what begin's line prints, until a word appears.
func (w *world) until(t *testing.T, word, line string) {
	patience := cmp.Or(w.patience, 2*time.Minute)
	for deadline := time.Now().Add(patience); time.Now().Before(deadline); {
		out := w.begunOut
		if line != "begun" {
			var p runner.Process
			p, out = w.start(t, line)
			_ = p.Wait() // the word is what counts
		}
		if strings.Contains(out.stdout.String(), word) {
			return
		}
		<-time.After(cmp.Or(w.pause, 5*time.Millisecond))
	}
	if word == w.forgets {
		t.Logf("NOT HELD, the engine has not told of %s within %v", word, patience)
		return
	}
	if w.lenient {
		w.missed = true
		t.Logf("%q has not appeared in: %s", word, line)
		return
	}
	t.Fatalf("%q has not appeared in: %s", word, line)
}

// How a line ends that was ended for it after a long time, and one whose output is another each time.
const (
	noEnd   = "no end"
	notHeld = "not held"
)

func seconds(t time.Time) string { return fmt.Sprintf("%d.%09d", t.Unix(), t.Nanosecond()) }

// note writes down what a line did.
func (w *world) note(line string, out *streams, err error) {
	ending := "exit 0"
	if w.lenient && errors.Is(err, context.DeadlineExceeded) {
		ending = noEnd
	} else if e, ok := errors.AsType[*runner.ExitError](err); ok {
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
	if w.podman && losesEvents(line) {
		fmt.Fprintf(&w.transcript, "= %s\n\n", notHeld)
		return
	}
	for _, s := range []struct {
		mark string
		text string
	}{{"1|", out.stdout.String()}, {"2|", out.stderr.String()}} {
		lines := slices.Collect(strings.Lines(w.normal(s.text)))
		if w.podman && strings.HasPrefix(line, "rm ") {
			slices.Sort(lines) // it removes several at once
		}
		for _, l := range lines {
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
	duration = regexp.MustCompile(`(?:(?:Less than a|\d+) seconds?|About a minute|\d+ minutes)( ago)? *`)
	size     = regexp.MustCompile(`virtual [0-9.]+[kMG]?B`)
	patch    = regexp.MustCompile(`\b(2\d\.\d+)\.\d+\+dfsg\d+`)
	lasted   = regexp.MustCompile(`(execDuration\W+)\d+`)
	process  = regexp.MustCompile(`("(?:Pid|ConmonPid)": ?|running 0 true false )[1-9]\d*`)
	unixTime = regexp.MustCompile(`("(?:ExitedAt|StartedAt|Created)": ?)\d{10}`)
	tooLow   = regexp.MustCompile(`container init was OOM-killed .*|` +
		`error during container init: error setting cgroup .* memory limit to .*`)
	users  = regexp.MustCompile(`(sha256:<id \d+>) \d+`) // how many containers an image has
	spaces = regexp.MustCompile(` {3,}`)
)

// normal takes out what differs from one time to the next.
func (w *world) normal(text string) string {
	text = strings.NewReplacer(w.a, "$A", w.b, "$B", w.image, "$IMAGE", w.dir, "$DIR").Replace(text)
	text = fullID.ReplaceAllStringFunc(text, func(id string) string { return fmt.Sprintf("<id %d>", w.number(id)) })
	text = shortID.ReplaceAllStringFunc(text, func(id string) string { return fmt.Sprintf("<short id %d>", w.number(id)) })
	text = moment.ReplaceAllString(text, "<time>")
	text = stamp.ReplaceAllString(text, `"time":<time>,"timeNano":<time>`)
	text = duration.ReplaceAllString(text, "<a while>$1 ")
	text = patch.ReplaceAllString(text, "$1.<patch>")
	text = lasted.ReplaceAllString(text, "$1<seconds>")
	text = process.ReplaceAllString(text, "$1<pid>")
	text = unixTime.ReplaceAllString(text, "$1<time>")
	text = users.ReplaceAllString(text, "$1 <count>")
	text = tooLow.ReplaceAllString(text, "<limit too low>") // which runc notices at one of two moments
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
