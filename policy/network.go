package policy

import (
	"net/netip"
	"strconv"
	"strings"

	"github.com/dockercmd/toolkit/dockercmd"
)

// network judges one network and what the container chooses for itself on it.
func network(v *flagValue) {
	n, err := dockercmd.ParseNetwork(v.text)
	if err != nil {
		v.deny("network", err.Error(), v.policy.Network.Networks.String())
		return
	}
	allowed := v.policy.Network.Networks
	if special := specialNamespace(n.Name); special != "" {
		if !allowed.special(n.Name, special) {
			v.denyf("network.namespace", allowed.String(), "shares the network of %s", whose(special))
		} else if name, ok := n.Container(); ok {
			v.owner(v.field, name)
		}
	} else if !allowed.Has(n.Name) {
		v.deny("network", "is not allowed", allowed.String())
	}
	if n.IP != "" || n.IP6 != "" || n.MACAddress != "" || len(n.LinkLocalIPs) > 0 || len(n.DriverOpts) > 0 {
		address(v)
	}
}

// specialNamespace returns the beginning of a namespace's name that reaches beyond the container; "" is none.
func specialNamespace(name string) string {
	for _, begin := range []string{"container:", "ns:"} {
		if strings.HasPrefix(name, begin) {
			return begin
		}
	}
	if name == "host" {
		return "host"
	}
	return ""
}

func whose(special string) string {
	switch special {
	case "host":
		return "the host"
	case "container:":
		return "another container"
	}
	return "some other process"
}

func address(v *flagValue) {
	if !v.policy.Network.Addresses {
		v.deny("network.address", "chooses its own address or options, and may take another's", "")
	}
}

func hostNames(v *flagValue) {
	if !v.policy.Network.Names {
		v.deny("network.names", "is not allowed", "")
	}
}

func link(v *flagValue) {
	if !v.policy.Network.Links {
		v.deny("network.link", "links to another container, and shows its environment", "")
		return
	}
	name, _, _ := strings.Cut(v.text, ":")
	v.owner(v.field, name)
}

func publishAll(v *flagValue) {
	if !v.policy.Network.PublishAll {
		v.deny("network.port", "opens whatever the image names", joinPorts(v.policy.Network.Ports))
	}
}

// publish judges a port of the host: its address and its whole range.
func publish(v *flagValue) {
	m, err := dockercmd.ParsePortMapping(v.text)
	if err != nil {
		v.deny("network.port", err.Error(), joinPorts(v.policy.Network.Ports))
		return
	}
	first, last := uint16(1), uint16(65535) // the engine's choice
	if m.Host != "" {
		from, to, isRange := strings.Cut(m.Host, "-")
		if !isRange {
			to = from
		}
		a, errA := strconv.ParseUint(from, 10, 16)
		b, errB := strconv.ParseUint(to, 10, 16)
		if errA != nil || errB != nil {
			v.denyf("network.port", joinPorts(v.policy.Network.Ports), "has the port %q", m.Host)
			return
		}
		first, last = uint16(a), uint16(b)
	}
	for _, p := range v.policy.Network.Ports {
		if (p.Address == "" || isSameAddress(p.Address, m.IP)) && p.First <= first && last <= p.Last {
			return
		}
	}
	v.deny("network.port", "opens a port that is not allowed", joinPorts(v.policy.Network.Ports))
}

func isSameAddress(a, b string) bool {
	x, errX := netip.ParseAddr(a)
	y, errY := netip.ParseAddr(b)
	return errX == nil && errY == nil && x.Unmap() == y.Unmap()
}

func joinPorts(all []Ports) string {
	words := make([]string, len(all))
	for i, p := range all {
		words[i] = p.String()
	}
	return strings.Join(words, ", ")
}
