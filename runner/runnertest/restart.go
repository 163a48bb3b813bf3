package runnertest

import (
	"github.com/dockercmd/toolkit/dockercmd"
)

// runRestart runs docker restart: it stops the containers that run, and starts all.
func (d *Docker) runRestart(p *client, c *dockercmd.Restart) int {
	orders := make([]request, len(c.Containers))
	for i, ref := range c.Containers {
		orders[i] = request{ref: ref, done: make(chan struct{})}
	}
	d.mu.Lock()
	for i := range orders {
		o := &orders[i]
		b, text := d.find(o.ref)
		if text != "" {
			o.text = text
			close(o.done)
			continue
		}
		d.restart(b, c, o)
	}
	d.mu.Unlock()
	for i := range orders { // a refusal is known only when the stop is over
		if !p.await(orders[i].done) {
			return 0
		}
	}
	return p.report(orders)
}

// restart stops and starts a container. An engine of 20.10 does not get --signal: the client leaves it out.
//
// restart fills in o and closes o.done when the container has been started. It goes on when the client is gone. It needs d.mu.
func (d *Docker) restart(b *containerRecord, c *dockercmd.Restart, o *request) {
	stopped := make(chan struct{})
	if text := d.stop(b, &dockercmd.Stop{Timeout: c.Timeout, Signal: c.Signal}, stopped); text != "" {
		o.text = "Cannot restart container " + o.ref + ": " + text
		close(o.done)
		return
	}
	boot := d.engine.gone()
	d.wg.Go(func() {
		select {
		case <-stopped:
		case <-boot: // the engine has gone away, and knows nothing of it any more
			return
		}
		defer close(o.done)
		if _, text, _ := d.start(b, nil); text != "" {
			o.text = "Cannot restart container " + o.ref + ": " + text
			return
		}
		d.mu.Lock()
		defer d.mu.Unlock()
		d.note(b, "restart")
	})
}
