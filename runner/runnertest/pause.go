package runnertest

import (
	"syscall"

	"github.com/dockercmd/toolkit/dockercmd"
	"github.com/dockercmd/toolkit/dockercmd/output"
)

// runPause runs docker pause. A program that is paused goes on, since nothing can stop a goroutine: only docker says otherwise.
func (d *Docker) runPause(p *client, c *dockercmd.Pause) int {
	return p.report(d.each(c.Containers, func(b *containerRecord) string {
		switch {
		case b.process == nil:
			return d.notRunning(b)
		case b.state == output.StatePaused:
			return "Container " + b.id + " is already paused"
		}
		b.state = output.StatePaused
		d.note(b, "pause")
		return ""
	}))
}

// runUnpause runs docker unpause.
func (d *Docker) runUnpause(p *client, c *dockercmd.Unpause) int {
	return p.report(d.each(c.Containers, func(b *containerRecord) string {
		if b.state != output.StatePaused {
			return "Container " + b.id + " is not paused"
		}
		d.unpause(b)
		return ""
	}))
}

// unpause ends a pause. The caller holds d.mu.
func (d *Docker) unpause(b *containerRecord) {
	b.state = output.StateRunning
	d.note(b, "unpause")
}

// unpauseFor ends a pause before docker sends a signal, except for SIGKILL. The caller holds d.mu.
func (d *Docker) unpauseFor(b *containerRecord, sig syscall.Signal) {
	if b.state == output.StatePaused && sig != syscall.SIGKILL {
		d.unpause(b)
	}
}

// each applies do to containers, one after the other.
func (d *Docker) each(refs []string, do func(*containerRecord) string) []request {
	return d.begin(refs, func(b *containerRecord, o request) string {
		defer close(o.done)
		return do(b)
	})
}
