package client

import (
	"fmt"
	"strings"
	"time"
)

// HealthState is how an engine does.
type HealthState int

// The states. Unknown is before the first answer or failure.
const (
	Unknown HealthState = iota
	Healthy
	Failing // some calls in a row have failed, and all are still made
	Sick    // the breaker is open
)

var healthNames = []string{"unknown", "healthy", "failing", "sick"}

// String is unknown, healthy, failing or sick.
func (s HealthState) String() string {
	if s < 0 || int(s) >= len(healthNames) {
		return fmt.Sprintf("state %d", int(s))
	}
	return healthNames[s]
}

// MarshalText is String.
func (s HealthState) MarshalText() ([]byte, error) { return []byte(s.String()), nil }

// Health is how an engine does, as a [Breaker] has seen it.
type Health struct {
	// State is so since Since; both are zero before the first call has ended.
	State HealthState
	Since time.Time
	// Failures is how many calls in a row the engine has failed, and LastError the text of the last failure, on one line and
	// without secrets; "" when the last call was answered.
	Failures  int
	LastError string
	// LastSuccess is when the engine last answered; zero is never.
	LastSuccess time.Time
	// NextProbe is from when on a sick engine is tried again; zero for any other.
	NextProbe time.Time
}

// String is for people: what is so, since when, and why.
func (h Health) String() string {
	var b strings.Builder
	fmt.Fprintf(&b, "docker engine %v", h.State)
	if !h.Since.IsZero() {
		fmt.Fprintf(&b, " since %s", clock(h.Since))
	}
	if h.Failures > 0 {
		fmt.Fprintf(&b, ", failures in a row: %d", h.Failures)
		if h.LastSuccess.IsZero() {
			b.WriteString(", it has never answered")
		} else {
			fmt.Fprintf(&b, ", it last answered at %s", clock(h.LastSuccess))
		}
	}
	if !h.NextProbe.IsZero() {
		fmt.Fprintf(&b, ", to be tried again from %s", clock(h.NextProbe))
	}
	if h.LastError != "" {
		fmt.Fprintf(&b, ": %s", h.LastError)
	}
	return b.String()
}

func clock(t time.Time) string { return t.Format(time.RFC3339) }
