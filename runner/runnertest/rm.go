package runnertest

import (
	"strings"
	"syscall"

	"github.com/dockercmd/toolkit/dockercmd"
	"github.com/dockercmd/toolkit/dockercmd/output"
)

// runRm runs docker rm. With --force a missing container is reported and is no failure.
func (d *Docker) runRm(p *client, c *dockercmd.Rm) int {
	if c.Link {
		p.errln("runnertest: the fake docker has no links to remove")
		return 125
	}
	orders := d.beginRm(c)
	if code := p.report(orders); code == 0 || !c.Force {
		return code
	}
	for _, o := range orders {
		if o.text != "" && !strings.HasPrefix(o.text, "No such container") {
			return 1
		}
	}
	return 0
}

// beginRm lets the engine remove containers side by side. It goes on when the client is gone.
func (d *Docker) beginRm(c *dockercmd.Rm) []request {
	return d.begin(c.Containers, func(b *containerRecord, o request) string {
		switch {
		case b.removing:
			return "removal of container " + o.ref + " is already in progress"
		case b.state == output.StatePaused && !c.Force:
			return d.cannotRemove(b, true)
		case b.running() && !c.Force:
			return d.cannotRemove(b, false)
		}
		d.removeSoon(b, o.done)
		return ""
	})
}

func (b *containerRecord) running() bool {
	return b.process != nil || b.state == output.StateRestarting
}

// removeSoon kills a container and removes it when it has ended. The caller holds d.mu.
func (d *Docker) removeSoon(b *containerRecord, done chan struct{}) {
	b.removing = true
	over := b.isOver()
	if b.process != nil {
		d.noteKill(b, syscall.SIGKILL)
	}
	b.halt(syscall.SIGKILL)
	if isClosed(over) {
		d.remove(b)
		close(done)
		return
	}
	d.wg.Go(func() {
		<-over
		d.mu.Lock()
		defer d.mu.Unlock()
		d.remove(b)
		close(done)
	})
}
