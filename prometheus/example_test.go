package prometheus_test

import (
	"context"
	"fmt"
	"time"

	prom "github.com/prometheus/client_golang/prometheus"

	"github.com/dockercmd/toolkit/client"
	"github.com/dockercmd/toolkit/prometheus"
	"github.com/dockercmd/toolkit/worker"
)

// A supervisor whose docker calls, engine, workers and exits are counted.
func Example() {
	c, breaker := new(prometheus.Collector), new(client.Breaker)
	c.Watch(breaker)
	m := &worker.Manager{Root: "/var/lib/mine", Docker: client.Docker{Observe: c.Observe, Breaker: breaker, Retry: new(client.Retry)}}
	w := &worker.Watcher{Manager: m}
	w.OnExit = func(_ context.Context, n worker.Notice) error {
		c.Exit(prometheus.Outcome{Reason: n.Exit.Kind(), OOM: n.Exit.OOM})
		return nil
	}
	w.OnRelist = func(took time.Duration, containers int, _ error) {
		c.Relist(took, containers)
		states := map[string]int{}
		for state, n := range w.Health().Workers {
			states[string(state)] = n
		}
		c.SetWorkers(states)
	}
	registry := prom.NewRegistry()
	fmt.Println(registry.Register(c))
	// and then: err := w.Run(ctx)
	// Output: <nil>
}
