package worker

import "context"

// Held counts what a Watcher that runs holds in memory, by what it is. It returns nil when none runs.
func (w *Watcher) Held() map[string]int {
	r := w.running()
	if r == nil {
		return nil
	}
	held := make(chan map[string]int, 1)
	if !r.loop.post(func() {
		held <- map[string]int{
			"tracks": len(r.tracks), "ended": len(r.ended), "rechecks": len(r.rechecks.tracks), "waiters": len(r.waiters),
			"inspects":        len(r.inspects.queue),
			"exits in flight": len(r.exits.inFlight), "exits behind them": len(r.exits.backlog), "orphans": len(r.orphans),
		}
	}) {
		return nil
	}
	select {
	case h := <-held:
		return h
	case <-r.loop.over:
		return nil
	}
}

// ForgetContainer sets a worker's checkpoint back to what it is before docker run has answered.
func ForgetContainer(m *Manager, id string) error {
	h, err := m.open(context.Background(), id)
	if err != nil {
		return err
	}
	defer h.dir.Close()
	return m.update(context.Background(), h, func(cp *checkpoint) { cp.Container = "" })
}
