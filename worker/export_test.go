package worker

// SetCrash has f told of every instant at which a supervisor may be killed.
func SetCrash(f func(step string)) { crash = f }

// Held counts what a Watcher that runs holds in memory, by what it is. It returns nil when none runs.
func (w *Watcher) Held() map[string]int {
	r := w.running()
	if r == nil {
		return nil
	}
	held := make(chan map[string]int, 1)
	if !r.post(func() {
		held <- map[string]int{
			"tracks": len(r.tracks), "ended": len(r.ended), "pending": len(r.pending), "waiters": len(r.waiters), "wanted": len(r.wanted),
			"delivering": len(r.delivering), "backlog": len(r.backlog), "orphans": len(r.orphans),
		}
	}) {
		return nil
	}
	select {
	case h := <-held:
		return h
	case <-r.over:
		return nil
	}
}

// ForgetContainer makes a worker's checkpoint be as it is before docker run has answered.
func ForgetContainer(m *Manager, id string) error {
	h, err := m.open(id)
	if err != nil {
		return err
	}
	defer h.dir.Close()
	return m.update(h, func(cp *checkpoint) { cp.Container = "" })
}
