package runnertest_test

import (
	"bytes"
	"syscall"
	"testing"
	"testing/synctest"
	"time"

	"github.com/dockercmd/toolkit/dockercmd"
	"github.com/dockercmd/toolkit/runner/runnertest"
)

// strange returns a fake with one container whose ps has a fault.
func strange(t *testing.T, f runnertest.Fault) *runnertest.Docker {
	d := &runnertest.Docker{Images: map[string]runnertest.Program{"img": patient}}
	d.Fault = func(c dockercmd.Command) *runnertest.Fault {
		if c.Subcommand() == "ps" {
			return &f
		}
		return nil
	}
	must(t, d, "run -d --name=w1 img")
	return d
}

func TestAnswersWithFaults(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name  string
		fault runnertest.Fault
		want  string
		took  time.Duration
	}{
		{"cut", runnertest.Fault{Cut: &runnertest.Cut{After: 4}}, "1 w1|r" + "unexpected EOF", 0},
		{"cut at once", runnertest.Fault{Cut: &runnertest.Cut{}}, "1 unexpected EOF", 0},
		{"cut behind its end", runnertest.Fault{Cut: &runnertest.Cut{After: 1000}}, "1 w1|running\nunexpected EOF", 0},
		{"slow", runnertest.Fault{Slow: time.Second}, "0 w1|running", 11 * time.Second},
		{"slow and cut", runnertest.Fault{Slow: time.Second, Cut: &runnertest.Cut{After: 2}}, "1 w1unexpected EOF", 2 * time.Second},
		{"a lie", runnertest.Fault{Lie: func(b []byte) []byte { return bytes.ReplaceAll(b, []byte("running"), []byte("exited")) }},
			"0 w1|exited", 0},
		{"an empty lie", runnertest.Fault{Lie: func([]byte) []byte { return nil }}, "0", 0},
		{"a lie that is cut", runnertest.Fault{Lie: bytes.ToUpper, Cut: &runnertest.Cut{After: 2}}, "1 W1unexpected EOF", 0},
		{"a reply that is cut", runnertest.Fault{Reply: &runnertest.Reply{Stdout: "abc"}, Cut: &runnertest.Cut{After: 1}},
			"1 aunexpected EOF", 0},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				d := strange(t, tt.fault)
				defer d.Close()
				begun := time.Now()
				p, out := begin(t, d, "ps --format {{.Names}}|{{.State}}")
				if got := ending(p, out); got != tt.want {
					t.Errorf("got %q, want %q", got, tt.want)
				}
				if took := time.Since(begun); tt.took > 0 && (took < tt.took || took > tt.took+time.Second) {
					t.Errorf("took %v, want %v", took, tt.took)
				}
			})
		})
	}
}

func TestAnswerThatHangsHalfway(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		d := strange(t, runnertest.Fault{Cut: &runnertest.Cut{After: 2, Hang: true}})
		defer d.Close()
		p, out := begin(t, d, "ps --format {{.Names}}|{{.State}}")
		time.Sleep(time.Hour)
		if got := out.stdout.String(); got != "w1" {
			t.Errorf("got %q, want w1", got)
		}
		if err := p.Signal(syscall.SIGTERM); err != nil {
			t.Error(err)
		}
		if got := ending(p, out); got != "143 w1" {
			t.Errorf("got %q, want 143 and w1", got)
		}
	})
}
