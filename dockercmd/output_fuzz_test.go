package dockercmd_test

import (
	"strings"
	"testing"

	"github.com/dockercmd/toolkit/dockercmd"
)

func FuzzParsePs(f *testing.F) {
	for _, s := range []string{"", `{"ID":"ab","Names":"a,b","State":"running","Labels":{"a":"b"}}`, "ab|w1|running\n", "json", `{"Labels":"a=b","ID":"00"}`, "{}\n{}"} {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, out []byte) {
		rows, err := dockercmd.ParsePs(out)
		for _, r := range rows {
			if err != nil || r.ID == "" || strings.Trim(r.ID, "0123456789abcdef") != "" {
				t.Fatalf("%q: the row %+v, %v", out, r, err)
			}
		}
	})
}

func FuzzParseInspect(f *testing.F) {
	for _, s := range []string{"[]", `[{"Id":"ab","Name":"/w1","State":{"Status":"running","StartedAt":"2026-11-22T00:44:11Z"},"HostConfig":{"Memory":1}}]`, "[null]", "{}", "[[]]"} {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, out []byte) {
		containers, err := dockercmd.ParseInspect(out)
		for _, c := range containers {
			if err != nil || c.State.Status == "" || c.Raw == nil {
				t.Fatalf("%q: %+v, %v", out, c, err)
			}
		}
	})
}

func FuzzParseWait(f *testing.F) {
	f.Add([]byte("3\n137\n"))
	f.Add([]byte("x"))
	f.Fuzz(func(t *testing.T, out []byte) {
		codes, err := dockercmd.ParseWait(out)
		if err == nil && len(codes) != len(strings.Fields(string(out))) {
			t.Fatalf("%q: %d codes", out, len(codes))
		}
		if id, err := dockercmd.ParseID(out); err == nil && !dockercmd.ValidID(id) {
			t.Fatalf("%q: %q", out, id)
		}
	})
}

func FuzzParseVersion(f *testing.F) {
	f.Add([]byte(`{"Client":{"Version":"28.2.2"},"Server":{"Version":"20.10.24"}}`))
	f.Add([]byte("null"))
	f.Fuzz(func(t *testing.T, out []byte) {
		_, _ = dockercmd.ParseVersion(out)
	})
}
