package runnertest

import (
	"strconv"
	"strings"
	"syscall"
	"time"

	"golang.org/x/sys/unix"

	"github.com/dockercmd/toolkit/dockercmd"
)

// defaultStopTimeout is how long docker stop waits when nothing else is said.
const defaultStopTimeout = 10 * time.Second

// request is a request to the engine about one container: done is closed when the engine has carried it out.
type request struct {
	ref  string
	text string // the engine's refusal
	done chan struct{}
}

// begin asks the engine for something about containers. What do returns is the engine's refusal, "" when it has begun; it closes the
// request's done when the engine is ready with it.
func (d *Docker) begin(refs []string, do func(b *containerRecord, o request) (text string)) []request {
	d.mu.Lock()
	defer d.mu.Unlock()
	orders := make([]request, 0, len(refs))
	for _, ref := range refs {
		o := request{ref: ref, done: make(chan struct{})}
		b, text := d.find(ref)
		if text == "" {
			text = do(b, o)
		}
		o.text = text
		orders = append(orders, o)
	}
	return orders
}

// runStop runs docker stop.
func (d *Docker) runStop(p *client, c *dockercmd.Stop) int { return p.report(d.beginStop(c)) }

// report waits for the requests and prints the names of those carried out, then the refusals, as the client does.
func (p *client) report(orders []request) int {
	code := 0
	for _, o := range orders {
		if o.text != "" {
			continue
		}
		if !p.await(o.done) {
			return 0
		}
		p.out(o.ref + "\n")
	}
	for _, o := range orders {
		if o.text != "" {
			p.errln(daemonError(o.text))
			code = 1
		}
	}
	return code
}

// beginStop lets the engine stop containers side by side. It goes on when the client is gone.
func (d *Docker) beginStop(c *dockercmd.Stop) []request {
	return d.begin(c.Containers, func(b *containerRecord, o request) string {
		text := d.stop(b, c, o.done)
		if text != "" && d.is28() {
			text = "cannot stop container: " + o.ref + ": " + text
		}
		return text
	})
}

// stop sends the stop signal and closes done when the container has ended. A --signal means nothing to an engine of 20.10: the
// client does not tell it. The caller holds d.mu.
func (d *Docker) stop(b *containerRecord, c *dockercmd.Stop, done chan struct{}) string {
	sig, grace := syscall.SIGTERM, defaultStopTimeout
	if name := b.run.StopSignal; name != "" {
		var ok bool
		if sig, ok = parseSignal(name); !ok {
			return "Invalid signal: " + name
		}
	}
	for _, seconds := range []*int64{b.run.StopTimeout, c.Timeout} {
		if seconds != nil {
			grace = time.Duration(*seconds) * time.Second
		}
	}
	over := b.isOver()
	byHand := b.byHand
	b.byHand = true
	if isClosed(over) {
		close(done)
		return ""
	}
	if c.Signal != "" && d.is28() {
		var ok bool
		if sig, ok = parseSignal(c.Signal); !ok {
			b.byHand = byHand
			return "invalid signal: " + c.Signal
		}
	}
	d.signal(b, sig)
	if grace == 0 {
		d.signal(b, syscall.SIGKILL)
		grace = -1
	}
	boot := d.engine.gone()
	d.engine.stopping[done] = true
	b.stops = append(b.stops, done)
	d.wg.Go(func() {
		ended := d.awaitEnd(b, over, boot, grace)
		d.mu.Lock()
		defer d.mu.Unlock()
		if ended && !isClosed(boot) {
			d.noteStop(b, done)
			delete(d.engine.stopping, done)
			close(done)
		}
	})
	return ""
}

// noteStop records that a request to stop a container has been carried out, once.
func (d *Docker) noteStop(b *containerRecord, done chan struct{}) {
	if d.engine.stopping[done] {
		d.engine.stopping[done] = false
		d.note(b, "stop")
	}
}

// signal sends a signal to a container that is not to be restarted. The caller holds d.mu.
func (d *Docker) signal(b *containerRecord, sig syscall.Signal) {
	if b.process != nil {
		d.noteKill(b, sig)
		d.unpauseFor(b, sig)
	}
	b.halt(sig)
}

// awaitEnd waits until a container has ended, and kills it when the grace is over; a negative grace has no end. It returns false
// when the engine goes away before that. An engine that goes away meanwhile forgets it: then it is false.
func (d *Docker) awaitEnd(b *containerRecord, over, boot <-chan struct{}, grace time.Duration) bool {
	var late <-chan time.Time
	if grace >= 0 {
		t := time.NewTimer(grace)
		defer t.Stop()
		late = t.C
	}
	for {
		select {
		case <-over:
			return true
		case <-boot:
			return isClosed(over)
		case <-late:
			d.mu.Lock()
			d.awaitResponsive()
			if !isClosed(over) && !isClosed(boot) {
				d.signal(b, syscall.SIGKILL)
			}
			d.mu.Unlock()
		}
	}
}

// parseSignal reads a signal as the engine does: a name with or without SIG, or a number.
func parseSignal(s string) (syscall.Signal, bool) {
	if n, err := strconv.Atoi(s); err == nil {
		return syscall.Signal(n), n >= 1 && n <= 64
	}
	name := strings.TrimPrefix(strings.ToUpper(s), "SIG")
	const rtMin, rtMax = 34, 64
	for base, first := range map[string]int{"RTMIN": rtMin, "RTMAX": rtMax} {
		rest, ok := strings.CutPrefix(name, base)
		if !ok {
			continue
		}
		n, err := strconv.Atoi(rest)
		if rest == "" {
			n, err = 0, nil
		}
		return syscall.Signal(first + n), err == nil && first+n >= rtMin && first+n <= rtMax
	}
	sig := unix.SignalNum("SIG" + name)
	return sig, sig != 0
}
