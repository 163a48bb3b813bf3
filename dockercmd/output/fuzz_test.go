package output_test

import (
	"bytes"
	"encoding/json"
	"math"
	"reflect"
	"strings"
	"testing"

	"github.com/dockercmd/toolkit/dockercmd"
	"github.com/dockercmd/toolkit/dockercmd/output"
	"github.com/dockercmd/toolkit/internal/recordings"
)

// objectOnly holds what every parser of objects promises of Raw.
func objectOnly(t *testing.T, raw json.RawMessage) {
	t.Helper()
	if !json.Valid(raw) || bytes.TrimSpace(raw)[0] != '{' {
		t.Fatalf("Raw is %q", raw)
	}
}

func FuzzParsePs(f *testing.F) {
	recordings.Fuzz(f, []string{"ps*"}, func(t *testing.T, out []byte) {
		rows, err := output.ParsePs(out)
		for _, r := range rows {
			if err != nil || r.ID == "" || strings.Trim(r.ID, "0123456789abcdef") != "" || r.State == "" {
				t.Fatalf("%q: the row %+v, %v", out, r, err)
			}
			if r.Raw != nil {
				objectOnly(t, r.Raw)
			}
			_, _ = output.ParsePublished([]byte(r.Ports))
		}
	}, `{"ID":"ab","Names":"a,b","State":"running","Labels":{"a":"b"}}`, "ab|w1|running\n", `{"Labels":"a=b","ID":"00"}`, "{}\n{}",
		`[{"Id":"00","Ports":[{"host_port":1,"range":65536}]}]`, `{"ID":"0","Status":"Exited (9) x"}`)
}

func FuzzParseInspect(f *testing.F) {
	recordings.Fuzz(f, []string{"inspect*.json"}, func(t *testing.T, out []byte) {
		containers, err := output.ParseInspect(out)
		for _, c := range containers {
			if err != nil || c.ID == "" || c.State.Status == "" || c.State.Health != nil && c.State.Health.Status == "" &&
				len(c.State.Health.Log) == 0 {
				t.Fatalf("%q: %+v, %v", out, c, err)
			}
			objectOnly(t, c.Raw)
			again, err := output.ParseInspect(c.Raw)
			if err != nil || len(again) != 1 || again[0].ID != c.ID || again[0].State.Status != c.State.Status {
				t.Fatalf("%q: read again as %+v, %v", c.Raw, again, err)
			}
		}
	}, `[{"Id":"ab","Name":"/w1","State":{"Status":"running","StartedAt":"2026-11-22T00:44:11Z"},"HostConfig":{"Memory":1}}]`,
		`{"Id":"a","State":null}{"Id":"b"}`)
}

func FuzzParseDetails(f *testing.F) {
	recordings.Fuzz(f, []string{"*-inspect.json"}, func(t *testing.T, out []byte) {
		images, _ := output.ParseImageInspect(out)
		for _, d := range images {
			objectOnly(t, d.Raw)
		}
		networks, _ := output.ParseNetworkInspect(out)
		for _, d := range networks {
			objectOnly(t, d.Raw)
		}
		volumes, _ := output.ParseVolumeInspect(out)
		for _, d := range volumes {
			objectOnly(t, d.Raw)
		}
	})
}

func FuzzParseEvents(f *testing.F) {
	recordings.Fuzz(f, []string{"events*"}, func(t *testing.T, out []byte) {
		list, err := output.ParseEvents(out)
		for _, e := range list {
			if err != nil || e.Type == "" || e.Action == "" {
				t.Fatalf("%q: %+v, %v", out, e, err)
			}
			objectOnly(t, e.Raw)
			if again, err := output.ParseEvent(e.Raw); err != nil || again.Action != e.Action || !again.Time.Equal(e.Time) {
				t.Fatalf("%q: alone it is %+v, %v", e.Raw, again, err)
			}
			_, _ = e.ClaimedExitCode()
			_, _ = e.ClaimedSignal()
		}
	}, `{"Type":"container","Status":"died","Time":"2026-11-22T00:55:01Z"}`, `{"Type":"a","Action":"b","time":1e9}`)
}

func FuzzParseStats(f *testing.F) {
	recordings.Fuzz(f, []string{"stats*"}, func(t *testing.T, out []byte) {
		list, err := output.ParseStats(out)
		for _, s := range list {
			if err != nil || s.Memory < -1 || s.NetSent < -1 || math.IsNaN(s.CPUPercent) || math.IsInf(s.MemoryPercent, 0) {
				t.Fatalf("%q: %+v, %v", out, s, err)
			}
			objectOnly(t, s.Raw)
		}
	}, `{"ID":"0","MemUsage":"8EiB / 1e999B","CPUPerc":"NaN%"}`, `{"Container":"a","NetIO":"1 kB / -2B"}`)
}

func FuzzParseListings(f *testing.F) {
	patterns := []string{"images*", "network-ls*", "volume-ls*", "service-*", "node-ls*", "context-ls*", "system-df*"}
	recordings.Fuzz(f, patterns, func(t *testing.T, out []byte) {
		images, _ := output.ParseImages(out)
		for _, r := range images {
			objectOnly(t, r.Raw)
		}
		networks, _ := output.ParseNetworks(out)
		for _, r := range networks {
			objectOnly(t, r.Raw)
		}
		volumes, _ := output.ParseVolumes(out)
		for _, r := range volumes {
			objectOnly(t, r.Raw)
		}
		services, _ := output.ParseServices(out)
		for _, r := range services {
			objectOnly(t, r.Raw)
		}
		tasks, _ := output.ParseTasks(out)
		for _, r := range tasks {
			objectOnly(t, r.Raw)
		}
		nodes, _ := output.ParseNodes(out)
		for _, r := range nodes {
			objectOnly(t, r.Raw)
		}
		contexts, _ := output.ParseContexts(out)
		for _, r := range contexts {
			objectOnly(t, r.Raw)
		}
		disk, _ := output.ParseDiskUsage(out)
		for _, r := range disk {
			objectOnly(t, r.Raw)
		}
	}, `{"Type":"Images","Reclaimable":"1MB (5%)"}`, `{"ID":"0","Name":"n","Replicas":"1/2 (max 3 per node)"}`)
}

func FuzzParseInfo(f *testing.F) {
	recordings.Fuzz(f, []string{"info*"}, func(t *testing.T, out []byte) {
		i, err := output.ParseInfo(out)
		if err != nil {
			return
		}
		if (i.Answered() == nil) != (len(i.ServerErrors) == 0 && i.ServerVersion != "") {
			t.Fatalf("%q: %+v, %v", out, i, i.Answered())
		}
	})
}

func FuzzParseVersion(f *testing.F) {
	recordings.Fuzz(f, []string{"version*"}, func(t *testing.T, out []byte) {
		if v, err := output.ParseVersion(out); err != nil && !reflect.DeepEqual(v, output.Version{}) {
			t.Fatalf("%q: %+v beside the error %v", out, v, err)
		}
	}, `{"Client":{"Version":"28.2.2"},"Server":{"Version":"20.10.24"}}`, "null")
}

func FuzzParseTop(f *testing.F) {
	recordings.Fuzz(f, []string{"top*"}, func(t *testing.T, out []byte) {
		p, err := output.ParseTop(out)
		for _, row := range p.Rows {
			if err != nil || len(row) != len(p.Columns) {
				t.Fatalf("%q: the row %q, %v", out, row, err)
			}
		}
	}, "PID CMD\n1 a  b\n", "\t\n\u00a0 A")
}

func FuzzParsePublished(f *testing.F) {
	recordings.Fuzz(f, []string{"port*"}, func(t *testing.T, out []byte) {
		list, err := output.ParsePublished(out)
		for _, p := range list {
			if err != nil || (p.Port == 0) && p.Protocol != "" && !bytes.ContainsRune(out, '0') || !p.HostIP.IsValid() && p.HostPort != 0 {
				t.Fatalf("%q: %+v, %v", out, p, err)
			}
		}
	}, "80/tcp, 0.0.0.0:1-3->1-3/udp", ":::1", "[::]:1->1/tcp", "->", " -> ", "0.0.0.0:0-65535->0-65535/tcp")
}

// FuzzParseWords fuzzes the parsers of outputs that are neither JSON nor columns.
func FuzzParseWords(f *testing.F) {
	recordings.Fuzz(f, []string{"wait*", "run-d*", "commit*", "stop*", "rmi*", "*prune*", "load*", "pull*"},
		func(t *testing.T, out []byte) {
			codes, err := output.ParseWait(out)
			if err == nil && len(codes) != len(strings.Fields(string(out))) {
				t.Fatalf("%q: %d codes", out, len(codes))
			}
			if id, err := output.ParseID(out); err == nil && !dockercmd.ValidID(id) {
				t.Fatalf("%q: %q", out, id)
			}
			if id, err := output.ParseImageID(out); err == nil && !dockercmd.ValidID(strings.TrimPrefix(id, "sha256:")) {
				t.Fatalf("%q: the image %q", out, id)
			}
			for _, name := range output.ParseEcho(out) {
				if name == "" || strings.ContainsAny(name, "\n") {
					t.Fatalf("%q: the name %q", out, name)
				}
			}
			if d, err := output.ParseDeleted(out); err == nil && d.Reclaimed < -1 {
				t.Fatalf("%q: %+v", out, d)
			}
			if names, err := output.ParseLoaded(out); err == nil && len(names) == 0 {
				t.Fatalf("%q: loaded nothing", out)
			}
			if p, err := output.ParsePulled(out); err == nil && p.Image == "" && p.Digest == "" {
				t.Fatalf("%q: pulled nothing", out)
			}
		}, "3\n137\n", "Untagged: a\nDeleted: sha256:00\nTotal reclaimed space: 1.5GB", "Loaded image: a",
		"Digest: sha256:0\nStatus: Downloaded newer image for a\na")
}
