package output_test

import (
	"testing"

	"github.com/dockercmd/toolkit/dockercmd/output"
)

func TestState(t *testing.T) {
	t.Parallel()
	tests := []struct {
		word        string
		want        output.State
		alive, over bool
	}{
		{"created", output.StateCreated, false, false},
		{"running", output.StateRunning, true, false},
		{"Paused", output.StatePaused, true, false},
		{"restarting", output.StateRestarting, true, false},
		{"removing", output.StateRemoving, false, true},
		{"EXITED", output.StateExited, false, true},
		{"dead", output.StateDead, false, true},
		{"", output.StateUnknown, false, false},
		{"unknown", output.StateUnknown, false, false},
		{"stopped", output.StateUnknown, false, false},
	}
	for _, tt := range tests {
		got := output.ParseState(tt.word)
		if got != tt.want || got.Alive() != tt.alive || got.Over() != tt.over {
			t.Errorf("%q: got %s, alive %t, over %t; want %s, %t, %t", tt.word, got, got.Alive(), got.Over(), tt.want, tt.alive, tt.over)
		}
	}
}
