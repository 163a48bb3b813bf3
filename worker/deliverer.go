package worker

import (
	"context"
	"log/slog"
	"time"

	"github.com/dockercmd/toolkit/internal/backoff"
	"github.com/dockercmd/toolkit/internal/errline"
)

// deliverGrace is how long a call of OnExit may take to return when the run has ended.
const deliverGrace = 5 * time.Second

// How long a deliverer pauses before it hands over an exit again that was not acknowledged, at first and at most.
const (
	deliverPause    = time.Second
	deliverPauseMax = time.Minute
)

// deliverer hands exits over, at least once each: until OnExit acknowledges one, and that is noted on disk. A worker's exits are
// handed over in order, several workers' at once. It belongs to the loop.
type deliverer struct {
	loop   *loop
	m      *Manager
	health *healthKeeper
	onExit func(context.Context, Notice) error // nil leaves exits on disk
	kept   func(Notice)                        // is told of each exit that was found beside its checkpoint
	again  func(Notice)                        // is told of each exit in whose place another one was found when it was acknowledged

	inFlight map[string]Notice   // by noticeFile, the exits that are handed over, or about to be
	backlog  map[string][]Notice // by worker, these in order: the first is being handed over
	slots    chan struct{}       // one for each call of OnExit at the same time
}

// deliver hands over an exit, once in this run: what comes twice, from a checkpoint and from what was kept of it, is one exit.
// Another one of the same life, whose number was lost with a checkpoint, waits on disk until that was acknowledged.
func (d *deliverer) deliver(n Notice) {
	key := noticeFile(n)
	if _, is := d.inFlight[key]; is || d.onExit == nil {
		return
	}
	d.inFlight[key] = n
	d.backlog[n.Worker] = append(d.backlog[n.Worker], n)
	d.count(1)
	if len(d.backlog[n.Worker]) == 1 {
		d.begin(n)
	}
}

// deliverKept hands over the exits whose checkpoints are gone.
func (d *deliverer) deliverKept() {
	err := d.m.locked(d.loop.ctx, func(root string) error {
		d.deliverKeptIn(root)
		return nil
	})
	if err != nil {
		d.m.log().Error("exits to hand over cannot be looked for", slog.Any("error", err))
	}
}

// deliverKeptIn does what deliverKept does; the caller holds the lock. What is in flight is not read again.
func (d *deliverer) deliverKeptIn(root string) {
	if d.onExit == nil {
		return
	}
	kept, err := keptNotices(root, d.inFlight)
	if err != nil {
		d.m.log().Error("an exit to hand over cannot be read", slog.Any("error", err))
	}
	for _, n := range kept {
		d.loop.post(func() { d.kept(n) }) // before done
		d.deliver(n)
	}
}

// hands reports whether the exit of a life, which began when docker says so, is being handed over: its file may be gone, and done
// not be called yet.
func (d *deliverer) hands(cp *checkpoint, startedAt time.Time) bool {
	n, is := d.inFlight[noticeFile(Notice{Worker: cp.ID, Launch: cp.Launch, Life: cp.Life})]
	return is && isSameStart(n.Exit.StartedAt, startedAt)
}

// begin hands an exit over in a goroutine of its own.
func (d *deliverer) begin(n Notice) {
	d.loop.wg.Go(func() {
		if !d.persist(n, "exit not taken, handing it over again later", func() error {
			// A slot is held for the call alone: exits that are not acknowledged must not be in the way of others while they pause.
			select {
			case d.slots <- struct{}{}:
			case <-d.loop.ctx.Done():
				return errline.Context(d.loop.ctx)
			}
			defer func() { <-d.slots }()
			d.m.trace("deliver exit", slog.String("worker", n.Worker))
			return d.call(n)
		}) {
			return
		}
		other := false
		if !d.persist(n, "exit taken, but that could not be noted", func() (err error) {
			other, err = d.m.acknowledge(d.loop.ctx, n)
			return err
		}) {
			return
		}
		d.loop.post(func() {
			d.done(n)
			if other {
				d.again(n)
			}
		})
	})
}

// call calls OnExit. When the run ends, it waits for a moment, and then no longer.
func (d *deliverer) call(n Notice) error {
	key := noticeFile(n)
	d.health.delivering(key, true)
	result := make(chan error, 1)
	go func() {
		result <- d.onExit(d.loop.ctx, n)
		d.health.delivering(key, false)
	}()
	select {
	case err := <-result:
		return err
	case <-d.loop.ctx.Done():
	}
	grace := time.NewTimer(deliverGrace)
	defer grace.Stop()
	select {
	case err := <-result:
		return err
	case <-grace.C:
		d.m.log().Error("OnExit does not return, the run ends without it", slog.String("worker", n.Worker))
		return errline.Context(d.loop.ctx)
	}
}

// persist calls f until it succeeds, and reports whether it has before the run ended.
func (d *deliverer) persist(n Notice, complaint string, f func() error) bool {
	for pause := (backoff.Backoff{First: deliverPause, Max: deliverPauseMax}); ; {
		err := f()
		if err == nil {
			return true
		}
		if d.loop.ctx.Err() != nil {
			return false
		}
		d.m.log().Warn(complaint, slog.String("worker", n.Worker), slog.String("launch", n.Launch), slog.Any("error", err))
		if pause.Wait(d.loop.ctx) != nil {
			return false
		}
	}
}

// done notes that an exit was delivered, and begins with the worker's next.
func (d *deliverer) done(n Notice) {
	delete(d.inFlight, noticeFile(n))
	d.count(-1)
	rest := d.backlog[n.Worker][1:]
	if len(rest) == 0 {
		delete(d.backlog, n.Worker)
		return
	}
	d.backlog[n.Worker] = rest
	d.begin(rest[0])
}

func (d *deliverer) count(by int) { d.health.update(func(h *Health) { h.PendingExits += by }) }
