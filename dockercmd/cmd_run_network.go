package dockercmd

// firstNetwork returns what the flags that describe a network's endpoint are about; the zero Network is the engine's default.
func (r *Run) firstNetwork() Network {
	if len(r.Networks) == 0 {
		return Network{}
	}
	return r.Networks[0]
}

// checkNetworks finds what docker refuses in the networks of a container and in the flags that say what it is on the first.
func (r *Run) checkNetworks(p *problems) {
	first := r.firstNetwork()
	seen := make(map[string]bool, len(r.Networks))
	for _, n := range r.Networks {
		if seen[n.Name] {
			p.Client("--network", "%q is given twice; give each network once", n.Name)
		}
		seen[n.Name] = true
		if n.UserDefined() != first.UserDefined() {
			p.Client("--network", "%q and %q do not go together: docker joins either user-defined networks, or one of none, host, bridge "+
				"and container:NAME", first.Name, n.Name)
		}
	}
	r.checkEndpoint(p, first)
	r.checkSharing(p, first)
}

// checkEndpoint looks at the flags that say what the container is on its first network.
func (r *Run) checkEndpoint(p *problems, first Network) {
	ends := []struct {
		flag        string
		set, per    bool   // by the flag, and in --network
		key         string // in --network
		userDefined bool   // docker takes it on user-defined networks only
	}{
		{"--network-alias", len(r.NetworkAliases) > 0, len(first.Aliases) > 0, "alias", true},
		{"--ip", r.IP != "", first.IP != "", "ip", true},
		{"--ip6", r.IP6 != "", first.IP6 != "", "ip6", true},
		{"--mac-address", r.MACAddress != "", first.MACAddress != "", "mac-address", false},
		{"--link-local-ip", len(r.LinkLocalIPs) > 0, len(first.LinkLocalIPs) > 0, "link-local-ip", false},
	}
	for _, e := range ends {
		switch {
		case e.set && e.per:
			p.Client(e.flag, "contradicts %s= in --network=%s; give one of them", e.key, first)
		case e.set && e.flag == "--network-alias" && !first.UserDefined():
			p.Client(e.flag, "goes with a user-defined network only; give --network=NAME")
		case e.set && e.userDefined && !first.UserDefined():
			p.Add(e.flag, "goes with a user-defined network only; give --network=NAME")
		}
	}
}

// checkSharing looks at what a container cannot have of its own on another's network, or on the host's.
func (r *Run) checkSharing(p *problems, first Network) {
	own := []struct {
		flag string
		set  bool
	}{
		{"--hostname", r.Hostname != ""}, {"--publish", len(r.Publish) > 0}, {"--publish-all", r.PublishAll},
		{"--expose", len(r.Expose) > 0},
		{"--dns", len(r.DNS) > 0}, {"--add-host", len(r.AddHosts) > 0}, {"--mac-address", r.MACAddress != ""},
		{"--link", len(r.Links) > 0},
	}
	if _, shared := first.Container(); shared {
		for _, o := range own {
			if o.set {
				p.Add(o.flag, "contradicts --network=%s: that container's network has it already; leave it out", first.Name)
			}
		}
	}
	switch {
	case first.Name == "host" && r.MACAddress != "":
		p.Add("--mac-address", "contradicts --network=host; leave it out")
	case first.Name == "host" && len(r.Links) > 0:
		p.Add("--link", "contradicts --network=host; leave it out")
	case first.Name == "none" && (len(r.Publish) > 0 || r.PublishAll):
		p.Add("--publish", "does nothing with --network=none; leave one out")
	}
}
