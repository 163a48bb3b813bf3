package dockercmd_test

import (
	"testing"

	"github.com/dockercmd/toolkit/dockercmd"
)

func TestState(t *testing.T) {
	t.Parallel()
	tests := []struct {
		word        string
		want        dockercmd.State
		alive, over bool
	}{
		{"created", dockercmd.StateCreated, false, false},
		{"running", dockercmd.StateRunning, true, false},
		{"Paused", dockercmd.StatePaused, true, false},
		{"restarting", dockercmd.StateRestarting, true, false},
		{"removing", dockercmd.StateRemoving, false, true},
		{"EXITED", dockercmd.StateExited, false, true},
		{"dead", dockercmd.StateDead, false, true},
		{"", dockercmd.StateUnknown, false, false},
		{"unknown", dockercmd.StateUnknown, false, false},
		{"stopped", dockercmd.StateUnknown, false, false},
	}
	for _, tt := range tests {
		got := dockercmd.ParseState(tt.word)
		if got != tt.want || got.Alive() != tt.alive || got.Over() != tt.over {
			t.Errorf("%q: got %s, alive %t, over %t; want %s, %t, %t", tt.word, got, got.Alive(), got.Over(), tt.want, tt.alive, tt.over)
		}
	}
}
