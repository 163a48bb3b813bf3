package worker

import (
	"fmt"
	"strconv"
	"testing"
	"time"

	"github.com/dockercmd/toolkit/dockercmd/output"
	"github.com/dockercmd/toolkit/pidwatch"
)

// codes are the exit codes that the sources may name in TestFacts: a usual one, two that mislead.
var codes = []int{7, 137, 255}

// allFacts yields every combination of what the sources may say.
func allFacts(yield func(facts)) {
	var deaths = []*pidwatch.Death{nil, {}}
	var dies = []*output.Event{nil, {Action: "die"}}
	var states = []*output.ContainerState{nil, {Status: output.StateCreated}, {Status: output.StateCreated, ExitCode: 127}}
	for _, code := range codes {
		deaths = append(deaths, &pidwatch.Death{Code: code, Known: true, At: time.Unix(1, 0)})
		dies = append(dies, &output.Event{Action: "die", Attributes: map[string]string{"exitCode": strconv.Itoa(code)}, Time: time.Unix(2, 0)})
		for _, oom := range []bool{false, true} {
			states = append(states, &output.ContainerState{Status: output.StateExited, ExitCode: code, OOMKilled: oom, FinishedAt: time.Unix(3, 0)})
		}
	}
	for _, death := range deaths {
		for _, die := range dies {
			for _, state := range states {
				for _, kills := range []*int64{nil, new(int64(0)), new(int64(2))} {
					for bits := range 16 {
						f := facts{death: death, die: die, state: state, oomKills: kills, oom: bits&1 > 0, gone: bits&2 > 0, lost: bits&4 > 0}
						if bits&8 > 0 {
							f.engineStarted = time.Unix(2, 0)
						}
						yield(f)
					}
				}
			}
		}
	}
}

func (f facts) text() string {
	s := fmt.Sprintf("oom %v, gone %v, lost %v", f.oom, f.gone, f.lost)
	if f.death != nil {
		s += fmt.Sprintf(", kernel %+v", *f.death)
	}
	if f.die != nil {
		s += fmt.Sprintf(", event %v", f.die.Attributes)
	}
	if f.state != nil {
		s += fmt.Sprintf(", inspect %s %d oom %v", f.state.Status, f.state.ExitCode, f.state.OOMKilled)
	}
	if f.oomKills != nil {
		s += fmt.Sprintf(", cgroup %d", *f.oomKills)
	}
	return s
}

// TestFacts holds the rules of an exit for all that the kernel, docker's events, inspect and the cgroup may say together.
func TestFacts(t *testing.T) {
	t.Parallel()
	n := 0
	allFacts(func(f facts) {
		n++
		e, ok := f.exit()
		claimed, told := f.claimed()
		kernel := f.death != nil && f.death.Known
		created := f.state != nil && f.state.Status == output.StateCreated
		inspected := f.state != nil || f.gone
		oom := f.oom || f.oomKills != nil && *f.oomKills > 0 || f.state != nil && f.state.OOMKilled
		hold := func(rule string, so bool) {
			if !so {
				t.Errorf("%s: %+v, %v breaks the rule: %s", f.text(), e, ok, rule)
			}
		}
		if _, byKernel := f.byKernel(); byKernel != kernel {
			t.Errorf("%s: the kernel's word suffices: %v", f.text(), byKernel)
		}
		if !ok {
			hold("inspect's word suffices", !inspected)
			hold("when kernel and event agree, inspect is asked for memory alone", !kernel || !told || claimed != f.death.Code || f.death.Code == 137)
			return
		}
		hold("an event alone does not suffice", inspected || kernel && told && claimed == f.death.Code)
		hold("a reason is given", e.Reason != "")
		if created {
			hold("what was never started has no code but the engine's for the failure", e.Known == (f.state.ExitCode != 0) && e.Code == f.state.ExitCode)
			return
		}
		waited := f.state != nil && f.state.ExitCode != engineGuess
		hold("what inspect says stands, unless an engine may have made it up", !waited || e.Known && e.Code == f.state.ExitCode)
		hold("the kernel's word for the code stands otherwise", !kernel || waited || e.Known && e.Code == f.death.Code)
		hold("the code is one that somebody has named", !e.Known || kernel && e.Code == f.death.Code || told && e.Code == claimed || f.state != nil && e.Code == f.state.ExitCode)
		hold("a code has a source, and none has none", e.Known == (e.Source != "") && (e.Known || e.Code == 0))
		hold("memory was lacking when, and only when, somebody has seen it", e.OOM == oom && e.OOM == (e.OOMSource != ""))
		hold("both have told, or one", (e.Source == FromBoth) == (kernel && e.Known && e.Code == f.death.Code && (f.state != nil && f.state.ExitCode == e.Code || f.state == nil && told && claimed == e.Code)))
		if f.state == nil {
			hold("of a container that is gone, the event's code is the best there is", kernel || e.Known == told && (!told || e.Code == claimed))
			return
		}
		guess := f.lost && !kernel && f.state.ExitCode == engineGuess && !(told && claimed == engineGuess)
		hold("what the engine may have made up is not known", guess != e.Known)
	})
	if n < 5*5*9*3*16 {
		t.Errorf("only %d combinations", n)
	}
}
