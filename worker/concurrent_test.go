package worker_test

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/dockercmd/toolkit/runner"
	"github.com/dockercmd/toolkit/worker"
)

// TestManyLaunches launches many workers at once, and one id many times.
func TestManyLaunches(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	managers := []*worker.Manager{r.Manager, r.another(r.Root)}
	const workers, tries = 12, 4
	var launched, alive atomic.Int64
	var all sync.WaitGroup
	for i := range workers {
		for try := range tries {
			all.Go(func() {
				l, err := managers[try%2].Launch(t.Context(), spec(fmt.Sprintf("w-%d", i), "serve"))
				switch {
				case err == nil && !l.Adopted:
					launched.Add(1)
				case err == nil, errors.Is(err, worker.ErrAlive): // it ran already, or was being launched
					alive.Add(1)
				default:
					t.Error(err)
				}
			})
		}
	}
	all.Wait()
	if launched.Load() != workers || alive.Load() != workers*(tries-1) {
		t.Errorf("%d launches succeeded, %d found a live worker", launched.Load(), alive.Load())
	}
	if got := len(r.names(t)); got != workers {
		t.Errorf("got %d containers", got)
	}
	for i := range workers {
		all.Go(func() {
			id := fmt.Sprintf("w-%d", i)
			if _, err := managers[i%2].Stop(t.Context(), id); err != nil {
				t.Error(err)
			}
			if _, err := managers[1-i%2].Cleanup(t.Context(), id); err != nil {
				t.Error(err)
			}
		})
	}
	all.Wait()
	r.wantNothingLeft(t)
}

// TestRaceForTheLastCPU checks that of many launches by two processes, as many succeed as there are CPUs.
func TestRaceForTheLastCPU(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	managers := []*worker.Manager{r.Manager, r.another(r.Root)}
	var launched, refused atomic.Int64
	var all sync.WaitGroup
	for i := range 10 {
		all.Go(func() {
			s := spec(fmt.Sprintf("w-%d", i), "serve")
			s.CPUPercent = 100
			_, err := managers[i%2].Launch(t.Context(), s)
			switch {
			case err == nil:
				launched.Add(1)
			case errors.Is(err, worker.ErrReserve):
				refused.Add(1)
			default:
				t.Error(err)
			}
		})
	}
	all.Wait()
	if launched.Load() != 4 || refused.Load() != 6 {
		t.Errorf("%d launches succeeded, %d were refused", launched.Load(), refused.Load())
	}
}

// TestCleanedUpMeanwhile checks that a Wait that lost the race against somebody's Cleanup says so.
func TestCleanedUpMeanwhile(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		r := newRig(t)
		defer r.fake.Close()
		r.launch(t, spec("w1", "serve"))
		slow := r.another(r.Root)
		slow.Docker.Runner = runner.RunnerFunc(func(ctx context.Context, c runner.Cmd) (runner.Process, error) {
			p, err := r.fake.Start(ctx, c)
			if err == nil && c.Argv[1] == "wait" {
				_ = p.Wait()
				time.Sleep(time.Minute) // the answer comes late
			}
			return p, err
		})
		var all sync.WaitGroup
		all.Go(func() {
			_, err := slow.Wait(t.Context(), "w1")
			wantLine(t, err, "worker w1: it was cleaned up meanwhile")
			if !errors.Is(err, worker.ErrUnknownID) {
				t.Errorf("got %v", err)
			}
		})
		synctest.Wait()
		if _, err := r.Kill(t.Context(), "w1"); err != nil {
			t.Error(err)
		}
		if _, err := r.Cleanup(t.Context(), "w1"); err != nil {
			t.Error(err)
		}
		all.Wait()
	})
}

// TestWaitForAnEarlierLaunch checks that a Wait that is told nothing until the worker has been launched anew never takes the new
// launch for its own.
func TestWaitForAnEarlierLaunch(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		r := newRig(t)
		defer r.fake.Close()
		r.launch(t, spec("w1", "serve"))
		deaf := r.another(r.Root)
		deaf.Docker.Runner = runner.RunnerFunc(func(ctx context.Context, c runner.Cmd) (runner.Process, error) {
			if c.Argv[1] == "wait" {
				time.Sleep(time.Minute)
			}
			return r.fake.Start(ctx, c)
		})
		var all sync.WaitGroup
		all.Go(func() {
			_, err := deaf.Wait(t.Context(), "w1")
			wantLine(t, err, "worker w1: it was launched anew meanwhile")
			if !errors.Is(err, worker.ErrState) {
				t.Errorf("got %v", err)
			}
		})
		synctest.Wait()
		if _, err := r.Kill(t.Context(), "w1"); err != nil {
			t.Error(err)
		}
		r.launch(t, spec("w1", "exit", "5"))
		all.Wait()
		if exit, err := r.Wait(t.Context(), "w1"); err != nil || exit.Code != 5 {
			t.Errorf("got %+v, %v", exit, err)
		}
	})
}
