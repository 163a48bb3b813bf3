package dockercmd

import (
	"fmt"
	"maps"
	"net/netip"
	"slices"
	"strings"

	"github.com/dockercmd/toolkit/internal/table"
)

// NetworkCreate is docker network create: make a network, and print its id.
type NetworkCreate struct {
	// Attachable lets containers join an overlay network by hand, not only services.
	Attachable bool
	// AuxAddresses are addresses that are in use by others, by name: docker gives them to no container.
	AuxAddresses map[string]string
	// ConfigFrom is a configuration network, whose subnets, options and labels this network takes.
	ConfigFrom string
	// ConfigOnly makes no network but a configuration for others: see ConfigFrom.
	ConfigOnly bool
	// Driver is bridge, overlay, macvlan, ipvlan or a plugin's; "" is bridge.
	Driver string
	// Gateways are routers, each in a subnet of its own; without one docker takes an address of the subnet.
	Gateways []string
	// Ingress makes the network by which a swarm's published ports are reached. There can be only one.
	Ingress bool
	// Internal keeps the network from the world outside.
	Internal bool
	// IPRanges limit the addresses that containers get, each within a subnet of its own.
	IPRanges []string
	// IPAMDriver manages addresses; "" is default.
	IPAMDriver string
	// IPAMOptions are for the driver of addresses.
	IPAMOptions map[string]string
	// IPv4 gives containers addresses of IPv4; nil is the engine's default, true. From 28.0 on.
	IPv4 *bool
	// IPv6 gives containers addresses of IPv6; nil is the engine's default, mostly false. The 20.10 client sends false for nil.
	IPv6 *bool
	// Labels are noted with the network.
	Labels map[string]string
	// Options are for the network's driver.
	Options map[string]string
	// Scope is local, or swarm for a network of a whole swarm; "" is as the driver has it.
	Scope string
	// Subnets are blocks of addresses such as 10.1.0.0/16; without one docker picks a free block. One of IPv6 wants IPv6 to be
	// true: engines drop it otherwise.
	Subnets []string

	// Extra are flags that this package does not know, each --name or --name=value.
	Extra []string

	// Network is the name of the new network.
	Network string
}

var networkCreateSpec = table.Spec{
	Names:    []string{"network create"},
	Operands: "NETWORK",
	New:      func() table.Command { return new(NetworkCreate).Table() },
}

func (n *NetworkCreate) flags() []Flag {
	return []Flag{
		{Name: "attachable", Value: one(&n.Attachable, boolean), Lacks: []Dialect{Podman, Nerdctl},
			Usage: "let containers join an overlay network by hand"},
		{Name: "aux-address", Value: pairs(&n.AuxAddresses, auxAddress), Lacks: []Dialect{Podman, Nerdctl},
			Usage: "address that others use, NAME=ADDRESS"},
		{Name: "config-from", Value: one(&n.ConfigFrom, word), Lacks: []Dialect{Podman, Nerdctl},
			Usage: "configuration network to copy from"},
		{Name: "config-only", Value: one(&n.ConfigOnly, boolean), Lacks: []Dialect{Podman, Nerdctl},
			Usage: "make a configuration for other networks"},
		{Name: "driver", Short: 'd', Value: one(&n.Driver, choice), Default: "bridge", Usage: "driver of the network"},
		{Name: "gateway", Value: commas(&n.Gateways, address), Usage: "router of a subnet"},
		{Name: "ingress", Value: one(&n.Ingress, boolean), Lacks: []Dialect{Podman, Nerdctl},
			Usage: "make the network of a swarm's published ports"},
		{Name: "internal", Value: one(&n.Internal, boolean), Usage: "no way to the world outside"},
		{Name: "ip-range", Value: commas(&n.IPRanges, subnet), Usage: "part of a subnet from which containers get addresses"},
		{Name: "ipam-driver", Value: one(&n.IPAMDriver, choice), Default: "default", Usage: "driver of addresses"},
		{Name: "ipam-opt", Value: pairs(&n.IPAMOptions, option), Lacks: []Dialect{Podman}, Usage: "option for the driver of addresses"},
		{Name: "ipv4", Value: optional(&n.IPv4, boolean), Since: "28.0", Lacks: []Dialect{Podman, Nerdctl},
			Usage: "give addresses of IPv4"},
		{Name: "ipv6", Value: optional(&n.IPv6, boolean), Usage: "give addresses of IPv6"},
		{Name: "label", Value: pairs(&n.Labels, label), Usage: "label of the network, KEY=value"},
		{Name: "opt", Short: 'o', Value: pairs(&n.Options, option), Usage: "option for the driver, KEY=value"},
		{Name: "scope", Value: one(&n.Scope, word), Lacks: []Dialect{Podman, Nerdctl}, Usage: "local or swarm"},
		{Name: "subnet", Value: commas(&n.Subnets, subnet), Usage: "block of addresses, such as 10.1.0.0/16"},
	}
}

func (n *NetworkCreate) appendOperands(dst []string) []string { return appendOptional(dst, n.Network) }
func (n *NetworkCreate) setOperands(words []string) (err error) {
	n.Network, err = oneWord("NETWORK", words)
	return err
}
func (n *NetworkCreate) check(p *problems) {
	n.checkName(p)
	n.checkScope(p)
	n.checkConfig(p)
	n.checkAddresses(p)
	if n.IPv4 != nil && n.IPv6 != nil && !*n.IPv4 && !*n.IPv6 {
		p.Add("--ipv4", "and --ipv6 are both false; a network needs one of them")
	}
}

// checkName finds names that the engine refuses, and names by which it does not find the network again.
func (n *NetworkCreate) checkName(p *problems) {
	p.newNetwork(n.Network)
	switch {
	case slices.Contains([]string{"bridge", "host", "none", "default"}, n.Network):
		p.Add("NETWORK", "%q is a name of docker's own; choose another", n.Network)
	case strings.HasPrefix(n.Network, "container:"):
		p.Add("NETWORK", "%q means the network of a container to docker run; choose another name", n.Network)
	}
}

// checkScope holds the driver, the scope and what a swarm's networks are to each other. (Engine 20.10.24, in a swarm.)
func (n *NetworkCreate) checkScope(p *problems) {
	oneOf(p, "--scope", n.Scope, "local", "swarm", "global")
	local := n.Driver == "" || n.Driver == "bridge"
	switch {
	case n.Driver == "host" || n.Driver == "null":
		p.Add("--driver", "%q has one network, which docker makes itself", n.Driver)
	case n.Driver == "overlay" && n.Scope == "local":
		p.Add("--scope", "an overlay network is never local; leave it out")
	case n.Ingress && local:
		p.Add("--ingress", "needs a driver for swarms; give --driver=overlay")
	}
	if n.Ingress && n.Attachable {
		p.Add("--attachable", "does not go with --ingress; give one of them")
	}
}

// checkConfig holds configuration networks to what the engine lets them say. (Engine 20.10.24.)
func (n *NetworkCreate) checkConfig(p *problems) {
	refuse := func(flag, with string, given bool) {
		if given {
			p.Add(flag, "does not go with %s; leave it out", with)
		}
	}
	if n.ConfigOnly {
		const with = "--config-only, which says nothing about a network at work"
		refuse("--attachable", with, n.Attachable)
		refuse("--ingress", with, n.Ingress)
		refuse("--internal", with, n.Internal)
		refuse("--scope", with, n.Scope != "")
		refuse("--config-from", "--config-only", n.ConfigFrom != "")
	} else if n.ConfigFrom != "" {
		const with = "--config-from, which brings it"
		refuse("--subnet", with, len(n.Subnets) > 0)
		refuse("--ipam-driver", with, n.IPAMDriver != "" && n.IPAMDriver != "default")
		refuse("--ipam-opt", with, len(n.IPAMOptions) > 0)
		refuse("--ipv6", with, n.IPv6 != nil && *n.IPv6)
		refuse("--label", with, len(n.Labels) > 0)
		refuse("--opt", with, len(n.Options) > 0)
	}
}

// pool is a subnet and what is said of it.
type pool struct {
	netip.Prefix
	ranged, routed bool
	taken          map[netip.Addr]bool
}

// checkAddresses finds a place in the subnets for all that needs one, as docker's client does. What is no address at all is
// told by the flag's kind.
func (n *NetworkCreate) checkAddresses(p *problems) {
	var pools []*pool
	for _, text := range n.Subnets {
		block, err := netip.ParsePrefix(text)
		if err != nil {
			if len(n.Subnets)+len(n.IPRanges)+len(n.Gateways)+len(n.AuxAddresses) > 1 { // else the client looks into none
				p.MakeClients("--subnet")
			}
			return
		}
		if block.Addr().Is6() && n.IPv6 != nil && !*n.IPv6 {
			p.Add("--subnet", "%s is dropped without a word beside --ipv6=false; leave one of them out", block)
		}
		for _, other := range pools {
			if other.Overlaps(block) {
				p.Client("--subnet", "%s and %s overlap; give blocks that are apart", other.Prefix, block)
				return
			}
		}
		pools = append(pools, &pool{Prefix: block, taken: map[netip.Addr]bool{}})
	}
	home := func(flag, text string, ip netip.Addr) *pool {
		i := slices.IndexFunc(pools, func(s *pool) bool { return s.Contains(ip) })
		if i < 0 {
			p.Client(flag, "%s is in no subnet; give one that holds it with --subnet", text)
			return nil
		}
		return pools[i]
	}
	// unread is for what the flag's kind refuses: the client takes a block of addresses for its first one.
	unread := func(flag, text string) {
		ip, _ := netip.ParseAddr(text)
		if block, err := netip.ParsePrefix(text); err == nil {
			ip = block.Addr()
		}
		if !slices.ContainsFunc(pools, func(s *pool) bool { return s.Contains(ip) }) {
			p.MakeClients(flag)
		}
	}
	for _, text := range n.IPRanges {
		block, err := netip.ParsePrefix(text)
		if err != nil {
			p.MakeClients("--ip-range")
			continue
		}
		switch s := home("--ip-range", text, block.Addr()); {
		case s == nil:
		case block.Bits() < s.Bits():
			p.Add("--ip-range", "%s is larger than its subnet %s; give a part of it", text, s.Prefix)
		case s.ranged:
			p.Client("--ip-range", "%s is the second for %s; give one for each subnet", text, s.Prefix)
		default:
			s.ranged = true
		}
	}
	for _, text := range n.Gateways {
		ip, err := readAddress(text)
		if err != nil {
			unread("--gateway", text)
			continue
		}
		switch s := home("--gateway", text, ip); {
		case s == nil:
		case s.routed:
			p.Client("--gateway", "%s is the second for %s; give one for each subnet", text, s.Prefix)
		default:
			s.routed = true
			s.taken[ip] = true
		}
	}
	for _, name := range slices.Sorted(maps.Keys(n.AuxAddresses)) {
		ip, err := readAddress(n.AuxAddresses[name])
		if err != nil {
			unread("--aux-address", n.AuxAddresses[name])
			continue
		}
		switch s := home("--aux-address", fmt.Sprintf("%s=%s", name, ip), ip); {
		case s == nil:
		case s.taken[ip]:
			p.Add("--aux-address", "%s=%s is given twice, perhaps as a gateway; give each address once", name, ip)
		default:
			s.taken[ip] = true
		}
	}
}
