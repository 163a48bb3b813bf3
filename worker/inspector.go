package worker

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"

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
	// answered takes the answer about one worker: a container of its own, or an error, which is client.ErrNotFound when there is
	// none.
	answered func(cp *checkpoint, c output.Container, err error, number int)

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
		found, errs := i.m.inspectAll(i.loop.ctx, i.root, cps)
		i.loop.post(func() {
			i.busy = false
			for n, cp := range cps {
				i.answered(cp, found[n], errs[n], number)
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
			// A container that is known by its id may have been renamed.
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

// ref returns what docker is asked for: the container's id, or the name while that is not known.
func (c *checkpoint) ref() string {
	if c.Container != "" {
		return c.Container
	}
	return c.ID
}
