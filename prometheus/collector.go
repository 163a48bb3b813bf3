// Package prometheus counts what a supervisor does, for Prometheus. It is a module of its own, so that package client stays
// light.
//
//	c := new(prometheus.Collector)
//	registry.MustRegister(c)
//	docker := client.Docker{Observe: c.Observe, Breaker: breaker}
//	c.Watch(breaker)
//
// A [Collector] is called with what happens: docker calls (Observe), a breaker (Watch), the exits, relists and numbers of workers
// (Exit, Relist, SetWorkers). It never asks docker. Its labels are docker's subcommands and the names of
// [client.KindNames], states and reasons: nothing of a command line, a container or a worker gets in, so that there are no
// secrets and not many series.
package prometheus

import (
	"sync"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/dockercmd/toolkit/client"
)

// Collector has these metrics:
//
//	dockercmd_calls_total{operation,kind}             calls of the docker client; kind is "" for success
//	dockercmd_call_duration_seconds{operation}        histogram of how long they took, those that a breaker refused left out
//	dockercmd_call_retries_total{operation}           calls that were repetitions
//	dockercmd_breaker_state{state}                    1 for the breaker's state: closed, half-open or open
//	dockercmd_workers{state}                          workers in each state
//	dockercmd_worker_exits_total{reason,oom}          exits of workers
//	dockercmd_relist_duration_seconds                 histogram of how long a listing of all workers took
//	dockercmd_relist_workers                          how many workers the last listing saw
//
// Its zero value is ready; set Namespace before it is used. It is safe for concurrent use and must not be copied.
type Collector struct {
	// Namespace is the first word of the names; "" is dockercmd.
	Namespace string

	once          sync.Once
	calls         *prometheus.CounterVec
	durations     *prometheus.HistogramVec
	retries       *prometheus.CounterVec
	breakerState  *prometheus.Desc
	workers       *prometheus.Desc
	exits         *prometheus.CounterVec
	relists       prometheus.Histogram
	relistWorkers prometheus.Gauge

	mu      sync.Mutex
	breaker *client.Breaker
	states  map[string]int
}

// buckets go from a client's start, 15 ms, to the long deadline.
var buckets = []float64{.01, .025, .05, .1, .25, .5, 1, 2.5, 5, 10, 30, 60, 120, 300}

func (c *Collector) init() {
	c.once.Do(func() {
		ns := c.Namespace
		if ns == "" {
			ns = "dockercmd"
		}
		counter := func(name, help string, labels ...string) *prometheus.CounterVec {
			return prometheus.NewCounterVec(prometheus.CounterOpts{Namespace: ns, Name: name, Help: help}, labels)
		}
		histogram := func(name, help string) prometheus.HistogramOpts {
			return prometheus.HistogramOpts{Namespace: ns, Name: name, Help: help, Buckets: buckets}
		}
		desc := func(name, help string) *prometheus.Desc {
			return prometheus.NewDesc(prometheus.BuildFQName(ns, "", name), help, []string{"state"}, nil)
		}
		c.calls = counter("calls_total", "Calls of the docker client by subcommand and kind of failure; an empty kind is success.",
			"operation", "kind")
		c.retries = counter("call_retries_total", "Calls of the docker client that repeated a failed one.", "operation")
		c.exits = counter("worker_exits_total", "Exits of workers by reason, and whether they were out of memory.", "reason", "oom")
		c.durations = prometheus.NewHistogramVec(histogram("call_duration_seconds", "How long calls of the docker client took."),
			[]string{"operation"})
		c.relists = prometheus.NewHistogram(histogram("relist_duration_seconds", "How long listings of all workers took."))
		c.relistWorkers = prometheus.NewGauge(prometheus.GaugeOpts{Namespace: ns, Name: "relist_workers",
			Help: "Workers that the last listing saw."})
		c.breakerState = desc("breaker_state", "1 for the state of the circuit breaker before the engine.")
		c.workers = desc("workers", "Workers in each state.")
	})
}

// Observe counts a call of the docker client: give it to [client.Docker].Observe.
func (c *Collector) Observe(o client.Observation) {
	c.init()
	c.calls.WithLabelValues(o.Operation, o.Kind).Inc()
	if o.Attempt > 1 {
		c.retries.WithLabelValues(o.Operation).Inc()
	}
	if o.Kind != client.KindName(client.ErrBreakerOpen) {
		c.durations.WithLabelValues(o.Operation).Observe(o.Duration.Seconds())
	}
}

// Watch collects the state of a breaker; nil collects none.
func (c *Collector) Watch(b *client.Breaker) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.breaker = b
}

// SetWorkers sets how many workers are in each state. A state that is missing is gone from the metrics.
func (c *Collector) SetWorkers(states map[string]int) {
	copied := make(map[string]int, len(states))
	for state, n := range states {
		copied[state] = n
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	c.states = copied
}

// Outcome is how a worker ended.
type Outcome struct {
	// Reason is a word of a short list, such as exited, signal or unknown.
	Reason string
	// OOM reports whether the worker was out of memory.
	OOM bool
}

// Exit counts the end of a worker.
func (c *Collector) Exit(o Outcome) {
	c.init()
	oom := "false"
	if o.OOM {
		oom = "true"
	}
	c.exits.WithLabelValues(o.Reason, oom).Inc()
}

// Relist records how long a listing of all workers took, and how many it saw.
func (c *Collector) Relist(took time.Duration, workers int) {
	c.init()
	c.relists.Observe(took.Seconds())
	c.relistWorkers.Set(float64(workers))
}

// Describe implements [prometheus.Collector].
func (c *Collector) Describe(ch chan<- *prometheus.Desc) {
	c.init()
	for _, inner := range c.inner() {
		inner.Describe(ch)
	}
	ch <- c.breakerState
	ch <- c.workers
}

func (c *Collector) inner() []prometheus.Collector {
	return []prometheus.Collector{c.calls, c.durations, c.retries, c.exits, c.relists, c.relistWorkers}
}

// breakerStates are all shown, so that a state that ends falls to 0.
var breakerStates = []client.BreakerState{client.BreakerClosed, client.BreakerHalfOpen, client.BreakerOpen}

// Collect implements [prometheus.Collector].
func (c *Collector) Collect(ch chan<- prometheus.Metric) {
	c.init()
	for _, inner := range c.inner() {
		inner.Collect(ch)
	}
	c.mu.Lock()
	breaker, states := c.breaker, c.states
	c.mu.Unlock()
	for state, n := range states { // never changed once it is set
		ch <- prometheus.MustNewConstMetric(c.workers, prometheus.GaugeValue, float64(n), state)
	}
	if breaker == nil {
		return
	}
	now := breaker.Health().State
	for _, state := range breakerStates {
		value := 0.0
		if state == now {
			value = 1
		}
		ch <- prometheus.MustNewConstMetric(c.breakerState, prometheus.GaugeValue, value, state.String())
	}
}
