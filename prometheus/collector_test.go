package prometheus_test

import (
	"context"
	"strings"
	"sync"
	"testing"
	"time"

	prom "github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/testutil"

	"github.com/dockercmd/toolkit/client"
	"github.com/dockercmd/toolkit/dockercmd"
	"github.com/dockercmd/toolkit/prometheus"
	"github.com/dockercmd/toolkit/runner/runnertest"
)

// gathered compares a collector's metrics of some names with a text.
func gathered(t *testing.T, c *prometheus.Collector, want string, names ...string) {
	t.Helper()
	r := prom.NewPedanticRegistry()
	r.MustRegister(c)
	if err := testutil.GatherAndCompare(r, strings.NewReader(want), names...); err != nil {
		t.Error(err)
	}
}

// TestDocker observes a Docker whose engine works at first and then fails.
func TestDocker(t *testing.T) {
	t.Parallel()
	var fault *runnertest.Fault
	fake := &runnertest.Docker{Images: map[string]runnertest.Program{"img": nil}}
	fake.Fault = func(dockercmd.Command) *runnertest.Fault { return fault }
	t.Cleanup(func() { fake.Close() })
	c, breaker := new(prometheus.Collector), &client.Breaker{Threshold: 2, Probe: time.Hour}
	c.Watch(breaker)
	d := client.Docker{Runner: fake, Observe: c.Observe, Breaker: breaker, Retry: &client.Retry{Attempts: 2, Base: 1, Max: 1}}
	const closed = `
# HELP dockercmd_breaker_state 1 for the state of the circuit breaker before the engine.
# TYPE dockercmd_breaker_state gauge
dockercmd_breaker_state{state="closed"} 1
dockercmd_breaker_state{state="half-open"} 0
dockercmd_breaker_state{state="open"} 0
`
	for range 3 {
		if _, err := d.Run(t.Context(), dockercmd.Run{Image: "img"}); err != nil {
			t.Fatal(err)
		}
	}
	d.Rm(t.Context(), dockercmd.Rm{Containers: []string{"nobody"}})
	gathered(t, c, closed, "dockercmd_breaker_state")
	fault = runnertest.Down()
	d.Ps(t.Context(), dockercmd.Ps{})
	d.Ps(t.Context(), dockercmd.Ps{})
	gathered(t, c, strings.NewReplacer(`"closed"} 1`, `"closed"} 0`, `"open"} 0`, `"open"} 1`).Replace(closed),
		"dockercmd_breaker_state")
	gathered(t, c, `
# HELP dockercmd_calls_total Calls of the docker client by subcommand and kind of failure; an empty kind is success.
# TYPE dockercmd_calls_total counter
dockercmd_calls_total{kind="",operation="run"} 3
dockercmd_calls_total{kind="not_found",operation="rm"} 1
dockercmd_calls_total{kind="unavailable",operation="ps"} 2
dockercmd_calls_total{kind="breaker_open",operation="ps"} 1
# HELP dockercmd_call_retries_total Calls of the docker client that repeated a failed one.
# TYPE dockercmd_call_retries_total counter
dockercmd_call_retries_total{operation="ps"} 1
`, "dockercmd_calls_total", "dockercmd_call_retries_total")
	counts := map[string]uint64{}
	r := prom.NewRegistry()
	r.MustRegister(c)
	families, err := r.Gather()
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range families {
		if f.GetName() == "dockercmd_call_duration_seconds" {
			for _, m := range f.GetMetric() {
				counts[m.GetLabel()[0].GetValue()] = m.GetHistogram().GetSampleCount()
			}
		}
	}
	if counts["run"] != 3 || counts["rm"] != 1 || counts["ps"] != 2 {
		t.Errorf("got the durations of %v, want run 3, rm 1, ps 2: a refused call has none", counts)
	}
}

func TestWorkers(t *testing.T) {
	t.Parallel()
	c := &prometheus.Collector{Namespace: "mine"}
	states := map[string]int{"running": 3, "exited": 1}
	c.SetWorkers(states)
	states["running"] = 9 // the caller's own
	c.Exit(prometheus.Outcome{Reason: "exited"})
	c.Exit(prometheus.Outcome{Reason: "signal", OOM: true})
	c.Exit(prometheus.Outcome{Reason: "signal", OOM: true})
	c.Relist(15625*time.Microsecond, 4)
	c.Relist(62500*time.Microsecond, 5)
	want := `
# HELP mine_workers Workers in each state.
# TYPE mine_workers gauge
mine_workers{state="exited"} 1
mine_workers{state="running"} 3
# HELP mine_worker_exits_total Exits of workers by reason, and whether they were out of memory.
# TYPE mine_worker_exits_total counter
mine_worker_exits_total{oom="false",reason="exited"} 1
mine_worker_exits_total{oom="true",reason="signal"} 2
# HELP mine_relist_workers Workers that the last listing saw.
# TYPE mine_relist_workers gauge
mine_relist_workers 5
# HELP mine_relist_duration_seconds How long listings of all workers took.
# TYPE mine_relist_duration_seconds histogram
mine_relist_duration_seconds_bucket{le="0.01"} 0
mine_relist_duration_seconds_bucket{le="0.025"} 1
mine_relist_duration_seconds_bucket{le="0.05"} 1
mine_relist_duration_seconds_bucket{le="0.1"} 2
mine_relist_duration_seconds_bucket{le="0.25"} 2
mine_relist_duration_seconds_bucket{le="0.5"} 2
mine_relist_duration_seconds_bucket{le="1"} 2
mine_relist_duration_seconds_bucket{le="2.5"} 2
mine_relist_duration_seconds_bucket{le="5"} 2
mine_relist_duration_seconds_bucket{le="10"} 2
mine_relist_duration_seconds_bucket{le="30"} 2
mine_relist_duration_seconds_bucket{le="60"} 2
mine_relist_duration_seconds_bucket{le="120"} 2
mine_relist_duration_seconds_bucket{le="300"} 2
mine_relist_duration_seconds_bucket{le="+Inf"} 2
mine_relist_duration_seconds_sum 0.078125
mine_relist_duration_seconds_count 2
`
	gathered(t, c, want)
	c.SetWorkers(map[string]int{"running": 1})
	gathered(t, c, "# HELP mine_workers Workers in each state.\n# TYPE mine_workers gauge\nmine_workers{state=\"running\"} 1\n",
		"mine_workers")
}

// TestEmpty checks that an unused collector has only the metrics without labels.
func TestEmpty(t *testing.T) {
	t.Parallel()
	n, err := testutil.GatherAndCount(func() prom.Gatherer {
		r := prom.NewPedanticRegistry()
		r.MustRegister(new(prometheus.Collector))
		return r
	}())
	if n != 2 || err != nil {
		t.Errorf("got %d metrics, %v, want the two of relists", n, err)
	}
	if problems, err := testutil.CollectAndLint(new(prometheus.Collector)); err != nil || len(problems) > 0 {
		t.Errorf("got %v, %v", problems, err)
	}
}

func TestConcurrently(t *testing.T) {
	t.Parallel()
	c := new(prometheus.Collector)
	r := prom.NewPedanticRegistry()
	r.MustRegister(c)
	var all sync.WaitGroup
	for range 8 {
		all.Go(func() {
			for range 100 {
				c.Observe(client.Observation{Operation: "ps"})
				c.SetWorkers(map[string]int{"running": 1})
				c.Watch(new(client.Breaker))
				c.Exit(prometheus.Outcome{Reason: "exited"})
				c.Relist(1, 1)
			}
			if _, err := r.Gather(); err != nil {
				t.Error(err)
			}
		})
	}
	all.Wait()
}

func ExampleCollector() {
	c, breaker := new(prometheus.Collector), new(client.Breaker)
	c.Watch(breaker)
	prom.NewRegistry().MustRegister(c)
	d := client.Docker{Observe: c.Observe, Breaker: breaker}
	_, _ = d.Ps(context.Background(), dockercmd.Ps{})
}
