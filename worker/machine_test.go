package worker_test

import (
	"context"
	"errors"
	"io/fs"
	"os"
	"os/exec"
	"os/user"
	"path/filepath"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/dockercmd/toolkit/dockercmd"
	"github.com/dockercmd/toolkit/runner"
	"github.com/dockercmd/toolkit/runner/runnertest"
	"github.com/dockercmd/toolkit/worker"
)

// tree writes files below a new directory.
func tree(t *testing.T, files map[string]string) string {
	t.Helper()
	root := t.TempDir()
	for name, text := range files {
		path := filepath.Join(root, name)
		if err := errors.Join(os.MkdirAll(filepath.Dir(path), 0o755), os.WriteFile(path, []byte(text), 0o644)); err != nil {
			t.Fatal(err)
		}
	}
	return root
}

func TestReadMachine(t *testing.T) {
	t.Parallel()
	const meminfo, online = "proc/meminfo", "sys/devices/system/cpu/online"
	node := "sys/devices/system/node/node"
	for _, tt := range []struct {
		name  string
		files map[string]string
		want  worker.Machine
	}{
		{"without NUMA", map[string]string{meminfo: "MemTotal: 1024 kB\nMemFree: 1 kB\nMemAvailable: 1 kB\n", online: "0-3\n"},
			worker.Machine{CPUs: 4, Memory: dockercmd.MiB,
				Zones: map[string]worker.Zone{"0": {CPUs: "0-3", Mems: "0", Memory: dockercmd.MiB}}}},
		{"two nodes", map[string]string{
			meminfo: "MemTotal: 2048 kB\nMemFree: 1 kB\nMemAvailable: 1 kB\n", online: "0-2,5\n",
			node + "0/cpulist": "0-1\n", node + "0/meminfo": "Node 0 MemTotal:       1024 kB\nNode 0 MemFree:  5 kB\n",
			node + "1/cpulist": "2,5\n"},
			worker.Machine{CPUs: 4, Memory: 2 * dockercmd.MiB,
				Zones: map[string]worker.Zone{"0": {CPUs: "0-1", Mems: "0", Memory: dockercmd.MiB},
					"1": {CPUs: "2,5", Mems: "1"}}}},
		{"a CPU in two nodes", map[string]string{
			meminfo: "MemTotal: 2048 kB\nMemFree: 1 kB\nMemAvailable: 1 kB\n", online: "0-5,5\n",
			node + "10/cpulist": "5,4\n", node + "2/cpulist": "2-5\n", node + "0/cpulist": "0-3,2\n"},
			worker.Machine{CPUs: 6, Memory: 2 * dockercmd.MiB,
				Zones: map[string]worker.Zone{"0": {CPUs: "0-3,2", Mems: "0"}, "2": {CPUs: "4-5", Mems: "2"}, "10": {Mems: "10"}}}},
	} {
		got, err := worker.ReadMachine(tree(t, tt.files))
		if err != nil || !reflect.DeepEqual(got, tt.want) {
			t.Errorf("%s: got %+v, %v, want %+v", tt.name, got, err, tt.want)
		}
	}
	good := map[string]string{meminfo: "MemTotal: 1024 kB\nMemFree: 1 kB\nMemAvailable: 1 kB\n", online: "0\n"}
	for name, change := range map[string]map[string]string{
		"no CPUs": {online: "\n"}, "backward CPUs": {online: "3-1\n"}, "no numbers": {online: "a-b\n"},
		"no memory":                    {meminfo: "x\n"},
		"a node's memory is no number": {node + "0/cpulist": "0\n", node + "0/meminfo": "Node 0 MemTotal: many kB\n"},
	} {
		files := map[string]string{}
		for _, m := range []map[string]string{good, change} {
			for k, v := range m {
				files[k] = v
			}
		}
		if m, err := worker.ReadMachine(tree(t, files)); err == nil || strings.Contains(err.Error(), "\n") {
			t.Errorf("%s: got %+v, %v", name, m, err)
		}
	}
	if _, err := worker.ReadMachine(t.TempDir()); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("nothing at all: got %v", err)
	}
	if m, err := worker.ReadMachine(""); err != nil || m.CPUs < 1 || m.Memory < dockercmd.MiB || len(m.Zones) == 0 {
		t.Errorf("this machine: got %+v, %v", m, err)
	}
}

func TestLookupIdentity(t *testing.T) {
	t.Parallel()
	none := &runnertest.Script{}
	for name, want := range map[string]worker.Identity{
		"root": {Name: "root"}, "0": {Name: "root"}, "5:6": {UID: 5, GID: 6},
	} {
		got, err := worker.LookupIdentity(t.Context(), none, name)
		got.Groups = nil
		if err != nil || !reflect.DeepEqual(got, want) {
			t.Errorf("%s: got %+v, %v, want %+v", name, got, err, want)
		}
	}
	for name, want := range map[string]string{
		"":          `"" is not a user; give a name, UID, or UID:GID`,
		"-u":        `"-u" is not a user; give a name, UID, or UID:GID`,
		"root:root": `"root:root" is not a user; give a name, UID, or UID:GID`,
		"5:wheel":   `"5:wheel": the group is not a number; give UID:GID, or the user's name`,
		"5:":        `"5:": the group is not a number; give UID:GID, or the user's name`,
		"-1:5":      `"-1:5" is not a user; give a name, UID, or UID:GID`,
	} {
		_, err := worker.LookupIdentity(t.Context(), none, name)
		wantLine(t, err, want)
	}
	if err := none.Verify(); err != nil {
		t.Error(err)
	}
}

// TestLookupIdentityByID looks up a user that only id(1) knows, as from LDAP.
func TestLookupIdentityByID(t *testing.T) {
	t.Parallel()
	const name = "ldap.user"
	line := func(flag, out string) runnertest.Line {
		return runnertest.Line{Argv: []string{"id", flag, "--", name}, Stdout: out + "\n"}
	}
	for _, tt := range []struct {
		name  string
		lines []runnertest.Line
		want  worker.Identity
		err   string
	}{
		{"its own group first", []runnertest.Line{line("-u", "7000"), line("-G", "900 30 20 20"), line("-Gn", "staff b a a")},
			worker.Identity{Name: name, UID: 7000, GID: 900, Groups: []int{20, 30}}, ""},
		{"without the group docker", []runnertest.Line{line("-u", "7000"), line("-G", "900 998 20"), line("-Gn", "staff docker a")},
			worker.Identity{Name: name, UID: 7000, GID: 900, Groups: []int{20}}, ""},
		{"a group's name with a blank", []runnertest.Line{line("-u", "7000"), line("-G", "900 20"), line("-Gn", "domain users a")},
			worker.Identity{Name: name, UID: 7000, GID: 900, Groups: []int{20}}, ""},
		{"no such user", []runnertest.Line{{Argv: []string{"id", "-u", "--", name}, Stderr: "id: 'ldap.user': no such user\n",
			Code: 1}},
			worker.Identity{}, `the machine has no user "ldap.user" (id: 'ldap.user': no such user)`},
		{"no id", []runnertest.Line{{Argv: []string{"id", "-u", "--", name},
			StartErr: &runner.StartError{Program: "id", Err: exec.ErrNotFound}}},
			worker.Identity{}, `the machine has no user "ldap.user"`},
		{"nonsense", []runnertest.Line{line("-u", "many"), line("-G", "900"), line("-Gn", "staff")},
			worker.Identity{}, `"many" is not a user or group number`},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			s := &runnertest.Script{Expect: tt.lines}
			got, err := worker.LookupIdentity(context.Background(), s, name)
			if tt.err != "" {
				wantLine(t, err, tt.err)
			} else if err != nil || !reflect.DeepEqual(got, tt.want) {
				t.Errorf("got %+v, %v, want %+v", got, err, tt.want)
			}
			if err := s.Verify(); err != nil {
				t.Error(err)
			}
		})
	}
	// A name with a blank makes it unclear which number the group docker has. Where the machine knows the group, that decides;
	// elsewhere it is an error. Never is the group handed on.
	s := &runnertest.Script{Expect: []runnertest.Line{line("-u", "7000"), line("-G", "900 99999 20"),
		line("-Gn", "domain users docker a")}}
	if got, err := worker.LookupIdentity(context.Background(), s, name); err == nil && slices.Contains(got.Groups, dockerGID(t)) {
		t.Errorf("got %+v", got)
	}
}

// dockerGID returns the number of the machine's group docker, or -1.
func dockerGID(t *testing.T) int {
	t.Helper()
	g, err := user.LookupGroup("docker")
	if err != nil {
		return -1
	}
	n, err := strconv.Atoi(g.Gid)
	if err != nil {
		t.Fatal(err)
	}
	return n
}
