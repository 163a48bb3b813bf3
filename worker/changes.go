package worker

import "sync"

// changes are the changes of state on their way to OnChange. They have a goroutine of their own, so that a slow OnChange does not
// hold up what the loop does for all workers.
type changes struct {
	mu    sync.Mutex
	queue []Status
	wake  chan struct{}
}

func newChanges() *changes { return &changes{wake: make(chan struct{}, 1)} }

func (c *changes) add(s Status) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.queue = append(c.queue, s)
	select {
	case c.wake <- struct{}{}:
	default:
	}
}

// tell calls f with each change that is added, until over is closed and none is left.
func (c *changes) tell(over <-chan struct{}, f func(Status)) {
	for {
		c.mu.Lock()
		queue := c.queue
		c.queue = nil
		c.mu.Unlock()
		for _, s := range queue {
			f(s)
		}
		if len(queue) > 0 {
			continue
		}
		select {
		case <-c.wake:
		case <-over:
			if c.isEmpty() {
				return
			}
		}
	}
}

func (c *changes) isEmpty() bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	return len(c.queue) == 0
}
