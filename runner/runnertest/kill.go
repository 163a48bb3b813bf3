package runnertest

import (
	"syscall"

	"github.com/dockercmd/toolkit/dockercmd"
)

// runKill runs docker kill.
func (d *Docker) runKill(p *client, c *dockercmd.Kill) int {
	orders := make([]request, 0, len(c.Containers))
	for _, ref := range c.Containers {
		o := request{ref: ref, done: make(chan struct{})}
		o.text = d.kill(ref, c.Signal, o.done)
		orders = append(orders, o)
	}
	return p.report(orders)
}

// kill sends a signal. The engine answers at once, but to SIGKILL only when the container has ended.
func (d *Docker) kill(ref, signal string, done chan struct{}) string {
	d.mu.Lock()
	defer d.mu.Unlock()
	sig := syscall.SIGKILL
	if signal != "" {
		var ok bool
		if sig, ok = parseSignal(signal); !ok {
			return d.cannotKill(ref, "invalid signal: "+signal)
		}
	}
	b, text := d.find(ref)
	if text != "" {
		return d.cannotKill(ref, text)
	}
	if b.process == nil {
		return d.cannotKill(ref, d.notRunning(b))
	}
	learned := b.process.recorded
	b.byHand = true
	d.noteKill(b, sig)
	// A container that is sent its stop signal is not restarted, nor is one without a stop signal of its own, whatever it is sent.
	if own, ok := parseSignal(b.run.StopSignal); !ok || sig == syscall.SIGKILL || sig == own {
		d.unpauseFor(b, sig)
		b.halt(sig)
	} else {
		b.process.deliver(sig)
	}
	if sig != syscall.SIGKILL {
		close(done)
		return ""
	}
	d.wg.Go(func() {
		<-learned
		close(done)
	})
	return ""
}
