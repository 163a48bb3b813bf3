package runner_test

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/dockercmd/toolkit/internal/processtest"
	"github.com/dockercmd/toolkit/runner"
)

func TestRecorder(t *testing.T) {
	t.Parallel()
	missing, failed := errors.New("missing"), errors.New("failed")
	var r runner.Recorder
	r.Runner = runner.RunnerFunc(func(_ context.Context, c runner.Cmd) (runner.Process, error) {
		if c.Argv[0] == "missing" {
			return nil, missing
		}
		return processtest.Ended{Err: failed}, nil
	})

	if _, err := r.Start(t.Context(), runner.Cmd{Argv: []string{"missing"}}); err != missing {
		t.Errorf("got %v, want %v", err, missing)
	}
	p, err := r.Start(t.Context(), runner.Cmd{Argv: []string{"docker", "ps"}, Env: []string{"TOKEN=secret"}, Dir: "/d", Script: "/s"})
	if err != nil {
		t.Fatal(err)
	}
	if err := p.Wait(); err != failed {
		t.Errorf("got %v, want %v", err, failed)
	}

	got, want := r.Records(), []runner.Record{
		{Argv: []string{"missing"}, Ended: true, Err: missing},
		{Argv: []string{"docker", "ps"}, Dir: "/d", Script: "/s", Ended: true, Err: failed},
	}
	if d := cmp.Diff(got, want, cmpopts.EquateErrors()); d != "" {
		t.Errorf("got -, want +:\n%s", d)
	}
	got[0].Argv[0] = "changed"
	if r.Records()[0].Argv[0] != "missing" {
		t.Error("a caller can change what was recorded")
	}
}

func TestRecorderUnfinished(t *testing.T) {
	t.Parallel()
	r := runner.Recorder{Runner: runner.Exec{}}
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	p, err := r.Start(ctx, self("hang"))
	if err != nil {
		t.Fatal(err)
	}
	if got := r.Records()[0]; got.Ended || got.Err != nil {
		t.Errorf("got %+v, want a record without an outcome", got)
	}
	cancel()
	p.Wait()
	if got := r.Records()[0]; !got.Ended || !errors.Is(got.Err, context.Canceled) {
		t.Errorf("got %+v, want context.Canceled", got)
	}
}

func TestRecorderConcurrently(t *testing.T) {
	t.Parallel()
	var r runner.Recorder
	var all sync.WaitGroup
	for i := range 64 {
		all.Go(func() {
			if _, _, err := runner.Output(t.Context(), &r, runner.Cmd{Argv: []string{"docker", strconv.Itoa(i)}},
				runner.Limits{}); err != nil {
				t.Error(err)
			}
		})
	}
	all.Wait()
	seen := map[string]bool{}
	for _, record := range r.Records() {
		if !record.Ended || record.Err != nil {
			t.Errorf("got %+v, want success", record)
		}
		seen[record.Argv[1]] = true
	}
	if len(seen) != 64 {
		t.Errorf("got %d commands, want 64", len(seen))
	}
}

func TestRecorderStartsNothing(t *testing.T) {
	t.Parallel()
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	var r runner.Recorder
	if _, err := r.Start(ctx, runner.Cmd{Argv: []string{"docker"}}); !errors.Is(err, context.Canceled) {
		t.Errorf("got %v, want context.Canceled", err)
	}
	if _, err := r.Start(t.Context(), runner.Cmd{}); err == nil || len(r.Records()) != 1 {
		t.Errorf("got %v and %d records: a Cmd that nothing can start is not recorded", err, len(r.Records()))
	}
}

// A Recorder that has no Runner shows what would be run.
func ExampleRecorder() {
	var r runner.Recorder
	for _, name := range []string{"w1", "w2"} {
		p, err := r.Start(context.Background(), runner.Cmd{Argv: []string{"docker", "rm", "--force", name}})
		if err == nil {
			err = p.Wait()
		}
		if err != nil {
			fmt.Println(err)
		}
	}
	for _, record := range r.Records() {
		fmt.Println(record.Argv)
	}
	// Output:
	// [docker rm --force w1]
	// [docker rm --force w2]
}
