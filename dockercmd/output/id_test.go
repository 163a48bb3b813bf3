package output_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/dockercmd/toolkit/dockercmd"
	"github.com/dockercmd/toolkit/dockercmd/output"
	"github.com/dockercmd/toolkit/internal/recorder"
	"github.com/dockercmd/toolkit/internal/recordings"
)

func TestParseID(t *testing.T) {
	t.Parallel()
	for name, out := range map[string]string{
		"alone":                recorder.ID + "\n",
		"without a line break": recorder.ID,
		"behind a notice": "Flag --kernel-memory has been deprecated, and no longer supported by the kernel.\n" + recorder.ID +
			"\n",
		"behind the notice of 29": "Flag --disable-content-trust has been deprecated, support for docker content trust was removed\n" +
			recorder.ID + "\r\n",
	} {
		if got, err := output.ParseID([]byte(out)); err != nil || got != recorder.ID {
			t.Errorf("%s: got %q, %v", name, got, err)
		}
	}
	for _, out := range []string{"", "\n", "0123456789ab\n", recorder.ID + "\nWARNING: x\n", strings.ToUpper(recorder.ID),
		recorder.ID + "0"} {
		if got, err := output.ParseID([]byte(out)); err == nil {
			t.Errorf("ParseID(%q): got %q, want an error", out, got)
		}
	}
}

// TestParseIDOfAFailedStart reads what run --detach prints as it exits with 127 and 125: the id of a container that is left
// behind as created.
func TestParseIDOfAFailedStart(t *testing.T) {
	t.Parallel()
	for _, version := range recordings.Clients {
		for _, file := range []string{"run-d-127.txt", "run-d-125.txt"} {
			if id, err := output.ParseID(recordings.Read(t, version, file)); err != nil || !dockercmd.ValidID(id) {
				t.Errorf("%s %s: got %q, %v", version, file, id, err)
			}
		}
		containers, err := output.ParseInspect(recordings.Read(t, version, "inspect.json"))
		if err != nil {
			t.Fatal(err)
		}
		left, _ := output.ParseID(recordings.Read(t, version, "run-d-127.txt"))
		if !slices.ContainsFunc(containers, func(c output.Container) bool {
			return c.ID == left && c.State.Status == output.StateCreated && c.State.ExitCode == 127
		}) {
			t.Errorf("%s: inspect does not show %s as created with the code 127", version, left)
		}
	}
	if id, err := output.ParseID(recordings.Read(t, recordings.Podman, "run-d-127.txt")); err == nil {
		t.Errorf("podman printed the id %s", id)
	}
}

func TestParseImageID(t *testing.T) {
	t.Parallel()
	for _, version := range recordings.Clients {
		got, err := output.ParseImageID(recordings.Read(t, version, "commit.txt"))
		if err != nil || !strings.HasPrefix(got, "sha256:") || len(got) != len("sha256:")+64 {
			t.Errorf("%s: got %q, %v", version, got, err)
		}
		if id, err := output.ParseID(recordings.Read(t, version, "commit.txt")); err == nil {
			t.Errorf("%s: ParseID takes an image's id for a container's: %s", version, id)
		}
		if _, err := output.ParseID(recordings.Read(t, version, "network-create.txt")); err != nil {
			t.Errorf("%s, network create: %v", version, err)
		}
	}
	for _, out := range []string{"", "sha256:", "sha256:00\n", "Error: x\n"} {
		if got, err := output.ParseImageID([]byte(out)); err == nil {
			t.Errorf("%q: got %q, want an error", out, got)
		}
	}
}

func TestParseEcho(t *testing.T) {
	t.Parallel()
	for _, version := range recordings.Clients {
		// Of "stop w-nobody w-exit": the first was missing.
		got := output.ParseEcho(recordings.Read(t, version, "stop-missing.txt"))
		if diff := cmp.Diff(got, []string{"w-exit"}); diff != "" {
			t.Errorf("%s: got -, want +\n%s", version, diff)
		}
	}
	for out, want := range map[string][]string{"": nil, "\n": nil, "w1\r\nw2": {"w1", "w2"}, "a b\n": {"a b"}} {
		if diff := cmp.Diff(output.ParseEcho([]byte(out)), want); diff != "" {
			t.Errorf("%q: got -, want +\n%s", out, diff)
		}
	}
}
