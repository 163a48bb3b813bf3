package golden_test

import (
	"testing"

	"github.com/dockercmd/toolkit/golden"
)

func render() string { return "exec docker run --name=w busybox\n" }

// A test compares what it renders with a file of this package's own folder, or of one that several packages share.
func ExampleCheck() {
	_ = func(t *testing.T) {
		golden.Check(t, "launch/docker-run.sh", render())
		golden.Dir("../testdata/worker").CheckString(t, "launch/docker-run.sh", render())
	}
}
