package output_test

import (
	"bytes"
	"fmt"
	"math"
	"testing"
	"time"

	"github.com/dockercmd/toolkit/dockercmd/output"
	"github.com/dockercmd/toolkit/internal/recordings"
)

// TestPodman5 reads what podman 5.8 has printed: CreatedAt in words, counts and sizes that stand there twice, events that have died.
func TestPodman5(t *testing.T) {
	t.Parallel()
	read := func(file string) []byte { return recordings.Read(t, recordings.Podman5, file) }

	rows, err := output.ParsePs(read("ps.json"))
	if err != nil || len(rows) != 2 || rows[0].State != "created" || rows[1].State != "running" || rows[1].Pid != 2129 ||
		!rows[1].CreatedAt.Equal(time.Unix(1796005046, 0)) {
		t.Errorf("ps: %v, got %+v", err, rows)
	}
	containers, err := output.ParseInspect(read("inspect.json"))
	if err != nil || containers[0].Name != "w1" || containers[0].Config.StopSignal != "SIGTERM" || containers[0].Config.Labels["a"] != "b,c" ||
		containers[0].State.Health != nil || !containers[0].State.Running {
		t.Errorf("inspect: %v, got %+v", err, containers)
	}
	for _, file := range []string{"system-df.json", "system-df-t.json"} {
		disk, err := output.ParseDiskUsage(read(file))
		if err != nil || len(disk) != 3 || disk[0].Total != 1 || disk[0].Size != 2127577 || disk[1].Total != 2 {
			t.Errorf("%s: %v, got %+v", file, err, disk)
		}
	}
	images, err := output.ParseImages(read("images.json"))
	if err != nil || len(images) != 1 || images[0].Repository != "localhost/busybox" {
		t.Errorf("images: %v, got %+v", err, images)
	}
	stats, err := output.ParseStats(read("stats.json"))
	if err != nil || len(stats) != 1 || stats[0].Name != "w1" || stats[0].PIDs != 1 || stats[0].Memory != 348200 {
		t.Errorf("stats: %v, got %+v", err, stats)
	}
	version, err := output.ParseVersion(read("version.json"))
	if err != nil || version.Engine().String() != "podman@5.8.6" {
		t.Errorf("version: %v, got %v", err, version.Engine())
	}
	died := 0
	for line := range bytes.Lines(read("events.jsonl")) {
		e, err := output.ParseEvent(line)
		if err != nil {
			t.Fatal(err)
		}
		if e.Action == "die" && e.ExitCode != nil && (*e.ExitCode == 0 || *e.ExitCode == 3) {
			died++
		}
	}
	if died != 2 {
		t.Errorf("got %d ends in events, want 2", died)
	}
}

// TestDiskUsageOfPodman5 holds that a count that stands there twice, under docker's name and podman's, is one count.
func TestDiskUsageOfPodman5(t *testing.T) {
	t.Parallel()
	for _, line := range []string{
		`{"Type":"Images","Total":3,"TotalCount":3,"Active":1,"RawSize":2128096,"RawReclaimable":0,"Size":"2.128MB","Reclaimable":"0B (0%)"}`,
		`{"Type":"Images","Total":3,"Active":1,"Size":2128096,"Reclaimable":0}`,
		`{"Type":"Images","TotalCount":"3","Active":"1","Size":"2.128MB","Reclaimable":"0B (0%)"}`,
	} {
		got, err := output.ParseDiskUsage([]byte(line))
		if err != nil || got[0].Total != 3 || got[0].Active != 1 || got[0].Reclaimable != 0 {
			t.Errorf("%s: got %+v, %v, want 3 in all and 1 in use", line, got, err)
		}
	}
}

// TestStatsWithoutLimit holds that the kernel's figures for no limit at all, 2^63 and 2^64, are read as the largest size.
func TestStatsWithoutLimit(t *testing.T) {
	t.Parallel()
	for _, limit := range []string{
		"8EiB", "16EiB", "9.22EB", "9.223EB", "18.45EB", "18.4467EB", "9223372036854775808", "18446744073709551615B", "18446744073709551616B",
	} {
		got, err := output.ParseStats(fmt.Appendf(nil, `{"ID":"00","MemUsage":"1kB / %s","PIDs":"18446744073709551615"}`, limit))
		if err != nil || got[0].Memory != 1000 || got[0].MemoryLimit < 9.2e18 || got[0].PIDs != math.MaxInt64 {
			t.Errorf("%s: got %+v, %v", limit, got, err)
		}
	}
}

// TestPsCreated holds that a time in words, as podman has it in places, is no error, and unknown unless the other field has it.
func TestPsCreated(t *testing.T) {
	t.Parallel()
	at := time.Unix(1795691990, 0)
	for fields, want := range map[string]time.Time{
		`"Created":1795691990,"CreatedAt":"3 seconds ago"`:                    at,
		`"Created":"1795691990"`:                                              at,
		`"Created":"` + at.UTC().Format(time.RFC3339) + `"`:                   at,
		`"Created":"2 hours ago","CreatedAt":"2026-11-26 11:19:50 +0000 UTC"`: at,
		`"Created":"5 minutes ago","CreatedAt":"5 minutes ago"`:               {},
		`"Created":"About a minute ago"`:                                      {},
		`"CreatedAt":"Less than a second ago"`:                                {},
		`"Created":0`:                                                         {},
	} {
		got, err := output.ParsePs([]byte(`{"ID":"00","Names":"w",` + fields + `}`))
		if err != nil || !got[0].CreatedAt.Equal(want) {
			t.Errorf("%s: got %+v, %v, want %v", fields, got, err, want)
		}
	}
}

// TestClaimedExitCode holds what counts as an exit code in an event.
func TestClaimedExitCode(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		attributes string
		code       int
		ok         bool
	}{
		{`"exitCode":"3"`, 3, true}, {`"exitCode":"0"`, 0, true}, {`"exitCode":"-1"`, 0, false}, {`"exitCode":"256"`, 0, false},
		{`"exitCode":"+3"`, 0, false}, {`"exitCode":"03"`, 0, false}, {`"exitCode":""`, 0, false}, {`"exitCode":"x"`, 0, false},
		{`"exitCode":"99999999999999999999"`, 0, false}, {`"name":"w"`, 0, false},
		{`"containerExitCode":"4"`, 4, true}, {`"exitCode":"3","containerExitCode":"4"`, 3, true},
		{`"exitCode":"","containerExitCode":"4"`, 0, false},
	} {
		e, err := output.ParseEvent([]byte(`{"Type":"container","Action":"die","Actor":{"ID":"00","Attributes":{` + tt.attributes + `}},"time":1}`))
		if err != nil {
			t.Errorf("%s: %v", tt.attributes, err)
			continue
		}
		if code, ok := e.ClaimedExitCode(); ok != tt.ok || ok && code != tt.code {
			t.Errorf("%s: got %d, %t, want %d, %t", tt.attributes, code, ok, tt.code, tt.ok)
		}
	}
}
