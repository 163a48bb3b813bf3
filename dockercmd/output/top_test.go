package output_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/dockercmd/toolkit/dockercmd/output"
	"github.com/dockercmd/toolkit/internal/recordings"
)

func TestParseTop(t *testing.T) {
	t.Parallel()
	for _, version := range recordings.Clients {
		p, err := output.ParseTop(recordings.Read(t, version, "top.txt"))
		if err != nil {
			t.Fatal(err)
		}
		want := []string{"UID", "PID", "PPID", "C", "STIME", "TTY", "TIME", "CMD"}
		if diff := cmp.Diff(p.Columns, want); diff != "" || len(p.Rows) != 2 {
			t.Errorf("%s: %d rows, got -, want +\n%s", version, len(p.Rows), diff)
		}
		if got := p.Rows[0][p.Column("CMD", "COMMAND")]; got != "sh -c while :; do sleep 1; done" {
			t.Errorf("%s: the command is %q", version, got)
		}
		p, err = output.ParseTop(recordings.Read(t, version, "top-o.txt"))
		if err != nil || p.Column("PID") != 0 || p.Column("CMD", "COMMAND") != 1 || p.Column("UID") != -1 ||
			p.Rows[0][1] != "sh -c while :; do sleep 1; done" {
			t.Errorf("%s, -o pid,args: %v, got %v", version, err, p)
		}
	}
	tests := []struct {
		name string
		out  []byte
		want output.Processes
	}{
		{"podman's", recordings.Read(t, recordings.Podman, "top.txt"), output.Processes{
			Columns: []string{"USER", "PID", "PPID", "%CPU", "ELAPSED", "TTY", "TIME", "COMMAND"},
			Rows:    [][]string{{"root", "1", "0", "0.000", "44.589120642s", "?", "0s", "sleep 3000"}},
		}},
		{"no process", []byte("PID COMMAND\n"), output.Processes{Columns: []string{"PID", "COMMAND"}}},
		{"spaces in a row", []byte("PID CMD\n7\ta  b\n"), output.Processes{Columns: []string{"PID", "CMD"},
			Rows: [][]string{{"7", "a  b"}}}},
	}
	for _, tt := range tests {
		got, err := output.ParseTop(tt.out)
		if diff := cmp.Diff(got, tt.want); err != nil || diff != "" {
			t.Errorf("%s: %v, got -, want +\n%s", tt.name, err, diff)
		}
	}
	for out, want := range map[string]string{
		"":               "output of top: it is empty",
		"\n":             "output of top: it is empty",
		"PID CMD\n\n7\n": `line 3 of top: "7" has 1 columns of 2`,
	} {
		if got, err := output.ParseTop([]byte(out)); err == nil || err.Error() != want {
			t.Errorf("%q: got %v, %v, want %s", out, got, err, want)
		}
	}
}
