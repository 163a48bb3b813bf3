package runnertest

import (
	"io"
	"strings"

	"github.com/dockercmd/toolkit/dockercmd"
)

// runStart runs docker start.
func (d *Docker) runStart(p *client, c *dockercmd.Start) int {
	if c.Attach || c.Interactive {
		return d.startAttached(p, c)
	}
	var errs, failed []string
	for _, ref := range c.Containers {
		d.mu.Lock()
		b, text := d.find(ref)
		d.mu.Unlock()
		if text == "" {
			_, text, _ = d.start(b, nil)
		}
		if text != "" {
			errs, failed = append(errs, daemonError(text)), append(failed, ref)
			continue
		}
		p.out(ref + "\n")
	}
	if len(failed) == 0 {
		return 0
	}
	for _, text := range errs {
		p.errln(text)
	}
	p.errln("Error: failed to start containers: " + strings.Join(failed, ", "))
	return 1
}

// startAttached starts one container and shows what it writes from then on.
func (d *Docker) startAttached(p *client, c *dockercmd.Start) int {
	if len(c.Containers) > 1 {
		p.errln("you cannot start and attach multiple containers at once")
		return 1
	}
	d.mu.Lock()
	b, text := d.find(c.Containers[0])
	d.mu.Unlock()
	if text != "" {
		p.errln(daemonError(text))
		return 1
	}
	p.handle(d.proxy(b))
	from := b.log.len()
	var stdin io.Reader
	if c.Interactive {
		stdin = p.cmd.Stdin
	}
	d.mu.Lock()
	d.note(b, "attach")
	d.mu.Unlock()
	exit, text, _ := d.start(b, stdin)
	if text != "" {
		p.errln(daemonError(text))
		return 1
	}
	return d.attach(p, b, exit, from, nil)
}
