package worker

import (
	"context"
	"time"

	"github.com/dockercmd/toolkit/dockercmd"
	"github.com/dockercmd/toolkit/dockercmd/output"
)

// What docker ps says of a worker that runs stands. That one has ended, is not there, was never started, or runs although its exit
// is recorded, is asked of inspect and the kernel as well: so it is told in the same words by whoever tells it.

// confirm asks further about those workers of which docker ps has told more than that they run. Nothing is recorded.
func (m *Manager) confirm(ctx context.Context, root string, cps []*checkpoint, statuses []Status) {
	var odd []*checkpoint
	var at []int
	for i, cp := range cps {
		if statuses[i].isOdd(cp) {
			odd, at = append(odd, cp), append(at, i)
		}
	}
	for len(odd) > 0 {
		n := min(len(odd), inspectAtOnce)
		for i, a := range m.inspectAll(ctx, root, odd[:n], inspectOptions{}) {
			m.confirmOne(ctx, odd[i], a, &statuses[at[i]])
		}
		odd, at = odd[n:], at[n:]
	}
}

// isOdd reports whether a status by docker ps does not stand by itself.
func (s *Status) isOdd(cp *checkpoint) bool {
	switch {
	case s.revivable:
		return true
	case cp.Launch == "" || cp.Container == "" || cp.Engine.Dialect == dockercmd.Storm || s.Source != FromPs:
		return false
	}
	return cp.Exit == nil && (s.State == Exited || s.State == Gone || s.State == Launching)
}

// confirmOne brings a status in step with an answer of inspect and what the kernel says.
func (m *Manager) confirmOne(ctx context.Context, cp *checkpoint, a answer, s *Status) {
	kernel := askKernel(m.Cgroups, cp, cp.Container)
	if a.err != nil && !isGone(a.err) {
		if s.State == Gone { // that ps lacks it proves nothing
			s.State, s.Source, s.Detail = Unknown, "", "docker ps does not name it, and that is in doubt: "+a.err.Error()
			if kernel == kernelLive {
				s.State, s.Source = InDoubt, FromCgroup
			}
		}
		return
	}
	o := observations{lock: launchOver, kernel: kernel}
	o.inspected(cp.Container, a)
	if a.err == nil && a.State.Status == output.StateCreated {
		if locked, err := m.isWorkerLocked(ctx, cp.ID); locked || err != nil || o.kernel != kernelLive {
			return // its launch is under way, or looks so
		}
	}
	d := resolve(cp, o, time.Now())
	switch {
	case d.kind == verdictInDoubt:
		s.State, s.Source, s.Detail, s.Exit = InDoubt, FromCgroup, d.reason, nil
	case d.kind == verdictAlive && cp.Exit != nil:
		if cp.isRevived(a) {
			s.State, s.Source, s.Detail = Revived, FromInspect, "its exit was recorded ("+cp.Exit.Reason+"), and its container was started again"
		}
	case d.kind == verdictAlive:
		s.State, s.Source, s.Exit = stateOf(a.State.Status), FromInspect, nil
	case d.exit != nil && cp.Exit == nil:
		s.Exit, s.State, s.Detail, s.Source = d.exit, Exited, d.exit.Reason, FromInspect
		if a.err != nil && !d.exit.Known {
			s.State, s.Source = Gone, FromPs
		}
	}
}
