package cgroupread

// Pids is the number of tasks of a group and of the groups below it. A task is a thread: a process of seven threads counts seven
// times.
type Pids struct {
	Current int64
	// Limit is the group's own, docker's --pids-limit.
	Limit Figure
}

// Pids reads the group's number of tasks. In the root group, and where the pids controller is not enabled, it fails with
// [ErrUnavailable].
func (g Group) Pids() (Pids, error) {
	p, err := g.at("pids")
	if err != nil {
		return Pids{}, err
	}
	r := reader{place: p, buf: make([]byte, 0, 64)}
	pids := Pids{Current: r.number("pids.current"), Limit: r.figure("pids.max")}
	if r.err != nil {
		return Pids{}, r.err
	}
	return pids, nil
}
