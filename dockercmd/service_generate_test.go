package dockercmd_test

import (
	"fmt"
	"maps"
	"net/netip"
	"reflect"
	"strings"

	"github.com/dockercmd/toolkit/dockercmd"
)

func init() {
	maps.Copy(byType, swarmTypes)
	maps.Copy(byField, swarmFields)
	for field, values := range map[string]map[string]any{
		"service create MemorySwap":    {"LimitMemory": dockercmd.MinTaskMemory},
		"service create MaxConcurrent": {"Mode": "replicated-job"},
		"service create LogOpts":       {"LogDriver": "syslog"},
		"service update LogOpts":       {"LogDriver": "syslog"},
		"swarm ca CACert":              {"Rotate": true, "CAKey": "a"},
		"swarm ca CAKey":               {"Rotate": true, "CACert": "a"},
		"swarm ca CertExpiry":          {"Rotate": true},
		"swarm ca ExternalCAs":         {"Rotate": true, "CACert": "a"},
	} {
		companions[field] = func(c dockercmd.Command) {
			for name, value := range values {
				reflect.ValueOf(c).Elem().FieldByName(name).Set(reflect.ValueOf(value))
			}
		}
	}
}

// lower returns a text that docker's long forms leave as it is.
func (g generator) lower() string { return strings.ToLower(strings.TrimSpace("n" + g.key() + "x")) }

func (g generator) service() string {
	return pick(g, "web", "stack_db", "A-b--c", "w", strings.Repeat("a", 63), fmt.Sprintf("x%d", g.IntN(1000)))
}

// swarmTypes are the generators of the value types of swarms.
var swarmTypes = map[reflect.Type]func(generator) any{
	reflect.TypeFor[float32](): func(g generator) any { return pick[float32](g, 1, 0.1, 0.25, 1e-9, g.Float32()) },
	reflect.TypeFor[netip.Prefix](): func(g generator) any {
		return netip.PrefixFrom(netip.AddrFrom4([4]byte{10, byte(g.IntN(256))}),
			16)
	},
	reflect.TypeFor[dockercmd.ExternalCA](): func(g generator) any {
		c := dockercmd.ExternalCA{URL: "https://ca.example/?" + g.path(), CACert: pick(g, "", g.path())}
		if g.IntN(2) == 0 {
			c.Options = map[string]string{"k" + strings.Trim(g.key(), "\r"): g.path(), "empty": ""}
		}
		return c
	},
	reflect.TypeFor[dockercmd.ServicePort](): func(g generator) any {
		p := dockercmd.ServicePort{Target: pick(g, "80", "8000-8002", fmt.Sprint(1+g.IntN(65535))),
			Protocol: pick(g, "", "tcp", "udp", "sctp")}
		p.Published = pick(g, "", p.Target)
		if !strings.Contains(p.Target, "-") {
			p.Mode = pick(g, "", "host", "ingress")
			p.Published = pick(g, "", "0", fmt.Sprint(g.IntN(65536)))
		}
		return p
	},
	reflect.TypeFor[dockercmd.ServiceNetwork](): func(g generator) any {
		n := dockercmd.ServiceNetwork{Name: pick(g, "n1", "my net", "Upper", `a"b,c`)}
		if g.IntN(2) == 0 {
			n.Name = pick(g, "n1", `a"b,c`, "é")
			n.Aliases = pick(g, []string{"a"}, []string{"b", g.lower()})
		}
		if g.IntN(2) == 0 {
			n.Name = "n2"
			n.DriverOptions = map[string]string{"a": "", "k" + g.lower(): g.lower()}
		}
		return n
	},
	reflect.TypeFor[dockercmd.SwarmFile](): func(g generator) any {
		f := dockercmd.SwarmFile{Source: fmt.Sprintf("s.%d_x-y", g.IntN(1000))}
		if g.IntN(2) == 0 {
			f.Target, f.UID, f.GID = pick(g, "", g.path()), pick(g, "", "1000"), pick(g, "", "0")
			f.Mode = pick(g, nil, new(uint32(0)), new(uint32(0o440)), new(g.Uint32N(0o10000)))
		}
		return f
	},
	reflect.TypeFor[dockercmd.PlacementPref](): func(g generator) any {
		return dockercmd.PlacementPref{Spread: "node.labels." +
			g.key()}
	},
	reflect.TypeFor[dockercmd.GenericResource](): func(g generator) any {
		return dockercmd.GenericResource{Kind: fmt.Sprintf("gpu-%d", g.IntN(1000)), Count: g.Int64N(1 << 40)}
	},
	reflect.TypeFor[dockercmd.CredentialSpec](): func(g generator) any {
		return pick(g, dockercmd.CredentialSpec{Config: g.text()}, dockercmd.CredentialSpec{File: "a/" + g.text()},
			dockercmd.CredentialSpec{Registry: "r"})
	},
}

// swarmFields are the generators of the fields of swarms whose text is held to a grammar, and of operands.
var swarmFields = map[string]func(generator) any{
	"service create Name": func(g generator) any { return g.service() },
	"Service":             func(g generator) any { return g.service() },
	"Services":            func(g generator) any { return []string{g.service(), g.service()}[:1+g.IntN(2)] },
	"Scales": func(g generator) any {
		return []dockercmd.Scale{{Service: "web", Replicas: g.Uint64()}, {Service: "stack_" + g.service()[:1]}}[:1+g.IntN(2)]
	},
	"Node":                  func(g generator) any { return pick(g, "machine-1.example", "self", "node_2") },
	"Nodes":                 func(g generator) any { return []string{"machine-1.example", "self"}[:1+g.IntN(2)] },
	"Manager":               func(g generator) any { return pick(g, "10.0.0.1:2377", "manager", "[::1]:2377") },
	"Role":                  func(g generator) any { return pick(g, "worker", "manager") },
	"Mode":                  func(g generator) any { return pick(g, "replicated", "global", "replicated-job", "global-job") },
	"Availability":          func(g generator) any { return pick(g, "active", "pause", "drain") },
	"EndpointMode":          func(g generator) any { return pick(g, "vip", "dnsrr") },
	"RestartCondition":      func(g generator) any { return pick(g, "none", "on-failure", "any") },
	"UpdateFailureAction":   func(g generator) any { return pick(g, "pause", "continue", "rollback") },
	"RollbackFailureAction": func(g generator) any { return pick(g, "pause", "continue") },
	"UpdateOrder":           func(g generator) any { return pick(g, "start-first", "stop-first") },
	"RollbackOrder":         func(g generator) any { return pick(g, "start-first", "stop-first") },
	"Constraints": func(g generator) any {
		return []string{"node.role==worker", "node.labels.a != " + g.text()}[g.IntN(2):]
	},
	"ConstraintAdd": func(g generator) any {
		return []string{"node.role==worker", "node.labels.a != " + g.text()}[g.IntN(2):]
	},
	"EnvAdd":                    byField["Env"],
	"LogOpts":                   func(g generator) any { return []string{"max-size=1m", "tag=" + g.text(), "inherited"}[g.IntN(3):] },
	"DataPathPort":              func(g generator) any { return 1024 + g.Uint64N(40000) },
	"DefaultAddrPoolMaskLength": func(g generator) any { return new(g.Uint64N(33)) },
	"service update Workdir":    func(g generator) any { return new(pick(g, "", g.path())) },
	"service update StopSignal": func(g generator) any { return new(pick(g, "", "SIGINT", "9")) },
	"service update LimitCPU":   func(g generator) any { return new(pick(g, 0, dockercmd.MilliCPU, 3*dockercmd.CPU/2)) },
}
