package main

import (
	"strings"
	"testing"
)

func TestReport(t *testing.T) {
	t.Parallel()
	const events = `{"Action":"start","Package":"p"}
{"Action":"output","Package":"p","Test":"TestA","Output":"=== RUN   TestA\n"}
{"Action":"output","Package":"p","Test":"TestA","Output":"    a_test.go:7: NOT TESTED, there is no engine\n"}
{"Action":"output","Package":"p","Test":"TestA","Output":"--- SKIP: TestA (0.00s)\n"}
{"Action":"skip","Package":"p","Test":"TestA","Elapsed":0}
{"Action":"output","Package":"p","Test":"TestB","Output":"quiet\n"}
{"Action":"pass","Package":"p","Test":"TestB","Elapsed":0}
{"Action":"pass","Package":"p","Elapsed":1.25}
`
	var out strings.Builder
	failed, err := report(strings.NewReader(events), &out)
	if want := "ok    p 1.2s\nleft out: 1 tests: NOT TESTED, there is no engine\n"; err != nil || failed || out.String() != want {
		t.Errorf("got %v, %v, %q, want %q", failed, err, out.String(), want)
	}
}

func TestReportFailure(t *testing.T) {
	t.Parallel()
	const events = `{"Action":"output","Package":"p","Test":"TestA","Output":"    a_test.go:7: got 1, want 2\n"}
{"Action":"fail","Package":"p","Test":"TestA","Elapsed":0}
{"Action":"output","Package":"p","Output":"FAIL\n"}
{"Action":"fail","Package":"p","Elapsed":2}
go: a word of its own
{"ImportPath":"q","Action":"build-output","Output":"q.go:1: syntax error\n"}
{"ImportPath":"q","Action":"build-fail"}
`
	var out strings.Builder
	failed, err := report(strings.NewReader(events), &out)
	if err != nil || !failed {
		t.Errorf("got %v, %v", failed, err)
	}
	for _, want := range []string{"got 1, want 2", "FAIL  p 2.0s", "go: a word of its own", "syntax error"} {
		if !strings.Contains(out.String(), want) {
			t.Errorf("got %q, want %q in it", out.String(), want)
		}
	}
}

// TestReportOfNothing holds that a go test which ended too soon is a failure.
func TestReportOfNothing(t *testing.T) {
	t.Parallel()
	for events, want := range map[string]string{
		"": "no package was tested",
		`{"Action":"start","Package":"p"}` + "\n": "p did not end",
	} {
		var out strings.Builder
		failed, err := report(strings.NewReader(events), &out)
		if err != nil || !failed || !strings.Contains(out.String(), want) {
			t.Errorf("%q: got %v, %v, %q, want %q", events, failed, err, out.String(), want)
		}
	}
}
