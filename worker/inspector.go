package worker

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/dockercmd/toolkit/client"
	"github.com/dockercmd/toolkit/dockercmd"
	"github.com/dockercmd/toolkit/dockercmd/output"
	"github.com/dockercmd/toolkit/internal/errline"
)

// inspectAtOnce is how many containers one docker inspect asks for.
const inspectAtOnce = 100

// inspector inspects the containers of workers, many with one docker inspect, and one docker inspect at a time. It belongs to the
// loop.
type inspector struct {
	loop *loop
	m    *Manager
	root string
	// checkpoint returns what is known of a worker when its turn has come; nil is that there is no need to ask any more.
	checkpoint func(id string) *checkpoint
	// heard returns when docker events has told of the end of a worker; zero is that it has not, and nil that nobody listens.
	heard func(id string) time.Time
	// asking is told that a question begins, and returns its number.
	asking func() int
	// answered takes the answer about one worker.
	answered func(cp *checkpoint, a answer, number int)

	queue map[string]bool // workers to inspect
	sick  map[string]bool // those of whom alone the engine could not tell
	busy  bool
}

// enqueue has a worker inspected, together with others.
func (i *inspector) enqueue(id string) {
	if i.queue == nil {
		i.queue = map[string]bool{}
	}
	i.queue[id] = true
}

// begin inspects workers of the queue, unless it does so already.
func (i *inspector) begin() {
	if i.busy || len(i.queue) == 0 {
		return
	}
	cps, how := i.take(false), inspectOptions{heard: map[string]time.Time{}}
	if len(cps) == 0 {
		cps, how.short = i.take(true), partTime
	}
	if len(cps) == 0 {
		return
	}
	i.busy = true
	number := i.asking()
	for _, cp := range cps {
		if i.heard != nil {
			how.heard[cp.ID] = i.heard(cp.ID)
		}
	}
	i.loop.wg.Go(func() {
		answers := i.m.inspectAll(i.loop.ctx, i.root, cps, how)
		i.loop.post(func() {
			i.busy = false
			i.noteSick(cps, answers)
			for n, cp := range cps {
				i.answered(cp, answers[n], number)
			}
		})
	})
}

// take takes workers from the queue: the sick, one at a time, or the others.
func (i *inspector) take(sick bool) (cps []*checkpoint) {
	for id := range i.queue {
		if i.sick[id] != sick {
			continue
		}
		delete(i.queue, id)
		if cp := i.checkpoint(id); cp != nil {
			cps = append(cps, cp)
		} else {
			delete(i.sick, id)
		}
		if len(cps) == inspectAtOnce || sick && len(cps) == 1 {
			break
		}
	}
	return cps
}

// noteSick notes of which workers the engine could not tell, though of others it could: they are asked for when nobody else is, and
// hold up others no more.
func (i *inspector) noteSick(cps []*checkpoint, answers []answer) {
	sick, all := map[string]bool{}, true
	for n, cp := range cps {
		sick[cp.ID] = answers[n].err != nil && !isGone(answers[n].err)
		all = all && sick[cp.ID]
	}
	if i.sick == nil {
		i.sick = map[string]bool{}
	}
	for id, is := range sick {
		if !is {
			delete(i.sick, id)
		} else if !all {
			i.sick[id] = true
		}
	}
}

// answer is the answer of inspect about one worker: a container of its own, or an error, which is client.ErrNotFound when there is
// none.
type answer struct {
	output.Container
	die *output.Event // of its end, where inspect's code needs another witness; nil is none
	// heard is the time of an event of an end that is known already; zero is none.
	heard time.Time
	// unheard says that the engine says that it has ended with 0, and would remember an event of that if it had seen it.
	unheard bool
	killed  bool // docker was told to end it, in the life that it tells of an end of
	// made and started say that the engine remembers that it made and started it, of one that it takes for created.
	made, started bool
	err           error
	hint          string // the container's id as the client of docker run has written it down, while the checkpoint lacks it
}

// inspectOptions are how workers are inspected.
type inspectOptions struct {
	heard map[string]time.Time // when docker events has told of their ends; nil is that nobody listens
	short time.Duration        // the client's deadline for an answer; 0 is its own
}

// inspectAll inspects the containers of workers, with one docker inspect for each dialect.
func (m *Manager) inspectAll(ctx context.Context, root string, cps []*checkpoint, how inspectOptions) []answer {
	answers := make([]answer, len(cps))
	groups := map[dockercmd.Engine][]int{}
	for i, cp := range cps {
		answers[i].heard = how.heard[cp.ID]
		if cp.Engine.Dialect == dockercmd.Storm { // one at a time, and as the worker's user
			answers[i].Container, answers[i].err = m.findOne(ctx, root, cp)
			continue
		}
		groups[cp.Engine] = append(groups[cp.Engine], i)
	}
	for _, group := range groups {
		m.inspectGroup(ctx, root, cps, group, how.short, answers)
		var gone []int
		var asked []*checkpoint
		var about, denied []*answer
		for _, i := range group {
			asked, about = append(asked, cps[i]), append(about, &answers[i])
			if isGone(answers[i].err) {
				gone, denied = append(gone, i), append(denied, &answers[i])
			}
		}
		if len(gone) > 0 {
			m.doubtOther(ctx, root, denied, func() { m.inspectGroup(ctx, root, cps, gone, how.short, answers) })
		}
		m.askEvents(ctx, root, asked, about)
	}
	return answers
}

// The bounds of asking for workers few by few, because a docker inspect of all has failed.
const (
	partTime  = 2 * time.Second // for an answer, once the engine has hung
	partsTime = time.Minute     // for all
)

// inspectGroup inspects the containers of those workers of one dialect that group has the indices of, with one docker inspect.
// Where that fails, it is because of one of them, perhaps: each half is asked for, as long as the engine answers something. Where
// it hangs, and the engine does not, each is asked for alone.
func (m *Manager) inspectGroup(ctx context.Context, root string, cps []*checkpoint, group []int, short time.Duration,
	answers []answer) {
	d := m.docker(root, cps[group[0]])
	hasten := func(short time.Duration) { d.Short = min(short, cmp.Or(d.Short, client.DefaultShort)) }
	if short > 0 {
		hasten(short)
	}
	began, failed, described := time.Now(), 0, false
	for parts := [][]int{group}; len(parts) > 0; {
		part := parts[0]
		parts = parts[1:]
		err := m.inspectPart(ctx, root, d, cps, part, answers)
		if err == nil {
			described = true
			continue
		}
		hangs := errors.Is(err, client.ErrTimeout)
		if hangs && len(part) > 1 {
			hasten(partTime)
			if _, silent := d.Version(ctx); silent == nil {
				parts = append(parts, slices.Collect(slices.Chunk(part, 1))...)
				continue
			}
		}
		if len(part) == 1 && !hangs {
			failed++
		}
		alone := hangs && len(part) == 1
		switch {
		case ctx.Err() != nil, isSick(err) && !alone, failed > 2 && !described, time.Since(began) > partsTime: // it is none of theirs
			for _, left := range parts {
				for _, i := range left {
					answers[i].err = err
				}
			}
			return
		case len(part) > 1:
			half := len(part) / 2
			parts = append(parts, part[:half], part[half:])
		}
	}
}

// inspectPart inspects containers with one docker inspect. It returns an error if that has not told of each of them, what it is or
// that it is not there.
func (m *Manager) inspectPart(ctx context.Context, root string, d client.Docker, cps []*checkpoint, part []int,
	answers []answer) error {
	refs := make([]string, len(part))
	for j, i := range part {
		answers[i] = answer{hint: cidHint(root, cps[i]), heard: answers[i].heard}
		refs[j] = cmp.Or(answers[i].hint, cps[i].ref())
	}
	all, err := d.Inspect(ctx, refs...)
	failure, isFailure := errors.AsType[*client.DockerError](err)
	if err != nil && (!isGone(err) || isFailure && failure.Mixed && len(part) > 1) {
		for _, i := range part {
			answers[i].err = err
		}
		return err
	}
	for _, i := range part {
		h := handle{checkpoint: cps[i], root: root}
		// A container that is known by its id may have been renamed.
		at := slices.IndexFunc(all, func(c output.Container) bool {
			return h.owns(c) && (h.Container != "" || c.Name == h.ID || slices.Contains(refs, c.ID))
		})
		if at < 0 {
			answers[i].err = problem(client.ErrNotFound, cps[i].ID, "", "there is no container of launch %s", cps[i].Launch)
		} else {
			answers[i].Container = all[at]
		}
	}
	return nil
}

// doubtOther has the question that was answered with no container asked again, between two who the engine is, and doubts the
// answers if they come from another engine than the workers'. Where engines cannot be told apart, the first answers are what there
// is.
func (m *Manager) doubtOther(ctx context.Context, root string, answers []*answer, again func()) {
	marked, err := m.isMarked(root)
	if marked {
		err = m.byOwnEngine(ctx, root, func() error {
			again()
			return nil
		})
	}
	if err == nil {
		return
	}
	for _, a := range answers {
		if isGone(a.err) {
			a.err = err
		}
	}
}

// askEvents asks docker events for the ends of those workers of whom inspect does not suffice: the container is gone, or the engine
// may have made its exit code up. What the engine does not remember stays unknown: it keeps its last 256 events, and none from
// before its own start. All are of one dialect.
func (m *Manager) askEvents(ctx context.Context, root string, cps []*checkpoint, answers []*answer) {
	d := m.docker(root, cps[0])
	if d.Engine.Dialect == dockercmd.Storm {
		return
	}
	var since, until time.Time
	filters := []dockercmd.Filter{{Key: "type", Value: "container"}, {Key: "event", Value: "die"},
		{Key: "event", Value: "kill"}, {Key: "event", Value: "create"}, {Key: "event", Value: "start"}}
	asked := map[string]int{}
	for i, a := range answers {
		cp := cps[i]
		a.killed = !cp.StopAt.IsZero()
		began, ended := cp.LaunchedAt, time.Now()
		if cp.LifeAt.After(began) {
			began = cp.LifeAt
		}
		switch {
		case cp.Exit != nil:
			continue
		case isGone(a.err) && cmp.Or(cp.Container, a.hint) != "":
		case a.err == nil && a.State.Status.Over() && (a.State.ExitCode == syntheticExitCode || a.mayBeUnseen(cp)):
			began, ended = a.State.StartedAt, a.State.FinishedAt.Add(time.Second) // its time is not the end's to the millisecond
		case a.err == nil && a.State.Status == output.StateCreated && a.State.ExitCode == 0:
			began = began.Add(-startsTime)
		default:
			continue
		}
		id := cmp.Or(cp.Container, a.ID, a.hint)
		asked[id], filters = i, append(filters, dockercmd.Filter{Key: "container", Value: id})
		if since.IsZero() || began.Before(since) {
			since = began
		}
		if ended.After(until) {
			until = ended
		}
	}
	if len(asked) == 0 {
		return
	}
	asking, cancel := context.WithTimeout(ctx, engineTime)
	defer cancel()
	listening, enough := context.WithCancel(asking)
	defer enough()
	take := func(e output.Event) {
		i, is := asked[e.ActorID]
		if !is || e.Type != "container" || e.Time.Before(cps[i].LifeAt) ||
			answers[i].err == nil && e.Time.Before(answers[i].State.StartedAt) {
			return
		}
		switch e.Action {
		case "create":
			answers[i].made = true
		case "start":
			answers[i].started = true
		case "kill": // which comes before the end
			answers[i].killed = true
		case "die":
			answers[i].die = &e
			delete(asked, e.ActorID)
		}
		if len(asked) == 0 {
			enough()
		}
	}
	ask := func(until time.Time) {
		q := dockercmd.Events{Since: unixTime(since.Add(-time.Second)), Until: unixTime(until), Filters: filters}
		_ = d.Events(listening, q, take) // an engine that does not tell leaves it unknown
	}
	now := time.Now()
	ask(earlier(until, now))
	if len(asked) > 0 && until.After(now) { // an engine tells of an end some moments after inspect shows it
		ask(until)
	}
	var unheard []*answer
	doubted := false
	for _, i := range asked {
		if a := answers[i]; a.err == nil && a.State.Status.Over() && cps[i].Engine.Dialect == dockercmd.Docker {
			doubted = true
			if a.mayBeUnseen(cps[i]) {
				unheard = append(unheard, a)
			}
		}
	}
	if doubted {
		m.recall(ctx, root, d, take, unheard)
	}
}

// startsTime is how long before a launch, by this machine's clock, its container is looked for by the engine's.
const startsTime = time.Hour

// earlier returns the earlier of two times.
func earlier(a, b time.Time) time.Time {
	if a.Before(b) {
		return a
	}
	return b
}

// mayBeUnseen reports whether an engine may have made up that a worker has ended with 0. One that is killed between the removal of
// an ended task from containerd and the note of its code finds no task when it is started again, and notes 0 (20.10). That docker
// stop was answered says nothing: it is for a container that has ended already.
func (a *answer) mayBeUnseen(cp *checkpoint) bool {
	return a.State.ExitCode == 0 && cp.Engine.Dialect == dockercmd.Docker && (a.heard.IsZero() || a.heard.Before(a.State.StartedAt))
}

// recallTime is how long an engine may take to tell all that it remembers.
const recallTime = 8 * time.Second

var errRecallTime = fmt.Errorf("the engine has not told what it remembers within %v", recallTime)

// recall hands all that the engine remembers to take: it may have logged an end long after the time that it notes of it. Of those
// that have ended with 0, and of whom it tells no event then, it finds out whether the engine would remember one.
func (m *Manager) recall(ctx context.Context, root string, d client.Docker, take func(output.Event), zeros []*answer) {
	asking, cancel := context.WithTimeoutCause(ctx, recallTime, errRecallTime)
	defer cancel()
	memory, err := m.readMemory(asking, root, d)
	for _, e := range memory.events {
		take(e)
	}
	for _, a := range zeros {
		switch {
		case a.die != nil:
		case err == nil:
			a.unheard = !memory.full || memory.begins().Before(a.State.FinishedAt)
		case errors.Is(err, errTellsNot): // nor does it anybody else: inspect's word is what there is
		case ctx.Err() != nil:
			a.err = errline.Context(ctx)
		case errors.Is(err, client.ErrTimeout), asking.Err() != nil, errors.Is(err, ErrOtherEngine):
			a.unheard = true
		default: // whoever has said 0 is away
			a.err = err
		}
	}
}

// unixTime returns a time as docker's --since and --until take it, to the nanosecond: whole seconds would cut off the events of the
// last one (20.10.24).
func unixTime(t time.Time) string { return fmt.Sprintf("%d.%09d", t.Unix(), t.Nanosecond()) }

// findOne finds the container of a worker that is known by its checkpoint.
func (m *Manager) findOne(ctx context.Context, root string, cp *checkpoint) (output.Container, error) {
	d := m.docker(root, cp)
	all, err := d.Inspect(ctx, cp.ref())
	if err != nil {
		return output.Container{}, err
	}
	h := handle{checkpoint: cp, root: root}
	if len(all) != 1 || !h.owns(all[0]) {
		return output.Container{}, problem(client.ErrNotFound, cp.ID, "", "there is no container of launch %s", cp.Launch)
	}
	return all[0], nil
}

// cidHint returns the container's id as docker run's client has written it down, for a launch whose answer was lost; "" is
// none. The file is of this launch: an older one was removed before it. Its labels say whose the container is.
func cidHint(root string, cp *checkpoint) string {
	if cp.Container != "" {
		return ""
	}
	data, err := os.ReadFile(filepath.Join(stateDir(root, cp.ID), cidFile))
	if id := strings.TrimSpace(string(data)); err == nil && len(id) == 64 && dockercmd.ValidID(id) {
		return id
	}
	return ""
}

// containerID returns the id of the launch's container as far as anybody knows it: the checkpoint, the answer of inspect, or the
// client of docker run.
func (h *handle) containerID(answered string) string {
	return cmp.Or(h.Container, answered, cidHint(h.root, h.checkpoint))
}

// ref returns what docker is asked for: the container's id, or the name while that is not known.
func (c *checkpoint) ref() string {
	if c.Container != "" {
		return c.Container
	}
	return c.ID
}
