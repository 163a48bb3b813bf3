package dockercmd_test

import "github.com/dockercmd/toolkit/dockercmd"

func init() {
	families = append(families, family{bare: bareNodes, full: fullNodes, problems: nodeProblems, client: nodeCases})
}

func bareNodes() map[string]dockercmd.Command {
	n1 := []string{"n1"}
	return map[string]dockercmd.Command{
		"node ls":      &dockercmd.NodeLs{},
		"node ps":      &dockercmd.NodePs{},
		"node inspect": &dockercmd.NodeInspect{Nodes: []string{"self"}},
		"node update":  &dockercmd.NodeUpdate{Node: "n1"},
		"node promote": &dockercmd.NodePromote{Nodes: n1},
		"node demote":  &dockercmd.NodeDemote{Nodes: n1},
		"node rm":      &dockercmd.NodeRm{Nodes: n1},
	}
}

func fullNodes() map[string]dockercmd.Command {
	extra := []string{"--new", "--newer=a b"}
	two := []string{"n1", "machine.example"}
	return map[string]dockercmd.Command{
		"node ls": &dockercmd.NodeLs{Filters: []dockercmd.Filter{{Key: "role", Value: "manager"},
			{Key: "node.label", Value: "disk=ssd"}}, Format: "{{.ID}}", Quiet: true, Extra: extra},
		"node ps": &dockercmd.NodePs{Filters: []dockercmd.Filter{{Key: "desired-state", Value: "running"}}, Format: "{{.ID}}",
			NoResolve: true, NoTrunc: true, Quiet: true, Extra: extra, Nodes: two},
		"node inspect": &dockercmd.NodeInspect{Format: "{{.ID}}", Pretty: true, Extra: extra, Nodes: two},
		"node update": &dockercmd.NodeUpdate{
			Availability: "drain", LabelAdd: map[string]string{"disk": "ssd", "a": ""}, LabelRm: []string{"b"}, Role: "worker", Extra: extra,
			Node: "n1",
		},
		"node promote": &dockercmd.NodePromote{Extra: extra, Nodes: two},
		"node demote":  &dockercmd.NodeDemote{Extra: extra, Nodes: two},
		"node rm":      &dockercmd.NodeRm{Force: true, Extra: extra, Nodes: two},
	}
}

func nodeProblems() []problemCase {
	return []problemCase{
		{"node ps: a name with a slash", &dockercmd.NodePs{Nodes: []string{"a/b"}}},
		{"node inspect: none, pretty and a format", &dockercmd.NodeInspect{Pretty: true, Format: "x"}},
		{"node update: no node, unknown words", &dockercmd.NodeUpdate{Availability: "up", Role: "leader",
			LabelAdd: map[string]string{"": "x"}}},
		{"node promote: none", &dockercmd.NodePromote{}},
		{"node demote: names", &dockercmd.NodeDemote{Nodes: []string{"a b", "a\x00"}}},
		{"node rm: an empty name", &dockercmd.NodeRm{Nodes: []string{""}}},
	}
}

var nodeCases = map[string][]clientCase{
	"node ls": {
		swarmCase("filter", "node ls -f role=manager", "node list --filter=name=x --filter node.label=a=b"),
		swarmCase("format", "node ls --format '{{.Hostname}}'", "node ls --format='{{json .}}'"),
		swarmCase("quiet", "node ls -q", "node ls --quiet=false"),
	},
	"node ps": {
		swarmCase("filter", "node ps -f desired-state=running", "node ps n1 --filter=name=web --filter label=a"),
		swarmCase("format", "node ps --format '{{.Name}}' self", "node ps --format={{.ID}}"),
		swarmCase("no-resolve", "node ps --no-resolve n1", "node ps n1 n2 --no-resolve=0"),
		swarmCase("no-trunc", "node ps --no-trunc", "node ps --no-trunc=false"),
		swarmCase("quiet", "node ps -q", "node ps --quiet=false"),
	},
	"node inspect": {
		swarmCase("format", "node inspect -f '{{.ID}}' self", "node inspect n1 n2 --format={{.Spec.Role}}"),
		swarmCase("pretty", "node inspect --pretty n1", "node inspect self --pretty=false"),
	},
	"node update": {
		swarmCase("availability", "node update --availability drain n1", "node update n1 --availability=Pause"),
		swarmCase("label-add", "node update --label-add a=1 n1", "node update n1 --label-add=disk=hdd --label-add b"),
		swarmCase("label-rm", "node update --label-rm old n1", "node update n1 --label-rm=old --label-rm disk"),
		swarmCase("role", "node update --role manager n1", "node update n1 --role=WORKER"),
	},
	"node promote": {swarmCase("", "node promote n1", "node promote -- n1 n2").hidden("node promote has no flags")},
	"node demote":  {swarmCase("", "node demote n1", "node demote -- n1 n2").hidden("node demote has no flags")},
	"node rm":      {swarmCase("force", "node rm -f n1", "node remove n1 --force=false", "node rm --force n1 n2")},
}
