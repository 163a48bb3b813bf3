package dockercmd_test

import (
	"encoding/json"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/dockercmd/toolkit/dockercmd"
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
		row := dockercmd.Row{
			ID: recorder.ID, Names: []string{"w1"}, Image: "busybox", State: dockercmd.StateRunning, Status: "Up 3 years",
			Labels: map[string]string{"a": "b", `it's "odd"`: ""},
		}
		rows, err := dockercmd.ParsePs(print(&dockercmd.Ps{NoTrunc: true, Format: dockercmd.PsFormat("a", `it's "odd"`)}))
		if diff := cmp.Diff(rows, []dockercmd.Row{row}); err != nil || diff != "" {
			t.Errorf("ps: %v, got -, want +\n%s", err, diff)
		}
		row.Image, row.Status, row.Labels = "", "", nil
		rows, err = dockercmd.ParsePs(print(&dockercmd.Ps{NoTrunc: true, Format: dockercmd.PsStormFormat}))
		if diff := cmp.Diff(rows, []dockercmd.Row{row}); err != nil || diff != "" {
			t.Errorf("ps for the launcher: %v, got -, want +\n%s", err, diff)
		}
		containers, err := dockercmd.ParseInspect(print(&dockercmd.Inspect{Type: "container", Names: []string{"w1", "w2"}}))
		if err != nil || len(containers) != 2 {
			t.Fatalf("inspect: %v, %d containers, want 2", err, len(containers))
		}
		c := containers[1]
		want := dockercmd.ContainerState{Status: dockercmd.StateRunning, Running: true, Pid: 7, StartedAt: started}
		if c.ID != recorder.ID || c.Name != "w1" || c.State != want || c.Config.Labels["a"] != "b" {
			t.Errorf("inspect: got %+v, want the state %+v", c, want)
		}
		id, err := dockercmd.ParseID(print(&dockercmd.Run{Detach: true, Image: "busybox"}))
		if err != nil || id != recorder.ID {
			t.Errorf("run: got %q, %v", id, err)
		}
		codes, err := dockercmd.ParseWait(print(&dockercmd.Wait{Containers: []string{"w1", "w2"}}))
		if diff := cmp.Diff(codes, []int{0, 0}); err != nil || diff != "" {
			t.Errorf("wait: %v, got -, want +\n%s", err, diff)
		}
		v, err := dockercmd.ParseVersion(print(&dockercmd.VersionCommand{Format: dockercmd.VersionFormat}))
		if err != nil || v.Client.Version != client.Version || v.Server == nil || v.Server.Version != "99.0.0" || v.Server.APIVersion != "1.50" || v.Server.MinAPIVersion != "1.12" {
			t.Errorf("version: %v, got %+v, server %+v", err, v, v.Server)
		}
	})
}

// The texts are recorded: the clients 20.10.24, 28.2.2 and 29.7.2 before an engine 20.10.24.
func TestParsePs(t *testing.T) {
	t.Parallel()
	row := func(id, name, image string, state dockercmd.State, status string) dockercmd.Row {
		r := dockercmd.Row{ID: id, Image: image, State: state, Status: status}
		if name != "" {
			r.Names = strings.Split(name, ",")
		}
		return r
	}
	tests := []struct {
		name, out string
		want      []dockercmd.Row
	}{
		{"nothing", "", nil},
		{"a line break", "\n", nil},
		{
			"20.10, all fields",
			`{"Command":"\"sleep 3000\"","CreatedAt":"2026-11-22 00:44:10 +0000 UTC","ID":"e78517f5720d","Image":"busybox:local","Labels":"k=v,rf=1","LocalVolumes":"1","Mounts":"rf-vol","Names":"rf-run","Networks":"rf-net","Ports":"127.0.0.1:18080-\u003e80/tcp, 0.0.0.0:18081-\u003e81/udp, :::18081-\u003e81/udp","RunningFor":"36 seconds ago","Size":"0B (virtual 1.98MB)","State":"running","Status":"Up 35 seconds"}` + "\n",
			[]dockercmd.Row{row("e78517f5720d", "rf-run", "busybox:local", dockercmd.StateRunning, "Up 35 seconds")},
		},
		{
			"28.2, several states",
			`{"Command":"\"sh -c 'exit 3'\"","CreatedAt":"2026-11-22 00:44:11 +0000 UTC","ID":"1bcfd8b84f7a","Image":"busybox:local","Labels":"rf=1","LocalVolumes":"0","Mounts":"","Names":"rf-exit","Networks":"none","Platform":null,"Ports":"","RunningFor":"35 seconds ago","Size":"0B","State":"exited","Status":"Exited (3) 35 seconds ago"}
{"ID":"1bcfd8b84f7b","Names":"rf-restart","State":"restarting","Status":"Restarting (4) 5 seconds ago"}
{"ID":"1bcfd8b84f7c","Names":"rf-pause","State":"paused","Status":"Up 33 seconds (Paused)"}
{"ID":"1bcfd8b84f7d","Names":"rf-dead","State":"removing","Status":"Removal In Progress"}
`,
			[]dockercmd.Row{
				row("1bcfd8b84f7a", "rf-exit", "busybox:local", dockercmd.StateExited, "Exited (3) 35 seconds ago"),
				row("1bcfd8b84f7b", "rf-restart", "", dockercmd.StateRestarting, "Restarting (4) 5 seconds ago"),
				row("1bcfd8b84f7c", "rf-pause", "", dockercmd.StatePaused, "Up 33 seconds (Paused)"),
				row("1bcfd8b84f7d", "rf-dead", "", dockercmd.StateRemoving, "Removal In Progress"),
			},
		},
		{
			"29.7, with health",
			`{"Command":"\"sh -c 'exit 4'\"","HealthStatus":"","ID":"9d958a9ca0ec","Platform":null,"Ports":"","State":"restarting","Status":"Restarting (4) 5 seconds ago"}`,
			[]dockercmd.Row{row("9d958a9ca0ec", "", "", dockercmd.StateRestarting, "Restarting (4) 5 seconds ago")},
		},
		{"the launcher's", "9d958a9ca0ec|w1,/other/w1|exited\n1bcfd8b84f7a||created\r\n", []dockercmd.Row{
			row("9d958a9ca0ec", "w1,other/w1", "", dockercmd.StateExited, ""), row("1bcfd8b84f7a", "", "", dockercmd.StateCreated, ""),
		}},
		{"a state to come", "9d958a9ca0ec|w1|hibernating\n", []dockercmd.Row{row("9d958a9ca0ec", "w1", "", dockercmd.StateUnknown, "")}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			got, err := dockercmd.ParsePs([]byte(tt.out))
			if diff := cmp.Diff(got, tt.want); err != nil || diff != "" {
				t.Errorf("%v, got -, want +\n%s", err, diff)
			}
		})
	}
	// 20.10 takes the word json for a template; podman prints an array; a launcher speaks before docker does.
	for _, out := range []string{"json\n", "json\njson\n", "[\n  {\n", "[]", "{}", `{"ID":"xyz"}`, `{"ID":7}`, "{", "main : user is alice\n9d958a9ca0ec|w1|exited\n", "a|b\n", "|w1|exited\n", "a|b|c|d"} {
		if rows, err := dockercmd.ParsePs([]byte(out)); err == nil {
			t.Errorf("ParsePs(%q): got %v, want an error", out, rows)
		}
	}
}

func TestParseInspectStates(t *testing.T) {
	t.Parallel()
	started := time.Date(2026, 11, 22, 0, 44, 11, 641289886, time.UTC)
	tests := []struct {
		name, state string
		want        dockercmd.ContainerState
	}{
		{
			"running", `{"Status":"running","Running":true,"Paused":false,"Restarting":false,"OOMKilled":false,"Dead":false,"Pid":5515,"ExitCode":0,"Error":"","StartedAt":"2026-11-22T00:44:11.641289886Z","FinishedAt":"0001-01-01T00:00:00Z"}`,
			dockercmd.ContainerState{Status: dockercmd.StateRunning, Running: true, Pid: 5515, StartedAt: started},
		},
		{"paused", `{"Status":"paused","Running":true,"Paused":true}`, dockercmd.ContainerState{Status: dockercmd.StatePaused, Running: true, Paused: true}},
		{
			"restarting", `{"Status":"restarting","Running":true,"Restarting":true,"Pid":0,"ExitCode":4}`,
			dockercmd.ContainerState{Status: dockercmd.StateRestarting, Running: true, Restarting: true, ExitCode: 4},
		},
		{"created", `{"Status":"created","Running":false,"Pid":0,"ExitCode":0,"StartedAt":"0001-01-01T00:00:00Z"}`, dockercmd.ContainerState{Status: dockercmd.StateCreated}},
		{"killed for memory", `{"Status":"exited","OOMKilled":true,"ExitCode":137}`, dockercmd.ContainerState{Status: dockercmd.StateExited, OOMKilled: true, ExitCode: 137}},
		{
			"dead", `{"Status":"dead","Dead":true,"Error":"unable to remove filesystem for 2e94: unlinkat /x: operation not permitted"}`,
			dockercmd.ContainerState{Status: dockercmd.StateDead, Dead: true, Error: "unable to remove filesystem for 2e94: unlinkat /x: operation not permitted"},
		},
		{"of podman", `{"OciVersion":"1.0.2","Status":"running","Running":true,"Pid":9,"ConmonPid":8,"Health":{"Status":""}}`, dockercmd.ContainerState{Status: dockercmd.StateRunning, Running: true, Pid: 9}},
		{"to come", `{"Status":"hibernating"}`, dockercmd.ContainerState{Status: dockercmd.StateUnknown}},
		{"absent", `{}`, dockercmd.ContainerState{Status: dockercmd.StateUnknown}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			out := `[{"Id":"ab","Name":"/w1","RestartCount":2,"Created":"2026-11-22T00:44:10Z","State":` + tt.state + `,"HostConfig":{"Memory":536870912,"NanoCpus":1500000000,"CgroupParent":"/p"},"Config":{"Image":"busybox","Env":["A=1"],"Labels":null}}]`
			got, err := dockercmd.ParseInspect([]byte(out))
			if err != nil || len(got) != 1 {
				t.Fatalf("%v, %d containers", err, len(got))
			}
			c := got[0]
			if diff := cmp.Diff(c.State, tt.want); diff != "" {
				t.Errorf("got -, want +\n%s", diff)
			}
			if c.Name != "w1" || c.RestartCount != 2 || c.HostConfig.Memory != 512*dockercmd.MiB || c.HostConfig.NanoCPUs != 1500*dockercmd.MilliCPU || c.HostConfig.CgroupParent != "/p" || c.Config.Image != "busybox" {
				t.Errorf("got %+v", c)
			}
			if !json.Valid(c.Raw) || !strings.Contains(string(c.Raw), `"RestartCount":2`) {
				t.Errorf("Raw is %s", c.Raw)
			}
		})
	}
	if got, err := dockercmd.ParseInspect([]byte("[]\n")); err != nil || got == nil || len(got) != 0 {
		t.Errorf("[]: got %v, %v, want none", got, err)
	}
	for _, out := range []string{"", "\n", "{}", "[7]", `[{"State":7}]`, `[{"State":{"ExitCode":"x"}}]`, "json"} {
		if got, err := dockercmd.ParseInspect([]byte(out)); err == nil {
			t.Errorf("ParseInspect(%q): got %v, want an error", out, got)
		}
	}
}

func TestParseInspectOfTheLauncher(t *testing.T) {
	t.Parallel()
	line := `{"Id":"` + recorder.ID + `","Name":"/w1","State":{"Status":"exited","ExitCode":137,"OOMKilled":true,"Error":"an error | with a bar"}}` + "\n"
	got, err := dockercmd.ParseInspect([]byte(line + strings.Replace(line, "w1", "w2", 1)))
	if err != nil || len(got) != 2 {
		t.Fatalf("%v, %d containers, want 2", err, len(got))
	}
	want := dockercmd.ContainerState{Status: dockercmd.StateExited, OOMKilled: true, ExitCode: 137, Error: "an error | with a bar"}
	if diff := cmp.Diff(got[1].State, want); diff != "" || got[1].Name != "w2" || got[1].ID != recorder.ID {
		t.Errorf("%s %s: got -, want +\n%s", got[1].ID, got[1].Name, diff)
	}
	for _, out := range []string{"x", line[:40], line + "}", "7"} {
		if got, err := dockercmd.ParseInspect([]byte(out)); err == nil {
			t.Errorf("ParseInspect(%q): got %v, want an error", out, got)
		}
	}
}

func TestParseID(t *testing.T) {
	t.Parallel()
	for name, out := range map[string]string{
		"alone":                   recorder.ID + "\n",
		"without a line break":    recorder.ID,
		"behind a notice":         "Flag --kernel-memory has been deprecated, and no longer supported by the kernel.\n" + recorder.ID + "\n",
		"behind the notice of 29": "Flag --disable-content-trust has been deprecated, support for docker content trust was removed\n" + recorder.ID + "\r\n",
	} {
		if got, err := dockercmd.ParseID([]byte(out)); err != nil || got != recorder.ID {
			t.Errorf("%s: got %q, %v", name, got, err)
		}
	}
	for _, out := range []string{"", "\n", "0123456789ab\n", recorder.ID + "\nWARNING: x\n", strings.ToUpper(recorder.ID), recorder.ID + "0"} {
		if got, err := dockercmd.ParseID([]byte(out)); err == nil {
			t.Errorf("ParseID(%q): got %q, want an error", out, got)
		}
	}
}

func TestParseWait(t *testing.T) {
	t.Parallel()
	for out, want := range map[string][]int{"": nil, "3\n137\n": {3, 137}, "0\n": {0}, "143": {143}, "-1\n": {-1}} {
		got, err := dockercmd.ParseWait([]byte(out))
		if diff := cmp.Diff(got, want); err != nil || diff != "" {
			t.Errorf("%q: %v, got -, want +\n%s", out, err, diff)
		}
	}
	for _, out := range []string{"x", "3\nError: no such container", "3.0"} {
		if got, err := dockercmd.ParseWait([]byte(out)); err == nil {
			t.Errorf("ParseWait(%q): got %v, want an error", out, got)
		}
	}
}

func TestParseVersion(t *testing.T) {
	t.Parallel()
	got, err := dockercmd.ParseVersion([]byte(`{"Client":{"Version":"28.2.2","ApiVersion":"1.50","DefaultAPIVersion":"1.50","Os":"linux","Arch":"amd64"},"Server":null}` + "\n"))
	want := dockercmd.Version{Client: dockercmd.VersionPart{Version: "28.2.2", APIVersion: "1.50", Os: "linux", Arch: "amd64"}}
	if diff := cmp.Diff(got, want); err != nil || diff != "" {
		t.Errorf("without an engine: %v, got -, want +\n%s", err, diff)
	}
	for _, out := range []string{"", "json", "[]", "{"} {
		if got, err := dockercmd.ParseVersion([]byte(out)); err == nil {
			t.Errorf("ParseVersion(%q): got %v, want an error", out, got)
		}
	}
}

func TestState(t *testing.T) {
	t.Parallel()
	tests := []struct {
		word        string
		want        dockercmd.State
		alive, over bool
	}{
		{"created", dockercmd.StateCreated, false, false},
		{"running", dockercmd.StateRunning, true, false},
		{"Paused", dockercmd.StatePaused, true, false},
		{"restarting", dockercmd.StateRestarting, true, false},
		{"removing", dockercmd.StateRemoving, false, true},
		{"EXITED", dockercmd.StateExited, false, true},
		{"dead", dockercmd.StateDead, false, true},
		{"", dockercmd.StateUnknown, false, false},
		{"unknown", dockercmd.StateUnknown, false, false},
		{"stopped", dockercmd.StateUnknown, false, false},
	}
	for _, tt := range tests {
		got := dockercmd.ParseState(tt.word)
		if got != tt.want || got.Alive() != tt.alive || got.Over() != tt.over {
			t.Errorf("%q: got %s, alive %t, over %t; want %s, %t, %t", tt.word, got, got.Alive(), got.Over(), tt.want, tt.alive, tt.over)
		}
	}
}
