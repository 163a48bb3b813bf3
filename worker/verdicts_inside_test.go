package worker

import (
	"cmp"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/dockercmd/toolkit/dockercmd/output"
	"github.com/dockercmd/toolkit/golden"
	"github.com/dockercmd/toolkit/pidwatch"
)

// witness is one thing that a source may say, with the words for it.
type witness struct {
	says string
	tell func(*observations)
}

// TestVerdicts holds what is made of every combination of what the kernel, docker's events and inspect may say of a launch to a
// table that a person has read: testdata/verdicts.txt.
func TestVerdicts(t *testing.T) {
	t.Parallel()
	now := time.Unix(1000, 0)
	code := func(c int) *output.Event {
		return &output.Event{Action: "die", Attributes: map[string]string{"exitCode": fmt.Sprint(c)}, Time: now}
	}
	dead := func(c int, known bool) *pidwatch.Death {
		return &pidwatch.Death{PID: 4711, Code: c, Known: known, At: now}
	}
	launches := []struct {
		says string
		cp   checkpoint
	}{
		{"launched", checkpoint{ID: "w", Launch: "l", Container: "c"}},
		{"launched, answer lost", checkpoint{ID: "w", Launch: "l"}},
		{"exit 3 recorded", checkpoint{ID: "w", Launch: "l", Container: "c", Exit: &Exit{Code: 3, Known: true, Reason: "exit code 3"}}},
	}
	kernels := []witness{
		{"cannot be asked", func(o *observations) { o.kernel = kernelUnknown }},
		{"no process", func(o *observations) { o.kernel = kernelEmpty }},
		{"live processes", func(o *observations) { o.kernel = kernelLive }},
	}
	deaths := []witness{
		{"-", func(*observations) {}},
		{"died, no code", func(o *observations) { o.death = dead(0, false) }},
		{"died, 7", func(o *observations) { o.death = dead(7, true) }},
		{"died, 255", func(o *observations) { o.death = dead(255, true) }},
	}
	events := []witness{
		{"-", func(*observations) {}},
		{"die, 7", func(o *observations) { o.die = code(7) }},
		{"die, 255", func(o *observations) { o.die = code(255) }},
	}
	state := func(status output.State, code, pid int) func(*observations) {
		return func(o *observations) {
			o.inspected("c", answer{Container: output.Container{ID: "c", State: output.ContainerState{Status: status, ExitCode: code, Pid: pid,
				FinishedAt: now.Add(-time.Minute)}}})
		}
	}
	but := func(tell, more func(*observations)) func(*observations) {
		return func(o *observations) {
			tell(o)
			more(o)
		}
	}
	inspects := []witness{
		{"-", func(*observations) {}},
		{"no such container", func(o *observations) { o.answer = &inspection{asked: "c"} }},
		{"created", state(output.StateCreated, 0, 0)},
		{"created, made, no start", but(state(output.StateCreated, 0, 0), func(o *observations) { o.neverStarted = true })},
		{"running", state(output.StateRunning, 0, 4711)},
		{"running, another process", state(output.StateRunning, 0, 4712)},
		{"exited, 7", state(output.StateExited, 7, 0)},
		{"exited, 255", state(output.StateExited, 255, 0)},
		{"exited, 255, told to end", but(state(output.StateExited, 255, 0), func(o *observations) { o.killed = true })},
		{"exited, 0", state(output.StateExited, 0, 0)},
		{"exited, 0, no event", but(state(output.StateExited, 0, 0), func(o *observations) { o.unheard = true })},
		{"in no known state", state(output.StateUnknown, 0, 0)},
	}
	var b strings.Builder
	line := func(columns ...string) {
		fmt.Fprintf(&b, "%-22s %-16s %-14s %-9s %-25s %s\n", columns[0], columns[1], columns[2], columns[3], columns[4], columns[5])
	}
	line("LAUNCH", "CGROUP", "FIRST PROCESS", "EVENT", "INSPECT", "VERDICT, WHEN IT HAS LOOKED SO FOR LONG AND NOBODY IS LAUNCHING IT")
	for _, l := range launches {
		for _, k := range kernels {
			for _, d := range deaths {
				for _, e := range events {
					for _, in := range inspects {
						o := observations{noticedAt: now.Add(-time.Hour), doubtSince: now.Add(-time.Hour), liveSince: now.Add(-time.Hour),
							lock: launchUnlocked}
						for _, w := range []witness{k, d, e, in} {
							w.tell(&o)
						}
						if o.answer != nil {
							o.answer.asked = l.cp.Container
						}
						line(l.says, k.says, d.says, e.says, in.says, verdictText(resolve(&l.cp, o, now)))
					}
				}
			}
		}
	}
	golden.Check(t, "verdicts.txt", b.String())
}

// verdictText returns a decision in a few words.
func verdictText(d decision) string {
	text := []string{"nothing is known", "launching", "alive", "inspect is asked", "in doubt", ""}[d.kind]
	if d.kind != verdictEnded {
		return text
	}
	e := *d.exit
	switch {
	case e.Known:
		text = fmt.Sprintf("%d, by %s", e.Code, cmp.Or(e.Source, FromDisk))
	default:
		text = e.Reason
	}
	if d.removed {
		text += "; removed"
	}
	if e.EngineAlone {
		text += "; the engine alone"
	}
	return text
}
