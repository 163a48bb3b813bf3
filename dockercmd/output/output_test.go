package output_test

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/dockercmd/toolkit/dockercmd"
	"github.com/dockercmd/toolkit/dockercmd/output"
	"github.com/dockercmd/toolkit/internal/enginetest"
	"github.com/dockercmd/toolkit/internal/recorder"
)

// TestParsersReadRealClients gives each parser what the real clients print of a known container.
func TestParsersReadRealClients(t *testing.T) {
	t.Parallel()
	started := time.Date(2026, 1, 2, 3, 4, 6, 0, time.UTC)
	recorder.PerClient(t, func(t *testing.T, client enginetest.Client) {
		r := recorder.Start(t)
		print := func(c dockercmd.Command) []byte {
			t.Helper()
			result := r.Do(t, client.Path, dockercmd.Engine{Version: client.Version}.Args(c)...)
			if result.Exit != 0 {
				t.Fatalf("%s: exit %d\n%s", c, result.Exit, result.Stderr)
			}
			return []byte(result.Stdout)
		}
		row := output.PsRow{
			ID: recorder.ID, Names: []string{"w1"}, Image: "busybox", State: output.StateRunning, Status: "Up 3 years",
			Labels: map[string]string{"a": "b", `it's "odd"`: ""},
		}
		rows, err := output.ParsePs(print(&dockercmd.Ps{NoTrunc: true, Format: output.PsFormat("a", `it's "odd"`)}))
		if diff := cmp.Diff(rows, []output.PsRow{row}, withoutRaw); err != nil || diff != "" {
			t.Errorf("ps: %v, got -, want +\n%s", err, diff)
		}
		row.Image, row.Status, row.Labels = "", "", nil
		rows, err = output.ParsePs(print(&dockercmd.Ps{NoTrunc: true, Format: output.PsStormFormat}))
		if diff := cmp.Diff(rows, []output.PsRow{row}, withoutRaw); err != nil || diff != "" {
			t.Errorf("ps for the launcher: %v, got -, want +\n%s", err, diff)
		}
		containers, err := output.ParseInspect(print(&dockercmd.Inspect{Type: "container", Names: []string{"w1", "w2"}}))
		if err != nil || len(containers) != 2 {
			t.Fatalf("inspect: %v, %d containers, want 2", err, len(containers))
		}
		c := containers[1]
		want := output.ContainerState{Status: output.StateRunning, Running: true, Pid: 7, StartedAt: started}
		if c.ID != recorder.ID || c.Name != "w1" || c.State != want || c.Config.Labels["a"] != "b" {
			t.Errorf("inspect: got %+v, want the state %+v", c, want)
		}
		id, err := output.ParseID(print(&dockercmd.Run{Detach: true, Image: "busybox"}))
		if err != nil || id != recorder.ID {
			t.Errorf("run: got %q, %v", id, err)
		}
		codes, err := output.ParseWait(print(&dockercmd.Wait{Containers: []string{"w1", "w2"}}))
		if diff := cmp.Diff(codes, []int{0, 0}); err != nil || diff != "" {
			t.Errorf("wait: %v, got -, want +\n%s", err, diff)
		}
		v, err := output.ParseVersion(print(&dockercmd.Version{Format: output.VersionFormat}))
		if err != nil || v.Client.Version != client.Version || v.Server == nil || v.Server.Version != "99.0.0" ||
			v.Server.APIVersion != "1.50" || v.Server.MinAPIVersion != "1.12" {
			t.Errorf("version: %v, got %+v, server %+v", err, v, v.Server)
		}
	})
}
