package worker

import (
	"context"
	"errors"
	"slices"
	"strings"
	"sync"

	"github.com/dockercmd/toolkit/client"
	"github.com/dockercmd/toolkit/dockercmd"
)

// Outcome is the result of an operation on many workers for one of them.
type Outcome struct {
	ID   string
	Exit *Exit // how it ended; nil when it has not, or was never launched
	Err  error
}

// How many containers one docker line names, and how many workers that need care of their own are cared for at once.
const (
	batchSize   = 500
	batchAtOnce = 8
)

// StopAll stops many workers as Stop does, with one docker stop for all that have the same grace. What that does not end is stopped
// one by one. The outcomes are in the order of ids.
func (m *Manager) StopAll(ctx context.Context, ids ...string) []Outcome {
	return m.endAll(ctx, ids, stopTogether, m.Stop)
}

// KillAll kills many workers as Kill does, with one docker kill.
func (m *Manager) KillAll(ctx context.Context, ids ...string) []Outcome {
	return m.endAll(ctx, ids, killTogether, m.Kill)
}

// member is one worker of a batch.
type member struct {
	*handle
	*Outcome
}

// stopTogether runs one docker stop for each grace, all at once.
func stopTogether(ctx context.Context, d client.Docker, members []member) {
	byGrace := map[int64][]string{}
	for _, b := range members {
		c, err := readStep(b.handle, StepStop)
		if stop, ok := c.(*dockercmd.Stop); err == nil && ok && stop.Timeout != nil {
			byGrace[*stop.Timeout] = append(byGrace[*stop.Timeout], b.ref())
		}
	}
	var wg sync.WaitGroup
	for grace, refs := range byGrace {
		wg.Go(func() {
			_ = d.Stop(ctx, dockercmd.Stop{Timeout: &grace, Containers: refs}) // inspect says which it has stopped
		})
	}
	wg.Wait()
}

// killTogether runs one docker kill.
func killTogether(ctx context.Context, d client.Docker, members []member) {
	c := dockercmd.Kill{}
	for _, b := range members {
		c.Containers = append(c.Containers, b.ref())
	}
	_ = d.Kill(ctx, c) // inspect says which it has killed
}

// endAll ends many workers: as many as possible together, the others one by one.
func (m *Manager) endAll(ctx context.Context, ids []string, together func(context.Context, client.Docker, []member),
	alone func(context.Context, string) (Exit, error)) []Outcome {
	outcomes := newOutcomes(ids)
	for batch := range slices.Chunk(outcomes, batchSize) {
		m.endBatch(ctx, batch, together)
	}
	each(outcomes, func(o *Outcome) {
		if o.Err == nil && o.Exit == nil {
			var e Exit
			if e, o.Err = alone(ctx, o.ID); o.Err == nil {
				o.Exit = &e
			}
		}
	})
	return outcomes
}

// endBatch ends what can be ended together, and sets the outcomes of those that have ended or cannot be asked about.
func (m *Manager) endBatch(ctx context.Context, batch []Outcome, together func(context.Context, client.Docker, []member)) {
	members, closeAll := m.members(ctx, batch)
	defer closeAll()
	m.skipEnded(ctx, members)
	groups := map[dockercmd.Engine][]member{}
	for _, b := range members {
		switch {
		case b.handle.Exit != nil:
		case b.Launch == "", b.Container == "", m.RunnerFor != nil, b.Engine.Dialect == dockercmd.Storm:
			// The verb for one worker ends it.
		default:
			// The verb for one worker tells what else is wrong.
			if _, err := m.markStop(ctx, b.handle); err == nil || errors.Is(err, ErrNotRecorded) || errors.Is(err, ErrBusy) {
				groups[b.Engine] = append(groups[b.Engine], b)
			}
		}
	}
	for _, group := range groups {
		together(ctx, m.docker(group[0].root, group[0].checkpoint), group)
		m.settleAll(ctx, group)
	}
}

// skipEnded sets the outcomes of those whose exits are recorded, except for those whose containers run again: the verb for one worker
// ends them. A sick engine is not asked about each.
func (m *Manager) skipEnded(ctx context.Context, members []member) {
	var ended []member
	var cps []*checkpoint
	for _, b := range members {
		switch {
		case b.handle.Exit == nil:
		case m.isRemoved(b.checkpoint), b.Container == "", m.RunnerFor != nil:
			b.Outcome.Exit = b.handle.Exit
		default:
			ended, cps = append(ended, b), append(cps, b.checkpoint)
		}
	}
	if len(ended) == 0 {
		return
	}
	for i, a := range m.inspectAll(ctx, ended[0].root, cps, inspectOptions{}) {
		b := ended[i]
		if cps[i].isRevived(a) || isGone(a.err) && askKernel(m.Cgroups, b.checkpoint, b.Container) == kernelLive {
			continue
		}
		b.Outcome.Exit = b.handle.Exit
		if a.err != nil {
			b.Outcome.Err = m.confirmOver(b.checkpoint, a.err)
		}
	}
}

// settleAll records, after one inspect for all, how those have ended that have, and returns them. One whose exit was recorded before
// is among them only if it is over still.
func (m *Manager) settleAll(ctx context.Context, members []member) (over []member) {
	cps := make([]*checkpoint, len(members))
	for i, b := range members {
		cps[i] = b.checkpoint
	}
	answers := m.inspectAll(ctx, members[0].root, cps, inspectOptions{})
	for i, b := range members {
		if b.handle.isRevived(answers[i]) {
			continue // the verb for one worker knows what to do
		}
		d, err := m.resolve(ctx, b.handle, cps[i].Container, answers[i])
		switch {
		case err != nil && (!isTransient(err) || m.KillDirectly), err == nil && d.exit == nil:
			continue // the verb for one worker goes on with it
		case err == nil:
			err = m.recordEnd(ctx, b.handle, d)
		}
		if errors.Is(err, errAnotherLife) {
			continue
		}
		if err != nil {
			b.Err = err // of a sick engine too: asking it about each would take as many deadlines
			continue
		}
		b.Outcome.Exit = b.handle.Exit
		over = append(over, b)
	}
	return over
}

// CleanupAll cleans up many workers as Cleanup does, with one docker rm. The outcomes are in the order of ids.
func (m *Manager) CleanupAll(ctx context.Context, ids ...string) []Outcome {
	outcomes := newOutcomes(ids)
	for batch := range slices.Chunk(outcomes, batchSize) {
		m.removeBatch(ctx, batch)
	}
	each(outcomes, func(o *Outcome) {
		if o.Err != nil {
			return
		}
		var e *Exit
		e, o.Err = m.Cleanup(ctx, o.ID)
		if e != nil {
			o.Exit = e
		}
		if errors.Is(o.Err, ErrUnknownID) && o.Exit != nil {
			o.Err = nil // somebody else has finished it
		}
	})
	return outcomes
}

// removeBatch removes the containers of workers that have ended, and notes that in their checkpoints: only files are left for
// Cleanup. Workers that have not ended, or are not known, are left to Cleanup altogether.
func (m *Manager) removeBatch(ctx context.Context, batch []Outcome) {
	members, closeAll := m.members(ctx, batch)
	defer closeAll()
	groups := map[dockercmd.Engine][]member{}
	for _, b := range members {
		if b.Launch == "" || b.Container == "" || b.Removed || m.RunnerFor != nil || b.Engine.Dialect == dockercmd.Storm {
			continue
		}
		groups[b.Engine] = append(groups[b.Engine], b)
	}
	for _, group := range groups {
		ended := slices.DeleteFunc(m.settleAll(ctx, group), func(b member) bool { return b.Removed })
		if len(ended) == 0 {
			continue
		}
		c := dockercmd.Rm{Volumes: true} // not by force: somebody may have started one again
		for _, b := range ended {
			c.Containers = append(c.Containers, b.ref())
		}
		out, _ := m.docker(group[0].root, group[0].checkpoint).Do(ctx, &c, client.Call{}) // inspect says which others it has removed
		removed := func(b member) {
			b.Err = m.noteRemoved(ctx, b.handle)
			b.Outcome.Exit = b.handle.Exit
		}
		said := map[string]bool{}
		for id := range strings.FieldsSeq(string(out)) {
			said[id] = true
		}
		ended = slices.DeleteFunc(ended, func(b member) bool {
			is := said[b.Container] && askKernel(m.Cgroups, b.checkpoint, b.Container) == kernelEmpty // see saysRemoved
			if is {
				removed(b)
			}
			return is
		})
		if len(ended) == 0 {
			continue
		}
		var cps []*checkpoint
		for _, b := range ended {
			cps = append(cps, b.checkpoint)
		}
		for i, a := range m.inspectAll(ctx, group[0].root, cps, inspectOptions{}) {
			switch b := ended[i]; {
			case isGone(a.err):
				if askKernel(m.Cgroups, b.checkpoint, b.Container) == kernelLive {
					continue // Cleanup tells
				}
				removed(b)
			case a.err != nil && isTransient(a.err):
				b.Err = a.err
			}
		}
	}
}

// members opens the workers of a batch. Those that cannot be opened are left out: the verb for one worker returns why.
func (m *Manager) members(ctx context.Context, batch []Outcome) (members []member, closeAll func()) {
	for i := range batch {
		h, err := m.open(ctx, batch[i].ID)
		if err != nil {
			continue
		}
		members = append(members, member{h, &batch[i]})
	}
	return members, func() {
		for _, b := range members {
			b.dir.Close()
		}
	}
}

func newOutcomes(ids []string) []Outcome {
	outcomes := make([]Outcome, len(ids))
	for i, id := range ids {
		outcomes[i].ID = id
	}
	return outcomes
}

// each calls f for all outcomes, several at once: one that is stuck does not hold up the others.
func each(outcomes []Outcome, f func(*Outcome)) {
	slots := make(chan struct{}, batchAtOnce)
	var wg sync.WaitGroup
	for i := range outcomes {
		slots <- struct{}{}
		wg.Go(func() {
			defer func() { <-slots }()
			f(&outcomes[i])
		})
	}
	wg.Wait()
}
