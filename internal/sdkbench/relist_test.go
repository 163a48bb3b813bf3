package sdkbench

import (
	"context"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/docker/docker/api/types/container"
	"github.com/docker/docker/api/types/filters"
	sdk "github.com/docker/docker/client"

	"github.com/dockercmd/toolkit/client"
	"github.com/dockercmd/toolkit/dockercmd"
	"github.com/dockercmd/toolkit/internal/enginetest"
)

// containers is how many there are to list, and label is what they have in common.
const (
	containers = 300
	label      = "sdkbench"
)

// way is a way to do the same: ask returns something that is the same for all, such as how many containers there are.
type way struct {
	name string
	ask  func(context.Context) (int, error)
	wall []time.Duration
	cpu  time.Duration // of this process and of clients that have ended; the Lane's own client is not among them
}

// BenchmarkRelist lists 300 containers by a Lane, by the SDK and by a line each, in turn, and reports the median wall time and the
// CPU as ratios to the SDK's. It fails when the Lane is far beyond its bound of 1.15 times the SDK's wall time.
func BenchmarkRelist(b *testing.B) {
	const most = 1.15
	e := enginetest.Private(b)
	for range containers {
		e.Run(b, "create", "--network=none", "--label="+label+"=1", e.Image, "sleep", "1")
	}
	s := newSDK(b, e)
	line := client.Docker{Program: e.Docker().Program, Env: e.Env()}
	lane := line
	lane.Lane = new(client.Lane)
	defer lane.Lane.Close()
	ps := func(d client.Docker) func(context.Context) (int, error) {
		return func(ctx context.Context) (int, error) {
			rows, err := d.Ps(ctx, dockercmd.Ps{All: true, NoTrunc: true, Filters: []dockercmd.Filter{{Key: "label", Value: label + "=1"}}})
			return len(rows), err
		}
	}
	ways := []*way{
		{name: "sdk", ask: func(ctx context.Context) (int, error) {
			all, err := s.ContainerList(ctx, container.ListOptions{All: true, Filters: filters.NewArgs(filters.Arg("label", label+"=1"))})
			return len(all), err
		}},
		{name: "lane", ask: ps(lane)},
		{name: "line", ask: ps(line)},
	}
	rounds := inTurn(b, ways, containers)
	of := map[string]*way{}
	for _, w := range ways {
		of[w.name] = w
	}
	b.ReportMetric(float64(median(ways, "sdk").Microseconds())/1000, "sdk-ms")
	for _, name := range []string{"lane", "line"} {
		b.ReportMetric(float64(median(ways, name))/float64(median(ways, "sdk")), name+"-x-wall")
		b.ReportMetric(float64(of[name].cpu)/float64(of["sdk"].cpu), name+"-x-cpu")
	}
	b.ReportMetric(0, "ns/op")
	if ratio := float64(median(ways, "lane")) / float64(median(ways, "sdk")); rounds > 20 && ratio > 1.5*most {
		b.Errorf("a list by the Lane takes %.2f times as long as the SDK's, and %.2f are promised", ratio, most)
	}
}

// newSDK returns a client of docker's own SDK.
func newSDK(b *testing.B, e *enginetest.PrivateEngine) *sdk.Client {
	host := ""
	for _, v := range e.Env() {
		if value, is := strings.CutPrefix(v, "DOCKER_HOST="); is {
			host = value
		}
	}
	s, err := sdk.NewClientWithOpts(sdk.WithHost(host), sdk.WithAPIVersionNegotiation())
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() { s.Close() })
	return s
}

// inTurn asks each of some ways, another one first in each round, and returns how often. Each answer has to be want.
func inTurn(b *testing.B, ways []*way, want int) (rounds int) {
	ways = slices.Clone(ways)
	for b.Loop() {
		for _, w := range ways {
			before, began := cpu(), time.Now()
			n, err := w.ask(context.Background())
			if n != want || err != nil {
				b.Fatalf("%s: %d, want %d, %v", w.name, n, want, err)
			}
			w.wall, w.cpu = append(w.wall, time.Since(began)), w.cpu+cpu()-before
		}
		ways = append(ways[1:], ways[0])
		rounds++
	}
	return rounds
}

// median returns the median wall time of a way.
func median(ways []*way, name string) time.Duration {
	w := ways[slices.IndexFunc(ways, func(w *way) bool { return w.name == name })]
	return slices.Sorted(slices.Values(w.wall))[len(w.wall)/2]
}

// cpu is what this process and its children that have ended have used.
func cpu() (all time.Duration) {
	for _, who := range []int{syscall.RUSAGE_SELF, syscall.RUSAGE_CHILDREN} {
		var u syscall.Rusage
		if err := syscall.Getrusage(who, &u); err != nil {
			panic(err)
		}
		all += time.Duration(u.Utime.Nano() + u.Stime.Nano())
	}
	return all
}
