package main

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/dockercmd/toolkit/golden"
	"github.com/dockercmd/toolkit/worker"
)

// watchViews are what the table is drawn of, by the names of the golden files.
var watchViews = map[string]watchView{
	"nothing": {},
	"many-states": {Rows: []watchRow{
		{ID: "crawler-1", State: worker.Running, Uptime: 12*time.Minute + 5*time.Second, CPU: 99.94, Memory: 62 << 20, Limit: 64 << 20,
			Pids: 12, LastExit: "exit code 7", Failed: true},
		{ID: "crawler-2", State: worker.Running, Uptime: 75 * time.Hour, CPU: 0, Memory: 50 << 20, Limit: 64 << 20, Pids: 1},
		{ID: "done", State: worker.Exited, Uptime: -1, CPU: -1, Memory: -1, Limit: -1, Pids: -1, LastExit: "exit code 0"},
		{ID: "hog", State: worker.Exited, Uptime: -1, CPU: -1, Memory: -1, Limit: -1, Pids: -1, LastExit: "out of memory, exit code 137",
			Failed: true},
		{ID: "indexer", State: worker.Stopping, Uptime: 3 * time.Hour, CPU: 1203.4, Memory: 3 << 30, Limit: -1, Pids: 2048},
		{ID: "lost", State: worker.Gone, Uptime: -1, CPU: -1, Memory: -1, Limit: -1, Pids: -1, LastExit: "unknown: the container is gone",
			Failed: true},
		{ID: "new", State: worker.Running, Uptime: time.Second, CPU: -1, Memory: -1, Limit: -1, Pids: -1},
		{ID: "spare", State: worker.Reserved, Uptime: -1, CPU: -1, Memory: -1, Limit: -1, Pids: -1},
	}},
	"engine-hangs": {Problem: "the engine does not answer since 15:03:59 (docker ps: no answer within 5s); * is what the cgroup tells",
		Rows: []watchRow{
			{ID: "w1", State: worker.Running, ByCgroup: true, Uptime: time.Minute, CPU: 3, Memory: 1 << 20, Limit: 8 << 20, Pids: 1},
			{ID: "w2", State: worker.Unknown, Uptime: -1, CPU: -1, Memory: -1, Limit: -1, Pids: -1},
		}},
	"long-names-and-odd-characters": {Problem: "two\nlines\x1b[31m", Rows: []watchRow{
		{ID: strings.Repeat("a-very-long-name.", 7), State: worker.Running, Uptime: time.Minute, CPU: 3, Memory: 1 << 20, Limit: 8 << 20,
			Pids: 1, LastExit: "odd\x1b[31m\ttext that goes on and on, and on, and on, and on, and on"},
	}},
}

// TestWatchTable holds the table to golden files, for terminals from narrow to wide.
func TestWatchTable(t *testing.T) {
	t.Parallel()
	for name, v := range watchViews {
		v.At = time.Date(2026, 7, 1, 15, 4, 5, 0, time.UTC)
		for _, width := range []int{40, 80, 120} {
			golden.Dir("../../testdata/cmd/watch").CheckString(t, fmt.Sprintf("%s-%d.txt", name, width), v.render(terminal{width: width}))
		}
		golden.Dir("../../testdata/cmd/watch").CheckString(t, name+"-colour.txt",
			strings.ReplaceAll(v.render(terminal{width: 100, colour: true}), "\x1b", "ESC"))
	}
	golden.Dir("../../testdata/cmd/watch").CheckString(t, "many-states-low.txt",
		watchViews["many-states"].render(terminal{width: 80, height: 6}))
}

// TestWatchTableFits holds that, whatever the terminal, no line is longer than it is wide, there are no more lines than it is
// high, and colours change nothing but colours.
func TestWatchTableFits(t *testing.T) {
	t.Parallel()
	for name, v := range watchViews {
		for width := 1; width <= 150; width++ {
			for _, height := range []int{0, 3, 4, 7, 30} {
				text := v.render(terminal{width: width, height: height})
				if n := strings.Count(text, "\n"); height > 3 && n > height {
					t.Errorf("%s, %d×%d: got %d lines", name, width, height, n)
				}
				for line := range strings.Lines(text) {
					if n := len([]rune(strings.TrimSuffix(line, "\n"))); n > width {
						t.Errorf("%s, %d×%d: got %d characters: %q", name, width, height, n, line)
					}
				}
				coloured := v.render(terminal{width: width, height: height, colour: true})
				for _, c := range []string{inRed, inGreen, inYellow, inBold, inDim, uncoloured} {
					coloured = strings.ReplaceAll(coloured, c, "")
				}
				if coloured != text {
					t.Errorf("%s, %d×%d: with colours\n%swithout\n%s", name, width, height, coloured, text)
				}
			}
		}
	}
}

func TestAge(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		d    time.Duration
		want string
	}{
		{-1, "-"}, {0, "0s"}, {59*time.Second + 999*time.Millisecond, "59s"}, {time.Minute, "1m00s"},
		{12*time.Minute + 5*time.Second, "12m05s"},
		{23*time.Hour + 59*time.Minute, "23h59m"}, {24 * time.Hour, "1d00h"}, {999*24*time.Hour + 23*time.Hour, "999d23h"},
		{1000 * 24 * time.Hour, "1000d"},
	} {
		if got := age(tt.d); got != tt.want {
			t.Errorf("%v: got %q, want %q", tt.d, got, tt.want)
		}
	}
}
