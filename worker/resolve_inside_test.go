package worker

import (
	"fmt"
	"strconv"
	"testing"
	"time"

	"github.com/dockercmd/toolkit/dockercmd/output"
	"github.com/dockercmd/toolkit/pidwatch"
)

// codes are the exit codes that the sources may name in TestResolveExits: a usual one, two that mislead.
var codes = []int{7, 137, 255}

// allObservations yields every combination of what the sources may say of one container's end.
func allObservations(yield func(observations)) {
	var deaths = []*pidwatch.Death{nil, {}}
	var dies = []*output.Event{nil, {Action: "die"}}
	answers := []*inspection{nil, {asked: "c"}}
	for _, code := range []int{0, 127} {
		answers = append(answers, &inspection{asked: "c",
			state: &output.ContainerState{Status: output.StateCreated, ExitCode: code}})
	}
	for _, code := range codes {
		deaths = append(deaths, &pidwatch.Death{Code: code, Known: true, At: time.Unix(1, 0)})
		dies = append(dies, &output.Event{Action: "die", Attributes: map[string]string{"exitCode": strconv.Itoa(code)},
			Time: time.Unix(2, 0)})
		for _, oom := range []bool{false, true} {
			s := &output.ContainerState{Status: output.StateExited, ExitCode: code, OOMKilled: oom,
				FinishedAt: time.Unix(3, 0)}
			answers = append(answers, &inspection{asked: "c", state: s})
		}
	}
	for _, death := range deaths {
		for _, die := range dies {
			for _, answer := range answers {
				for _, kills := range []*int64{nil, new(int64(0)), new(int64(2))} {
					for _, kernel := range []kernelView{kernelUnknown, kernelEmpty, kernelLive} {
						for _, oom := range []bool{false, true} {
							o := observations{death: death, die: die, answer: answer, oomKills: kills, oom: oom, kernel: kernel,
								lock: launchOver}
							if answer != nil && answer.state != nil && answer.state.Status.Over() {
								o.over, o.endedAnswers = answer.state, 2
							}
							yield(o)
						}
					}
				}
			}
		}
	}
}

// text returns the observations for a message.
func (o observations) text() string {
	s := fmt.Sprintf("oom %v, processes %v", o.oom, o.kernel)
	if o.death != nil {
		s += fmt.Sprintf(", kernel %+v", *o.death)
	}
	if o.die != nil {
		s += fmt.Sprintf(", event %v", o.die.Attributes)
	}
	if in := o.answer; in != nil && in.state == nil {
		s += ", not found"
	} else if in != nil {
		s += fmt.Sprintf(", inspect %s %d oom %v", in.state.Status, in.state.ExitCode, in.state.OOMKilled)
	}
	if o.oomKills != nil {
		s += fmt.Sprintf(", cgroup %d", *o.oomKills)
	}
	return s
}

// TestResolveExits holds the rules of an exit for all that the kernel, docker's events, inspect and the cgroup may say together.
func TestResolveExits(t *testing.T) {
	t.Parallel()
	n := 0
	cp := &checkpoint{ID: "w1", Launch: "l", Container: "c"}
	allObservations(func(o observations) {
		n++
		d := resolve(cp, o, time.Unix(4, 0))
		claimed, told := o.claimedCode()
		kernel := o.death != nil && o.death.Known
		var state *output.ContainerState
		if o.answer != nil {
			state = o.answer.state
		}
		created := state != nil && state.Status == output.StateCreated
		hold := func(rule string, so bool) {
			if !so {
				t.Errorf("%s: %+v, %+v breaks the rule: %s", o.text(), d, d.exit, rule)
			}
		}
		late := o
		late.noticedAt = time.Unix(-4, 0)
		if o.answer == nil {
			hold("after a while the kernel's word suffices", (resolve(cp, late, time.Unix(4, 0)).kind == verdictEnded) ==
				(kernel && o.kernel != kernelLive))
		}
		if o.kernel == kernelLive {
			unseen := o
			unseen.kernel = kernelUnknown
			without := resolve(cp, unseen, time.Unix(4, 0))
			hold("nothing ends while a process lives", d.exit == nil && (d.kind == verdictInDoubt) == (without.exit != nil))
			return
		}
		if d.kind != verdictEnded {
			hold("inspect's answer suffices", o.answer == nil && d.kind == verdictAskAgain)
			hold("when kernel and event agree, inspect is asked for memory alone", !kernel || !told || claimed != o.death.Code ||
				o.death.Code == 137)
			return
		}
		e := *d.exit
		hold("an event alone does not suffice", o.answer != nil || kernel && told && claimed == o.death.Code)
		hold("an exit that rests on docker alone says so", e.EngineAlone == (o.kernel == kernelUnknown && o.death == nil))
		hold("a reason is given", e.Reason != "" && d.reason != "")
		hold("a container that is not found is removed", d.removed == (o.answer != nil && state == nil))
		if created && o.death != nil {
			hold("what has died was started, whatever the engine says", e.Known == kernel && (!kernel || e.Code == o.death.Code))
			return
		}
		if created {
			hold("what was never started has no code but the engine's for the failure", e.Known == (state.ExitCode != 0) &&
				e.Code == state.ExitCode)
			return
		}
		waited := state != nil && state.ExitCode != syntheticExitCode
		oom := o.oom || state != nil && state.OOMKilled
		if o.oomKills != nil {
			oom = *o.oomKills > 0
		}
		hold("what inspect says stands, unless an engine may have made it up", !waited || e.Known && e.Code == state.ExitCode)
		hold("the kernel's word for the code stands otherwise", !kernel || waited || e.Known && e.Code == o.death.Code)
		hold("the code is one that somebody has named", !e.Known || kernel && e.Code == o.death.Code || told && e.Code == claimed ||
			state != nil && e.Code == state.ExitCode)
		hold("a code has a source, and none has none", e.Known == (e.Source != "") && (e.Known || e.Code == 0))
		hold("memory was lacking when, and only when, the cgroup says so, or somebody else where it does not", e.OOM == oom && e.OOM == (e.OOMSource != ""))
		both := kernel && e.Known && e.Code == o.death.Code &&
			(state != nil && state.ExitCode == e.Code || state == nil && told && claimed == e.Code)
		hold("both have told, or one", (e.Source == FromBoth) == both)
		if state == nil {
			hold("of a container that is gone, the event's code is the best there is", kernel || e.Known == told &&
				(!told || e.Code == claimed))
			return
		}
		synthetic := !kernel && state.ExitCode == syntheticExitCode && !(told && claimed == syntheticExitCode)
		hold("what the engine may have made up is not known", synthetic != e.Known)
	})
	if n < 5*5*10*3*3*2 {
		t.Errorf("only %d combinations", n)
	}
}

// TestResolve holds decisions on launches to what was observed, case by case.
func TestResolve(t *testing.T) {
	t.Parallel()
	now := time.Unix(1000, 0)
	ago := func(d time.Duration) time.Time { return now.Add(-d) }
	found := func(status output.State, code int, finished time.Time) *inspection {
		s := &output.ContainerState{Status: status, ExitCode: code, FinishedAt: finished}
		if status.Alive() {
			s.Pid = 4711
		}
		return &inspection{asked: "c", container: "c", state: s}
	}
	missing := func(asked string) *inspection { return &inspection{asked: asked} }
	over := func(in *inspection, answers int) observations {
		return observations{answer: in, over: in.state, endedAnswers: answers}
	}
	die := &output.Event{Action: "die", Attributes: map[string]string{"exitCode": "7"}, Time: ago(0)}
	die255 := &output.Event{Action: "die", Attributes: map[string]string{"exitCode": "255"}, Time: ago(0)}
	death := &pidwatch.Death{PID: 4711, Code: 7, Known: true, At: ago(0)}
	killed := &pidwatch.Death{PID: 4711, Code: 137, Known: true, At: ago(0)}
	running := checkpoint{ID: "w1", Launch: "l", Container: "c"}
	unheard := checkpoint{ID: "w1", Launch: "l"}
	stopped := running
	stopped.StopAt = ago(time.Minute)
	recorded := running
	recorded.Exit = &Exit{Code: 3, Known: true, Reason: "exit code 3"}
	for name, c := range map[string]struct {
		cp   checkpoint
		o    observations
		want string // the verdict, and the exit or when to ask again
	}{
		"inspect says that it runs": {running, observations{answer: found(output.StateRunning, 0, now)}, "alive"},
		"inspect says that it has ended": {running, over(found(output.StateExited, 7, ago(time.Minute)), 1),
			"ended exit code 7"},
		"the engine does not know": {running, observations{answer: found(output.StateUnknown, 0, now)}, "unknown"},
		"0 that nobody has seen": {running, observations{answer: found(output.StateExited, 0, now), unheard: true},
			"ended unknown: docker says 0, which an engine also says of ends that it has missed"},
		"0 that the kernel has seen": {running, observations{answer: found(output.StateExited, 0, now), unheard: true,
			death: &pidwatch.Death{PID: 4711, Known: true, At: now}}, "ended exit code 0"},
		"0 of a later time than the event": {running, observations{answer: found(output.StateExited, 0, now.Add(time.Second)), die: die},
			"ended unknown: docker says 0, which an engine also says of ends that it has missed"},
		"0 of a later time than an event of another code, and the kernel's": {running, observations{die: die, death: &pidwatch.Death{
			PID: 4711, Known: true, At: now}, answer: found(output.StateExited, 0, now.Add(time.Second))}, "ended exit code 0"},
		"0, and a label that passes for a code": {running, observations{answer: found(output.StateExited, 0, ago(1)), die: die},
			"ended exit code 0"},
		"0 long after the kernel's word": {running, observations{death: death,
			answer: found(output.StateExited, 0, now.Add(2*time.Second))},
			"ended exit code 7"},
		"0, and the kernel's word of the first thread": {running, observations{answer: found(output.StateExited, 0, now), death: death},
			"ended exit code 0"},
		"255 with an event": {running, observations{answer: found(output.StateExited, 255, ago(1)), die: die255}, "ended exit code 255"},
		"255 with an event, and docker was told to end it": {running, observations{answer: found(output.StateExited, 255, ago(1)),
			die: die255, killed: true}, "ended unknown: docker says 255, which an engine also says of ends that it has missed"},
		"0 with an event, long after the kernel's word of no code": {running, observations{answer: found(output.StateExited, 0, now),
			die:   &output.Event{Action: "die", Attributes: map[string]string{"exitCode": "0"}, Time: now},
			death: &pidwatch.Death{PID: 4711, At: ago(10 * time.Second)}},
			"ended unknown: docker says 0, which an engine also says of ends that it has missed"},
		"ended after another start": {running, observations{die: die, answer: &inspection{asked: "c", container: "c",
			state: &output.ContainerState{Status: output.StateExited, StartedAt: now.Add(1), FinishedAt: now.Add(2), ExitCode: 3}}},
			"ended exit code 7"},
		"the container is gone": {running, observations{answer: missing("c")},
			"ended unknown: the container is gone, removed"},
		"gone after it was seen to end": {running,
			observations{answer: missing("c"), over: found(output.StateExited, 4, now).state}, "ended exit code 4, removed"},
		"gone, and an event has told": {running, observations{answer: missing("c"), die: die},
			"ended exit code 7, removed"},
		"the answer is of a question by name": {running, observations{answer: missing("")}, "ask again in 0s"},

		"a kill is young, memory may be why": {running, over(found(output.StateExited, 137, ago(100*time.Millisecond)), 1),
			"ask again in 500ms"},
		"it was asked again": {running, over(found(output.StateExited, 137, ago(600*time.Millisecond)), 2),
			"ended exit code 137 (killed)"},
		"a kill is old": {running, over(found(output.StateExited, 137, ago(time.Minute)), 1),
			"ended exit code 137 (killed)"},
		"a kill was ordered": {stopped, over(found(output.StateExited, 137, ago(0)), 1),
			"ended exit code 137 (killed)"},
		"a young kill, with an exit on record": {recorded, over(found(output.StateExited, 137, ago(0)), 1),
			"ended exit code 3"},
		"gone, with an exit on record":    {recorded, observations{answer: missing("c")}, "ended exit code 3, removed"},
		"it runs, with an exit on record": {recorded, observations{answer: found(output.StateRunning, 0, now)}, "alive"},
		"killed without docker": {running, observations{killedAt: now},
			"ended killed without docker: exit code 137 (killed)"},
		"255, which nobody else has told of": {running, over(found(output.StateExited, 255, ago(time.Minute)), 1),
			"ended unknown: docker says 255, which an engine also says of ends that it has missed"},
		"docker says that it has ended, the kernel that it lives": {running, observations{kernel: kernelLive,
			answer: found(output.StateExited, 7, now)}, "in doubt, ask again in 50ms"},
		"the kernel has said so for a while": {running, observations{kernel: kernelLive, liveSince: ago(time.Minute),
			answer: missing("c")}, "in doubt, ask again in 5s"},
		"created, looks cut off, and has processes": {running, observations{kernel: kernelLive, doubtSince: ago(time.Minute),
			answer: found(output.StateCreated, 0, now)}, "in doubt, doubt for 1m0s, ask again in 50ms"},
		"its first process is dead, and another lives": {running, observations{kernel: kernelLive, death: death, die: die,
			noticedAt: now}, "in doubt, ask again in 50ms"},
		"an event and the kernel agree": {running, observations{die: die, death: death, noticedAt: now},
			"ended exit code 7"},
		"an event and the kernel do not": {running, observations{die: die, death: killed, noticedAt: now},
			"ask again in 0s"},
		"an event alone": {running, observations{die: die, noticedAt: now}, "ask again in 0s"},
		"an event, the kernel would tell": {running, observations{die: die, pidWatched: true, noticedAt: now},
			"ask again in 500ms"},
		"the kernel alone": {running, observations{death: death, noticedAt: now}, "ask again in 500ms"},
		"the kernel alone, for a while": {running, observations{death: death, noticedAt: ago(time.Second)},
			"ask again in -500ms"},
		"the kernel alone, for long": {running, observations{death: death, noticedAt: ago(engineTime)},
			"ended exit code 7"},
		"a death without a code, for long": {running,
			observations{death: &pidwatch.Death{PID: 4711}, noticedAt: ago(time.Minute)}, "ask again in -59.5s"},
		"the engine has not noticed a death": {running,
			observations{death: death, noticedAt: ago(time.Second), answer: found(output.StateRunning, 0, now)},
			"ask again in 4s"},
		"the engine does not notice a death": {running,
			observations{death: death, noticedAt: ago(time.Minute), answer: found(output.StateRunning, 0, now)},
			"ended exit code 7"},
		"the death was of an earlier life": {running,
			observations{death: &pidwatch.Death{PID: 1, Known: true}, noticedAt: ago(time.Minute),
				answer: found(output.StateRunning, 0, now)}, "alive"},
		"the launch is under way": {unheard,
			observations{answer: missing(""), lock: launchLocked, doubtSince: ago(time.Hour)}, "launching"},
		"the launch looks cut off": {unheard, observations{answer: missing("")},
			"launching, doubt for 0s, ask again in 500ms"},
		"the launch still looks cut off": {unheard, observations{answer: missing(""), doubtSince: ago(time.Second)},
			"launching, doubt for 1s, ask again in 500ms"},
		"the launch was cut off": {unheard, observations{answer: missing(""), doubtSince: ago(doubtTime)},
			"ended never started: the launch was cut off, removed"},
		"cut off, and the caller holds the lock": {unheard, observations{answer: missing(""), lock: launchOver},
			"ended never started: the launch was cut off, removed"},
		"created, and looks cut off": {running, observations{answer: found(output.StateCreated, 0, now)},
			"launching, doubt for 0s, ask again in 500ms"},
		"created, and was cut off": {running,
			observations{answer: found(output.StateCreated, 127, now), doubtSince: ago(time.Minute)}, "ended never started"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			d := resolve(&c.cp, c.o, now)
			got := []string{"unknown", "launching", "alive", "ask again", "in doubt", "ended"}[d.kind]
			if d.kind == verdictEnded {
				got += " " + d.exit.Reason
			}
			if d.removed {
				got += ", removed"
			}
			if !d.doubtSince.IsZero() {
				got += fmt.Sprintf(", doubt for %v", now.Sub(d.doubtSince))
			}
			if !d.at.IsZero() {
				if d.kind != verdictAskAgain {
					got += ", ask again"
				}
				got += fmt.Sprintf(" in %v", d.at.Sub(now))
			}
			if got != c.want {
				t.Errorf("got %q, want %q", got, c.want)
			}
			if d.reason == "" {
				t.Error("it gives no reason")
			}
		})
	}
}

// TestNoExitCode checks that a code which no process ends with is unknown, and gives way to the kernel's.
func TestNoExitCode(t *testing.T) {
	t.Parallel()
	for _, code := range []int{-1, 256, 3221225786} {
		s := output.ContainerState{Status: output.StateExited, ExitCode: code}
		if e := exitOf(s); e.Known || e.Code != 0 || e.Reason != fmt.Sprintf("unknown: docker says %d, which is no exit code", code) {
			t.Errorf("got %+v", e)
		}
		o := observations{over: &s, death: &pidwatch.Death{Known: true, Code: 7}}
		if e := o.exit(); !e.Known || e.Code != 7 || e.Source != FromKernel {
			t.Errorf("with the kernel's word: got %+v", e)
		}
	}
}
