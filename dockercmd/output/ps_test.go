package output_test

import (
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/dockercmd/toolkit/dockercmd/output"
	"github.com/dockercmd/toolkit/internal/recordings"
)

var withoutRaw = cmpopts.IgnoreFields(output.PsRow{}, "Raw")

func TestParsePs(t *testing.T) {
	t.Parallel()
	row := func(id, name, image string, state output.State, status string) output.PsRow {
		r := output.PsRow{ID: id, Image: image, State: state, Status: status}
		if name != "" {
			r.Names = strings.Split(name, ",")
		}
		return r
	}
	exited := row("9d958a9ca0ec", "w1", "", output.StateExited, "Exited (137) 2 days ago")
	exited.ExitCode = new(137)
	negative := row("9d958a9ca0ec", "w1", "", output.StateExited, "Exited (-1) 2 days ago")
	labelled := row("9d958a9ca0ec", "w1", "", output.StateRunning, "")
	labelled.Labels = map[string]string{"a": "b,c=d", "e": ""}
	platform := row("9d958a9ca0ec", "", "", output.StateUnknown, "")
	platform.Platform = "linux/arm64/v8"
	tests := []struct {
		name, out string
		want      []output.PsRow
	}{
		{"nothing", "", nil},
		{"a line break", "\n", nil},
		{"podman's nothing", "[]\n", nil},
		{"the launcher's", "9d958a9ca0ec|w1,/other/w1|exited\n1bcfd8b84f7a||created\r\n", []output.PsRow{
			row("9d958a9ca0ec", "w1,other/w1", "", output.StateExited, ""), row("1bcfd8b84f7a", "", "", output.StateCreated, ""),
		}},
		{"a state to come", "9d958a9ca0ec|w1|hibernating\n", []output.PsRow{row("9d958a9ca0ec", "w1", "", output.StateUnknown, "")}},
		{
			"being removed", `{"ID":"9d958a9ca0ec","Names":"w1","State":"removing","Status":"Removal In Progress"}`,
			[]output.PsRow{row("9d958a9ca0ec", "w1", "", output.StateRemoving, "Removal In Progress")},
		},
		{"a code", `{"ID":"9d958a9ca0ec","Names":"w1","State":"exited","Status":"Exited (137) 2 days ago"}`, []output.PsRow{exited}},
		{"a code that is none", `{"ID":"9d958a9ca0ec","Names":"w1","State":"exited","Status":"Exited (-1) 2 days ago"}`,
			[]output.PsRow{negative}},
		{"labels by name", `{"ID":"9d958a9ca0ec","Names":"w1","State":"running","Labels":{"a":"b,c=d","e":""}}`,
			[]output.PsRow{labelled}},
		{"a platform as a text", `{"ID":"9d958a9ca0ec","Platform":"linux/arm64/v8"}`, []output.PsRow{platform}},
		{"a platform as an object", `{"ID":"9d958a9ca0ec","Platform":{"architecture":"arm64","os":"linux","variant":"v8"}}`,
			[]output.PsRow{platform}},
		{"podman's stopped without an end", `[{"Id":"9d958a9ca0ec","Names":["w1"],"State":"stopped","Exited":false}]`,
			[]output.PsRow{row("9d958a9ca0ec", "w1", "", output.StateUnknown, "")}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			got, err := output.ParsePs([]byte(tt.out))
			if diff := cmp.Diff(got, tt.want, withoutRaw); err != nil || diff != "" {
				t.Errorf("%v, got -, want +\n%s", err, diff)
			}
		})
	}
	// 20.10 takes the word json for a template; a launcher speaks before docker does.
	for out, want := range map[string]string{
		"json\n":                         "line 1 of ps: docker printed the word json in place of an object, as clients before 23.0 do for --format=json; use --format={{json .}}",
		"\n{\"ID\":\"00\"}\nx":           `line 3 of ps: "x" is not a row in a format of this package`,
		"[\n  {\n":                       "output of ps: unexpected end of JSON input",
		"[7]":                            `object 1 of ps: "7" is not a JSON object; use --format={{json .}}`,
		"{}":                             "line 1 of ps: it has no container id",
		"[{}]":                           "object 1 of ps: it has no container id",
		`{"ID":"xyz"}`:                   `line 1 of ps: "xyz" is not a container's id`,
		`{"ID":7}`:                       "line 1 of ps: json: cannot unmarshal number into Go struct field .ID of type string",
		`{"ID":"00","Labels":7}`:         "line 1 of ps: labels: json: cannot unmarshal number into Go value of type map[string]string",
		`{"ID":"00","CreatedAt":"soon"}`: `line 1 of ps: CreatedAt: "soon" is not a time`,
		`{"ID":"00","Ports":{}}`:         "line 1 of ps: ports: json: cannot unmarshal object into Go value of type []struct",
		"{":                              "line 1 of ps: unexpected end of JSON input",
		"main : user is alice\n9d958a9ca0ec|w1|exited\n": `line 1 of ps: "main : user is alice" is not a row`,
		"a|b\n":        `line 1 of ps: "a|b" is not a row`,
		"|w1|exited\n": "line 1 of ps: it has no container id",
		"a|b|c|d":      `line 1 of ps: "a|b|c|d" is not a row`,
	} {
		if rows, err := output.ParsePs([]byte(out)); err == nil || !strings.HasPrefix(err.Error(), want) {
			t.Errorf("ParsePs(%q): got %v, %v, want the error %s", out, rows, err, want)
		}
	}
}

func TestParsePsRecorded(t *testing.T) {
	t.Parallel()
	type short struct {
		name, command string
		state         output.State
		code          int // -1 is none
		health        output.HealthStatus
	}
	docker := []short{
		{"w-oom", `"sh -c 'x=a; while :…"`, output.StateExited, 137, ""},
		{"w-port", `"true"`, output.StateCreated, -1, ""},
		{"w-nocmd", `"/nosuch"`, output.StateCreated, -1, ""},
		{"w-created", `"sh"`, output.StateCreated, -1, ""},
		{"w-restart", `"sh -c 'exit 4'"`, output.StateRestarting, 4, ""},
		{"w-zero", `"true"`, output.StateExited, 0, ""},
		{"w-exit", `"sh -c 'exit 3'"`, output.StateExited, 3, ""},
		{"w-pause", `"sleep 3000"`, output.StatePaused, -1, ""},
		{"w-sick", `"sleep 3000"`, output.StateRunning, -1, output.HealthUnhealthy},
		{"w-healthy", `"sleep 3000"`, output.StateRunning, -1, output.HealthHealthy},
		{"w-run", `"sh -c 'while :; do …"`, output.StateRunning, -1, ""},
	}
	bare := make([]short, len(docker)) // of our own format, and the launcher's
	for i, s := range docker {
		bare[i], bare[i].command = s, ""
	}
	states := make([]short, len(bare))
	for i, s := range bare {
		states[i] = short{s.name, "", s.state, -1, ""}
	}
	tests := []struct {
		version, file string
		want          []short
	}{
		{"20.10.24", "ps-template.jsonl", docker},
		{"28.2.2", "ps-template.jsonl", docker},
		{"28.2.2", "ps-json.txt", docker},
		{"20.10.24", "ps-own.jsonl", bare},
		{"28.2.2", "ps-own.jsonl", bare},
		{"20.10.24", "ps-storm.txt", states},
		{"28.2.2", "ps-storm.txt", states},
		{"29.7.2", "ps-json.jsonl", []short{
			{"w-sick", `"sleep 3000"`, output.StateRunning, -1, output.HealthStarting},
			{"w-restart", `"sh -c 'exit 4'"`, output.StateRestarting, 4, ""},
		}},
		{recordings.Podman, "ps.json", []short{
			{"w-run", "sleep 3000", output.StatePaused, -1, ""},
			{"w-nocmd", "/nosuch", output.StateCreated, -1, ""},
			{"w-exit", "sh -c exit 3", output.StateExited, 3, ""},
			{"w-zero", "true", output.StateExited, 0, ""},
			{"w-created", "-c echo a b", output.StateCreated, -1, ""},
			{"w-created2", "echo a b", output.StateCreated, -1, ""},
		}},
	}
	for _, tt := range tests {
		t.Run(tt.version+" "+tt.file, func(t *testing.T) {
			t.Parallel()
			rows, err := output.ParsePs(recordings.Read(t, tt.version, tt.file))
			if err != nil {
				t.Fatal(err)
			}
			var got []short
			for _, r := range rows {
				s := short{strings.Join(r.Names, ","), r.Command, r.State, -1, r.Health}
				if r.ExitCode != nil {
					s.code = *r.ExitCode
				}
				got = append(got, s)
			}
			if diff := cmp.Diff(got, tt.want, cmp.AllowUnexported(short{})); diff != "" {
				t.Errorf("got -, want +\n%s", diff)
			}
		})
	}
	if rows, err := output.ParsePs(recordings.Read(t, "20.10.24", "ps-json.txt")); err == nil ||
		!strings.Contains(err.Error(), "{{json .}}") {
		t.Errorf("--format json of 20.10: got %v, %v", rows, err)
	}
}

// TestParsePsWholeRow reads one row of each client field by field.
func TestParsePsWholeRow(t *testing.T) {
	t.Parallel()
	tests := []struct {
		version, file string
		want          output.PsRow
	}{
		{"20.10.24", "ps-template.jsonl", output.PsRow{
			ID: "dc6405de1a48", Names: []string{"w-run"}, Image: "busybox:local", State: output.StateRunning, Status: "Up 6 seconds",
			LabelText: "app=1,k=v,w=x", Command: `"sh -c 'while :; do …"`, CreatedAt: time.Date(2026, 11, 26, 11, 16, 14, 0, time.UTC),
			Ports: "127.0.0.1:18080->80/tcp, 0.0.0.0:18081->81/udp, :::18081->81/udp", Networks: []string{"w-net"}, Mounts: "w-vol",
			Size: "0B (virtual 1.98MB)",
		}},
		{"29.7.2", "ps-json.jsonl", output.PsRow{
			ID: "9d958a9ca0ec", Names: []string{"w-restart"}, Image: "busybox:local", State: output.StateRestarting,
			Status:   "Restarting (4) 5 seconds ago",
			ExitCode: new(4), LabelText: "app=1", Command: `"sh -c 'exit 4'"`, CreatedAt: time.Date(2026, 11, 26, 11, 16, 14, 0, time.UTC),
			Networks: []string{"none"}, Size: "0B",
		}},
		{recordings.Podman, "ps.json", output.PsRow{
			ID: "eb45c9ea54633a5ac368f90256c8344c1c784eaefee11b349ac46ed30d93bf94", Names: []string{"w-run"},
			Image: "localhost/busybox:local",
			State: output.StatePaused, Status: "Paused", Labels: map[string]string{"k": "v,w=x"}, Command: "sleep 3000",
			CreatedAt: time.Unix(1795691990, 0), Mounts: "/data", Pid: 1272,
		}},
	}
	for _, tt := range tests {
		rows, err := output.ParsePs(recordings.Read(t, tt.version, tt.file))
		if err != nil {
			t.Fatal(err)
		}
		for _, r := range rows {
			if r.Names[0] != tt.want.Names[0] {
				continue
			}
			if diff := cmp.Diff(r, tt.want, withoutRaw); diff != "" {
				t.Errorf("%s: got -, want +\n%s", tt.version, diff)
			}
			if !strings.Contains(string(r.Raw), r.ID) {
				t.Errorf("%s: Raw is %s", tt.version, r.Raw)
			}
		}
	}
	ports := `[{"Id":"00","Ports":[{"host_ip":"","container_port":80,"host_port":18080,"range":1,"protocol":"tcp"},{"host_ip":"::1","container_port":90,"host_port":18090,"range":3,"protocol":"udp"}]}]`
	rows, err := output.ParsePs([]byte(ports))
	if want := "0.0.0.0:18080->80/tcp, [::1]:18090-18092->90-92/udp"; err != nil || rows[0].Ports != want {
		t.Errorf("podman's ports: %v, got %v, want %s", err, rows, want)
	}
}
