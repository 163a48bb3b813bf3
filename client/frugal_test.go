package client_test

import (
	"context"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/dockercmd/toolkit/client"
	"github.com/dockercmd/toolkit/dockercmd"
	"github.com/dockercmd/toolkit/internal/processtest"
	"github.com/dockercmd/toolkit/runner"
)

// TestFrugalClients shows which clients are started with what to spare CPU, whatever their Docker's Env.
func TestFrugalClients(t *testing.T) {
	t.Parallel()
	names := []string{"w1"}
	tests := []struct {
		c    dockercmd.Command
		want string
	}{
		{&dockercmd.Version{}, "GOMAXPROCS=1 GOGC=400"},
		{&dockercmd.Ps{All: true}, "GOMAXPROCS=1 GOGC=400"},
		{&dockercmd.Inspect{Names: names}, "GOMAXPROCS=1 GOGC=400"},
		{&dockercmd.ImageInspect{Images: names}, "GOMAXPROCS=1 GOGC=400"},
		{&dockercmd.Stop{Containers: names}, "GOMAXPROCS=1 GOGC=400"},
		{&dockercmd.Kill{Containers: names}, "GOMAXPROCS=1 GOGC=400"},
		{&dockercmd.Rm{Containers: names}, "GOMAXPROCS=1 GOGC=400"},
		{&dockercmd.Start{Containers: names}, "GOMAXPROCS=1 GOGC=400"},
		{&dockercmd.Start{Containers: names, Attach: true}, "GOMAXPROCS=1"},
		{&dockercmd.Run{Image: "i", Detach: true}, "GOMAXPROCS=1 GOGC=400"},
		{&dockercmd.Run{Image: "i"}, "GOMAXPROCS=1"},
		{&dockercmd.Wait{Containers: names}, "GOMAXPROCS=1"},
		{&dockercmd.Events{}, "GOMAXPROCS=1"},
		{&dockercmd.Logs{Container: "w1"}, "GOMAXPROCS=1"},
		{&dockercmd.Exec{Container: "w1", Command: names}, "GOMAXPROCS=1"},
		{&dockercmd.Pull{Image: "i"}, ""},
		{&dockercmd.Push{Image: "i"}, ""},
		{&dockercmd.Load{Input: "f"}, ""},
		{&dockercmd.Save{Images: names}, ""},
		{&dockercmd.Cp{Source: "w1:/a", Destination: "b"}, ""},

		// A container must not get from its client what that has for itself.
		{&dockercmd.Run{Image: "i", Detach: true, Env: []string{"GOGC"}}, ""},
		{&dockercmd.Run{Image: "i", Detach: true, Env: []string{"GOGC=50", "HOME"}}, "GOMAXPROCS=1 GOGC=400"},
		{&dockercmd.Run{Image: "i", Detach: true, EnvFiles: []string{"f"}}, ""},
		{&dockercmd.Create{Image: "i", Env: []string{"GOMAXPROCS"}}, ""},
		{&dockercmd.Exec{Container: "w1", Command: names, Env: []string{"GOMAXPROCS"}}, ""},
		{&dockercmd.ServiceCreate{Image: "i", Env: []string{"GOMAXPROCS"}}, ""},
		{&dockercmd.ServiceUpdate{Service: "s", EnvAdd: []string{"GOGC"}}, ""},
	}
	for _, tt := range tests {
		for _, env := range [][]string{nil, {}, {"A=b"}, {"GOGC=off"}} {
			var got runner.Cmd
			d := client.Docker{Env: env, Runner: runner.RunnerFunc(func(_ context.Context, c runner.Cmd) (runner.Process, error) {
				got = c
				return processtest.Ended{}, nil
			})}
			_, _ = d.Do(t.Context(), tt.c, client.Call{}) // silence is no answer to some
			if got.Argv == nil || strings.Join(got.EnvDefaults, " ") != tt.want {
				t.Errorf("%v: got %q, want %q", tt.c, got.EnvDefaults, tt.want)
			}
			if !slices.Equal(got.Env, env) || (got.Env == nil) != (env == nil) {
				t.Errorf("%v: got the environment %q, want that of the Docker, %q", tt.c, got.Env, env)
			}
		}
	}
}

// TestFrugalClientsKeepTheUsersValues starts a client that prints what it has.
func TestFrugalClientsKeepTheUsersValues(t *testing.T) {
	program := filepath.Join(t.TempDir(), "docker")
	script := "#!/bin/sh\necho \"${GOMAXPROCS-none} ${GOGC-none} ${A-none}\"\n"
	if err := os.WriteFile(program, []byte(script), 0o755); err != nil {
		t.Fatal(err)
	}
	t.Setenv("A", "own")
	t.Setenv("GOMAXPROCS", "") // to have it back in the end
	os.Unsetenv("GOMAXPROCS")
	tests := []struct {
		own  string // the supervisor's GOGC; "" is none
		env  []string
		want string
	}{
		{"", nil, "1 400 own"},
		{"75", nil, "1 75 own"},
		{"75", []string{}, "1 400 none"},
		{"75", []string{"A=b"}, "1 400 b"},
		{"75", []string{"A=b", "GOMAXPROCS=2"}, "2 400 b"},
		{"75", []string{"GOGC=off", "GOMAXPROCS="}, " off none"},
	}
	for _, tt := range tests {
		t.Setenv("GOGC", tt.own)
		if tt.own == "" {
			os.Unsetenv("GOGC")
		}
		out, err := client.Docker{Program: program, Env: tt.env}.Do(t.Context(), &dockercmd.Version{}, client.Call{})
		if got := strings.TrimSuffix(string(out), "\n"); err != nil || got != tt.want {
			t.Errorf("with %q and GOGC=%s: got %q, %v, want %q", tt.env, tt.own, got, err, tt.want)
		}
	}
}
