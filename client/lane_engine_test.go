package client_test

import (
	stdcmp "cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/docker/go-units"
	"github.com/google/go-cmp/cmp"

	"github.com/dockercmd/toolkit/client"
	"github.com/dockercmd/toolkit/dockercmd"
	"github.com/dockercmd/toolkit/dockercmd/output"
	"github.com/dockercmd/toolkit/internal/enginetest"
	"github.com/dockercmd/toolkit/runner"
	"github.com/dockercmd/toolkit/runner/runnertest"
)

// TestEngineLane checks on an engine that questions have the same answers by the Lane as by lines.
func TestEngineLane(t *testing.T) {
	t.Parallel()
	clients(t, func(t *testing.T, e *enginetest.Engine, d client.Docker) {
		name, _ := launch(t, e, d, forever...)
		odd := e.Name(t) + "_odd.-"
		t.Cleanup(func() { e.Run(t, "rm", "--force", "--volumes", odd) })
		run := worker(e, odd, "sh", "-c", "exit 3")
		run.Labels = map[string]string{"a": "b,c=d", "a.\"b": "\n\u00e9"}
		run.HealthCmd, run.HealthInterval = "true", time.Hour
		run.Volumes = []dockercmd.Volume{{Target: "/v"}}
		if _, err := d.Run(t.Context(), run); err != nil {
			t.Fatal(err)
		}
		exitOf(t, d, odd)
		healthy, _ := launch(t, e, d, forever...)
		if err := d.Kill(t.Context(), dockercmd.Kill{Signal: "WINCH", Containers: []string{healthy}}); err != nil {
			t.Fatal(err)
		}
		laneAgrees(t, d, e.Image, name, odd, healthy)
	})
}

// TestEngineLaneImages checks the same of lists of images that have several names, digests or none.
func TestEngineLaneImages(t *testing.T) {
	t.Parallel()
	clients(t, func(t *testing.T, e *enginetest.Engine, d client.Docker) {
		ctx := t.Context()
		g := newRegistry(t)
		name := g.host + "/dockercmd-test/lane"
		t.Cleanup(func() { // docker rmi of an id alone refuses what has names in several repositories
			images, err := d.Images(context.Background(), dockercmd.Images{Repository: name + "*"})
			for _, i := range images {
				err = errors.Join(err, d.Rmi(context.Background(), dockercmd.Rmi{Force: true, Images: []string{i.ID}}))
			}
			if err != nil && !errors.Is(err, client.ErrImageNotFound) {
				t.Error(err)
			}
		})
		for _, ref := range []string{name + ":1", name + "-digest@" + digest(g.manifest)} {
			if _, err := d.Pull(ctx, dockercmd.Pull{Image: ref}, client.PullOptions{}); err != nil {
				t.Fatal(err)
			}
		}
		for _, other := range []string{name + ":2", name + "-second:1"} {
			if err := d.Tag(ctx, dockercmd.Tag{Source: name + ":1", Target: other}); err != nil {
				t.Fatal(err)
			}
		}
		lane, calls := laneOf(t, d)
		own := dockercmd.Images{All: true, Filters: []dockercmd.Filter{{Key: "reference", Value: name + "*"}}}
		for _, test := range []struct {
			c    dockercmd.Images
			rows int
		}{
			{own, 4},
			{dockercmd.Images{All: true, Filters: own.Filters, Digests: true}, 4},
			{dockercmd.Images{Repository: name}, 2},
			{dockercmd.Images{Repository: name + ":2", Digests: true}, 1},
			{dockercmd.Images{Repository: name, Filters: []dockercmd.Filter{{Key: "reference", Value: name + "-second"}}}, 3},
			{dockercmd.Images{Filters: append(slices.Clone(own.Filters), dockercmd.Filter{Key: "dangling", Value: "true"})}, 0},
		} {
			q := question{fmt.Sprintf("images %+v", test.c), func(d client.Docker) (any, error) {
				rows, err := d.Images(ctx, test.c)
				slices.SortFunc(rows, func(a, b output.ImageRow) int { // docker's client has no order of the names of one
					return stdcmp.Or(strings.Compare(a.Repository, b.Repository), strings.Compare(a.Tag, b.Tag))
				})
				if len(rows) != test.rows {
					t.Errorf("got %d rows of %+v: %+v", len(rows), test.c, rows)
				}
				return rows, err
			}}
			q.compare(t, d, lane)
		}
		noLines(t, calls)
		question{"images without a name", func(d client.Docker) (any, error) {
			return d.Images(ctx, dockercmd.Images{Repository: name + "-digest"})
		}}.compare(t, d, lane)
		if got := subcommands(calls); !slices.Contains(got, "images") {
			t.Errorf("ran %v, want a line for images without a name", got)
		}
	})
}

// TestEngineLaneStats checks the same of what containers use: of one that is paused, so that the figures stand still, and of one
// that has ended. The figures of one that works are held to what it does. An engine that would take a second for each is asked by a
// line.
func TestEngineLaneStats(t *testing.T) {
	t.Parallel()
	clients(t, func(t *testing.T, e *enginetest.Engine, d client.Docker) {
		ctx := t.Context()
		paused, id := launch(t, e, d, "sh", "-c", "cat /proc/self/status > /f; tail -f /dev/null")
		over, _ := launch(t, e, d, "true")
		busy := e.Name(t)
		run := worker(e, busy, "sh", "-c", "while :; do :; done")
		run.CPUs, run.Memory = dockercmd.CPUs(0.5e9), 64*dockercmd.MiB
		if _, err := d.Run(ctx, run); err != nil {
			t.Fatal(err)
		}
		exitOf(t, d, over)
		if _, err := d.Do(ctx, &dockercmd.Pause{Containers: []string{paused}}, client.Call{}); err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() {
			_, _ = d.Do(context.Background(), &dockercmd.Unpause{Containers: []string{paused}}, client.Call{})
		})
		v, err := d.Version(ctx)
		if err != nil {
			t.Fatal(err)
		}
		atOnce := !slices.Contains([]string{"1.41", "1.42", "1.43", "1.44"}, v.Server.APIVersion)
		lane, calls := laneOf(t, d)
		question{"stats", func(d client.Docker) (any, error) {
			return d.Stats(ctx, dockercmd.Stats{Containers: []string{paused, over, id, over}})
		}}.compare(t, d, lane)
		rows, err := lane.Stats(ctx, dockercmd.Stats{Containers: []string{busy}})
		if err != nil || len(rows) != 1 || rows[0].Name != busy || rows[0].CPUPercent < 5 || rows[0].CPUPercent > 75 ||
			rows[0].Memory <= 0 || rows[0].MemoryLimit != 64*dockercmd.MiB || rows[0].PIDs < 1 {
			t.Errorf("got %+v, %v", rows, err)
		}
		if atOnce {
			noLines(t, calls)
		} else if got := subcommands(calls); !slices.Contains(got, "stats") || lane.Lane.Health().Err != nil {
			t.Errorf("ran %v; %v", got, lane.Lane.Health())
		}
		all, err := lane.Stats(ctx, dockercmd.Stats{})
		named := slices.ContainsFunc(all, func(r output.StatsRow) bool { return r.Name == busy })
		if err != nil && !errors.Is(err, client.ErrNotFound) || err == nil && !named { // other tests' containers come and go
			t.Errorf("got %+v, %v", all, err)
		}
		_, want := d.Stats(ctx, dockercmd.Stats{Containers: []string{busy, "dockercmd-test-nosuch"}})
		_, got := lane.Stats(ctx, dockercmd.Stats{Containers: []string{busy, "dockercmd-test-nosuch"}})
		if want == nil || got == nil || got.Error() != want.Error() || !errors.Is(got, client.ErrNotFound) {
			t.Errorf("got %v, want %v", got, want)
		}
		d.Env = append(os.Environ(), "DOCKER_API_VERSION=1.40")
		lane, _ = laneOf(t, d)
		rows, err = lane.Stats(ctx, dockercmd.Stats{Containers: []string{busy}})
		if h := lane.Lane.Health(); err != nil || len(rows) != 1 || h.Err != nil || h.Lines == 0 {
			t.Errorf("with an old API: got %+v, %v; %+v", rows, err, h)
		}
	})
}

// noLines checks that a Lane has answered every question.
func noLines(t *testing.T, calls *runner.Recorder) {
	t.Helper()
	got := slices.Compact(slices.Sorted(slices.Values(subcommands(calls))))
	if want := []string{"system dial-stdio"}; !slices.Equal(got, want) {
		t.Errorf("ran %v, want %v", subcommands(calls), want)
	}
}

// TestLaneOnFake checks the same of the fake docker, which speaks for two engines.
func TestLaneOnFake(t *testing.T) {
	t.Parallel()
	for _, engine := range []string{"20.10", "28.5"} {
		t.Run(engine, func(t *testing.T) {
			t.Parallel()
			fake := newFake(t)
			fake.Engine = engine
			d := client.Docker{Runner: fake}
			for _, run := range []dockercmd.Run{
				{Name: "up", Image: "busybox", Command: []string{"sleep", "1000"}, Labels: map[string]string{"a": "b,c=d"}},
				{Name: "over", Image: "busybox", Command: []string{"sh", "-c", "exit 3"}, Labels: map[string]string{"a": "b,c=d"}},
			} {
				if _, err := d.Run(t.Context(), run); err != nil {
					t.Fatal(err)
				}
			}
			if got := exitOf(t, d, "over"); got != 3 {
				t.Fatalf("got %d", got)
			}
			laneAgrees(t, d, "busybox", "up", "over")
		})
	}
}

// newFake returns a fake docker that is closed when the test is over.
func newFake(t *testing.T) *runnertest.Docker {
	t.Helper()
	fake := &runnertest.Docker{Images: map[string]runnertest.Program{"busybox": runnertest.Busybox}}
	t.Cleanup(func() {
		if err := fake.Close(); err != nil {
			t.Error(err)
		}
	})
	return fake
}

// laneOf returns d with a Lane, and what records the commands that it runs.
func laneOf(t *testing.T, d client.Docker) (client.Docker, *runner.Recorder) {
	t.Helper()
	r := d.Runner
	if r == nil {
		r = runner.Exec{}
	}
	calls := &runner.Recorder{Runner: r}
	d.Runner, d.Lane = calls, new(client.Lane)
	t.Cleanup(func() { d.Lane.Close() })
	return d, calls
}

// subcommands returns the commands of a recorder's calls, in order.
func subcommands(calls *runner.Recorder) []string {
	var all []string
	for _, r := range calls.Records() {
		c, err := dockercmd.Parse(r.Argv[1:])
		if err != nil {
			panic(err) // it has been rendered by us
		}
		all = append(all, c.Subcommand())
	}
	return all
}

// laneAgrees checks that each question about some containers and an image has the same answer by both ways.
func laneAgrees(t *testing.T, lines client.Docker, image string, names ...string) {
	t.Helper()
	lane, calls := laneOf(t, lines)
	ctx := t.Context()
	if _, err := lane.Version(ctx); err != nil { // the first one is a line
		t.Fatal(err)
	}
	byName := func(name string) []dockercmd.Filter { return []dockercmd.Filter{dockercmd.ExactName(name)} }
	var questions []question
	ask := func(name string, f func(client.Docker) (any, error)) {
		questions = append(questions, question{name, f})
	}
	ask("version", func(d client.Docker) (any, error) { return d.Version(ctx) })
	ask("info", func(d client.Docker) (any, error) {
		i, err := d.Info(ctx)
		i.ClientInfo, i.SystemTime = output.ClientInfo{}, time.Time{}
		i.Containers, i.ContainersRunning, i.ContainersStopped, i.ContainersPaused, i.Images = 0, 0, 0, 0, 0 // other tests'
		return i, err
	})
	ask("inspect", func(d client.Docker) (any, error) { return d.Inspect(ctx, names...) })
	ask("images", func(d client.Docker) (any, error) { return d.Images(ctx, dockercmd.Images{Repository: image}) })
	ask("no images", func(d client.Docker) (any, error) {
		return d.Images(ctx, dockercmd.Images{Repository: "dockercmd-test-nosuch"})
	})
	ask("image inspect", func(d client.Docker) (any, error) { return d.ImageInspect(ctx, image) })
	for _, name := range names {
		ps := dockercmd.Ps{All: true, Filters: byName(name)}
		ask("ps of "+name, func(d client.Docker) (any, error) { return d.Ps(ctx, ps, "a", "a.\"b", "absent") })
		brief := ps
		brief.Format = output.PsBriefFormat("a")
		ask("brief ps of "+name, func(d client.Docker) (any, error) { return d.Ps(ctx, brief, "a") })
	}
	ask("ps with filters", func(d client.Docker) (any, error) {
		return d.Ps(ctx, dockercmd.Ps{Filters: append(byName(names[1]), dockercmd.Filter{Key: "status", Value: "exited"},
			dockercmd.Filter{Key: "label", Value: "a=b,c=d"}, dockercmd.Filter{Key: "label", Value: "a"})})
	})
	ask("ps of what runs", func(d client.Docker) (any, error) { return d.Ps(ctx, dockercmd.Ps{Filters: byName(names[1])}) })
	ask("the newest", func(d client.Docker) (any, error) {
		return d.Ps(ctx, dockercmd.Ps{Last: 1, Filters: byName(names[0])})
	})
	ask("events", func(d client.Docker) (any, error) {
		now := time.Now()
		q := dockercmd.Events{Since: "1.5", Until: fmt.Sprintf("%d.%09d", now.Unix(), now.Nanosecond())}
		for _, name := range names {
			q.Filters = append(q.Filters, dockercmd.Filter{Key: "container", Value: name})
		}
		var all []output.Event
		err := d.Events(ctx, q, func(e output.Event) { all = append(all, e) })
		if len(all) < len(names) {
			t.Errorf("got %d events of %d containers", len(all), len(names))
		}
		return all, err
	})
	for _, q := range questions {
		q.compare(t, lines, lane)
	}
	if h := lane.Lane.Health(); !h.Up || h.Answered < len(questions) || h.Lines != 1 {
		t.Errorf("got %v, %d answered, %d lines; want the first question alone asked by a line", h, h.Answered, h.Lines)
	}
	got := slices.Compact(slices.Sorted(slices.Values(subcommands(calls))))
	if want := []string{"system dial-stdio", "version"}; !slices.Equal(got, want) {
		t.Errorf("ran %v, want %v", subcommands(calls), want)
	}

	// What is not there, and what is wrong, is a line's word.
	for name, f := range map[string]func(client.Docker) error{
		"no container": func(d client.Docker) error { _, err := d.Inspect(ctx, names[0], "dockercmd-test-nosuch"); return err },
		"no image":     func(d client.Docker) error { _, err := d.ImageInspect(ctx, "dockercmd-test-nosuch"); return err },
		"a bad filter": func(d client.Docker) error {
			_, err := d.Ps(ctx, dockercmd.Ps{Filters: []dockercmd.Filter{{Key: "status", Value: "bogus"}}})
			return err
		},
		"events between two times in the wrong order": func(d client.Docker) error {
			return d.Events(ctx, dockercmd.Events{Since: "1600000001", Until: "1600000000.5"}, func(output.Event) {})
		},
	} {
		want, got := f(lines), f(lane)
		if want == nil || got == nil || got.Error() != want.Error() || client.KindName(got) != client.KindName(want) {
			t.Errorf("%s: got %v, want %v", name, got, want)
		}
	}
	if h := lane.Lane.Health(); !h.Up {
		t.Errorf("a question without an answer: %v", h)
	}
}

// sameForPeople compares what a line tells with what the Lane does: sizes are exact there, and shares too, and Raw has an order of
// its own.
var sameForPeople = cmp.Options{
	cmp.Comparer(func(a, b json.RawMessage) bool { return true }),
	cmp.FilterPath(func(p cmp.Path) bool { return strings.HasPrefix(p.Last().String(), ".Memory") },
		cmp.Comparer(func(a, b dockercmd.Bytes) bool { return units.BytesSize(float64(a)) == units.BytesSize(float64(b)) })),
	cmp.FilterPath(func(p cmp.Path) bool { return !strings.HasPrefix(p.Last().String(), ".Memory") },
		cmp.Comparer(func(a, b dockercmd.Bytes) bool {
			return units.HumanSizeWithPrecision(float64(a), 3) == units.HumanSizeWithPrecision(float64(b), 3)
		})),
	cmp.Comparer(func(a, b float64) bool { return math.Abs(a-b) < 0.01 }),
}

type question struct {
	name string
	ask  func(client.Docker) (any, error)
}

// compare asks both ways. The time runs on between two questions ("Up 3 seconds"), so it asks again.
func (q question) compare(t *testing.T, lines, lane client.Docker) {
	t.Helper()
	var diff string
	for end := time.Now().Add(time.Minute); time.Now().Before(end); {
		want, err := q.ask(lines)
		got, laneErr := q.ask(lane)
		if err != nil || laneErr != nil {
			t.Errorf("%s: %v by a line, %v by the lane", q.name, err, laneErr)
			return
		}
		if diff = cmp.Diff(want, got, sameForPeople); diff == "" {
			return
		}
	}
	t.Errorf("%s: by a line (-) and by the lane (+):\n%s", q.name, diff)
}
