package cgroupread

import (
	"bytes"
	"errors"
	"fmt"
	"math"
	"path/filepath"
	"slices"
)

// Procs returns the ids of the processes in the group and in the groups below it, sorted. The id of a process outside this
// process's pid namespace cannot be told, so it is left out; [Group.Populated] knows of it. An empty list is no error: a
// container's group may be empty for a moment while it starts or ends.
func (g Group) Procs() ([]int, error) {
	pids, err := g.procs()
	if err != nil {
		return nil, err
	}
	if len(pids) > 0 && pids[0] == 0 {
		pids = pids[1:]
	}
	return pids, nil
}

// Populated reports whether any live process is in the group or in the groups below it. A zombie does not count on v2.
func (g Group) Populated() (bool, error) {
	p, err := g.main()
	if err != nil {
		return false, err
	}
	if p.mount.Version == V2 {
		var populated Figure
		r := reader{place: p}
		r.lines("cgroup.events", line{key: "populated", into: &populated})
		if !errors.Is(r.err, ErrUnavailable) { // The root group has no such file.
			return populated.n > 0, r.err
		}
	}
	pids, err := g.procs()
	return len(pids) > 0, err
}

// procs returns sorted ids, 0 first when there are processes that this process's pid namespace cannot name.
func (g Group) procs() ([]int, error) {
	p, err := g.main()
	if err != nil {
		return nil, err
	}
	text, err := p.read(nil, "cgroup.procs")
	if err != nil {
		return nil, err
	}
	pids, err := parseProcs(nil, text)
	if err != nil {
		return nil, fmt.Errorf("read processes of cgroup %s: %w", p.group, err)
	}
	err = below(p.dir, func(rel string) (next, error) {
		inner := place{dir: filepath.Join(p.dir, rel)}
		text, err := inner.read(nil, "cgroup.procs")
		if errors.Is(err, ErrGone) || errors.Is(err, ErrUnavailable) {
			return enter, nil // It went away, or it is a threaded group, whose processes are listed further up.
		}
		if err != nil {
			return stop, err
		}
		pids, err = parseProcs(pids, text)
		return enter, err
	})
	if err != nil {
		return nil, fmt.Errorf("read processes of cgroup %s: %w", p.group, err)
	}
	slices.Sort(pids)
	return slices.Compact(pids), nil
}

// parseProcs appends the ids in the text of a cgroup.procs file.
func parseProcs(pids []int, text []byte) ([]int, error) {
	for line := range bytes.Lines(text) {
		n, ok := parseNumber(bytes.TrimSuffix(line, []byte("\n")))
		if !ok || n > math.MaxInt32 {
			return nil, fmt.Errorf("process id %.40q is not a number", line)
		}
		pids = append(pids, int(n))
	}
	return pids, nil
}
