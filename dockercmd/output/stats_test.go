package output_test

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/dockercmd/toolkit/dockercmd/output"
	"github.com/dockercmd/toolkit/internal/recordings"
)

func TestParseStats(t *testing.T) {
	t.Parallel()
	ignore := cmpopts.IgnoreFields(output.StatsRow{}, "Raw")
	stopped := output.StatsRow{ID: "c727cd61f070", Name: "w-exit"}
	tests := []struct {
		name string
		out  []byte
		row  int
		want output.StatsRow
	}{
		{"28.2", recordings.Read(t, "28.2.2", "stats.jsonl"), 0, output.StatsRow{
			ID: "709c8e857f16", Name: "w-run", CPUPercent: 0.15, Memory: 1904214, MemoryLimit: 25275882537, MemoryPercent: 0.01,
			NetReceived: 1110, PIDs: 2,
		}},
		{"28.2, stopped", recordings.Read(t, "28.2.2", "stats.jsonl"), 1, stopped},
		{"20.10", recordings.Read(t, "20.10.24", "stats.jsonl"), 0, output.StatsRow{
			ID: "dc6405de1a48", Name: "w-run", CPUPercent: 0.18, Memory: 2166358, MemoryLimit: 25275882537, MemoryPercent: 0.01,
			NetReceived: 1170, PIDs: 2,
		}},
		{"podman, in powers of 1000", recordings.Read(t, recordings.Podman, "stats.json"), 0, output.StatsRow{
			ID: "eb45c9ea5463", Name: "w-run", CPUPercent: 1.51, Memory: 241700, MemoryLimit: 25280000000, PIDs: 1,
		}},
		{"nothing is known", []byte(`{"BlockIO":"--","CPUPerc":"--","Container":"w1","ID":"","MemPerc":"--","MemUsage":"-- / --","Name":"--","NetIO":"--","PIDs":"--"}`), 0, output.StatsRow{
			Name: "w1", CPUPercent: -1, Memory: -1, MemoryLimit: -1, MemoryPercent: -1, NetReceived: -1, NetSent: -1, BlockRead: -1,
			BlockWritten: -1, PIDs: -1,
		}},
		{"all units", []byte(`{"ID":"00","CPUPerc":"150.00%","MemPerc":"1.00%","MemUsage":"324KiB / 23.54TiB","NetIO":"1.46kB / 2MB","BlockIO":"3.5GB / 4TB","PIDs":"12"}`), 0, output.StatsRow{
			ID: "00", CPUPercent: 150, Memory: 324 << 10, MemoryLimit: 25882503717847, MemoryPercent: 1, NetReceived: 1460, NetSent: 2e6,
			BlockRead: 35e8, BlockWritten: 4e12, PIDs: 12,
		}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			got, err := output.ParseStats(tt.out)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(got[tt.row], tt.want, ignore); diff != "" || len(got[tt.row].Raw) == 0 {
				t.Errorf("got -, want +\n%s", diff)
			}
		})
	}
	for out, want := range map[string]string{
		"json":                             "line 1 of stats: docker printed the word json",
		"{}":                               "line 1 of stats: it names no container",
		`{"ID":"00","CPUPerc":"x%"}`:       `line 1 of stats: CPU: "x%" is not a share such as 0.18%`,
		`{"ID":"00","MemUsage":"1 / x"}`:   `line 1 of stats: memory: "x" is not a size such as 1.46kB or 324KiB`,
		`{"ID":"00","MemUsage":"1 / 1Qx"}`: `line 1 of stats: memory: "1Qx" has an unknown unit; sizes look like 1.46kB or 324KiB`,
		`{"ID":"00","NetIO":"9e30B / 1B"}`: `line 1 of stats: network: "9e30B" is larger than docker can count`,
		`{"ID":"00","PIDs":"x"}`:           `line 1 of stats: "x" is not a number of processes`,
		`{"ID":"00","PIDs":7}`:             "line 1 of stats: json: cannot unmarshal number",
	} {
		if got, err := output.ParseStats([]byte(out)); err == nil || !strings.HasPrefix(err.Error(), want) {
			t.Errorf("%q: got %v, %v, want the error %s", out, got, err, want)
		}
	}
}
