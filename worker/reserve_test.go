package worker_test

import (
	"errors"
	"path/filepath"
	"testing"

	"github.com/dockercmd/toolkit/dockercmd"
	"github.com/dockercmd/toolkit/worker"
)

// TestReserve goes through a series of reservations on a machine with 4 CPUs and 8 GiB in two equal zones.
func TestReserve(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	g := dockercmd.GiB
	for _, tt := range []struct {
		id   string
		ask  worker.Resources
		want string // "" is success
	}{
		{"w1", worker.Resources{CPUPercent: 250, Memory: 3 * g}, ""},
		{"w2", worker.Resources{CPUPercent: 150.1},
			"worker w2: cpu-percent: 150.1 with 250 set aside for others is above the machine's 400 (4 CPUs)"},
		{"w2", worker.Resources{Memory: 6 * g}, "worker w2: memory: 6g with 3g set aside for others is above the machine's 8g"},
		{"w2", worker.Resources{Memory: 1<<63 - 1},
			"worker w2: memory: 9223372036854775807b with 3g set aside for others is above the machine's 8g"},
		{"w1", worker.Resources{CPUPercent: 100, Memory: g}, ""}, // replaces
		{"w2", worker.Resources{CPUPercent: 150.1, NUMA: "0"}, ""},
		{"w3", worker.Resources{CPUPercent: 50, NUMA: "0"},
			"worker w3: cpu-percent: 50 with 150.1 set aside for others is above the 200 of zone 0"},
		{"w3", worker.Resources{CPUPercent: 50, NUMA: "1", Memory: 3 * g}, ""},
		{"w4", worker.Resources{NUMA: "1", Memory: 2 * g},
			"worker w4: memory: 2g with 3g set aside for others is above the 4g of zone 1"},
		{"w4", worker.Resources{NUMA: "2"}, `worker w4: numa: the machine has no zone "2"; it has 0, 1`},
		{"w4", worker.Resources{NUMA: "1"}, ""}, // nothing set aside in a full zone
		{"w5", worker.Resources{CPUPercent: -1}, "worker w5: cpu-percent: -1 is negative; give percent of one CPU, such as 150"},
		{"w5", worker.Resources{Memory: dockercmd.MiB}, "worker w5: memory: 1m is under docker's minimum of 6m"},
		{"w/5", worker.Resources{}, `worker "w/5": id: "w/5" holds '/'; use letters, digits, '_', '.' and '-'`},
	} {
		err := r.Reserve(tt.id, tt.ask)
		if tt.want == "" {
			if err != nil {
				t.Errorf("%s: %v", tt.id, err)
			}
			continue
		}
		wantLine(t, err, tt.want)
		if !errors.Is(err, worker.ErrReserve) && !errors.Is(err, worker.ErrSpec) {
			t.Errorf("got %v", err)
		}
	}
	if len(r.calls.Records()) > 0 {
		t.Error("docker was asked")
	}
}

// TestReservationAndLaunch checks that a launch gets what was reserved, keeps it until it ends, and then it is free.
func TestReservationAndLaunch(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	ctx := t.Context()
	everything := worker.Resources{CPUPercent: 400, Memory: 8 * dockercmd.GiB}
	full := func(when string) {
		t.Helper()
		if err := r.Reserve("other", worker.Resources{CPUPercent: 1}); !errors.Is(err, worker.ErrReserve) {
			t.Errorf("%s: got %v", when, err)
		}
	}
	free := func(when string) {
		t.Helper()
		if err := r.Reserve("other", everything); err != nil {
			t.Errorf("%s: %v", when, err)
		}
		if _, err := r.Cleanup(ctx, "other"); err != nil {
			t.Errorf("%s: %v", when, err)
		}
	}
	if err := r.Reserve("w1", everything); err != nil {
		t.Fatal(err)
	}
	s := spec("w1", "serve")
	s.Pids = 10 // what the spec says itself stays
	l := r.launch(t, s)
	run := l.Plan.Step(worker.StepRun).Command.(*dockercmd.Run)
	if run.CPUs != 4*dockercmd.CPU || run.Memory != everything.Memory || run.PidsLimit != 10 {
		t.Errorf("got %v", run)
	}
	full("while it runs")
	if err := r.Reserve("w1", worker.Resources{}); !errors.Is(err, worker.ErrAlive) {
		t.Errorf("reserve for a live worker: %v", err)
	}
	if _, err := r.Stop(ctx, "w1"); err != nil {
		t.Fatal(err)
	}
	free("when it has ended")
	// A reservation for its next launch counts, although the worker has ended.
	if err := r.Reserve("w1", everything); err != nil {
		t.Error(err)
	}
	full("when it is reserved again")
	if st, err := r.Status(ctx, "w1"); err != nil || st.State != worker.Exited {
		t.Errorf("got %+v, %v", st, err)
	}
	run = r.launch(t, spec("w1", "serve")).Plan.Step(worker.StepRun).Command.(*dockercmd.Run)
	if run.Memory != everything.Memory {
		t.Errorf("got %v", run)
	}
	if _, err := r.Kill(ctx, "w1"); err != nil {
		t.Fatal(err)
	}
	// The reservation was used up.
	run = r.launch(t, spec("w1", "serve")).Plan.Step(worker.StepRun).Command.(*dockercmd.Run)
	if run.Memory != 0 || run.CPUs != 0 {
		t.Errorf("got %v", run)
	}
	free("without limits")
	if _, err := r.Kill(ctx, "w1"); err != nil {
		t.Fatal(err)
	}
	if _, err := r.Cleanup(ctx, "w1"); err != nil {
		t.Fatal(err)
	}
	free("after cleanup")
	if err := r.Reserve("w1", everything); err != nil {
		t.Fatal(err)
	}
	if _, err := r.Cleanup(ctx, "w1"); err != nil {
		t.Fatal(err)
	}
	free("after cleanup of a reservation")
	r.wantNothingLeft(t)
}

// TestReserveWithAnotherLock checks that what others have reserved counts, although the file that counts the changes was deleted.
func TestReserveWithAnotherLock(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	other := r.another(r.Root)
	gib := func(n dockercmd.Bytes) worker.Resources {
		return worker.Resources{CPUPercent: 10, Memory: n * dockercmd.GiB}
	}
	if err := r.Reserve("w1", gib(2)); err != nil {
		t.Fatal(err)
	}
	removeAll(t, filepath.Join(r.Root, "lock"))
	if err := other.Reserve("w2", gib(5)); err != nil {
		t.Fatal(err)
	}
	if err := r.Reserve("w3", gib(5)); err == nil {
		t.Error("12 of 8 GiB are reserved")
	}
}
