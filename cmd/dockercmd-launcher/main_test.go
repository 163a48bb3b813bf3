package main

import (
	"os"
	"testing"

	"github.com/dockercmd/toolkit/internal/child"
)

func TestMain(m *testing.M) {
	child.Guard(map[string]child.Role{corpusRole: playCorpus, raceRole: playRace})
	os.Exit(m.Run())
}
