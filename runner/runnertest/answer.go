package runnertest

import (
	"bytes"
	"fmt"
	"io"
)

// answer is a client's standard output on its way, as a Fault has it.
type answer struct {
	p     *client
	to    io.Writer
	fault *Fault
	kept  []byte // all of it, when it is to be edited
	left  int    // what Cut lets through
}

// intercept puts the fault between docker and the client's standard output.
func (f *Fault) intercept(p *client) *answer {
	if f.Cut == nil && f.Slow <= 0 && f.Lie == nil {
		return nil
	}
	a := &answer{p: p, to: p.cmd.Stdout, fault: f}
	if f.Cut != nil {
		a.left = f.Cut.After
	}
	p.cmd.Stdout = a
	return a
}

func (a *answer) Write(data []byte) (int, error) {
	if a.fault.Lie != nil {
		a.kept = append(a.kept, data...)
		return len(data), nil
	}
	a.pass(data)
	return len(data), nil
}

// pass delivers what the fault lets through.
func (a *answer) pass(data []byte) {
	if a.fault.Cut != nil {
		data = data[:min(len(data), a.left)]
		a.left -= len(data)
	}
	if a.to == nil {
		return
	}
	if a.fault.Slow <= 0 {
		a.deliver(data)
		return
	}
	for i := range data {
		if !a.p.pause(a.fault.Slow) {
			return
		}
		a.deliver(data[i : i+1])
	}
}

func (a *answer) deliver(data []byte) {
	if len(data) == 0 || a.p.writeErr != nil {
		return
	}
	if _, err := a.to.Write(data); err != nil {
		a.p.writeErr = fmt.Errorf("deliver output: %w", err)
	}
}

// end delivers what is left, and ends the client as the fault has it.
func (a *answer) end(code int) int {
	if a.fault.Lie != nil && !isClosed(a.p.killed) {
		a.pass(a.fault.Lie(bytes.Clone(a.kept)))
	}
	cut := a.fault.Cut
	switch {
	case cut == nil:
		return code
	case cut.Hang:
		a.p.await(nil)
		return 1
	}
	a.p.errln("unexpected EOF")
	return 1
}

// Cut is where an answer breaks off.
type Cut struct {
	// After is how many bytes of standard output arrive.
	After int

	// Hang makes the client hang then, until it is stopped. Otherwise it says unexpected EOF and exits with 1.
	Hang bool
}
