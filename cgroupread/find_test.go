package cgroupread

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"
)

func TestVersion(t *testing.T) {
	t.Parallel()
	for name, want := range map[string]Version{
		hybrid: Hybrid, split: Hybrid,
		v1Systemd: V1, v1Moved: V1, v1Inside: V1,
		v2Systemd: V2, v2Nested: V2, v2Private: V2, v2Real: V2,
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got, err := tree(t, name).Version()
			if err != nil || got != want || !strings.HasPrefix(name, got.String()+"-") {
				t.Errorf("got %v, %v, want %v", got, err, want)
			}
		})
	}
	if _, err := tree(t, bare).Version(); !errors.Is(err, ErrUnavailable) {
		t.Errorf("nothing mounted: got %v, want ErrUnavailable", err)
	}
}

// TestFind checks where groups are found, and that both ways lead to the same one.
func TestFind(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		name   string
		tree   string
		pid    int    // 0: not by pid
		id     string // "": not by id
		parent string
		memory string // directories in the tree
		cpu    string
	}{
		{"default parent", hybrid, pidBusy, idBusy, "", "sys/fs/cgroup/memory/docker/" + idBusy, "sys/fs/cgroup/cpu/docker/" + idBusy},
		{"absolute parent", hybrid, pidStorm, idStorm, "/storm", "sys/fs/cgroup/memory/storm/" + idStorm,
			"sys/fs/cgroup/cpu/storm/" + idStorm},
		{"parent not told", hybrid, pidStorm, idStorm, "", "sys/fs/cgroup/memory/storm/" + idStorm, "sys/fs/cgroup/cpu/storm/" + idStorm},
		{"parent told wrongly", hybrid, pidStorm, idStorm, "/other", "sys/fs/cgroup/memory/storm/" + idStorm,
			"sys/fs/cgroup/cpu/storm/" + idStorm},
		{"parent with odd slashes", hybrid, pidStorm, idStorm, "//storm/./", "sys/fs/cgroup/memory/storm/" + idStorm,
			"sys/fs/cgroup/cpu/storm/" + idStorm},
		{"relative parent, in two places", hybrid, pidRel, idRel, "rel", "sys/fs/cgroup/memory/engine/rel/" + idRel,
			"sys/fs/cgroup/cpu/rel/" + idRel},
		{"v1 system.slice", v1Systemd, 811, idA, "", "sys/fs/cgroup/memory/system.slice/docker-" + idA + ".scope",
			"sys/fs/cgroup/cpu,cpuacct/system.slice/docker-" + idA + ".scope"},
		{"v1 slice in a slice", v1Systemd, 812, idB, "storm-workers.slice",
			"sys/fs/cgroup/memory/storm.slice/storm-workers.slice/docker-" + idB + ".scope",
			"sys/fs/cgroup/cpu,cpuacct/storm.slice/storm-workers.slice/docker-" + idB + ".scope"},
		{"v1 inside a container, its own group", v1Inside, 1, "", "", "sys/fs/cgroup/memory", "sys/fs/cgroup/cpu"},
		{"v1 inside a container, one within", v1Inside, 55, idB, "", "sys/fs/cgroup/memory/docker/" + idB,
			"sys/fs/cgroup/cpu/docker/" + idB},
		{"v2 system.slice", v2Systemd, 501, idA, "", "sys/fs/cgroup/system.slice/docker-" + idA + ".scope",
			"sys/fs/cgroup/system.slice/docker-" + idA + ".scope"},
		{"v2 slice in a slice", v2Systemd, 502, idB, "storm-workers.slice", "sys/fs/cgroup/storm.slice/storm-workers.slice/docker-" +
			idB + ".scope", "sys/fs/cgroup/storm.slice/storm-workers.slice/docker-" + idB + ".scope"},
		{"v2, captured", v2Real, pidReal, idReal, "", "sys/fs/cgroup/docker/" + idReal, "sys/fs/cgroup/docker/" + idReal},
		{"podman by id", v2Systemd, 0, idC, "", "sys/fs/cgroup/machine.slice/libpod-" + idC + ".scope",
			"sys/fs/cgroup/machine.slice/libpod-" + idC + ".scope"},
		{"podman by pid", v2Systemd, 503, "", "", "sys/fs/cgroup/machine.slice/libpod-" + idC + ".scope/container",
			"sys/fs/cgroup/machine.slice/libpod-" + idC + ".scope/container"},
		{"v2 relative parent", v2Nested, 702, idB, "rel", "sys/fs/cgroup/dockerd/rel/" + idB, "sys/fs/cgroup/dockerd/rel/" + idB},
		{"v2 systemd in the container", v2Nested, 701, "", "", "sys/fs/cgroup/docker/" + idA + "/init.scope",
			"sys/fs/cgroup/docker/" + idA + "/init.scope"},
		{"own namespace", v2Private, 1, "", "", "sys/fs/cgroup", "sys/fs/cgroup"},
		{"memory on cgroup2", split, 901, idA, "", "sys/fs/cgroup/unified/docker/" + idA, "sys/fs/cgroup/cpu,cpuacct/docker/" + idA},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			h := tree(t, test.tree)
			check := func(how string, g Group, err error) {
				t.Helper()
				if err != nil {
					t.Fatalf("%s: %v", how, err)
				}
				if got := dirIn(t, h, g, "memory"); got != test.memory {
					t.Errorf("%s: memory in %s, want %s", how, got, test.memory)
				}
				if got := dirIn(t, h, g, "cpu"); got != test.cpu {
					t.Errorf("%s: cpu in %s, want %s", how, got, test.cpu)
				}
			}
			var byPID, byID Group
			var err error
			if test.pid != 0 {
				byPID, err = h.ByPID(test.pid)
				check("ByPID", byPID, err)
			}
			if test.id != "" {
				byID, err = h.ByID(test.id, test.parent)
				check("ByID", byID, err)
			}
			if test.pid != 0 && test.id != "" && byPID.String() != byID.String() {
				t.Errorf("ByPID gives %s, ByID %s", byPID, byID)
			}
		})
	}
}

func TestFindInMountsOfEveryShape(t *testing.T) {
	t.Parallel()
	h := tree(t, v1Moved)
	byID, err := h.ByID(idA, "")
	if err != nil {
		t.Fatal(err)
	}
	byPID, err := h.ByPID(31)
	if err != nil {
		t.Fatal(err)
	}
	// Of the mounts of the memory hierarchy one is covered and one is bound to /docker, so the third is used.
	for how, g := range map[string]Group{"ByPID": byPID, "ByID": byID} {
		if got, want := dirIn(t, h, g, "memory"), "cgroup fs/mem2/docker/"+idA; got != want {
			t.Errorf("%s: memory in %s, want %s", how, got, want)
		}
	}
	if got, want := dirIn(t, h, byPID, "pids"), "cgroup fs/pids/"+idA; got != want {
		t.Errorf("pids in %s, want %s", got, want)
	}
	if _, err := byPID.Dir("cpu"); !errors.Is(err, ErrUnavailable) {
		t.Errorf("no cpu hierarchy: got %v, want ErrUnavailable", err)
	}
}

func TestByPIDRefuses(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		name string
		tree string
		pid  int
		want error  // nil: any
		text string // part of the message
	}{
		{"pid 0", hybrid, 0, nil, "greater than 0"},
		{"negative pid", hybrid, -5, nil, "greater than 0"},
		{"no such process", hybrid, 4194304, ErrGone, "process 4194304"},
		{"sibling namespace", v2Private, 77, ErrNamespace, "--cgroupns=host"},
		{"host group", v2Private, 78, ErrNamespace, "/../../system.slice"},
		{"mount from outside the namespace", v2Outside, 1, ErrNamespace, "--cgroupns=host"},
		{"another container, seen from a container", v1Inside, 90, ErrNamespace, "/docker/" + idC},
		{"a name that only begins like ours", v1Inside, 91, ErrNamespace, "/docker/" + idA + "bc"},
		{"nothing mounted", bare, 5, ErrUnavailable, "no cgroup hierarchy is mounted"},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			g, err := tree(t, test.tree).ByPID(test.pid)
			if err == nil {
				t.Fatalf("got group %s, want an error", g)
			}
			if test.want != nil && !errors.Is(err, test.want) {
				t.Errorf("got %v, want %v", err, test.want)
			}
			if !strings.Contains(err.Error(), test.text) {
				t.Errorf("got %q, want it to say %q", err, test.text)
			}
		})
	}
}

func TestByIDRefuses(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		name   string
		tree   string
		id     string
		parent string
		want   error // nil: one that is not ErrGone
		text   string
	}{
		{"empty", hybrid, "", "", nil, "64 hexadecimal"},
		{"short id", hybrid, idA[:12], "", nil, "64 hexadecimal"},
		{"climbing", hybrid, "../../../" + idA[:55], "", nil, "64 hexadecimal"},
		{"slash", hybrid, idA[:63] + "/", "", nil, "64 hexadecimal"},
		{"upper case", hybrid, strings.ToUpper(idA), "", nil, "lower case"},
		{"newline", hybrid, idA[:63] + "\n", "", nil, "64 hexadecimal"},
		{"too long, not repeated whole", hybrid, strings.Repeat("a", 1<<16), "", nil, "64 hexadecimal"},
		{"climbing parent", hybrid, idA, "/storm/../../etc", nil, `".."`},
		{"parent with NUL", hybrid, idA, "/st\x00rm", nil, "cgroup parent"},
		{"unknown container", hybrid, idD, "", ErrGone, idD},
		{"unknown container, parent given", hybrid, idD, "/storm", ErrGone, idD},
		{"only its monitor is left", v2Systemd, idD, "", ErrGone, idD},
		{"made by another container", v2Nested, idC, "", ErrGone, idC},
		{"nothing mounted", bare, idA, "", ErrUnavailable, "no cgroup hierarchy is mounted"},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			g, err := tree(t, test.tree).ByID(test.id, test.parent)
			if err == nil {
				t.Fatalf("got group %s, want an error", g)
			}
			if test.want != nil && !errors.Is(err, test.want) || test.want != ErrGone && errors.Is(err, ErrGone) {
				t.Errorf("got %v, want %v", err, test.want)
			}
			if !strings.Contains(err.Error(), test.text) || len(err.Error()) > 300 {
				t.Errorf("got %.400q, want it to say %q in one short line", err, test.text)
			}
		})
	}
}

// TestByIDEntersOwnContainer checks that an engine inside a container with the host's view has its containers below the
// container's own group.
func TestByIDEntersOwnContainer(t *testing.T) {
	t.Parallel()
	files := map[string]string{
		"/proc/self/mountinfo": oneMount,
		"/proc/self/cgroup":    "0::/docker/" + idA + "/supervisor\n",
		"/sys/fs/cgroup/docker/" + idA + "/docker/" + idB + "/cgroup.procs": "",
		"/sys/fs/cgroup/docker/" + idC + "/docker/" + idD + "/cgroup.procs": "",
	}
	h := plant(t, files)
	g, err := h.ByID(idB, "")
	if want := "/docker/" + idA + "/docker/" + idB; err != nil || g.String() != want {
		t.Errorf("got %v, %v, want %s", g, err, want)
	}
	if g, err := h.ByID(idD, ""); !errors.Is(err, ErrGone) {
		t.Errorf("in another container: got %v, %v, want ErrGone", g, err)
	}
}

// TestSearchCutShort checks that not having looked everywhere is not the same as gone.
func TestSearchCutShort(t *testing.T) {
	t.Parallel()
	h := plant(t, map[string]string{"/proc/self/mountinfo": oneMount, "/proc/self/cgroup": "0::/\n"})
	for i := range maxWalk {
		if err := os.MkdirAll(h.path(fmt.Sprintf("/sys/fs/cgroup/%d", i)), 0o755); err != nil {
			t.Fatal(err)
		}
	}
	_, err := h.ByID(idA, "")
	if err == nil || errors.Is(err, ErrGone) || !strings.Contains(err.Error(), "cut short") {
		t.Errorf("got %v, want a search that was cut short, and not ErrGone", err)
	}
}

func TestRootGroup(t *testing.T) {
	t.Parallel()
	h := tree(t, v2Systemd)
	root, err := h.ByPID(2)
	if err != nil || !root.IsRoot() || root.String() != "/" {
		t.Fatalf("got %s, root %v, %v, want the root group", root, root.IsRoot(), err)
	}
	if _, err := root.Memory(); !errors.Is(err, ErrUnavailable) || errors.Is(err, ErrGone) {
		t.Errorf("memory: got %v, want ErrUnavailable", err)
	}
	if _, err := root.Pids(); !errors.Is(err, ErrUnavailable) {
		t.Errorf("pids: got %v, want ErrUnavailable", err)
	}
	if c, err := root.CPU(); err != nil || c.Usage == 0 {
		t.Errorf("cpu: got %v, %v, want a usage", c, err)
	}
	if ok, err := root.Populated(); err != nil || !ok {
		t.Errorf("populated: got %v, %v, want true", ok, err)
	}
	other, err := h.ByPID(501)
	if err != nil || other.IsRoot() {
		t.Errorf("a container: root %v, %v, want false", other.IsRoot(), err)
	}
}

func TestZeroGroup(t *testing.T) {
	t.Parallel()
	var g Group
	if g.IsRoot() || g.String() != "no cgroup" {
		t.Errorf("got root %v, %q, want false, %q", g.IsRoot(), g, "no cgroup")
	}
	_, memoryErr := g.Memory()
	_, cpuErr := g.CPU()
	_, pidsErr := g.Pids()
	_, procsErr := g.Procs()
	_, populatedErr := g.Populated()
	for _, err := range []error{memoryErr, cpuErr, pidsErr, procsErr, populatedErr} {
		if !errors.Is(err, ErrUnavailable) {
			t.Errorf("got %v, want ErrUnavailable", err)
		}
	}
}

func TestContainerOf(t *testing.T) {
	t.Parallel()
	for name, want := range map[string]string{
		idA:                                idA,
		"docker-" + idA + ".scope":         idA,
		"libpod-" + idA + ".scope":         idA,
		"libpod-" + idA:                    idA,
		"cri-containerd-" + idA + ".scope": idA,
		"libpod-conmon-" + idA + ".scope":  "",
		"x" + idA:                          "",
		"docker-" + idA + ".slice":         "",
		idA[1:]:                            "",
		"":                                 "",
		".scope":                           "",
	} {
		if got, ok := containerOf(name); got != want || ok != (want != "") {
			t.Errorf("%q: got %q, %v, want %q", name, got, ok, want)
		}
	}
}

func TestParentDirs(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		parent string
		want   []string // nil: refused
	}{
		{"/", []string{""}},
		{"/storm", []string{"storm"}},
		{"/storm/workers/", []string{"storm/workers"}},
		{"storm", []string{"storm"}},
		{"storm.slice", []string{"storm.slice"}},
		{"a-b-c.slice", []string{"a.slice/a-b.slice/a-b-c.slice", "a-b-c.slice"}},
		{"-.slice", []string{"", "-.slice"}},
		{"a--b.slice", []string{"a--b.slice"}},
		{"-a.slice", []string{"-a.slice"}},
		{"/a-b.slice", []string{"a-b.slice"}},
		{"..", nil},
		{"/a/../b", nil},
		{"a\nb", nil},
		{"a..b", []string{"a..b"}},
	} {
		got, err := parentDirs(test.parent)
		if (err != nil) != (test.want == nil) || !reflect.DeepEqual(got, test.want) {
			t.Errorf("%q: got %q, %v, want %q", test.parent, got, err, test.want)
		}
	}
}

// TestDeletedMark checks that a group whose name ends as the kernel marks a removed one is found, and that a removed one is named
// without the mark.
func TestDeletedMark(t *testing.T) {
	t.Parallel()
	h := plant(t, map[string]string{
		"proc/self/mountinfo": oneMount,
		"proc/7/cgroup":       "0::/a/x (deleted)\n",
		"proc/8/cgroup":       "0::/a/y (deleted)\n",
		"sys/fs/cgroup/a/x (deleted)/cgroup.procs":   "7\n",
		"sys/fs/cgroup/a/x (deleted)/memory.current": "4096\n",
		"sys/fs/cgroup/a/x/cgroup.procs":             "",
		"sys/fs/cgroup/a/x/memory.current":           "1\n",
	})
	for pid, want := range map[int]string{7: "/a/x (deleted)", 8: "/a/y"} {
		g, err := h.ByPID(pid)
		if err != nil || g.String() != want {
			t.Errorf("process %d: got %v, %v, want %s", pid, g, err, want)
		}
	}
}

// TestFixed checks that a Host that is fixed finds what another one finds, and goes on when the list of mounts cannot be read any
// more.
func TestFixed(t *testing.T) {
	t.Parallel()
	root := t.TempDir()
	write := func(name, text string) {
		t.Helper()
		path := filepath.Join(root, name)
		if err := errors.Join(os.MkdirAll(filepath.Dir(path), 0o755), os.WriteFile(path, []byte(text), 0o644)); err != nil {
			t.Fatal(err)
		}
	}
	write("proc/self/mountinfo", "1 0 0:1 / / rw - ext4 /dev/a rw\n2 1 0:2 / /sys/fs/cgroup rw - cgroup2 cgroup2 rw\n")
	write("proc/7/cgroup", "0::/docker/x\n")
	write("sys/fs/cgroup/docker/x/cgroup.procs", "7\n")
	fixed, err := Host{Root: root}.Fixed()
	if err != nil {
		t.Fatal(err)
	}
	if err := os.Remove(filepath.Join(root, "proc/self/mountinfo")); err != nil {
		t.Fatal(err)
	}
	g, err := fixed.ByPID(7)
	if err != nil || g.String() != "/docker/x" {
		t.Errorf("got %v, %v", g, err)
	}
	if _, err := (Host{Root: root}).Fixed(); err == nil {
		t.Error("a machine without a list of mounts was fixed")
	}
}
