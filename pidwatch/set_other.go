//go:build !linux

package pidwatch

import (
	"context"
	"errors"
	"fmt"
	"runtime"
)

// Set watches processes. On this system there is none: New fails.
type Set struct{}

var errSystem = fmt.Errorf("watch processes on %s: %w", runtime.GOOS, errors.ErrUnsupported)

// New fails with [errors.ErrUnsupported].
func New() (*Set, error) { return nil, errSystem }

// Add fails with [errors.ErrUnsupported].
func (s *Set) Add(key string, pid int, verify func() error) error { return errSystem }

// Remove does nothing.
func (s *Set) Remove(key string) {}

// Len returns 0.
func (s *Set) Len() int { return 0 }

// Next fails with [errors.ErrUnsupported].
func (s *Set) Next(ctx context.Context) (Death, error) { return Death{}, errSystem }

// Close does nothing.
func (s *Set) Close() error { return nil }
