package output_test

import (
	"encoding/json"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/dockercmd/toolkit/dockercmd"
	"github.com/dockercmd/toolkit/dockercmd/output"
	"github.com/dockercmd/toolkit/internal/recorder"
)

func TestParseInspectStates(t *testing.T) {
	t.Parallel()
	started := time.Date(2026, 11, 22, 0, 44, 11, 641289886, time.UTC)
	tests := []struct {
		name, state string
		want        output.ContainerState
	}{
		{
			"running", `{"Status":"running","Running":true,"Paused":false,"Restarting":false,"OOMKilled":false,"Dead":false,"Pid":5515,"ExitCode":0,"Error":"","StartedAt":"2026-11-22T00:44:11.641289886Z","FinishedAt":"0001-01-01T00:00:00Z"}`,
			output.ContainerState{Status: output.StateRunning, Running: true, Pid: 5515, StartedAt: started},
		},
		{"paused", `{"Status":"paused","Running":true,"Paused":true}`, output.ContainerState{Status: output.StatePaused, Running: true,
			Paused: true}},
		{
			"restarting", `{"Status":"restarting","Running":true,"Restarting":true,"Pid":0,"ExitCode":4}`,
			output.ContainerState{Status: output.StateRestarting, Running: true, Restarting: true, ExitCode: 4},
		},
		{"created", `{"Status":"created","Running":false,"Pid":0,"ExitCode":0,"StartedAt":"0001-01-01T00:00:00Z"}`,
			output.ContainerState{Status: output.StateCreated}},
		{"killed for memory", `{"Status":"exited","OOMKilled":true,"ExitCode":137}`, output.ContainerState{Status: output.StateExited,
			OOMKilled: true, ExitCode: 137}},
		{
			"dead", `{"Status":"dead","Dead":true,"Error":"unable to remove filesystem for 2e94: unlinkat /x: operation not permitted"}`,
			output.ContainerState{Status: output.StateDead, Dead: true,
				Error: "unable to remove filesystem for 2e94: unlinkat /x: operation not permitted"},
		},
		{"of podman", `{"OciVersion":"1.0.2","Status":"running","Running":true,"Pid":9,"ConmonPid":8,"Health":{"Status":""}}`,
			output.ContainerState{Status: output.StateRunning, Running: true, Pid: 9}},
		{"to come", `{"Status":"hibernating"}`, output.ContainerState{Status: output.StateUnknown}},
		{"absent", `{}`, output.ContainerState{Status: output.StateUnknown}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			out := `[{"Id":"ab","Name":"/w1","RestartCount":2,"Created":"2026-11-22T00:44:10Z","State":` + tt.state +
				`,"HostConfig":{"Memory":536870912,"NanoCpus":1500000000,"CgroupParent":"/p"},"Config":{"Image":"busybox","Env":["A=1"],"Labels":null}}]`
			got, err := output.ParseInspect([]byte(out))
			if err != nil || len(got) != 1 {
				t.Fatalf("%v, %d containers", err, len(got))
			}
			c := got[0]
			if diff := cmp.Diff(c.State, tt.want); diff != "" {
				t.Errorf("got -, want +\n%s", diff)
			}
			if c.Name != "w1" || c.RestartCount != 2 || c.HostConfig.Memory != 512*dockercmd.MiB ||
				c.HostConfig.NanoCPUs != 1500*dockercmd.MilliCPU || c.HostConfig.CgroupParent != "/p" || c.Config.Image != "busybox" {
				t.Errorf("got %+v", c)
			}
			if !json.Valid(c.Raw) || !strings.Contains(string(c.Raw), `"RestartCount":2`) {
				t.Errorf("Raw is %s", c.Raw)
			}
		})
	}
	if got, err := output.ParseInspect([]byte("[]\n")); err != nil || got == nil || len(got) != 0 {
		t.Errorf("[]: got %v, %v, want none", got, err)
	}
	for _, out := range []string{"", "\n", "{}", "[7]", `[{"State":7}]`, `[{"State":{"ExitCode":"x"}}]`, "json"} {
		if got, err := output.ParseInspect([]byte(out)); err == nil {
			t.Errorf("ParseInspect(%q): got %v, want an error", out, got)
		}
	}
}

func TestParseInspectOfTheLauncher(t *testing.T) {
	t.Parallel()
	line := `{"Id":"` + recorder.ID +
		`","Name":"/w1","State":{"Status":"exited","ExitCode":137,"OOMKilled":true,"Error":"an error | with a bar"}}` + "\n"
	got, err := output.ParseInspect([]byte(line + strings.Replace(line, "w1", "w2", 1)))
	if err != nil || len(got) != 2 {
		t.Fatalf("%v, %d containers, want 2", err, len(got))
	}
	want := output.ContainerState{Status: output.StateExited, OOMKilled: true, ExitCode: 137, Error: "an error | with a bar"}
	if diff := cmp.Diff(got[1].State, want); diff != "" || got[1].Name != "w2" || got[1].ID != recorder.ID {
		t.Errorf("%s %s: got -, want +\n%s", got[1].ID, got[1].Name, diff)
	}
	for _, out := range []string{"x", line[:40], line + "}", "7"} {
		if got, err := output.ParseInspect([]byte(out)); err == nil {
			t.Errorf("ParseInspect(%q): got %v, want an error", out, got)
		}
	}
}

// TestParseInspectRefuses holds that what could not be passed on, or written down, is not read.
func TestParseInspectRefuses(t *testing.T) {
	t.Parallel()
	for state, want := range map[string]string{
		`"FinishedAt":"253402300800"`:               `"253402300800" is not a time of the years 0 to 9999`,
		`"StartedAt":"9999-12-31T23:00:00-01:00"`:   `"9999-12-31T23:00:00-01:00" is not a time of the years 0 to 9999`,
		`"StartedAt":"10000-01-01T00:00:00Z"`:       `"10000-01-01T00:00:00Z" is not a time`,
		`"Health":{"Log":[{"Start":-62200000000}]}`: `"-62200000000" is not a time of the years 0 to 9999`,
	} {
		_, err := output.ParseInspect([]byte(`[{"Id":"9d958a9ca0ec","State":{"Status":"exited",` + state + `}}]`))
		if want = "output of inspect, object 1: " + want; err == nil || err.Error() != want {
			t.Errorf("%s: got %v, want %s", state, err, want)
		}
	}
}
