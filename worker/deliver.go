package worker

import (
	"log/slog"
	"time"
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
	var kept []Notice
	err := r.m.locked(func(root string) (err error) {
		kept, err = keptNotices(root)
		return err
	})
	if err != nil {
		r.m.log().Error("an exit to hand over cannot be read", slog.Any("error", err))
	}
	for _, n := range kept {
		r.deliver(n)
	}
}

func (r *watch) handOver(n Notice) {
	r.wg.Go(func() {
		select {
		case r.slots <- struct{}{}:
		case <-r.ctx.Done():
			return
		}
		defer func() { <-r.slots }()
		if !r.persist(n, "exit not taken, handing it over again later", func() error {
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
	over, known := make(chan struct{}), make(chan bool, 1)
	if !w.post(func() {
		r := w.run
		t := r.tracks[id]
		known <- t != nil && t.cp.Launch == launch
		r.waiters[id] = append(r.waiters[id], func() { close(over) })
	}) {
		return false
	}
	select {
	case is := <-known:
		if !is {
			return false
		}
	case <-done:
		return true
	}
	select {
	case <-over:
	case <-done:
	}
	return true
}

// release wakes who waits for a worker.
func (r *watch) release(id string) {
	for _, f := range r.waiters[id] {
		f()
	}
	delete(r.waiters, id)
}
