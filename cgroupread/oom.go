package cgroupread

// OOMKills reads Memory.OOMKills alone, from one file, at an eighth of the cost of [Group.Memory].
//
// It counts the processes of this group that the kernel has killed for lack of memory since the group was made, any process and
// not only the container's first; no matter whether it was the group's limit, one above it or the whole machine that had run out.
// On v2 the groups below count too, on v1 (seen on Linux 6.18) they do not. An exit code of 137 alone does not tell such an end:
// any SIGKILL gives it.
//
// The count is gone with the group, which the engine removes soon after the container's first process has ended, 6 to 600 ms later
// with engine 20.10.24; from then on OOMKills fails with [ErrGone]. So read it as soon as the end is noticed, or from time to time
// before. A container that is started again gets a new group, which counts from 0.
//
// The Figure is unknown on v1 before Linux 4.13. In the root group of v2, and where the memory controller is not enabled, it fails
// with [ErrUnavailable].
func (g Group) OOMKills() (Figure, error) {
	p, err := g.at("memory")
	if err != nil {
		return Figure{}, err
	}
	r := reader{place: p, buf: make([]byte, 0, 512)}
	kills := r.oomKills()
	if r.err != nil {
		return Figure{}, r.err
	}
	return kills, nil
}

func (r *reader) oomKills() (kills Figure) {
	file := "memory.events"
	if r.mount.Version == V1 {
		file = "memory.oom_control"
	}
	r.lines(file, line{key: "oom_kill", into: &kills, may: true})
	return kills
}
