package worker

import (
	"log/slog"
	"time"

	"github.com/dockercmd/toolkit/internal/errline"
)

// deliveries is how many calls of OnExit there may be at once.
const deliveries = 16

// How long a Watcher rests before it hands over an exit again that was not taken, at first and at most.
const (
	deliverRest    = time.Second
	deliverRestMax = time.Minute
)

// deliver hands over an exit, once in this run: what comes twice, from a checkpoint and from what was kept of it, is one exit.
func (r *watch) deliver(n Notice) {
	key := noticeFile(n.Worker, n.Launch)
	if r.OnExit == nil || r.delivering[key] {
		return
	}
	r.delivering[key] = true
	r.backlog[n.Worker] = append(r.backlog[n.Worker], n)
	r.countUntaken(1)
	if len(r.backlog[n.Worker]) == 1 {
		r.handOver(n)
	}
}

// deliverKept hands over the exits whose checkpoints have gone.
func (r *watch) deliverKept() {
	err := r.m.locked(func(root string) error {
		r.deliverBelow(root)
		return nil
	})
	if err != nil {
		r.m.log().Error("exits to hand over cannot be looked for", slog.Any("error", err))
	}
}

// deliverBelow is deliverKept under the lock. What is being handed over already is not read again.
func (r *watch) deliverBelow(root string) {
	if r.OnExit == nil {
		return
	}
	kept, err := keptNotices(root, r.delivering)
	if err != nil {
		r.m.log().Error("an exit to hand over cannot be read", slog.Any("error", err))
	}
	for _, n := range kept {
		r.deliver(n)
	}
}

func (r *watch) handOver(n Notice) {
	r.wg.Go(func() {
		if !r.persist(n, "exit not taken, handing it over again later", func() error {
			// A slot is held for the call alone: exits that are not taken must not be in the way of others while they rest.
			select {
			case r.slots <- struct{}{}:
			case <-r.ctx.Done():
				return errline.Context(r.ctx)
			}
			defer func() { <-r.slots }()
			point("hand an exit over")
			return r.OnExit(r.ctx, n)
		}) {
			return
		}
		if !r.persist(n, "exit taken, but that could not be noted", func() error { return r.m.taken(n) }) {
			return
		}
		r.post(func() { r.handedOver(n) })
	})
}

// persist calls f until it succeeds; false when the run ends before.
func (r *watch) persist(n Notice, complaint string, f func() error) bool {
	for rest := deliverRest; ; rest = min(2*rest, deliverRestMax) {
		err := f()
		if err == nil {
			return true
		}
		if r.ctx.Err() != nil {
			return false
		}
		r.m.log().Warn(complaint, slog.String("worker", n.Worker), slog.String("launch", n.Launch), slog.Any("error", err))
		t := time.NewTimer(rest)
		select {
		case <-t.C:
		case <-r.ctx.Done():
			t.Stop()
			return false
		}
	}
}

// handedOver goes on with the worker's next exit.
func (r *watch) handedOver(n Notice) {
	delete(r.delivering, noticeFile(n.Worker, n.Launch))
	r.countUntaken(-1)
	rest := r.backlog[n.Worker][1:]
	if len(rest) == 0 {
		delete(r.backlog, n.Worker)
		return
	}
	r.backlog[n.Worker] = rest
	r.handOver(rest[0])
}

func (r *watch) countUntaken(by int) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.health.Untaken += by
}

// await blocks until a worker's launch is no longer watched for its end, which may be because the Watcher stops. It is false at
// once when this Watcher knows nothing of it.
func (w *Watcher) await(done <-chan struct{}, id, launch string) bool {
	r := w.running()
	if r == nil {
		return false
	}
	over, known := make(chan struct{}), make(chan bool, 1)
	if !r.post(func() {
		t := r.tracks[id]
		is := t != nil && t.cp.Launch == launch
		if is {
			if r.waiters[id] == nil {
				r.waiters[id] = map[chan struct{}]bool{}
			}
			r.waiters[id][over] = true
		}
		known <- is
	}) {
		return false
	}
	select {
	case is := <-known:
		if !is {
			return false
		}
	case <-r.over: // and may not have heard
		return false
	case <-done:
	}
	select {
	case <-over:
	case <-r.over:
	case <-done:
		r.post(func() { r.forgetWaiter(id, over) })
	}
	return true
}

// forgetWaiter drops who waits no longer.
func (r *watch) forgetWaiter(id string, over chan struct{}) {
	delete(r.waiters[id], over)
	if len(r.waiters[id]) == 0 {
		delete(r.waiters, id)
	}
}

// release wakes who waits for a worker.
func (r *watch) release(id string) {
	for over := range r.waiters[id] {
		close(over)
	}
	delete(r.waiters, id)
}
