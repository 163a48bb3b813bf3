package worker_test

import (
	"errors"
	"slices"
	"testing"

	"github.com/dockercmd/toolkit/client"
	"github.com/dockercmd/toolkit/runner/runnertest"
	"github.com/dockercmd/toolkit/worker"
)

// TestLaunchBringsImage checks that with Images, a launch has its image on the engine before docker run, which itself pulls
// nothing; what the allow-list lacks, and what cannot be had, leaves nothing behind.
func TestLaunchBringsImage(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	r.fake.Registry = map[string]runnertest.Program{"registry.example/app:2": app}
	d := r.Docker
	r.Images = &client.Images{Docker: d, Allow: []string{"registry.example/*", "app"}, Attempts: 1}
	s := spec("w1", "serve")
	s.Image, s.Pull = "registry.example/app:2", "missing"
	r.launch(t, s)
	var verbs []string
	for _, c := range r.calls.Records() {
		verbs = append(verbs, c.Argv[1])
		if c.Argv[1] == "run" && !slices.Contains(c.Argv, "--pull=never") {
			t.Errorf("docker run pulls: %q", c.Argv)
		}
	}
	if !slices.Contains(verbs, "pull") || slices.Index(verbs, "pull") > slices.Index(verbs, "run") {
		t.Errorf("got %q", verbs)
	}
	for image, want := range map[string]error{"stranger/app:1": client.ErrImageNotAllowed,
		"registry.example/none:1": client.ErrImageNotFound} {
		s := spec("w2", "serve")
		s.Image, s.Pull = image, "missing"
		if _, err := r.Launch(t.Context(), s); !errors.Is(err, want) {
			t.Errorf("%s: got %v, want %v", image, err, want)
		}
		if _, err := r.Status(t.Context(), "w2"); !errors.Is(err, worker.ErrUnknownID) {
			t.Errorf("%s: got %v", image, err)
		}
	}
}
