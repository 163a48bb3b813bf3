package worker_test

import (
	"bytes"
	"errors"
	"testing"

	"github.com/dockercmd/toolkit/runner/runnertest"
	"github.com/dockercmd/toolkit/worker"
)

// TestNextEngine checks that a root whose workers are all cleaned up is of any engine again.
func TestNextEngine(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	r.launch(t, spec("w1", "exit", "0"))
	if _, err := r.Wait(t.Context(), "w1"); err != nil {
		t.Fatal(err)
	}
	if _, err := r.Cleanup(t.Context(), "w1"); err != nil {
		t.Fatal(err)
	}
	r.fake.Fault = on("info", &runnertest.Fault{Lie: nextEngine})
	m := r.another(r.Root)
	if _, err := m.Launch(t.Context(), spec("w1", "serve")); err != nil {
		t.Error(err)
	}
	r.fake.Fault = nil
	if _, err := r.another(r.Root).Launch(t.Context(), spec("w2", "serve")); !errors.Is(err, worker.ErrOtherEngine) {
		t.Errorf("back on the first engine: got %v", err)
	}
}

// nextEngine makes what docker info says that of another engine.
func nextEngine(out []byte) []byte { return bytes.Replace(out, []byte("FAKE"), []byte("NEXT"), 1) }
