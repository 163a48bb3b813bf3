package client

import (
	"fmt"
	"strings"
	"time"
)

// BreakerState is the state of a [Breaker]. The zero value is BreakerClosed.
type BreakerState int

// The states of a Breaker.
const (
	BreakerClosed   BreakerState = iota // calls are made
	BreakerHalfOpen                     // a probe is in flight, all other calls are rejected
	BreakerOpen                         // calls are rejected
)

var breakerStates = []string{"closed", "half-open", "open"}

// String returns closed, half-open or open.
func (s BreakerState) String() string {
	if s < 0 || int(s) >= len(breakerStates) {
		return fmt.Sprintf("state %d", int(s))
	}
	return breakerStates[s]
}

// MarshalText returns the text of String.
func (s BreakerState) MarshalText() ([]byte, error) { return []byte(s.String()), nil }

// Health is the state of a [Breaker] and what its calls tell about the engine.
type Health struct {
	// State is the breaker's.
	State BreakerState
	// Since is when the breaker last opened or closed; zero if it has never opened.
	Since time.Time
	// Failures is how many calls in a row the engine has failed, and LastError the text of the last failure, on one line and
	// without secrets; "" when the last call was answered.
	Failures  int
	LastError string
	// LastSuccess is when the engine last answered; zero is never.
	LastSuccess time.Time
	// NextProbe is when an open breaker allows the next probe; zero for a closed one.
	NextProbe time.Time
}

// String describes the health for people, on one line.
func (h Health) String() string {
	var b strings.Builder
	fmt.Fprintf(&b, "breaker %v", h.State)
	if !h.Since.IsZero() {
		fmt.Fprintf(&b, " since %s", clock(h.Since))
	}
	if h.Failures > 0 {
		fmt.Fprintf(&b, ", failures in a row: %d", h.Failures)
		if h.LastSuccess.IsZero() {
			b.WriteString(", the engine has never answered")
		} else {
			fmt.Fprintf(&b, ", the engine last answered at %s", clock(h.LastSuccess))
		}
	}
	if !h.NextProbe.IsZero() {
		fmt.Fprintf(&b, ", next probe from %s", clock(h.NextProbe))
	}
	if h.LastError != "" {
		fmt.Fprintf(&b, ": %s", h.LastError)
	}
	return b.String()
}

func clock(t time.Time) string { return t.Format(time.RFC3339) }
