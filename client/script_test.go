package client_test

import (
	"errors"
	"slices"
	"strings"
	"testing"

	"github.com/dockercmd/toolkit/client"
	"github.com/dockercmd/toolkit/dockercmd"
	"github.com/dockercmd/toolkit/scripts"
)

// TestParseScript writes a command to files and reads it back.
func TestParseScript(t *testing.T) {
	t.Parallel()
	want := &dockercmd.Run{Name: "w1", Env: []string{"A=b"}, Image: "busybox", Command: []string{"sleep", "9"}}
	for _, file := range []scripts.Command{
		{Argv: append([]string{"docker"}, want.Args()...), Comment: "start w1"},
		{Argv: append([]string{"/usr/local/bin/docker"}, want.Args()...)},
		{Argv: append([]string{"docker"}, want.Args()...), Format: scripts.Line},
	} {
		data, err := file.Bytes()
		if err != nil {
			t.Fatal(err)
		}
		got, err := client.ParseScript(data)
		if err != nil {
			t.Errorf("%s: %v", data, err)
			continue
		}
		if !slices.Equal(got.Args(), want.Args()) {
			t.Errorf("%s: got %q", data, got.Args())
		}
	}
}

func TestParseScriptErrors(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		data, want string
		parsed     bool // the file is a command file, its command is not docker's
	}{
		{"#!/bin/sh\nrm -rf x\n", "parse command script: ", false},
		{"#!/bin/sh\nexec docker rnu img\n", `parse command script: unknown command "rnu"; did you mean run?`, true},
		{"run --memory=12q img", `parse command script: run: --memory at word 3: "12q" is not a size`, true},
		{"", "parse command script: argv[1] is empty", false},
	} {
		_, err := client.ParseScript([]byte(tt.data))
		if err == nil || !strings.HasPrefix(err.Error(), tt.want) {
			t.Errorf("%q: got %v, want %s", tt.data, err, tt.want)
			continue
		}
		if _, parsed := errors.AsType[*dockercmd.ParseError](err); parsed != tt.parsed {
			t.Errorf("%q: %v is a ParseError: %t", tt.data, err, parsed)
		}
	}
}
