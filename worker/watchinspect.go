package worker

import (
	"context"
	"errors"
	"log/slog"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/dockercmd/toolkit/client"
	"github.com/dockercmd/toolkit/dockercmd"
	"github.com/dockercmd/toolkit/dockercmd/output"
)

// want has a worker inspected, together with others.
func (r *watch) want(t *track) { r.wanted[t.cp.ID] = true }

// inspectAtOnce is how many containers one docker inspect asks for.
const inspectAtOnce = 100

// inspectWanted begins to inspect the workers that are wanted, once at a time.
func (r *watch) inspectWanted() {
	if r.once && r.failure != nil {
		clear(r.wanted) // the engine is sick
	}
	if r.inspecting || len(r.wanted) == 0 {
		return
	}
	var asked []*track
	for id := range r.wanted {
		delete(r.wanted, id)
		if t := r.tracks[id]; t != nil {
			asked = append(asked, t)
		}
		if len(asked) == inspectAtOnce {
			break
		}
	}
	if len(asked) == 0 {
		return
	}
	r.inspecting = true
	r.asked++
	number := r.asked
	cps := make([]*checkpoint, len(asked))
	for i, t := range asked {
		cps[i] = t.cp
	}
	r.wg.Go(func() {
		found, errs := r.m.inspectAll(r.ctx, r.root, cps)
		r.post(func() {
			r.inspecting = false
			for i, t := range asked {
				r.inspected(t, found[i], errs[i], number)
			}
		})
	})
}

// inspectAll inspects the containers of workers, with one docker inspect for each dialect. Of each worker there is a container of
// its own or an error, which is client.ErrNotFound when there is none.
func (m *Manager) inspectAll(ctx context.Context, root string, cps []*checkpoint) (found []output.Container, errs []error) {
	found, errs = make([]output.Container, len(cps)), make([]error, len(cps))
	groups := map[dockercmd.Engine][]int{}
	for i, cp := range cps {
		if cp.Engine.Dialect == dockercmd.Storm { // one at a time, and as the worker's user
			found[i], errs[i] = m.findOne(ctx, root, cp)
			continue
		}
		groups[cp.Engine] = append(groups[cp.Engine], i)
	}
	for _, group := range groups {
		refs := make([]string, len(group))
		for j, i := range group {
			refs[j] = cps[i].ref()
			if hint := cidHint(root, cps[i]); hint != "" {
				refs[j] = hint
			}
		}
		all, err := m.docker(root, cps[group[0]]).Inspect(ctx, refs...)
		if err != nil && (!errors.Is(err, client.ErrNotFound) || errors.Is(err, client.ErrUnavailable)) { // of some of them, perhaps
			for _, i := range group {
				errs[i] = err
			}
			continue
		}
		for _, i := range group {
			h := handle{checkpoint: cps[i], root: root}
			// Whom its id is known of may have been given another name.
			at := slices.IndexFunc(all, func(c output.Container) bool {
				return h.owns(c) && (h.Container != "" || c.Name == h.ID || slices.Contains(refs, c.ID))
			})
			if at < 0 {
				errs[i] = problem(client.ErrNotFound, cps[i].ID, "", "there is no container of launch %s", cps[i].Launch)
				continue
			}
			found[i] = all[at]
		}
	}
	return found, errs
}

// findOne is find for a worker that is known by its checkpoint.
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

// cidHint is the container's id as docker run's client has written it down, for a launch whose answer was not heard; "" is none. The
// file is of this launch: an older one was removed before it. Whose the container is, its labels say.
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

// ref is what docker is asked for: the container's id, or the name while that is not known.
func (c *checkpoint) ref() string {
	if c.Container != "" {
		return c.Container
	}
	return c.ID
}

// inspected hears what inspect says of one worker, when it was asked as the number-th question.
func (r *watch) inspected(t *track, c output.Container, err error, number int) {
	if r.tracks[t.cp.ID] != t {
		return // it has ended meanwhile, or was launched anew
	}
	gone := errors.Is(err, client.ErrNotFound)
	switch {
	case err != nil && !gone:
		if r.ctx.Err() == nil {
			r.failed(err)
			r.lookLater(t) // the relist, or a later look, asks again
		}
		return
	case gone && t.cp.Container == "", err == nil && c.State.Status == output.StateCreated:
		// The launch may be under way, or it has come to its end since the checkpoint was read.
		if claimed, err := r.m.isClaimed(t.cp.ID); claimed || err != nil {
			return
		}
		before := t.cp
		r.look(t.cp.ID)
		if r.tracks[t.cp.ID] != t || t.cp.Container != before.Container {
			return
		}
		if t.doubt.IsZero() {
			t.doubt = time.Now()
		}
		if time.Since(t.doubt) < doubtTime {
			r.lookLater(t)
			return
		}
		if !gone {
			t.facts.state, t.container = &c.State, c.ID
		}
		t.facts.gone = gone
		r.finish(t)
	case gone:
		t.facts.gone = true
		r.finish(t)
	case c.State.Status.Alive():
		r.isAlive(t, c, number)
	case c.State.Status.Over():
		t.container = c.ID
		t.facts.state, t.facts.lost = &c.State, t.facts.lost || r.missed(t)
		if t.facts.lost {
			t.facts.engineStarted = engineStarted(r.m.docker(r.root, t.cp))
		}
		if r.lateOOM(t) {
			return
		}
		r.finish(t)
	}
}

// isAlive takes up what is new of a container that runs.
func (r *watch) isAlive(t *track, c output.Container, number int) {
	t.lives(number)
	t.facts.startedAt, t.doubt = c.State.StartedAt, time.Time{}
	if t.facts.death != nil && c.State.Pid != 0 && c.State.Pid != t.facts.death.PID {
		t.facts.death, t.facts.oomKills = nil, nil // it was started anew
	}
	r.calm(t)
	if t.cp.Container == "" {
		// Docker run's answer has not come, or was lost with the supervisor that waited for it.
		if claimed, err := r.m.isClaimed(t.cp.ID); claimed || err != nil {
			return
		}
		if err := r.adopt(t, c.ID); err != nil {
			r.m.log().Error("worker not adopted", slog.String("worker", t.cp.ID), slog.Any("error", err))
			return
		}
	}
	s := t.cp.status(nil, false)
	s.State, s.Source = stateOf(c.State.Status), FromInspect
	if !t.cp.StopAt.IsZero() && s.State == Running {
		s.State = Stopping
	}
	r.changed(t, s)
	r.watchPid(t, c.State.Pid)
}

// adopt notes the container of a launch whose answer was lost.
func (r *watch) adopt(t *track, container string) error {
	h, err := r.m.open(t.cp.ID)
	if err != nil {
		return err
	}
	defer h.dir.Close()
	if h.Launch != t.cp.Launch {
		return nil // look comes
	}
	if err := r.m.update(h, func(cp *checkpoint) { cp.Container = container }); err != nil {
		return err
	}
	t.cp = h.checkpoint
	r.m.log().Info("worker adopted", slog.String("worker", t.cp.ID), slog.String("container", container))
	return nil
}
