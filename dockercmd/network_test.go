package dockercmd_test

import "github.com/dockercmd/toolkit/dockercmd"

func init() {
	families = append(families, family{bare: bareNetworks, full: fullNetworks, problems: networkProblems, client: networkCases})
}

func bareNetworks() map[string]dockercmd.Command {
	n1 := []string{"n1"}
	return map[string]dockercmd.Command{
		"network create":     &dockercmd.NetworkCreate{Network: "n1"},
		"network rm":         &dockercmd.NetworkRm{Networks: n1},
		"network ls":         &dockercmd.NetworkLs{},
		"network inspect":    &dockercmd.NetworkInspect{Networks: n1},
		"network connect":    &dockercmd.NetworkConnect{Network: "n1", Container: "w1"},
		"network disconnect": &dockercmd.NetworkDisconnect{Network: "n1", Container: "w1"},
		"network prune":      &dockercmd.NetworkPrune{},
	}
}

func fullNetworks() map[string]dockercmd.Command {
	extra := []string{"--new", "--newer=a b"}
	two := []string{"n1", "-n2"}
	return map[string]dockercmd.Command{
		"network create": &dockercmd.NetworkCreate{
			Attachable: true, AuxAddresses: map[string]string{"b": "10.1.0.9", "a": "2001:db8::9"}, ConfigFrom: "c", ConfigOnly: true,
			Driver:   "overlay",
			Gateways: []string{"10.1.0.1", "2001:db8::1"}, Ingress: true, Internal: true, IPRanges: []string{"10.1.4.0/24"}, IPAMDriver: "d",
			IPAMOptions: map[string]string{"x": ""}, IPv4: new(false), IPv6: new(false), Labels: map[string]string{"b": "2", "a": "it's"},
			Options: map[string]string{"com.docker.network.driver.mtu": "1400", "a": "b,c"}, Scope: "swarm",
			Subnets: []string{"10.1.0.0/16", "2001:db8::/64"},
			Extra:   extra, Network: "My Net",
		},
		"network rm": &dockercmd.NetworkRm{Force: true, Extra: extra, Networks: two},
		"network ls": &dockercmd.NetworkLs{Filters: []dockercmd.Filter{{Key: "driver", Value: "bridge"},
			{Key: "label", Value: "a=b"}}, Format: "{{json .}}", NoTrunc: true, Quiet: true, Extra: extra},
		"network inspect": &dockercmd.NetworkInspect{Format: "{{.Id}}", Verbose: true, Extra: extra, Networks: two},
		"network connect": &dockercmd.NetworkConnect{
			Aliases: []string{"a", "b,c", `d"e`, ""}, DriverOptions: map[string]string{"k": "v", "a": "b,c"}, GWPriority: -1, IP: "10.1.0.5",
			IP6:   "2001:db8::5",
			Links: []dockercmd.Link{"w2:db", "w3"}, LinkLocalIPs: []string{"169.254.1.1", "fe80::1"}, Extra: extra, Network: "n1",
			Container: "w1",
		},
		"network disconnect": &dockercmd.NetworkDisconnect{Force: true, Extra: extra, Network: "n1", Container: "w1"},
		"network prune": &dockercmd.NetworkPrune{Filters: []dockercmd.Filter{{Key: "until", Value: "24h"},
			{Key: "label!", Value: "a"}}, Force: true, Extra: extra},
	}
}

// networkProblem returns a new network that would be valid but for what adjust does.
func networkProblem(name string, adjust func(*dockercmd.NetworkCreate)) problemCase {
	n := &dockercmd.NetworkCreate{Network: "n1"}
	adjust(n)
	return problemCase{"network create: " + name, n}
}

// blocks are two subnets to place addresses in.
var blocks = []string{"10.1.0.0/16", "2001:db8::/64"}

func networkProblems() []problemCase {
	return []problemCase{
		{"network create: no name", &dockercmd.NetworkCreate{}},
		networkProblem("blank name", func(n *dockercmd.NetworkCreate) { n.Network = " " }),
		networkProblem("name with a slash", func(n *dockercmd.NetworkCreate) { n.Network = "a/b" }),
		networkProblem("name with a NUL", func(n *dockercmd.NetworkCreate) { n.Network = "a\x00" }),
		networkProblem("docker's own name", func(n *dockercmd.NetworkCreate) { n.Network = "none" }),
		networkProblem("name of a container's network", func(n *dockercmd.NetworkCreate) { n.Network = "container:w1" }),
		networkProblem("driver of one network", func(n *dockercmd.NetworkCreate) { n.Driver = "host" }),
		networkProblem("scope", func(n *dockercmd.NetworkCreate) { n.Scope = "world" }),
		networkProblem("local overlay", func(n *dockercmd.NetworkCreate) { n.Driver, n.Scope = "overlay", "local" }),
		networkProblem("ingress of a bridge, attachable", func(n *dockercmd.NetworkCreate) { n.Ingress, n.Attachable = true, true }),
		networkProblem("configuration of a network at work", func(n *dockercmd.NetworkCreate) {
			n.ConfigOnly, n.ConfigFrom, n.Attachable, n.Internal, n.Ingress, n.Scope, n.Driver = true, "c", true, true, true, "swarm",
				"overlay"
		}),
		networkProblem("configuration from two places", func(n *dockercmd.NetworkCreate) {
			n.ConfigFrom, n.Subnets, n.IPAMDriver, n.IPAMOptions, n.IPv6 = "c", blocks, "d", map[string]string{"a": "b"}, new(true)
			n.Labels, n.Options = n.IPAMOptions, n.IPAMOptions
		}),
		networkProblem("no addresses", func(n *dockercmd.NetworkCreate) { n.IPv4, n.IPv6 = new(false), new(false) }),
		networkProblem("subnet", func(n *dockercmd.NetworkCreate) { n.Subnets = []string{"10.1.0.0", "10.1.0.7/16"} }),
		networkProblem("subnet of IPv6 without it", func(n *dockercmd.NetworkCreate) { n.Subnets, n.IPv6 = blocks, new(false) }),
		networkProblem("overlapping subnets", func(n *dockercmd.NetworkCreate) { n.Subnets = []string{"10.1.0.0/16", "10.1.4.0/24"} }),
		networkProblem("gateway without a subnet", func(n *dockercmd.NetworkCreate) { n.Gateways = []string{"10.1.0.1"} }),
		networkProblem("gateway", func(n *dockercmd.NetworkCreate) { n.Gateways = []string{"router", " 10.1.0.1"} }),
		networkProblem("gateway of another subnet", func(n *dockercmd.NetworkCreate) {
			n.Subnets, n.Gateways = blocks,
				[]string{"10.2.0.1"}
		}),
		networkProblem("two gateways", func(n *dockercmd.NetworkCreate) {
			n.Subnets, n.Gateways = blocks,
				[]string{"10.1.0.1", "10.1.0.2"}
		}),
		networkProblem("range", func(n *dockercmd.NetworkCreate) {
			n.Subnets, n.IPRanges = blocks, []string{"10.1.0.9-10.1.0.12", "10.1.4.1/24"}
		}),
		networkProblem("range without a subnet", func(n *dockercmd.NetworkCreate) {
			n.Subnets, n.IPRanges = blocks,
				[]string{"10.2.0.0/24"}
		}),
		networkProblem("range that is larger", func(n *dockercmd.NetworkCreate) {
			n.Subnets, n.IPRanges = []string{"10.0.0.0/16"}, []string{"10.0.0.0/8"}
		}),
		networkProblem("two ranges", func(n *dockercmd.NetworkCreate) {
			n.Subnets, n.IPRanges = blocks, []string{"10.1.1.0/24", "10.1.2.0/24"}
		}),
		networkProblem("address that is none", func(n *dockercmd.NetworkCreate) {
			n.Subnets, n.AuxAddresses = blocks,
				map[string]string{"a": "host"}
		}),
		networkProblem("address of another subnet", func(n *dockercmd.NetworkCreate) {
			n.Subnets, n.AuxAddresses = blocks, map[string]string{"a": "10.2.0.1"}
		}),
		networkProblem("address of the gateway", func(n *dockercmd.NetworkCreate) {
			n.Subnets, n.Gateways, n.AuxAddresses = blocks, []string{"2001:db8::1"}, map[string]string{"a": "2001:db8:0::1"}
		}),
		networkProblem("address twice", func(n *dockercmd.NetworkCreate) {
			n.Subnets, n.AuxAddresses = blocks, map[string]string{"a": "10.1.0.1", "b": "10.1.0.1"}
		}),
		networkProblem("labels", func(n *dockercmd.NetworkCreate) { n.Labels = map[string]string{"a b": "c", " ": "d"} }),
		{"network rm of nothing", &dockercmd.NetworkRm{}},
		{"network rm of bad names", &dockercmd.NetworkRm{Networks: []string{"", "a/b"}}},
		{"network ls with a filter that matches all", &dockercmd.NetworkLs{Filters: []dockercmd.Filter{{Value: "n1"}}}},
		{"network inspect of nothing", &dockercmd.NetworkInspect{}},
		{"network connect of nothing to nothing", &dockercmd.NetworkConnect{}},
		{"network connect with bad addresses", &dockercmd.NetworkConnect{
			Network: "n1", Container: "w1", IP: "2001:db8::1", IP6: "10.1.0.1", LinkLocalIPs: []string{"fe80::1%eth0", "x"},
		}},
		{"network connect with no addresses", &dockercmd.NetworkConnect{Network: "n1", Container: "w1", IP: "10.1.0", IP6: "x"}},
		{"network connect with bad names", &dockercmd.NetworkConnect{Network: "n1", Container: "a/b", Aliases: []string{""},
			Links: []dockercmd.Link{"", "a:b:c"}}},
		{"network connect with blanks in options", &dockercmd.NetworkConnect{Network: "n1", Container: "w1",
			DriverOptions: map[string]string{" a": "b", "": "c"}}},
		{"network disconnect of nothing", &dockercmd.NetworkDisconnect{Network: "n1"}},
		{"network prune with a filter that matches all", &dockercmd.NetworkPrune{Filters: []dockercmd.Filter{{Value: "24h"}}}},
	}
}

// networkCase returns lines of flags for network create.
func networkCase(flag string, flags ...string) clientCase {
	return clientCase{flag: flag, lines: on("network create", "n1", flags)}
}

// connectCase returns lines of flags for network connect.
func connectCase(flag string, flags ...string) clientCase {
	return clientCase{flag: flag, lines: on("network connect", "n1 w1", flags)}
}

var networkCases = map[string][]clientCase{
	"network create": {
		networkCase("attachable", "--attachable", "--attachable=1 -d overlay", "--attachable=false"),
		networkCase("aux-address", "--subnet 10.1.0.0/16 --aux-address a=10.1.0.5",
			"--aux-address=b=10.1.0.6 --aux-address a=10.1.0.7 --subnet=10.1.0.0/16",
			"--subnet 10.1.0.0/16,2001:db8::/64 --aux-address a=10.1.0.5 --aux-address a=2001:db8::5"),
		networkCase("config-from", "--config-from c", "--config-from='c d'"),
		networkCase("config-only", "--config-only", "--config-only=T --subnet 10.1.0.0/16", "--config-only=0"),
		networkCase("driver", "-d macvlan", "--driver=overlay", "-doverlay", "-d=ipvlan"),
		networkCase("gateway", "--subnet 10.1.0.0/16 --gateway 10.1.0.1",
			"--gateway=10.1.0.1,2001:db8::1 --subnet=10.1.0.0/16 --subnet 2001:db8::/64",
			`--subnet 10.1.0.0/16 --gateway '"10.1.0.2"'`, "--gateway '' --gateway 10.1.0.9 --subnet 10.1.0.0/16"),
		networkCase("ingress", "--ingress -d overlay", "--ingress=true -d overlay", "--ingress=F"),
		networkCase("internal", "--internal", "--internal=t", "--internal=f"),
		networkCase("ip-range", "--subnet 10.1.0.0/16 --ip-range 10.1.4.0/24",
			"--subnet=10.1.0.0/16,2001:db8::/64 --ip-range=2001:db8::/80,10.1.0.0/20",
			"--subnet 10.1.0.0/16 --ip-range 10.1.5.7/24"),
		networkCase("ipam-driver", "--ipam-driver d", "--ipam-driver=null"),
		networkCase("ipam-opt", "--ipam-opt a=b", "--ipam-opt=c --ipam-opt 'a=b,c=d' --ipam-opt a=e"),
		networkCase("ipv4", "--ipv4", "--ipv4=false", "--ipv4=1 --ipv6"),
		networkCase("ipv6", "--ipv6", "--ipv6=0", "--ipv6=true --subnet 2001:db8::/64"),
		networkCase("label", "--label a=1", "--label=a=1 --label b", "--label 'a=x, y=z' --label ' c=2' --label a=3"),
		networkCase("opt", "-o com.docker.network.driver.mtu=1400", "--opt=a -o b=c=d", "-oa=b -o a=c", "-o 'parent=eth0,x=y'"),
		networkCase("scope", "--scope swarm", "--scope=local", "--scope ''"),
		networkCase("subnet", "--subnet 10.1.0.0/16", "--subnet=10.1.0.0/16,10.2.0.0/16 --subnet 2001:db8::/64",
			`--subnet '"10.1.0.0/16"'`, "--subnet ''", "--subnet 10.1.0.7/16"),
	},
	"network rm": {
		{flag: "force", lines: []string{"network rm -f missing", "network remove missing --force n1"}},
		{flag: "force", lines: []string{"network rm --force=false n1", "network rm -f=0 n1 n2"}, since: "23.0",
			silent: "false is the default"},
	},
	"network ls": {
		{flag: "filter", lines: []string{"network ls -f driver=bridge", "network list --filter=name=n1 -f type=custom -f 'LABEL= a=b'"}},
		{flag: "format", lines: []string{"network ls --format '{{.Name}} {{.Driver}}'", "network ls --format='{{json .ID}}'"}},
		{flag: "no-trunc", lines: []string{"network ls --no-trunc", "network ls --no-trunc=1 -q", "network ls --no-trunc=0"}},
		{flag: "quiet", lines: []string{"network ls -q", "network list --quiet=true", "network ls --quiet=F"}},
	},
	"network inspect": {
		{flag: "format", lines: []string{"network inspect -f '{{.Id}}' n1", "network inspect n1 --format={{.Name}} n2"}},
		{flag: "verbose", lines: []string{"network inspect -v n1", "network inspect n1 n2 --verbose=1", "network inspect -v=false n1"}},
	},
	"network connect": {
		connectCase("alias", "--alias a", "--alias=a,b --alias c", `--alias '"a,b"' --alias '"c""d",e'`, "--alias ''",
			"--alias 'two words'"),
		connectCase("driver-opt", "--driver-opt a=b", "--driver-opt=a=b,c=d=e --driver-opt a=f", "--driver-opt ' a = b '",
			`--driver-opt '"a=b,c"'`, "--driver-opt a="),
		connectCase("gw-priority", "--gw-priority 5", "--gw-priority=-1", "--gw-priority 0x10"),
		connectCase("ip", "--ip 10.1.0.5", "--ip=10.1.0.6", "--ip ''"),
		connectCase("ip6", "--ip6 2001:db8::5", "--ip6=2001:db8::6"),
		connectCase("link", "--link w2", "--link=w2:a --link w3:b"),
		connectCase("link-local-ip", "--link-local-ip 169.254.1.1", "--link-local-ip=169.254.1.1,169.254.1.2 --link-local-ip fe80::1"),
	},
	"network disconnect": {
		{flag: "force", lines: []string{"network disconnect -f n1 w1", "network disconnect n1 w1 --force",
			"network disconnect --force=0 n1 w1"}},
	},
	"network prune": {
		{flag: "filter", lines: []string{"network prune -f --filter until=24h",
			"network prune --filter=label=a --filter 'label!=b=c' -f"}},
		{flag: "force", lines: []string{"network prune -f", "network prune --force=true", "network prune --force=false",
			"network prune"}},
	},
}
