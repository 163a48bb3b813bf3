package worker

// waiters are the calls of Wait that the Watcher serves, by worker. They belong to the loop.
type waiters map[string]map[chan struct{}]bool

// add has over closed when the worker's launch is no longer watched.
func (w waiters) add(id string, over chan struct{}) {
	if w[id] == nil {
		w[id] = map[chan struct{}]bool{}
	}
	w[id][over] = true
}

// remove forgets a call that waits no longer.
func (w waiters) remove(id string, over chan struct{}) {
	delete(w[id], over)
	if len(w[id]) == 0 {
		delete(w, id)
	}
}

// wakeAll ends all waiting for a worker.
func (w waiters) wakeAll(id string) {
	for over := range w[id] {
		close(over)
	}
	delete(w, id)
}

// await blocks until a worker's launch is no longer watched for its end, which may be because the Watcher stops. It returns false
// at once when this Watcher does not know the launch, or knows its end and cannot record it.
func (w *Watcher) await(done <-chan struct{}, id, launch string) bool {
	r := w.running()
	if r == nil {
		return false
	}
	over, known := make(chan struct{}), make(chan bool, 1)
	if !r.loop.post(func() {
		t := r.tracks[id]
		is := t != nil && t.cp.Launch == launch && !t.unrecorded
		if is {
			r.waiters.add(id, over)
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
	case <-r.loop.over: // and may not have been called
		return false
	case <-done:
	}
	select {
	case <-over:
	case <-r.loop.over:
	case <-done:
		r.loop.post(func() { r.waiters.remove(id, over) })
	}
	return true
}
