package cgroupread

// OOMKills is how many processes of the group the kernel has killed.
func (g Group) OOMKills() (Figure, error) { m, err := g.Memory(); return m.OOMKills, err }
