package backoff_test

import (
	"context"
	"errors"
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"github.com/dockercmd/toolkit/internal/backoff"
)

func TestBackoff(t *testing.T) {
	t.Parallel()
	b := backoff.Backoff{First: time.Second, Max: 5 * time.Second}
	take := func(n int) (pauses []time.Duration) {
		for range n {
			pauses = append(pauses, b.Next())
		}
		return pauses
	}
	want := []time.Duration{time.Second, 2 * time.Second, 4 * time.Second, 5 * time.Second, 5 * time.Second}
	if got := take(5); !slices.Equal(got, want) {
		t.Errorf("got %v, want %v", got, want)
	}
	b.Reset()
	if got := take(2); !slices.Equal(got, want[:2]) {
		t.Errorf("after Reset: got %v, want %v", got, want[:2])
	}
}

func TestWait(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		b := backoff.Backoff{First: time.Second, Max: time.Minute}
		began := time.Now()
		for range 3 {
			if err := b.Wait(t.Context()); err != nil {
				t.Fatal(err)
			}
		}
		if took := time.Since(began); took != 7*time.Second {
			t.Errorf("got %v, want 7s", took)
		}
		cause := errors.New("the owner has gone")
		ctx, cancel := context.WithCancelCause(t.Context())
		time.AfterFunc(time.Second, func() { cancel(cause) })
		if err := b.Wait(ctx); !errors.Is(err, context.Canceled) || !errors.Is(err, cause) {
			t.Errorf("got %v, want a canceled context and its cause", err)
		}
	})
}
