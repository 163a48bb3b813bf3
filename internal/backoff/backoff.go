// Package backoff spaces out attempts: exponentially, up to a maximum, and never longer than a context lasts.
package backoff

import (
	"context"
	"time"

	"github.com/dockercmd/toolkit/internal/errline"
)

// Backoff is the pause between the attempts of one loop: First, then twice as long each time, up to Max. Its zero value does not
// pause. It is for one goroutine.
type Backoff struct {
	First, Max time.Duration

	next time.Duration
}

// Next returns how long to pause before the next attempt, and doubles the pause after that.
func (b *Backoff) Next() time.Duration {
	d := max(b.next, b.First)
	b.next = min(2*d, b.Max)
	return d
}

// Reset makes the next pause the first again: an attempt has succeeded.
func (b *Backoff) Reset() { b.next = 0 }

// Wait pauses before the next attempt. It returns early, with errline.Context(ctx), when ctx ends.
func (b *Backoff) Wait(ctx context.Context) error { return Sleep(ctx, b.Next()) }

// Sleep pauses for d. It returns early, with errline.Context(ctx), when ctx ends.
func Sleep(ctx context.Context, d time.Duration) error {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-ctx.Done():
		return errline.Context(ctx)
	case <-t.C:
		return nil
	}
}
