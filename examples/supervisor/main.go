package main

import (
	"context"
	"errors"
	"log"
	"os"
	"os/signal"
	"sync"
	"time"

	"github.com/dockercmd/toolkit/worker"
)

func main() {
	if len(os.Args) != 2 {
		log.Fatal("usage: supervisor DIRECTORY <SPECS.yaml")
	}
	specs, err := worker.ReadSpecs(os.Stdin, "standard input")
	if err != nil {
		log.Fatal(err)
	}
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	context.AfterFunc(ctx, stop) // so that a second interrupt ends us at once
	if err := supervise(ctx, &worker.Manager{Root: os.Args[1]}, specs); err != nil {
		log.Fatal(err)
	}
}

// supervise runs workers side by side until all have ended. When ctx ends first, they are stopped.
func supervise(ctx context.Context, m *worker.Manager, specs []worker.Spec) error {
	errs := make([]error, len(specs))
	var group sync.WaitGroup
	for i, spec := range specs {
		group.Go(func() { errs[i] = live(ctx, m, spec) })
	}
	group.Wait()
	return errors.Join(errs...)
}

// live is the whole life of one worker, of which nothing is left.
func live(ctx context.Context, m *worker.Manager, spec worker.Spec) error {
	if _, err := m.Launch(ctx, spec); err != nil {
		return err
	}
	exit, err := m.Wait(ctx, spec.ID)
	if err == nil {
		log.Printf("worker %s: %s", spec.ID, exit)
	}
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), time.Minute)
	defer cancel()
	_, stopErr := m.Stop(ctx, spec.ID) // does nothing to a worker that has ended
	_, cleanErr := m.Cleanup(ctx, spec.ID)
	return errors.Join(err, stopErr, cleanErr)
}
