package dockercmd_test

import (
	"errors"
	"math"
	"slices"
	"strconv"
	"sync"
	"testing"

	"github.com/dockercmd/toolkit/dockercmd"
)

// TestParseKeepsNothing holds that a line is read as if it were the first, whatever stood in the lines before it: scanners are used
// again.
func TestParseKeepsNothing(t *testing.T) {
	full := benchRun().Args()
	lines := []struct {
		args []string
		want error
	}{
		{full, nil}, {[]string{"run", "-h", "host", "img"}, nil}, {[]string{"run", "--help"}, dockercmd.ErrHelp},
		{[]string{"run", "--env=A=1", "--nope", "img"}, dockercmd.ErrUnknownFlag},
		{[]string{"run", "--help=false", "img"}, dockercmd.ErrHelp},
		{[]string{"run", "img"}, nil}, {[]string{"container", "run", "img", "--", "-x"}, nil},
	}
	first := map[string]dockercmd.Command{}
	for range 3 {
		for i, l := range lines {
			c, err := dockercmd.Parse(l.args)
			if l.want != nil {
				if !errors.Is(err, l.want) {
					t.Errorf("%q: got %v, want %v", l.args, err, l.want)
				}
				continue
			}
			if err != nil {
				t.Fatal(err)
			}
			key := strconv.Itoa(i)
			if first[key] == nil {
				first[key] = c
			}
			if got, want := c.Args(), first[key].Args(); !slices.Equal(got, want) {
				t.Errorf("got  %q\nwant %q", got, want)
			}
		}
	}
	if got := first["0"].Args(); !slices.Equal(got, full) {
		t.Errorf("the first command is %q now, and was %q", got, full)
	}
}

// TestParseAtOnce parses in several goroutines, for the race detector.
func TestParseAtOnce(t *testing.T) {
	t.Parallel()
	var all sync.WaitGroup
	for i := range 4 {
		all.Go(func() {
			for n := range 100 {
				name := "w" + strconv.Itoa(i*1000+n)
				c, err := dockercmd.Parse([]string{"run", "--name", name, "--label=a=" + name, "img", name})
				if want := []string{"run", "--name=" + name, "--label=a=" + name, "img", name}; err != nil || !slices.Equal(c.Args(), want) {
					t.Errorf("got %v, %v, want %q", c, err, want)
				}
				if err := c.Validate(); err != nil {
					t.Error(err)
				}
			}
		})
	}
	all.Wait()
}

// TestParseAllocates holds that a line is read by a scanner that was made before: to make one takes several allocations for each of
// the 107 flags. The best of many lines counts: the race detector has pools forget things at random.
func TestParseAllocates(t *testing.T) {
	best := math.Inf(1)
	for range 100 {
		best = min(best, testing.AllocsPerRun(1, func() {
			if _, err := dockercmd.Parse([]string{"run", "--name=a", "img"}); err != nil {
				t.Error(err)
			}
		}))
	}
	if best > 20 {
		t.Errorf("%.0f allocations a line, want 20 at most", best)
	}
}
