package dockercmd

// swarmFlags are the flags that several swarm commands have. Each binds them to fields of its own: update tells a zero from an
// absent flag where init does not.
var swarmFlags = flagsByName(
	Flag{Name: "advertise-addr", Usage: "address for the other nodes, IP|INTERFACE[:PORT]"},
	Flag{Name: "autolock", Usage: "lock managers until they are given the key"},
	Flag{Name: "availability", Usage: "active, pause or drain"},
	Flag{Name: "cert-expiry", Usage: "life of the nodes' certificates"},
	Flag{Name: "data-path-addr", Usage: "address for the tasks' traffic, IP|INTERFACE"},
	Flag{Name: "dispatcher-heartbeat", Usage: "time between two signs of life of a node"},
	Flag{Name: "external-ca", Usage: "service that signs certificates, protocol=cfssl,url=..."},
	Flag{Name: "listen-addr", Usage: "address to listen on, IP|INTERFACE[:PORT]"},
	Flag{Name: "max-snapshots", Usage: "old snapshots of the managers' log to keep"},
	Flag{Name: "quiet", Short: 'q', Usage: "the token or key alone"},
	Flag{Name: "rotate", Usage: "make a new one, the old one is void"},
	Flag{Name: "snapshot-interval", Usage: "entries of the managers' log between snapshots"},
	Flag{Name: "task-history-limit", Usage: "tasks that ended to keep"},
)

// swarmFlag returns the row of one of swarmFlags.
func swarmFlag(name string, v Value) Flag {
	f := swarmFlags[name]
	f.Name, f.Value = name, v
	return f
}
