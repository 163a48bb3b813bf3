package runnertest

import (
	"sync"
	"time"

	"github.com/dockercmd/toolkit/dockercmd"
)

// Outage is how the engine goes away. (All that follows was seen with a 20.10.24 engine of the test's own.)
type Outage int

const (
	// Killed is SIGKILL. Clients that wait end at once. Containers live on, and what becomes of them meanwhile happens without an
	// event; the exit codes are known again afterwards. The engine that starts then stops those that still run, with their stop
	// signal, ten seconds and SIGKILL, before it answers.
	Killed Outage = iota

	// Stopped is SIGTERM. New clients are refused, all containers are stopped as docker stop does, clients that wait for them learn
	// of it, and then the other clients end.
	Stopped

	// LiveRestore is the end of an engine with --live-restore, by whatever signal: containers live on, also beyond its next
	// start, but for those with --rm, which it then kills.
	LiveRestore
)

// shutdownTimeout is how long an engine waits on SIGTERM for its containers.
const shutdownTimeout = 15 * time.Second

// engineState is whether the engine can be asked. The Docker's mutex guards it.
type engineState struct {
	outage       Outage
	down         bool                   // there is no engine
	refusing     bool                   // clients cannot connect: it is down, or about to be, or not up yet
	frozen       chan struct{}          // closed when it is thawed; nil when it is not frozen
	unresponsive bool                   // it is down or frozen, and does not notice the ends of containers
	goneCh       chan struct{}          // closed when it goes away
	stopping     map[chan struct{}]bool // the docker stops that it is about, by the channel that tells of the end; false: told of
	pendingExits []pendingExit
}

// pendingExit is the end of a process that the engine does not know of yet.
type pendingExit struct {
	b *containerRecord
	l *processRun
}

// gone returns a channel that is closed when the engine, as it runs now, goes away. The caller holds d.mu.
func (e *engineState) gone() <-chan struct{} {
	if e.goneCh == nil {
		e.goneCh, e.stopping = make(chan struct{}), make(map[chan struct{}]bool)
	}
	return e.goneCh
}

// StopEngine makes the engine go away: docker says that it cannot connect, until StartEngine. It forgets its events. StopEngine
// returns when the engine is gone; if it is gone already, it does nothing.
func (d *Docker) StopEngine(how Outage) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.engine.down || d.closed {
		return
	}
	d.thaw()
	d.engine.refusing = true
	if how == Stopped {
		d.stopAll(shutdownTimeout)
	}
	d.engine.outage, d.engine.down, d.engine.unresponsive = how, true, true
	d.engine.gone()
	close(d.engine.goneCh)
	d.engine.goneCh = nil
	d.events.recent = nil
	for p := range d.clients {
		p.disconnect()
	}
}

// Disconnect ends every connection of a client to the engine, as the end of what they go through does.
func (d *Docker) Disconnect() {
	d.mu.Lock()
	defer d.mu.Unlock()
	for p := range d.clients {
		p.disconnect()
	}
}

// StartEngine ends what StopEngine has begun, and returns when the engine answers. Containers with the restart policy always or
// unless-stopped that do not run are started, but with the latter not those that docker stop or docker kill has ended.
func (d *Docker) StartEngine() {
	d.mu.Lock()
	defer d.mu.Unlock()
	if !d.engine.down || d.closed {
		return
	}
	d.engine.down = false
	if d.OwnContainerd && d.is28() {
		for _, e := range d.engine.pendingExits {
			e.l.code, e.l.endedAt = 255, time.Now()
		}
	}
	d.deliverExits(withoutEvents)
	switch d.engine.outage {
	case Killed:
		d.stopAll(-1)
	case LiveRestore:
		var orders []request
		for b := range d.containers.all() {
			if b.autoRemove && b.process != nil {
				o := request{done: make(chan struct{})}
				d.removeSoon(b, o.done)
				orders = append(orders, o)
			}
		}
		d.waitFor(orders, -1)
	}
	var again []*containerRecord
	for b := range d.containers.all() {
		policy := b.run.Restart.Policy
		if !b.running() && !b.startedAt.IsZero() && (policy == "always" || policy == "unless-stopped" && !b.byHand) {
			again = append(again, b)
		}
	}
	d.mu.Unlock()
	for _, b := range again {
		_, _, _ = d.start(b, nil) // an error is kept in the container's record
	}
	d.mu.Lock()
	d.engine.refusing = false
}

// Freeze makes the engine hang, as SIGSTOP does: clients connect and get no answer. Containers go on, and what becomes of
// them the engine notices after Thaw.
func (d *Docker) Freeze() {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.engine.frozen == nil && !d.engine.down && !d.closed {
		d.engine.frozen, d.engine.unresponsive = make(chan struct{}), true
	}
}

// Thaw ends Freeze.
func (d *Docker) Thaw() {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.thaw()
}

// thaw lets a frozen engine go on. The caller holds d.mu.
func (d *Docker) thaw() {
	if d.engine.frozen == nil {
		return
	}
	close(d.engine.frozen)
	d.engine.frozen = nil
	d.deliverExits(withEvents)
}

// eventMode is whether the engine makes events of the exits that it notices.
type eventMode int

const (
	withEvents eventMode = iota
	withoutEvents
)

// deliverExits records the exits that the engine could not notice while it was down or frozen. The caller holds d.mu.
func (d *Docker) deliverExits(how eventMode) {
	d.engine.unresponsive = false
	ends := d.engine.pendingExits
	d.engine.pendingExits = nil
	for _, e := range ends {
		d.recordExit(e.b, e.l, how)
	}
	if d.responsive != nil {
		d.responsive.Broadcast()
	}
}

// awaitResponsive waits until the engine notices what happens. The caller holds d.mu, which is released meanwhile.
func (d *Docker) awaitResponsive() {
	if d.responsive == nil {
		d.responsive = sync.NewCond(&d.mu)
	}
	for d.engine.unresponsive && !d.closed {
		d.responsive.Wait()
	}
}

// stopAll stops all containers that run, as docker stop does, and waits for them, without limit for a negative time. The caller
// holds d.mu, which is released meanwhile.
func (d *Docker) stopAll(timeout time.Duration) {
	var orders []request
	for b := range d.containers.all() {
		if !b.running() {
			continue
		}
		byHand := b.byHand
		o := request{done: make(chan struct{})}
		o.text = d.stop(b, new(dockercmd.Stop), o.done)
		b.byHand = byHand
		orders = append(orders, o)
	}
	for done := range d.engine.stopping { // other people's, of the same containers
		orders = append(orders, request{done: done})
	}
	d.waitFor(orders, timeout)
}

// waitFor waits for requests to be carried out. The caller holds d.mu, which is released meanwhile.
func (d *Docker) waitFor(orders []request, timeout time.Duration) {
	d.mu.Unlock()
	defer d.mu.Lock()
	var over <-chan time.Time
	if timeout >= 0 {
		t := time.NewTimer(timeout)
		defer t.Stop()
		over = t.C
	}
	for _, o := range orders {
		if o.text != "" {
			continue
		}
		select {
		case <-o.done:
		case <-over:
			return
		}
	}
}

// reach connects a client to the engine; when it cannot, it returns the client's exit code.
func (d *Docker) reach(p *client, c dockercmd.Command) (code int, ok bool) {
	for {
		d.mu.Lock()
		refusing, frozen := d.engine.refusing, d.engine.frozen
		d.mu.Unlock()
		switch {
		case refusing:
			return engineError(p, c, noEngineAt(socket)), false
		case frozen == nil:
			return 0, true
		}
		if !p.await(frozen) {
			return 0, false
		}
	}
}

// disconnected ends a client whose engine goes away before it answers, and returns its exit code.
func disconnected(p *client, c dockercmd.Command) int {
	attached := false
	switch c := c.(type) {
	case *dockercmd.Run:
		attached = !c.Detach
	case *dockercmd.Start:
		attached = c.Attach || c.Interactive
	case *dockercmd.Wait, *dockercmd.Events, *dockercmd.Logs:
		p.errln("unexpected EOF")
		return 1
	case *dockercmd.Exec:
		return 255 // without a word
	}
	if attached {
		p.errln(`time="` + time.Now().UTC().Format(time.RFC3339) +
			`" level=error msg="error waiting for container: unexpected EOF"`)
		return 125
	}
	return engineError(p, c, Broken().Engine)
}
