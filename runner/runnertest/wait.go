package runnertest

import (
	"strconv"

	"github.com/dockercmd/toolkit/dockercmd"
)

// runWait runs docker wait. The client asks for one container after the other: one with --rm that ends before its turn is not
// found any more.
func (d *Docker) runWait(p *client, c *dockercmd.Wait) int {
	var errs []string
	for i, ref := range c.Containers {
		d.mu.Lock()
		b, text := d.find(ref)
		if text != "" {
			d.mu.Unlock()
			errs = append(errs, daemonError(text))
			continue
		}
		exit := b.nextExit()
		d.mu.Unlock()
		if !p.await(exit) {
			if p.interrupted {
				p.errln("unexpected EOF")
				for range c.Containers[i+1:] {
					p.errln(noEngineAt(socket))
				}
				p.interrupted = false
				return 1
			}
			return 0
		}
		d.mu.Lock()
		code := b.exitCode
		d.mu.Unlock()
		p.out(strconv.Itoa(code) + "\n")
	}
	for _, text := range errs {
		p.errln(text)
	}
	return min(len(errs), 1)
}
