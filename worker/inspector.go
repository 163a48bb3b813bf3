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
	// asking is told that a question begins, and returns its number.
	asking func() int
	// answered takes the answer about one worker.
	answered func(cp *checkpoint, a answer, number int)

	queue map[string]bool // workers to inspect
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
	var cps []*checkpoint
	for id := range i.queue {
		delete(i.queue, id)
		if cp := i.checkpoint(id); cp != nil {
			cps = append(cps, cp)
		}
		if len(cps) == inspectAtOnce {
			break
		}
	}
	if len(cps) == 0 {
		return
	}
	i.busy = true
	number := i.asking()
	i.loop.wg.Go(func() {
		answers := i.m.inspectAll(i.loop.ctx, i.root, cps)
		i.loop.post(func() {
			i.busy = false
			for n, cp := range cps {
				i.answered(cp, answers[n], number)
			}
		})
	})
}

// answer is the answer of inspect about one worker: a container of its own, or an error, which is client.ErrNotFound when there is
// none.
type answer struct {
	output.Container
	die  *output.Event // of its end, where inspect's code needs another witness; nil is none
	err  error
	hint string // the container's id as the client of docker run has written it down, while the checkpoint lacks it
}

// inspectAll inspects the containers of workers, with one docker inspect for each dialect.
func (m *Manager) inspectAll(ctx context.Context, root string, cps []*checkpoint) []answer {
	answers := make([]answer, len(cps))
	groups := map[dockercmd.Engine][]int{}
	for i, cp := range cps {
		if cp.Engine.Dialect == dockercmd.Storm { // one at a time, and as the worker's user
			answers[i].Container, answers[i].err = m.findOne(ctx, root, cp)
			continue
		}
		groups[cp.Engine] = append(groups[cp.Engine], i)
	}
	for _, group := range groups {
		refs := make([]string, len(group))
		for j, i := range group {
			answers[i].hint = cidHint(root, cps[i])
			refs[j] = cmp.Or(answers[i].hint, cps[i].ref())
		}
		d := m.docker(root, cps[group[0]])
		all, err := d.Inspect(ctx, refs...)
		if err != nil && (!errors.Is(err, client.ErrNotFound) || errors.Is(err, client.ErrUnavailable)) { // of some of them, perhaps
			for _, i := range group {
				answers[i].err = err
			}
			continue
		}
		for _, i := range group {
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
		var asked []*checkpoint
		var about []*answer
		for _, i := range group {
			asked, about = append(asked, cps[i]), append(about, &answers[i])
		}
		m.doubtOther(ctx, root, about)
		askEvents(ctx, d, asked, about)
	}
	return answers
}

// doubtOther doubts answers that there is no container, if they come from another engine than the workers'.
func (m *Manager) doubtOther(ctx context.Context, root string, answers []*answer) {
	if !slices.ContainsFunc(answers, func(a *answer) bool { return isGone(a.err) }) {
		return
	}
	err := m.sameEngine(ctx, root, true)
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
// before its own start.
func askEvents(ctx context.Context, d client.Docker, cps []*checkpoint, answers []*answer) {
	if d.Engine.Dialect == dockercmd.Storm {
		return
	}
	var since, until time.Time
	filters := []dockercmd.Filter{{Key: "type", Value: "container"}, {Key: "event", Value: "die"}}
	asked := map[string]int{}
	for i, a := range answers {
		cp := cps[i]
		began, ended := cp.LaunchedAt, time.Now()
		if cp.LifeAt.After(began) {
			began = cp.LifeAt
		}
		switch {
		case cp.Exit != nil:
			continue
		case isGone(a.err) && cmp.Or(cp.Container, a.hint) != "":
		case a.err == nil && a.State.Status.Over() && a.State.ExitCode == syntheticExitCode:
			began, ended = a.State.StartedAt, a.State.FinishedAt.Add(time.Second) // its time is not the end's to the millisecond
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
	q := dockercmd.Events{Since: unixTime(since.Add(-time.Second)), Until: unixTime(until), Filters: filters}
	ctx, cancel := context.WithTimeout(ctx, engineTime)
	defer cancel()
	_ = d.Events(ctx, q, func(e output.Event) { // an engine that does not tell leaves it unknown
		i, is := asked[e.ActorID]
		if is && e.Action == "die" && !e.Time.Before(cps[i].LifeAt) &&
			(answers[i].err != nil || !e.Time.Before(answers[i].State.StartedAt)) {
			answers[i].die = &e
		}
	})
}

// unixTime returns a time as docker's --since and --until take it.
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
