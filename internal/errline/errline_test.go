package errline

import (
	"context"
	"errors"
	"testing"
)

func TestContext(t *testing.T) {
	t.Parallel()
	if err := Context(t.Context()); err != nil {
		t.Errorf("got %v for a context that has not ended, want nil", err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if err := Context(ctx); err != context.Canceled {
		t.Errorf("got %v without a cause, want %v", err, context.Canceled)
	}
	cause := errors.New("shutdown")
	ctx, cancelCause := context.WithCancelCause(t.Context())
	cancelCause(cause)
	if err := Context(ctx); !errors.Is(err, context.Canceled) || !errors.Is(err, cause) ||
		err.Error() != "context canceled: shutdown" {
		t.Errorf("got %v, want the context's error and the cause", err)
	}
}

func TestJoin(t *testing.T) {
	t.Parallel()
	a, b := errors.New("a"), errors.New("b")
	if err := Join(nil, nil); err != nil {
		t.Errorf("got %v of nothing, want nil", err)
	}
	if err := Join(nil, a, nil); err != a {
		t.Errorf("got %v, want the only error itself", err)
	}
	if err := Join(a, nil, b); err.Error() != "a; b" || !errors.Is(err, a) || !errors.Is(err, b) {
		t.Errorf("got %q, want %q with both kinds", err, "a; b")
	}
}
