package worker_test

import (
	"syscall"
	"testing"

	"github.com/dockercmd/toolkit/worker"
)

func TestExitSignal(t *testing.T) {
	t.Parallel()
	tests := []struct {
		exit worker.Exit
		want syscall.Signal
	}{
		{worker.Exit{Known: true, Code: 137}, syscall.SIGKILL},
		{worker.Exit{Known: true, Code: 143}, syscall.SIGTERM},
		{worker.Exit{Known: true, Code: 128}, 0},
		{worker.Exit{Known: true, Code: 0}, 0},
		{worker.Exit{Known: true, Code: 255}, 0},
		{worker.Exit{Code: 137}, 0},
	}
	for _, tt := range tests {
		if got := tt.exit.Signal(); got != tt.want {
			t.Errorf("%+v: got %d, want %d", tt.exit, got, tt.want)
		}
	}
}
