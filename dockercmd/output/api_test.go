package output_test

import (
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/dockercmd/toolkit/dockercmd/output"
)

func TestParseImageList(t *testing.T) {
	t.Parallel()
	const named = `{"Id":"sha256:aa","Created":1700000000,"Size":1234567,"RepoTags":["team/a:1","r:5000/b:2","team/a:3"],
		"RepoDigests":["team/a@sha256:01","team/a@sha256:02","c@sha256:03","c@sha256:04"]}`
	made := time.Unix(1700000000, 0)
	row := func(repository, tag, digest string) output.ImageRow {
		return output.ImageRow{ID: "sha256:aa", Repository: repository, Tag: tag, Digest: digest, CreatedAt: made, Size: 1234567}
	}
	for _, test := range []struct {
		name, answer string
		digests      bool
		want         []output.ImageRow
	}{
		{"none", `[]`, true, nil},
		{"names", "[" + named + "]", false, []output.ImageRow{
			row("team/a", "1", ""), row("team/a", "3", ""), row("r:5000/b", "2", ""), row("c", "", "")}},
		{"digests", "[" + named + "]", true, []output.ImageRow{
			row("team/a", "1", "sha256:01"), row("team/a", "1", "sha256:02"), row("team/a", "3", "sha256:01"),
			row("team/a", "3", "sha256:02"), row("r:5000/b", "2", ""), row("c", "", "sha256:03"), row("c", "", "sha256:04")}},
		{"no name", `[{"Id":"sha256:aa","RepoTags":null,"RepoDigests":[],"Created":1700000000,"Size":1234567},
			{"Id":"sha256:aa","RepoTags":["<none>:<none>"],"RepoDigests":["<none>@<none>"],"Created":1700000000,"Size":1234567}]`, true,
			[]output.ImageRow{row("", "", ""), row("", "", "")}},
	} {
		got, err := output.ParseImageList(strings.NewReader(test.answer), test.digests)
		if diff := cmp.Diff(test.want, got, cmpopts.IgnoreFields(output.ImageRow{}, "Raw")); diff != "" || err != nil {
			t.Errorf("%s: %v, %s", test.name, err, diff)
		}
		for _, r := range got {
			objectOnly(t, r.Raw)
		}
	}
}

// TestParseListsThatAreBad checks that a list that cannot be read whole is none.
func TestParseListsThatAreBad(t *testing.T) {
	t.Parallel()
	const container, image = `{"Id":"aa","Names":["/a"],"State":"running"}`, `{"Id":"sha256:aa"}`
	for answer, want := range map[string]string{
		"":                  "a list of KINDs: EOF",
		"{}":                "a list of KINDs: it is no array",
		"[":                 "a list of KINDs: EOF",
		"[ONE":              "a list of KINDs: EOF",
		"[ONE,":             "KIND 2 of a list: EOF",
		"[ONE,{":            "KIND 2 of a list: unexpected EOF",
		"[ONE,7]":           "KIND 2 of a list: json: cannot unmarshal number",
		"[ONE,{}]":          "KIND 2 of a list: it has no ",
		"[ONE,null]":        "KIND 2 of a list: it has no ",
		`[{"Id":7}]`:        "KIND 1 of a list: json: cannot unmarshal number",
		`{"message":"oh!"}`: "a list of KINDs: it is no array",
	} {
		for kind, parse := range map[string]func(string) (int, error){
			"container": func(s string) (int, error) {
				rows, err := output.ParseContainerList(strings.NewReader(strings.ReplaceAll(s, "ONE", container)))
				return len(rows), err
			},
			"image": func(s string) (int, error) {
				rows, err := output.ParseImageList(strings.NewReader(strings.ReplaceAll(s, "ONE", image)), true)
				return len(rows), err
			},
		} {
			want := strings.ReplaceAll(want, "KIND", kind)
			if n, err := parse(answer); err == nil || !strings.HasPrefix(err.Error(), want) || n > 0 {
				t.Errorf("%s of %q: got %d rows, %v, want the error %s", kind, answer, n, err, want)
			}
		}
	}
}

func TestParseStatsSamples(t *testing.T) {
	t.Parallel()
	const v1 = `{"id":"aa","name":"/w1","pids_stats":{"current":3},
		"cpu_stats":{"cpu_usage":{"total_usage":5000000000,"percpu_usage":[1,2]},"system_cpu_usage":90000000000},
		"memory_stats":{"usage":3000000,"limit":10000000,"stats":{"total_inactive_file":1000000,"inactive_file":7}},
		"networks":{"eth0":{"rx_bytes":10,"tx_bytes":20},"eth1":{"rx_bytes":1,"tx_bytes":2}},
		"blkio_stats":{"io_service_bytes_recursive":[{"op":"Read","value":5},{"op":"Write","value":6},{"op":"Total","value":11},{"op":"Read","value":1}]}}`
	const before = `{"id":"aa","name":"/w1","cpu_stats":{"cpu_usage":{"total_usage":4000000000},"system_cpu_usage":88000000000}}`
	whole := output.StatsRow{ID: "aa", Name: "w1", CPUPercent: 100, Memory: 2000000, MemoryLimit: 10000000, MemoryPercent: 20,
		NetReceived: 11, NetSent: 22, BlockRead: 6, BlockWritten: 6, PIDs: 3}
	for _, test := range []struct {
		name, earlier, later string
		want                 output.StatsRow
	}{
		{"cgroup v1", before, v1, whole},
		{"cgroup v2", before, `{"id":"aa","name":"/w1",
			"cpu_stats":{"cpu_usage":{"total_usage":4500000000},"system_cpu_usage":90000000000,"online_cpus":4},
			"memory_stats":{"usage":9,"stats":{"inactive_file":2,"total":1}},
			"blkio_stats":{"io_service_bytes_recursive":[{"op":"read","value":5},{"op":"write","value":7}]}}`,
			output.StatsRow{ID: "aa", Name: "w1", CPUPercent: 100, Memory: 7, BlockRead: 5, BlockWritten: 7}},
		{"it does not run", `{"id":"aa","name":"/w1"}`, `{"id":"aa","name":"/w1"}`, output.StatsRow{ID: "aa", Name: "w1"}},
		{"it has ended in between", v1, `{"id":"aa","name":"/w1"}`, output.StatsRow{ID: "aa", Name: "w1"}},
		{"more is cached than used", before, `{"id":"aa","memory_stats":{"usage":9,"stats":{"inactive_file":20}}}`,
			output.StatsRow{ID: "aa", Name: "w1", Memory: 9}},
		{"no limit", before, `{"id":"aa","memory_stats":{"limit":18446744073709551615},
			"networks":{"a":{"rx_bytes":9223372036854775807},"b":{"rx_bytes":9223372036854775807}}}`,
			output.StatsRow{ID: "aa", Name: "w1", MemoryLimit: 1<<63 - 1, NetReceived: 1<<63 - 1}},
	} {
		got, err := output.ParseStatsSamples("aa", "w1", []byte(test.earlier), []byte(test.later))
		if diff := cmp.Diff(test.want, got, cmpopts.IgnoreFields(output.StatsRow{}, "Raw"), cmpopts.EquateApprox(0, 1e-9)); diff != "" || err != nil {
			t.Errorf("%s: %v, %s", test.name, err, diff)
		}
	}
	for _, test := range [][3]string{
		{before, `{"id":"bb"}`, `a sample of stats: of container "bb", not of "aa"`},
		{before, `{}`, "a sample of stats: it names no container, and holds no figures"},
		{before, `null`, "a sample of stats: it names no container, and holds no figures"},
		{before, `{"id":"aa"`, "a sample of stats: unexpected end of JSON input"},
		{before, `{"id":"aa","pids_stats":{"current":-1}}`, "a sample of stats: json: cannot unmarshal number -1"},
	} {
		if got, err := output.ParseStatsSamples("aa", "w1", []byte(test[0]), []byte(test[1])); err == nil || !strings.HasPrefix(err.Error(), test[2]) {
			t.Errorf("%q: got %+v, %v, want the error %s", test, got, err, test[2])
		}
	}
}

func FuzzParseAPI(f *testing.F) {
	for _, answer := range []string{
		`[{"Id":"ab","Names":["/a","/b/c"],"State":"running","Status":"Up 3 minutes (healthy)","Labels":{"a":"b"}}]`,
		`[{"Id":"sha256:aa","Created":1700000000,"Size":12,"RepoTags":["r:5000/a:1"],"RepoDigests":["a@sha256:01","@",":"]}]`,
		`{"id":"aa","cpu_stats":{"cpu_usage":{"total_usage":4},"system_cpu_usage":9},"memory_stats":{"usage":9,"stats":{"inactive_file":2}}}`,
		`[{"Id":"ab","State":"dead"},`,
	} {
		f.Add([]byte(answer), true)
	}
	f.Fuzz(func(t *testing.T, answer []byte, digests bool) {
		containers, err := output.ParseContainerList(strings.NewReader(string(answer)), "a")
		for _, r := range containers {
			if err != nil || r.ID == "" || r.State == "" {
				t.Fatalf("%q: the row %+v, %v", answer, r, err)
			}
		}
		images, err := output.ParseImageList(strings.NewReader(string(answer)), digests)
		for _, r := range images {
			if err != nil || r.ID == "" || !digests && r.Digest != "" {
				t.Fatalf("%q: the row %+v, %v", answer, r, err)
			}
			objectOnly(t, r.Raw)
		}
		s, err := output.ParseStatsSamples("aa", "w1", answer, answer)
		if err == nil && (s.CPUPercent != 0 || s.Memory < 0 || s.MemoryLimit < 0 || s.NetSent < 0 || s.BlockRead < 0 || s.PIDs < 0) {
			t.Fatalf("%q: %+v", answer, s)
		}
	})
}
