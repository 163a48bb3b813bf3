package cgroupread

import (
	"encoding/json"
	"math"
	"path"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"testing"
)

func TestParseMounts(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		name string
		text string
		want []Mount
	}{
		{"v2", "24 23 0:22 / /sys/fs/cgroup rw,nosuid shared:4 - cgroup2 cgroup2 rw,nsdelegate\n",
			[]Mount{{Point: "/sys/fs/cgroup", Root: "/", Version: V2}}},
		{"v1 with selinux", "24 23 0:22 / /c rw shared:1 master:2 - cgroup cgroup rw,seclabel,cpuacct,cpu\n",
			[]Mount{{Point: "/c", Root: "/", Version: V1, Controllers: []string{"cpuacct", "cpu"}}}},
		{"named", "24 23 0:22 / /c rw - cgroup cgroup rw,xattr,release_agent=/lib/memory,name=systemd\n",
			[]Mount{{Point: "/c", Root: "/", Version: V1, Name: "systemd"}}},
		{"escapes", `24 23 0:22 /a\040b\134 /tab\011nl\012 rw - cgroup2 none rw` + "\n",
			[]Mount{{Point: "/tab\tnl\n", Root: `/a b\`, Version: V2}}},
		{"no-break space is no separator", "24 23 0:22 / /a\u00a0b rw - cgroup2 none rw\n",
			[]Mount{{Point: "/a\u00a0b", Root: "/", Version: V2}}},
		{"empty source", "24 23 0:22 / /c rw - cgroup  rw,pids\n",
			[]Mount{{Point: "/c", Root: "/", Version: V1, Controllers: []string{"pids"}}}},
		{"others", "24 23 0:22 / /c rw - tmpfs cgroup rw\n25 24 0:23 net:[402653] /n rw - nsfs nsfs rw\n", nil},
		{"covered", "24 23 0:22 / /c rw - cgroup2 none rw\n25 24 0:23 / /c rw - tmpfs none rw\n", nil},
		{"beside", "24 23 0:22 / /c rw - cgroup2 none rw\n25 23 0:23 / /d rw - tmpfs none rw\n",
			[]Mount{{Point: "/c", Root: "/", Version: V2}}},
		{"the last of several on one point", "24 23 0:22 / /c rw - cgroup cgroup rw,memory\n25 24 0:22 / /c rw - cgroup cgroup rw,memory\n" +
			"26 25 0:22 /a /c rw - cgroup cgroup rw,memory\n",
			[]Mount{{Point: "/c", Root: "/a", Version: V1, Controllers: []string{"memory"}}}},
		{"the last of several with one parent", "24 23 0:22 / /c rw - cgroup cgroup rw,memory\n25 23 0:22 /a /c rw - cgroup cgroup rw,memory\n",
			[]Mount{{Point: "/c", Root: "/a", Version: V1, Controllers: []string{"memory"}}}},
		{"hidden with its parent", "1 0 0:1 / / rw - ext4 /dev/a rw\n20 1 0:20 / /sys rw - sysfs sysfs rw\n" +
			"30 20 0:30 / /sys/fs/cgroup rw - tmpfs none rw\n31 30 0:31 / /sys/fs/cgroup/memory rw - cgroup cgroup rw,memory\n" +
			"50 30 0:50 / /sys/fs/cgroup rw - tmpfs none rw\n51 50 0:31 /docker/x /sys/fs/cgroup/memory rw - cgroup cgroup rw,memory\n",
			[]Mount{{Point: "/sys/fs/cgroup/memory", Root: "/docker/x", Version: V1, Controllers: []string{"memory"}}}},
		{"hidden, and nothing in its place", "1 1 0:1 / / rw - ext4 /dev/a rw\n30 1 0:30 / /a rw - tmpfs none rw\n" +
			"31 30 0:31 / /a/memory rw - cgroup cgroup rw,memory\n50 1 0:50 / /a rw - tmpfs none rw\n", nil},
		{"in a circle", "24 25 0:22 / /c rw - cgroup2 none rw\n25 24 0:22 / /c rw - cgroup2 none rw\n", nil},
		{"nothing", "", nil},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			got, err := parseMounts(test.text)
			if err != nil || !reflect.DeepEqual(got, test.want) {
				t.Errorf("got %+v, %v, want %+v", got, err, test.want)
			}
		})
	}
	for name, text := range map[string]string{
		"words": "hello\n", "no separator": "24 23 0:22 / /c rw cgroup2 none rw\n", "short head": "24 23 0:22 / /c - cgroup2 none rw\n",
		"short tail": "24 23 0:22 / /c rw - cgroup2\n", "relative point": "24 23 0:22 / c rw - cgroup2 none rw\n", "empty line": "\n",
	} {
		if got, err := parseMounts(text); err == nil || !strings.Contains(err.Error(), "mountinfo line") {
			t.Errorf("%s: got %v, %v, want an error", name, got, err)
		}
	}
}

func TestParseMemberships(t *testing.T) {
	t.Parallel()
	got, err := parseMemberships("12:cpu,cpuacct:/a:b/c\n3:cpu,name=x:/\n1:name=systemd:/s (deleted)\n0::/docker/x (deleted)\n")
	want := []membership{
		{version: V1, controllers: []string{"cpu", "cpuacct"}, group: "/a:b/c"},
		{version: V1, controllers: []string{"cpu"}, name: "x", group: "/"},
		{version: V1, name: "systemd", group: "/s (deleted)"}, // v1 marks none
		{version: V2, group: "/docker/x", marked: true},
	}
	if err != nil || !reflect.DeepEqual(got, want) {
		t.Errorf("got %+v, %v, want %+v", got, err, want)
	}
	for name, text := range map[string]string{"empty": "", "words": "hello\n", "one colon": "1:/x\n", "relative": "0::x\n",
		"empty group": "0::\n"} {
		if got, err := parseMemberships(text); err == nil {
			t.Errorf("%s: got %+v, want an error", name, got)
		}
	}
}

func TestFigure(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		f         Figure
		text      string
		json      string
		or        int64
		ok        bool
		unlimited bool
		unknown   bool
	}{
		{Figure{}, "unknown", "null", -7, false, false, true},
		{Known(0), "0", "0", 0, true, false, false},
		{Known(math.MaxInt64), "9223372036854775807", "9223372036854775807", math.MaxInt64, true, false, false},
		{Unlimited(), "max", `"max"`, -7, false, true, false},
	} {
		t.Run(test.text, func(t *testing.T) {
			t.Parallel()
			_, ok := test.f.Get()
			if test.f.String() != test.text || test.f.Or(-7) != test.or || ok != test.ok || test.f.IsUnlimited() != test.unlimited ||
				test.f.IsUnknown() != test.unknown {
				t.Errorf("got %s, Or %d, ok %v, unlimited %v, unknown %v, want %+v", test.f, test.f.Or(-7), ok, test.f.IsUnlimited(),
					test.f.IsUnknown(), test)
			}
			got, err := json.Marshal(test.f)
			if err != nil || string(got) != test.json {
				t.Errorf("JSON: got %s, %v, want %s", got, err, test.json)
			}
			back := Known(99)
			if err := json.Unmarshal(got, &back); err != nil || back != test.f {
				t.Errorf("JSON back: got %s, %v, want %s", back, err, test.f)
			}
		})
	}
	var f Figure
	if err := json.Unmarshal([]byte(`"min"`), &f); err == nil {
		t.Error(`JSON "min": got no error`)
	}
}

func FuzzParseMounts(f *testing.F) {
	f.Add("24 23 0:22 / /sys/fs/cgroup rw,nosuid shared:4 - cgroup2 cgroup2 rw,nsdelegate\n")
	f.Add("24 23 0:22 /a\\040b /c\\134 rw - cgroup  rw,cpu,cpuacct,name=x\\012\n25 24 0:1 / /c rw - tmpfs t rw")
	f.Add("24 23 0:22 /../.. /c rw - cgroup2 none rw\n\\\\777\\77")
	f.Fuzz(func(t *testing.T, text string) {
		mounts, err := parseMounts(text)
		if err != nil && mounts != nil {
			t.Fatal("mounts with an error")
		}
		for _, m := range mounts {
			if !path.IsAbs(m.Point) || !path.IsAbs(m.Root) || m.Version != V1 && m.Version != V2 {
				t.Errorf("mount %+v", m)
			}
			if rel, ok := m.rel(m.Root); !ok || strings.Trim(rel, "/") != "" {
				t.Errorf("mount %+v does not show its own root: %q, %v", m, rel, ok)
			}
		}
		for i, m := range hierarchies(mounts) {
			if slices.ContainsFunc(hierarchies(mounts)[:i], m.sameHierarchy) {
				t.Errorf("hierarchy of %+v comes twice", m)
			}
		}
	})
}

// FuzzUnescape checks that what the kernel escapes comes back.
func FuzzUnescape(f *testing.F) {
	f.Add("/sys/fs/cgroup")
	f.Add("a b\tc\nd\\e#\\040")
	f.Fuzz(func(t *testing.T, name string) {
		escaped := strings.NewReplacer(" ", `\040`, "\t", `\011`, "\n", `\012`, `\`, `\134`, "#", `\043`).Replace(name)
		if got := unescape(escaped); got != name {
			t.Errorf("%q: got %q, want %q", escaped, got, name)
		}
	})
}

func FuzzParseMemberships(f *testing.F) {
	f.Add("12:cpu,cpuacct:/a:b\n1:name=systemd:/\n0::/docker/x (deleted)\n")
	f.Add("0::/../..\n")
	f.Fuzz(func(t *testing.T, text string) {
		members, err := parseMemberships(text)
		if (err == nil) == (len(members) == 0) {
			t.Fatalf("got %d memberships with error %v", len(members), err)
		}
		for _, m := range members {
			if !strings.HasPrefix(m.group, "/") || strings.Contains(m.group, "\n") {
				t.Errorf("group %q", m.group)
			}
			if !escapes(m.group) && strings.HasPrefix(path.Clean("/top"+m.group), "/top") == false {
				t.Errorf("group %q climbs", m.group)
			}
		}
	})
}

func FuzzPairs(f *testing.F) {
	f.Add([]byte("anon 61440\nfile 1605632\nshmem 0\n"))
	f.Add([]byte("total 18446744073709551616\n\nx\n y 1\nN0=1 N1=2\nlast 7"))
	f.Fuzz(func(t *testing.T, text []byte) {
		want := map[string]int64{}
		for line := range strings.SplitSeq(string(text), "\n") {
			key, value, _ := strings.Cut(line, " ")
			if n, err := strconv.ParseUint(value, 10, 64); err == nil {
				want[key] = int64(min(n, math.MaxInt64))
			} else if isDigits(value) {
				want[key] = math.MaxInt64
			}
		}
		got := map[string]int64{}
		for key, n := range pairs(text) {
			got[string(key)] = n
		}
		if !reflect.DeepEqual(got, want) {
			t.Errorf("got %v, want %v", got, want)
		}
	})
}

func isDigits(s string) bool { return s != "" && strings.Trim(s, "0123456789") == "" }

func FuzzParseFigure(f *testing.F) {
	f.Add([]byte("max\n"))
	f.Add([]byte("9223372036854771712\n"))
	f.Add([]byte("18446744073709551615"))
	f.Add([]byte("-1\n"))
	f.Fuzz(func(t *testing.T, text []byte) {
		figure, err := parseFigure(text)
		if err != nil {
			if !figure.IsUnknown() {
				t.Errorf("figure %s with an error", figure)
			}
			return
		}
		again, err := parseFigure([]byte(figure.String() + "\n"))
		if err != nil || again != figure || figure.Or(0) < 0 {
			t.Errorf("%q: got %s, then %s, %v", text, figure, again, err)
		}
	})
}

func FuzzParseMeminfo(f *testing.F) {
	f.Add([]byte("MemTotal:       24731700 kB\nMemAvailable:   24182932 kB\nHugePages_Total:       0\n"))
	f.Add([]byte("MemTotal: 9 kB\nMemFree: 1 kB\nBuffers: 1 kB\nCached: 1 kB\nShmem: 8 kB\n"))
	f.Fuzz(func(t *testing.T, text []byte) {
		m, err := parseMeminfo(text)
		if m.total < 0 || m.available < 0 || err != nil && m != (meminfo{}) {
			t.Errorf("got %+v, %v", m, err)
		}
	})
}

func FuzzParseProcs(f *testing.F) {
	f.Add([]byte("1\n0\n4194304\n"))
	f.Add([]byte("1\n\n"))
	f.Fuzz(func(t *testing.T, text []byte) {
		pids, err := parseProcs(nil, text)
		if err != nil {
			return
		}
		if want := len(strings.Fields(string(text))); len(pids) != want || slices.ContainsFunc(pids, func(p int) bool { return p < 0 }) {
			t.Errorf("got %v, want %d ids", pids, want)
		}
	})
}

// FuzzLayouts checks that no container id but a whole one is taken, and that no parent leads out of the hierarchy.
func FuzzLayouts(f *testing.F) {
	f.Add(idA, "")
	f.Add("../"+idA[3:], "/storm")
	f.Add(idB, "a-b.slice")
	f.Add(idB, "/a/../../b")
	nowhere := Host{Root: "no such tree"}
	f.Fuzz(func(t *testing.T, id, parent string) {
		whole := len(id) == 64 && strings.Trim(id, "0123456789abcdef") == ""
		if _, err := nowhere.ByID(id, parent); err == nil || strings.Contains(err.Error(), "want the whole id") == whole {
			t.Errorf("id %q: got %v", id, err)
		}
		rels, err := layouts(idA, parent)
		if err != nil {
			return
		}
		for _, rel := range rels {
			if clean := path.Clean("/top/" + rel); !strings.HasPrefix(clean, "/top/") || !strings.Contains(path.Base(clean), idA) {
				t.Errorf("parent %q leads to %q", parent, rel)
			}
		}
	})
}
