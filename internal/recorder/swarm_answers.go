package recorder

// The daemon's answers about its swarm. The service has something of every kind, so that an update which takes something away
// shows in the request.
const (
	serviceID = "service00000000000000000a"
	nodeID    = "node000000000000000000000a"
	taskID    = "task000000000000000000000a"

	serviceSpecJSON = `{"Name":"web","Labels":{"tier":"front","old":"label"},"TaskTemplate":{"ContainerSpec":{"Image":"busybox:1","Labels":{"c":"1"},` +
		`"Command":["sh"],"Args":["-c","true"],"Hostname":"h","Env":["OLD=1","KEPT=2"],"Dir":"/d","User":"1000","Groups":["100"],` +
		`"Privileges":{"CredentialSpec":{"File":"spec.json"},"SELinuxContext":null},"StopSignal":"SIGINT","TTY":true,"ReadOnly":true,"Init":true,` +
		`"Mounts":[{"Type":"volume","Source":"v","Target":"/old"}],"StopGracePeriod":9000000000,` +
		`"Healthcheck":{"Test":["CMD-SHELL","true"],"Interval":1000000000,"Timeout":2000000000,"StartPeriod":3000000000,"StartInterval":4000000000,"Retries":4},` +
		`"Hosts":["10.0.0.1 old"],"DNSConfig":{"Nameservers":["9.9.9.9"],"Search":["old.example"],"Options":["ndots:1"]},` +
		`"Secrets":[{"File":{"Name":"old","UID":"0","GID":"0","Mode":292},"SecretID":"id-old","SecretName":"old"}],` +
		`"Configs":[{"File":{"Name":"old","UID":"0","GID":"0","Mode":292},"ConfigID":"id-old","ConfigName":"old"}],` +
		`"Isolation":"default","Sysctls":{"net.old":"1"},"CapabilityAdd":["CAP_NET_RAW"],"OomScoreAdj":5,"Ulimits":[{"Name":"core","Hard":1,"Soft":1}]},` +
		`"Resources":{"Limits":{"NanoCPUs":1000000000,"MemoryBytes":67108864,"Pids":9},"Reservations":{"NanoCPUs":500000000,"MemoryBytes":33554432,` +
		`"GenericResources":[{"DiscreteResourceSpec":{"Kind":"old","Value":1}}]}},"RestartPolicy":{"Condition":"any","Delay":5000000000,"MaxAttempts":1,"Window":1000000000},` +
		`"Placement":{"Constraints":["node.role==worker"],"Preferences":[{"Spread":{"SpreadDescriptor":"node.labels.old"}}],"MaxReplicas":2},` +
		`"Networks":[{"Target":"id-old"}],"LogDriver":{"Name":"json-file"},"ForceUpdate":0,"Runtime":"container"},"Mode":{"Replicated":{"Replicas":1}},` +
		`"UpdateConfig":{"Parallelism":1,"Delay":1000000000,"FailureAction":"pause","Monitor":1,"MaxFailureRatio":0.5,"Order":"stop-first"},` +
		`"RollbackConfig":{"Parallelism":1,"Delay":1000000000,"FailureAction":"pause","Monitor":1,"MaxFailureRatio":0.5,"Order":"stop-first"},` +
		`"EndpointSpec":{"Mode":"vip","Ports":[{"Protocol":"tcp","TargetPort":70,"PublishedPort":7070,"PublishMode":"ingress"}]}}`

	// Clients wait until a service has settled: its one task runs, and the time to watch an update is a nanosecond.
	serviceJSON = `{"ID":"` + serviceID +
		`","Version":{"Index":42},"CreatedAt":"2026-01-02T03:04:05Z","UpdatedAt":"2026-01-02T03:04:05Z","Spec":` + serviceSpecJSON +
		`,"PreviousSpec":` + serviceSpecJSON +
		`,"Endpoint":{"Spec":{"Mode":"vip"}},"ServiceStatus":{"RunningTasks":1,"DesiredTasks":1,"CompletedTasks":0}}`
	jobJSON = `{"ID":"` + serviceID +
		`","Version":{"Index":42},"Spec":{"Name":"job","Labels":{},"TaskTemplate":{"ContainerSpec":{"Image":"busybox:1"}},` +
		`"Mode":{"ReplicatedJob":{"MaxConcurrent":1,"TotalCompletions":1}}},"Endpoint":{"Spec":{}}}`

	nodeJSON = `{"ID":"` + nodeID + `","Version":{"Index":7},"CreatedAt":"2026-01-02T03:04:05Z","UpdatedAt":"2026-01-02T03:04:05Z",` +
		`"Spec":{"Labels":{"old":"1","disk":"ssd"},"Role":"worker","Availability":"active"},` +
		`"Description":{"Hostname":"machine","Platform":{"Architecture":"x86_64","OS":"linux"},"Resources":{"NanoCPUs":2000000000,"MemoryBytes":4294967296},` +
		`"Engine":{"EngineVersion":"99.0.0"},"TLSInfo":{"TrustRoot":"root"}},"Status":{"State":"ready","Addr":"10.0.0.9"},"ManagerStatus":{"Leader":true,"Reachability":"reachable","Addr":"10.0.0.9:2377"}}`

	// The task is so old that the clients print the same age for years.
	taskJSON = `{"ID":"` + taskID +
		`","Version":{"Index":9},"CreatedAt":"2001-09-09T01:46:40Z","Spec":{"ContainerSpec":{"Image":"busybox:1"}},` +
		`"ServiceID":"` + serviceID + `","Slot":1,"NodeID":"` + nodeID +
		`","Status":{"Timestamp":"2001-09-09T01:46:40Z","State":"running","Message":"started",` +
		`"ContainerStatus":{"ContainerID":"` + ID + `","PID":7}},"DesiredState":"running"}`

	swarmJSON = `{"ID":"swarm00000000000000000000a","Version":{"Index":11},"Spec":{"Name":"default","Labels":{},"Orchestration":{"TaskHistoryRetentionLimit":9},` +
		`"Raft":{"SnapshotInterval":500,"KeepOldSnapshots":3,"LogEntriesForSlowFollowers":500,"ElectionTick":10,"HeartbeatTick":1},"Dispatcher":{"HeartbeatPeriod":9000000000},` +
		`"CAConfig":{"NodeCertExpiry":7776000000000000},"TaskDefaults":{},"EncryptionConfig":{"AutoLockManagers":true}},` +
		`"TLSInfo":{"TrustRoot":"root","CertIssuerSubject":"","CertIssuerPublicKey":""},"JoinTokens":{"Worker":"SWMTKN-1-worker","Manager":"SWMTKN-1-manager"}}`
)
