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

// listing reads one recording and compares all but Raw.
type listing[T any] struct {
	version, file string
	parse         func([]byte) ([]T, error)
	want          []T
}

func (l listing[T]) Run(t *testing.T) {
	t.Helper()
	got, err := l.parse(recordings.Read(t, l.version, l.file))
	if diff := cmp.Diff(got, l.want, cmpopts.IgnoreFields(*new(T), "Raw")); err != nil || diff != "" {
		t.Errorf("%s %s: %v, got -, want +\n%s", l.version, l.file, err, diff)
	}
}

// refuse holds a parser to its errors: of the word json, of what is no object, and those given.
func refuse[T any](t *testing.T, command string, parse func([]byte) ([]T, error), more map[string]string) {
	t.Helper()
	tests := map[string]string{
		"json\n":      "line 1 of " + command + ": docker printed the word json",
		"\nNAME ID\n": "line 2 of " + command + `: "NAME ID" is not a JSON object; use --format={{json .}}`,
		"{":           "line 1 of " + command + ": unexpected end of JSON input",
		"[[]]":        "object 1 of " + command + `: "[]" is not a JSON object`,
		"[{}":         "output of " + command + ": unexpected end of JSON input",
	}
	for out, want := range more {
		tests[out] = want
	}
	for out, want := range tests {
		if got, err := parse([]byte(out)); err == nil || !strings.HasPrefix(err.Error(), want) {
			t.Errorf("%s: %q: got %+v, %v, want the error %s", command, out, got, err, want)
		}
	}
	for _, out := range []string{"", "\n", "[]", "[ ]\n"} {
		if got, err := parse([]byte(out)); err != nil || len(got) != 0 {
			t.Errorf("%s: %q: got %+v, %v, want nothing", command, out, got, err)
		}
	}
}

func TestParseImages(t *testing.T) {
	t.Parallel()
	created := time.Date(2026, 11, 26, 11, 15, 4, 0, time.UTC)
	row := output.ImageRow{ID: "eacd34684815", Repository: "busybox", Tag: "local", CreatedAt: created, Size: 1980000}
	for _, version := range []string{"20.10.24", "28.2.2", "29.7.2"} {
		listing[output.ImageRow]{version, "images.jsonl", output.ParseImages, []output.ImageRow{row}}.Run(t)
	}
	listing[output.ImageRow]{recordings.Podman, "images.json", output.ParseImages, []output.ImageRow{{
		ID: "eacd346848153ead71c36f22f7cc74e0726335e1c430b79f681442680129dd46", Repository: "localhost/busybox", Tag: "local",
		Digest: "sha256:0a31840ce4dbaf8231e841f33d6f97ecb62d18e089a39eced98e55643c0115d5", CreatedAt: created, Size: 2128096,
	}}}.Run(t)
	got, err := output.ParseImages([]byte(`[{"Id":"00","Names":["reg:5000/a","a:1"],"Size":7},{"Id":"11","Names":null}]` + "\n"))
	want := []output.ImageRow{{ID: "00", Repository: "reg:5000/a", Size: 7}, {ID: "00", Repository: "a", Tag: "1", Size: 7},
		{ID: "11"}}
	if diff := cmp.Diff(got, want, cmpopts.IgnoreFields(output.ImageRow{}, "Raw")); err != nil || diff != "" {
		t.Errorf("podman's names: %v, got -, want +\n%s", err, diff)
	}
	got, err = output.ParseImages([]byte(`{"ID":"00","Repository":"\u003cnone\u003e","Tag":"\u003cnone\u003e","CreatedAt":"N/A","Size":"N/A"}`))
	if diff := cmp.Diff(got, []output.ImageRow{{ID: "00", Size: -1}}, cmpopts.IgnoreFields(output.ImageRow{}, "Raw")); err != nil ||
		diff != "" {
		t.Errorf("without a name: %v, got -, want +\n%s", err, diff)
	}
	refuse(t, "images", output.ParseImages, map[string]string{
		"{}":                            "line 1 of images: it has no image id",
		`{"ID":"00","Size":[]}`:         `line 1 of images: "[]" stands where a text belongs`,
		`{"ID":"00","CreatedAt":"old"}`: `line 1 of images: "old" is not a time`,
	})
}

func TestParseNetworks(t *testing.T) {
	t.Parallel()
	for _, version := range recordings.Clients {
		got, err := output.ParseNetworks(recordings.Read(t, version, "network-ls.jsonl"))
		if err != nil || len(got) != 4 {
			t.Fatalf("%s: %v, got %+v", version, err, got)
		}
		n := got[1]
		if n.Name != "w-net" || n.Driver != "bridge" || n.Scope != "local" || n.LabelText != "a=b" || n.Labels != nil || n.IPv6 ||
			n.Internal || n.CreatedAt.Nanosecond() == 0 || len(n.ID) != 12 {
			t.Errorf("%s: got %+v", version, n)
		}
	}
	listing[output.NetworkRow]{recordings.Podman, "network-ls.json", output.ParseNetworks, []output.NetworkRow{{
		ID: "2f259bab93aaaaa2542ba43ef33eb990d0999ee1b9924b557b7be53c0b7a1bb9", Name: "podman", Driver: "bridge",
		CreatedAt: time.Date(2026, 11, 26, 11, 20, 34, 746320764, time.UTC),
	}}}.Run(t)
	got, err := output.ParseNetworks([]byte(`{"ID":"00","Name":"n","IPv6":"true","Internal":"true"}` + "\n" +
		`{"name":"p","ipv6_enabled":true,"labels":{"a":"b"}}`))
	if err != nil || !got[0].IPv6 || !got[0].Internal || !got[1].IPv6 || got[1].Labels["a"] != "b" {
		t.Errorf("%v, got %+v", err, got)
	}
	refuse(t, "network ls", output.ParseNetworks, map[string]string{
		"{}":                          "line 1 of network ls: it has no name",
		`{"Name":"n","IPv6":"maybe"}`: `line 1 of network ls: "maybe" is neither true nor false`,
	})
}

func TestParseVolumes(t *testing.T) {
	t.Parallel()
	for _, version := range recordings.Clients {
		got, err := output.ParseVolumes(recordings.Read(t, version, "volume-ls.jsonl"))
		if err != nil || len(got) == 0 {
			t.Fatalf("%s: %v, got %+v", version, err, got)
		}
		for _, v := range got {
			if v.Name == "" || v.Driver != "local" || v.Scope != "local" || v.Mountpoint != "/var/lib/docker/volumes/"+v.Name+"/_data" {
				t.Errorf("%s: got %+v", version, v)
			}
		}
	}
	listing[output.VolumeRow]{recordings.Podman, "volume-ls.json", output.ParseVolumes, []output.VolumeRow{{
		Name: "w-vol", Driver: "local", Scope: "local", Mountpoint: "/var/lib/containers/storage/volumes/w-vol/_data",
		Labels: map[string]string{},
	}}}.Run(t)
	got, err := output.ParseVolumes([]byte(`{"Name":"v","Labels":"a=b,c=d,e=f"}`)) // a label a, and a label c whose value is "d,e=f"
	if err != nil || got[0].LabelText != "a=b,c=d,e=f" || got[0].Labels != nil {
		t.Errorf("labels: %v, got %+v", err, got)
	}
	refuse(t, "volume ls", output.ParseVolumes, map[string]string{"{}": "line 1 of volume ls: it has no name"})
}

func TestParseServices(t *testing.T) {
	t.Parallel()
	want := []output.ServiceRow{
		{ID: "r8stjb2lcg4o", Name: "fail", Image: "busybox:local", Mode: "replicated", Desired: 1, Replicas: "0/1"},
		{ID: "xbbosh0mx0cy", Name: "glob", Image: "busybox:local", Mode: "global", Running: 1, Desired: 1, Replicas: "1/1"},
		{ID: "qxm4ykxi30a3", Name: "web", Image: "busybox:local", Mode: "replicated", Running: 2, Desired: 2, Replicas: "2/2"},
	}
	for _, version := range recordings.Clients {
		listing[output.ServiceRow]{version, "service-ls.jsonl", output.ParseServices, want}.Run(t)
	}
	for text, want := range map[string]output.ServiceRow{
		"2/3 (max 1 per node)":  {Running: 2, Desired: 3, MaxPerNode: 1},
		"0/1 (1/1 completed)":   {Running: 0, Desired: 1},
		"2/5 (7/100 completed)": {Running: 2, Desired: 5},
	} {
		want.ID, want.Name, want.Replicas = "00", "a", text
		got, err := output.ParseServices([]byte(`{"ID":"00","Name":"a","Replicas":"` + text + `"}`))
		if diff := cmp.Diff(got, []output.ServiceRow{want}, cmpopts.IgnoreFields(want, "Raw")); err != nil || diff != "" {
			t.Errorf("%s: %v, got -, want +\n%s", text, err, diff)
		}
	}
	refuse(t, "service ls", output.ParseServices, map[string]string{
		"{}": "line 1 of service ls: it has no id or no name",
		`{"ID":"00","Name":"a","Replicas":"all"}`: `line 1 of service ls: replicas: "all" is not of the form 2/3`,
	})
}

func TestParseTasks(t *testing.T) {
	t.Parallel()
	for _, version := range recordings.Clients {
		got, err := output.ParseTasks(recordings.Read(t, version, "service-ps.jsonl"))
		if err != nil || len(got) != 5 {
			t.Fatalf("%s: %v, got %+v", version, err, got)
		}
		running := output.TaskRow{ID: "3m8519ee1q9t", Name: "web.1", Image: "busybox:local", Node: "host1", DesiredState: "Running",
			CurrentState: "Running 6 seconds ago", State: "running"}
		if diff := cmp.Diff(got[3], running, cmpopts.IgnoreFields(running, "Raw")); diff != "" {
			t.Errorf("%s: got -, want +\n%s", version, diff)
		}
		if f := got[0]; f.State != "failed" || f.DesiredState != "Shutdown" || f.Error != `"starting container failed: fa…"` ||
			f.Name != got[1].Name {
			t.Errorf("%s: got %+v", version, f)
		}
	}
	refuse(t, "service ps", output.ParseTasks, map[string]string{"{}": "line 1 of service ps: it has no task id"})
}

func TestParseNodes(t *testing.T) {
	t.Parallel()
	want := output.NodeRow{
		ID: "os0cins76czjady9zmcgst4of", Hostname: "host1", Status: "Ready", Availability: "Active", ManagerStatus: "Leader",
		EngineVersion: "20.10.24+dfsg1", TLSStatus: "Ready", Self: true,
	}
	for _, version := range recordings.Clients {
		listing[output.NodeRow]{version, "node-ls.jsonl", output.ParseNodes, []output.NodeRow{want}}.Run(t)
	}
	refuse(t, "node ls", output.ParseNodes, map[string]string{"{}": "line 1 of node ls: it has no node id"})
}

func TestParseContexts(t *testing.T) {
	t.Parallel()
	want := output.ContextRow{Name: "default", Current: true, Description: "Current DOCKER_HOST based configuration",
		DockerEndpoint: "unix:///var/run/docker.sock"}
	for _, version := range recordings.Clients {
		listing[output.ContextRow]{version, "context-ls.jsonl", output.ParseContexts, []output.ContextRow{want}}.Run(t)
	}
	refuse(t, "context ls", output.ParseContexts, map[string]string{"{}": "line 1 of context ls: it has no name"})
}

func TestParseDiskUsage(t *testing.T) {
	t.Parallel()
	want := []output.DiskRow{
		{Type: "Images", Total: 1, Active: 1, Size: 1984000}, {Type: "Containers", Total: 11, Active: 5},
		{Type: "Local Volumes", Total: 1, Active: 1}, {Type: "Build Cache"},
	}
	for _, version := range recordings.Clients {
		listing[output.DiskRow]{version, "system-df.jsonl", output.ParseDiskUsage, want}.Run(t)
	}
	listing[output.DiskRow]{recordings.Podman, "system-df-t.json", output.ParseDiskUsage, []output.DiskRow{
		{Type: "Images", Total: 1, Active: 1, Size: 2128096}, {Type: "Containers", Total: 6, Active: 1, Size: 48, Reclaimable: 36},
		{Type: "Local Volumes", Total: 1, Active: 1},
	}}.Run(t)
	got, err := output.ParseDiskUsage([]byte(`{"Type":"Images","TotalCount":"2","Active":"1","Size":"1.5GB","Reclaimable":"750MB (50%)"}`))
	if err != nil || got[0].Size != 15e8 || got[0].Reclaimable != 75e7 {
		t.Errorf("sizes: %v, got %+v", err, got)
	}
	// Podman 4.3 takes the word json for a template, as docker 20.10 does.
	if got, err := output.ParseDiskUsage(recordings.Read(t, recordings.Podman, "system-df.json")); err == nil ||
		!strings.Contains(err.Error(), "{{json .}}") {
		t.Errorf("--format json of podman: got %v, %v", got, err)
	}
	refuse(t, "system df", output.ParseDiskUsage, map[string]string{
		`{"Images":[]}`:                  "line 1 of system df: it has no type; leave --verbose out",
		`{"Type":"a","Active":"x"}`:      `line 1 of system df: "x" is not a whole number`,
		`{"Type":"a","Reclaimable":"x"}`: `line 1 of system df: "x" is not a size`,
	})
}
