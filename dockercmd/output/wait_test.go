package output_test

import (
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/dockercmd/toolkit/dockercmd/output"
	"github.com/dockercmd/toolkit/internal/recordings"
)

func TestParseWait(t *testing.T) {
	t.Parallel()
	for out, want := range map[string][]int{"": nil, "3\n137\n": {3, 137}, "0\n": {0}, "143": {143}, "255\n": {255}} {
		got, err := output.ParseWait([]byte(out))
		if diff := cmp.Diff(got, want); err != nil || diff != "" {
			t.Errorf("%q: %v, got -, want +\n%s", out, err, diff)
		}
	}
	for _, version := range append(slices.Clone(recordings.Clients), recordings.Podman) {
		want := []int{3, 137, 0}
		if version == recordings.Podman {
			want = []int{3, 0}
		}
		got, err := output.ParseWait(recordings.Read(t, version, "wait.txt"))
		if diff := cmp.Diff(got, want); err != nil || diff != "" {
			t.Errorf("%s: %v, got -, want +\n%s", version, err, diff)
		}
	}
	// Of "wait w-nobody w-exit" there is one line, the second's.
	for _, version := range recordings.Clients {
		got, err := output.ParseWait(recordings.Read(t, version, "wait-missing.txt"))
		if diff := cmp.Diff(got, []int{3}); err != nil || diff != "" {
			t.Errorf("%s, one missing: %v, got -, want +\n%s", version, err, diff)
		}
	}
	for _, out := range []string{"x", "3\nError: no such container", "3.0", "-1", "256", "3\n-1\n", "4294967296"} {
		if got, err := output.ParseWait([]byte(out)); err == nil {
			t.Errorf("ParseWait(%q): got %v, want an error", out, got)
		}
	}
}
