package hide_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/dockercmd/toolkit/internal/hide"
)

func TestText(t *testing.T) {
	t.Parallel()
	for word, want := range map[string]string{
		"":                               "",
		"busybox:1.36":                   "busybox:1.36",
		"type=bind,source=/a,target=/b":  "type=bind,source=/a,target=/b",
		"password=x":                     "password=...",
		"A=b,Password=x,y,z":             "A=b,Password=...",
		"PASSWORD=x,y=z":                 "PASSWORD=...,y=z",
		"splunk-token=x":                 "splunk-token=...",
		"db_pass=x":                      "db_pass=...",
		"bypass=x":                       "bypass=x",
		"gelf-address=udp://h:1":         "gelf-address=udp://h:1",
		"o=username=u,password=p,vers=3": "o=username=u,password=...,vers=3",
		`type=volume,"volume-opt=o=username=u,password=p",target=/t`: `type=volume,"volume-opt=o=username=u,password=...",target=/t`,
		"--api-key=x":                      "--api-key=...",
		"https://h/x?token=t&a=b":          "https://h/x?token=...&a=b",
		"https://u:p@h/x":                  "https://...@h/x",
		"https://token@h/x.git":            "https://...@h/x.git",
		"https://u:p/q@h/x":                "https://...@h/x",
		"https://u:p@q@h/x":                "https://...@h/x",
		"https://h:8080/x@v1":              "https://h:8080/x@v1",
		"https://[::1]:80/x@v1":            "https://[::1]:80/x@v1",
		"git+https://ghp_x@github.com/o/r": "git+https://...@github.com/o/r",
		"https://u:p,w@h/":                 "https://...@h/",
		"https://u:p'w@h/":                 "https://...@h/",
		"https://h/?next=https://u:p@h2":   "https://h/?next=https://...@h2",
		"http://a;https://u:p@b":           "http://a;https://...@b",
		"https://h:80,https://u:p@b":       "https://h:80,https://...@b",
		"https://h/cb#access_token=abc":    "https://h/cb#access_token=...",
		"x|password=abc":                   "x|password=...",
		"ENV\tA=x":                         "ENV\tA=...",
		" ENV A=x":                         " ENV A=...",
		"CMD x\nENV A=x":                   "CMD x\nENV A=...",
		"PRIVATE-TOKEN: abc":               "PRIVATE-TOKEN: ...",
		"Api-Key: abc":                     "Api-Key: ...",
		`{"password":"x","a":"b"}`:         `{"password":...","a":"b"}`,
		"ssh://me@host":                    "ssh://me@host",
		"ssh://me:p@host":                  "ssh://...@host",
		"host=tcp://u:p@h:2376,ca=/ca":     "host=tcp://...@h:2376,ca=/ca",
		"ENV A=b":                          "ENV A=...",
		"env A=b C=d":                      "env A=...",
		"ENV A b c":                        "ENV A ...",
		`CMD ["x"]`:                        `CMD ["x"]`,
		"curl -H 'Authorization: Bearer abc' http://h": "curl -H 'Authorization: ...",
		"X-Auth-Token: abc":                            "X-Auth-Token: ...",
		"echo bearer abc":                              "echo bearer ...",
		"mysqladmin ping --password=x && true":         "mysqladmin ping --password=...",
	} {
		if got := hide.Text(word); got != want {
			t.Errorf("%s: got %s, want %s", word, got, want)
		}
	}
}

func TestWords(t *testing.T) {
	t.Parallel()
	got := hide.Words([]string{"x", "--password", "p", "--token=t", "u", "-v", "w", "--secret", "--other"})
	if want := []string{"x", "--password", "...", "--token=...", "u", "-v", "w", "--secret", "..."}; !slices.Equal(got, want) {
		t.Errorf("got %q, want %q", got, want)
	}
}

// FuzzText checks that wherever a secret value stands between other words, it is gone, and that nothing is hidden twice.
func FuzzText(f *testing.F) {
	const secret = "hunter2"
	f.Add("o=username=u,", ",vers=3")
	f.Add("ENV ", " B=c")
	f.Add("https://h/?", "&a=b")
	f.Add("\"a=", "\",c")
	f.Fuzz(func(t *testing.T, before, after string) {
		if strings.Contains(before+after, secret) {
			return
		}
		for _, word := range []string{before + ",password=" + secret + after, before + " https://u:" + secret + "@h/ " + after} {
			got := hide.Text(word)
			if strings.Contains(got, secret) {
				t.Errorf("%q: got %q", word, got)
			}
		}
	})
}
