package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"time"

	"github.com/dockercmd/toolkit/runner/runnertest"
)

// program makes the Program that a scenario describes.
func (i image) program() (runnertest.Program, error) {
	if i.Busybox {
		if i.Output != "" || i.Errors != "" || i.Sleep != "" || i.Exit != 0 || len(i.Ignore) > 0 || len(i.On) > 0 {
			return nil, errors.New("busybox does what the command line says: it takes no other key but missing")
		}
		return runnertest.Busybox, nil
	}
	forever := i.Sleep == "forever"
	var length time.Duration
	if i.Sleep != "" && !forever {
		var err error
		if length, err = time.ParseDuration(i.Sleep); err != nil {
			return nil, fmt.Errorf("sleep: %w, or forever", err)
		}
	}
	if i.Exit < 0 || i.Exit > 255 {
		return nil, fmt.Errorf("exit: %d is no exit code, 0 to 255", i.Exit)
	}
	heard := make([]os.Signal, 0, len(i.Ignore)+len(i.On))
	codes := make(map[os.Signal]int)
	for _, name := range i.Ignore {
		sig, err := signalNamed(name)
		if err != nil {
			return nil, fmt.Errorf("ignore: %w", err)
		}
		heard = append(heard, sig)
	}
	for name, code := range i.On {
		sig, err := signalNamed(name)
		if err != nil {
			return nil, fmt.Errorf("on: %w", err)
		}
		heard = append(heard, sig)
		codes[sig] = code
	}
	return func(ctx context.Context, c *runnertest.Container) int {
		var signals <-chan os.Signal
		if len(heard) > 0 {
			signals = c.Notify(heard...)
		}
		io.WriteString(c.Stdout, i.Output) // never fails while the program runs
		io.WriteString(c.Stderr, i.Errors)
		var over <-chan time.Time
		if !forever {
			t := time.NewTimer(length)
			defer t.Stop()
			over = t.C
		}
		for {
			select {
			case <-ctx.Done():
				return 0 // what it returns does not count
			case <-over:
				return i.Exit
			case sig := <-signals:
				if code, ok := codes[sig]; ok {
					return code
				}
			}
		}
	}, nil
}
