package dockercmd

import (
	"github.com/dockercmd/toolkit/internal/table"
)

// NetworkConnect is docker network connect: let a container join a network, also while it runs.
type NetworkConnect struct {
	// Aliases are further names of the container on the network.
	Aliases []string
	// DriverOptions are for the network's driver.
	DriverOptions map[string]string
	// GWPriority decides which of a container's networks leads outside: the highest one. It may be negative. From 28.0 on.
	GWPriority int64
	// IP is the container's IPv4 address on the network.
	IP string
	// IP6 is its IPv6 address.
	IP6 string
	// Links are CONTAINER or CONTAINER:ALIAS, the legacy way to find another container.
	Links []Link
	// LinkLocalIPs are further addresses of the container, of the link only.
	LinkLocalIPs []string

	// Extra are flags that this package does not know, each --name or --name=value.
	Extra []string

	// Network is a name or an id.
	Network string
	// Container is a name or an id.
	Container string
}

var networkConnectSpec = table.Spec{
	Names:    []string{"network connect"},
	Operands: "NETWORK CONTAINER",
	Lacks:    []Dialect{Nerdctl},
	New:      func() table.Command { return new(NetworkConnect).Table() },
}

func (n *NetworkConnect) flags() []Flag {
	return []Flag{
		{Name: "alias", Value: commas(&n.Aliases, word), Usage: "further name of the container on the network"},
		{Name: "driver-opt", Value: commaPairs(&n.DriverOptions, pair), Lacks: []Dialect{Podman},
			Usage: "option for the driver, KEY=value"},
		{Name: "gw-priority", Value: one(&n.GWPriority, integer), Since: "28.0", Lacks: []Dialect{Podman},
			Usage: "the highest one is the way outside"},
		{Name: "ip", Value: one(&n.IP, address4), Usage: "IPv4 address"},
		{Name: "ip6", Value: one(&n.IP6, address6), Usage: "IPv6 address"},
		{Name: "link", Value: many(&n.Links, link), Lacks: []Dialect{Podman}, Usage: "container to link (legacy)"},
		{Name: "link-local-ip", Value: commas(&n.LinkLocalIPs, address), Lacks: []Dialect{Podman},
			Usage: "further address, of the link only"},
	}
}

func (n *NetworkConnect) appendOperands(dst []string) []string {
	return appendBoth(dst, n.Network, n.Container)
}
func (n *NetworkConnect) setOperands(words []string) (err error) {
	n.Network, n.Container, err = networkAndContainer(words)
	return err
}
func (n *NetworkConnect) check(p *problems) {
	p.network(n.Network)
	p.name("CONTAINER", n.Container)
	for _, alias := range n.Aliases {
		if alias == "" {
			p.Add("--alias", "empty; give a name")
		}
	}
}
