package dockercmd_test

import (
	"math"
	"strings"
	"testing"
	"time"

	"github.com/dockercmd/toolkit/dockercmd"
	"github.com/dockercmd/toolkit/internal/recorder"
)

func init() {
	families = append(families, family{bare: bareServices, full: fullServices, problems: serviceProblems, client: serviceCases})
}

// manager is the manager of a swarm, with the client's files and variables of the other cases.
var manager = &recorder.Daemon{Swarm: recorder.Manager, Env: files.Env, Files: files.Files}

func bareServices() map[string]dockercmd.Command {
	web := []string{"web"}
	return map[string]dockercmd.Command{
		"service create":   &dockercmd.ServiceCreate{Image: "busybox"},
		"service update":   &dockercmd.ServiceUpdate{Service: "web"},
		"service ls":       &dockercmd.ServiceLs{},
		"service ps":       &dockercmd.ServicePs{Services: web},
		"service rm":       &dockercmd.ServiceRm{Services: web},
		"service logs":     &dockercmd.ServiceLogs{Service: "web"},
		"service scale":    &dockercmd.ServiceScale{Scales: []dockercmd.Scale{{Service: "web"}}},
		"service inspect":  &dockercmd.ServiceInspect{Services: web},
		"service rollback": &dockercmd.ServiceRollback{Service: "web"},
	}
}

func fullServices() map[string]dockercmd.Command {
	extra := []string{"--new", "--newer=a b"}
	two := []string{"web", "db"}
	return map[string]dockercmd.Command{
		"service create": &dockercmd.ServiceCreate{
			Name: "web", User: "1000:1000", Detach: true, Mode: "replicated-job", Replicas: new(uint64(0)), MaxConcurrent: new(uint64(2)),
			ReplicasMaxPerNode: 3,
			Networks: []dockercmd.ServiceNetwork{{Name: "n1"},
				{Name: "n2", Aliases: []string{"a"}, DriverOptions: map[string]string{"k": "v"}}},
			ReadOnly: true, Mounts: []dockercmd.Mount{{Type: "bind", Source: "/a,b", Target: "/c", ReadOnly: true}}, Groups: []string{"100"},
			Workdir: "/work dir",
			CapDrop: []string{"ALL"}, CapAdd: []string{"NET_RAW"}, LimitCPU: 1500 * dockercmd.MilliCPU, LimitMemory: 1536 * dockercmd.MiB,
			LimitPids:  100,
			ReserveCPU: 1 * dockercmd.MilliCPU, ReserveMemory: dockercmd.GiB, MemorySwap: new(dockercmd.Bytes(0)),
			MemorySwappiness: new(int64(0)),
			GenericResources: []dockercmd.GenericResource{{Kind: "gpu", Count: 2}}, Init: true,
			Ulimits:     []dockercmd.Ulimit{{Name: "nofile", Soft: 1024, Hard: 2048}},
			OOMScoreAdj: -500, Env: []string{"A=two words", "B"}, EnvFiles: []string{"/env"},
			Labels:          map[string]string{"b": "2", "a": "it's"},
			ContainerLabels: map[string]string{"c": ""}, Entrypoint: []string{"sh", "-c", "echo \"$HOME\" it's"},
			Hostname: "{{.Node.Hostname}}",
			Hosts:    []dockercmd.Host{{Name: "h1", IP: "::1"}}, DNS: []string{"1.1.1.1"}, DNSOptions: []string{"use-vc"},
			DNSSearch: []string{"."},
			Publish: []dockercmd.ServicePort{{Published: "8080", Target: "80", Protocol: "udp"},
				{Published: "81", Target: "81", Mode: "host"}},
			EndpointMode: "vip", Secrets: []dockercmd.SwarmFile{{Source: "s1"}, {Source: "s2", Target: "a,b", UID: "1", GID: "2",
				Mode: new(uint32(0o400))}},
			Configs: []dockercmd.SwarmFile{{Source: "c1", Target: "/etc/c"}}, CredentialSpec: dockercmd.CredentialSpec{File: "spec.json"},
			Isolation: "process",
			Sysctls:   map[string]string{"net.core.somaxconn": "9"}, Constraints: []string{"node.role==worker"},
			PlacementPrefs: []dockercmd.PlacementPref{{Spread: "node.labels.zone"}},
			LogDriver:      "json-file", LogOpts: []string{"max-size=1m", "tag"}, RestartCondition: "on-failure",
			RestartDelay: new(time.Duration(0)), RestartMaxAttempts: new(uint64(3)),
			RestartWindow: new(time.Minute), StopSignal: "SIGINT", StopGracePeriod: new(90 * time.Second), HealthCmd: "test -f /ok",
			HealthInterval: new(time.Second),
			HealthRetries:  3, HealthTimeout: new(500 * time.Millisecond), HealthStartPeriod: new(time.Hour),
			HealthStartInterval: new(2 * time.Second), NoHealthcheck: true,
			UpdateParallelism: new(uint64(0)), UpdateDelay: new(1 * time.Second), UpdateMonitor: new(2 * time.Second),
			UpdateFailureAction:   "rollback",
			UpdateMaxFailureRatio: new(float32(0.1)), UpdateOrder: "start-first", RollbackParallelism: new(uint64(2)),
			RollbackDelay:   new(3 * time.Second),
			RollbackMonitor: new(4 * time.Second), RollbackFailureAction: "continue", RollbackMaxFailureRatio: new(float32(0.25)),
			RollbackOrder:  "stop-first",
			NoResolveImage: true, WithRegistryAuth: true, TTY: true, Quiet: true, Extra: extra, Image: "registry:5000/app:1",
			Command: []string{"sh", "-c", "true"},
		},
		"service update": &dockercmd.ServiceUpdate{
			Image: "busybox:2", Arguments: []string{}, User: new(""), Detach: true, Replicas: new(uint64(0)), MaxConcurrent: 2,
			ReplicasMaxPerNode: new(uint64(0)),
			NetworkAdd:         []dockercmd.ServiceNetwork{{Name: "n2", Aliases: []string{"a"}}}, NetworkRm: []string{"n1"},
			ReadOnly: new(false),
			MountAdd: []dockercmd.Mount{{Source: "v", Target: "/c"}}, MountRm: []string{"/old"}, GroupAdd: []string{"100"},
			GroupRm: []string{"101"}, Workdir: new(""),
			CapDrop: []string{"ALL"}, CapAdd: []string{"NET_RAW"}, LimitCPU: new(dockercmd.CPUs(0)), LimitMemory: new(dockercmd.Bytes(0)),
			LimitPids:  new(int64(0)),
			ReserveCPU: new(500 * dockercmd.MilliCPU), ReserveMemory: new(dockercmd.GiB), MemorySwap: new(dockercmd.GiB),
			MemorySwappiness:   new(int64(-1)),
			GenericResourceAdd: []dockercmd.GenericResource{{Kind: "gpu", Count: 2}}, GenericResourceRm: []string{"ssd"}, Init: new(false),
			UlimitAdd: []dockercmd.Ulimit{{Name: "core"}}, UlimitRm: []string{"nofile"}, OOMScoreAdj: new(int64(0)),
			EnvAdd: []string{"A=two words", "B"}, EnvRm: []string{"C"},
			LabelAdd: map[string]string{"a": "it's"}, LabelRm: []string{"b"}, ContainerLabelAdd: map[string]string{"c": ""},
			ContainerLabelRm: []string{"d"},
			Entrypoint:       []string{"sh", "-c", "a b"}, Hostname: new("h"), HostAdd: []dockercmd.Host{{Name: "h1", IP: "::1"}},
			HostRm: []string{"h2"},
			DNSAdd: []string{"1.1.1.1"}, DNSRm: []string{"9.9.9.9"}, DNSOptionAdd: []string{"use-vc"}, DNSOptionRm: []string{"ndots:1"},
			DNSSearchAdd: []string{"."}, DNSSearchRm: []string{"a.b"},
			PublishAdd: []dockercmd.ServicePort{{Published: "8080", Target: "80"}},
			PublishRm:  []dockercmd.ServicePort{{Target: "81", Mode: "host"}}, EndpointMode: "vip",
			SecretAdd: []dockercmd.SwarmFile{{Source: "s1"}}, SecretRm: []string{"s2"},
			ConfigAdd: []dockercmd.SwarmFile{{Source: "c1", Target: "/etc/c"}}, ConfigRm: []string{"c2"},
			CredentialSpec: new(dockercmd.CredentialSpec{}), Isolation: new("hyperv"),
			SysctlAdd: map[string]string{"net.core.somaxconn": "9"}, SysctlRm: []string{"net.a"},
			ConstraintAdd: []string{"node.role!=manager"}, ConstraintRm: []string{"node.role==worker"},
			PlacementPrefAdd: []dockercmd.PlacementPref{{Spread: "node.labels.a"}},
			PlacementPrefRm:  []dockercmd.PlacementPref{{Spread: "node.labels.b"}},
			LogDriver:        "none", LogOpts: []string{"a=b"}, RestartCondition: "any", RestartDelay: new(5 * time.Second),
			RestartMaxAttempts: new(uint64(0)), RestartWindow: new(time.Duration(0)),
			StopSignal: new(""), StopGracePeriod: new(9 * time.Second), HealthCmd: new(""), HealthInterval: new(1 * time.Second),
			HealthRetries: new(int64(0)),
			HealthTimeout: new(2 * time.Second), HealthStartPeriod: new(3 * time.Second), HealthStartInterval: 4 * time.Second,
			NoHealthcheck:     new(false),
			UpdateParallelism: new(uint64(1)), UpdateDelay: new(1 * time.Second), UpdateMonitor: new(2 * time.Second),
			UpdateFailureAction:   "continue",
			UpdateMaxFailureRatio: new(float32(0)), UpdateOrder: "start-first", RollbackParallelism: new(uint64(2)),
			RollbackDelay:   new(3 * time.Second),
			RollbackMonitor: new(4 * time.Second), RollbackFailureAction: "pause", RollbackMaxFailureRatio: new(float32(1)),
			RollbackOrder:  "stop-first",
			NoResolveImage: true, WithRegistryAuth: true, TTY: new(false), Quiet: true, Force: true, Rollback: true, Extra: extra,
			Service: "web",
		},
		"service ls": &dockercmd.ServiceLs{Filters: []dockercmd.Filter{{Key: "name", Value: "web"}, {Key: "mode", Value: "global"}},
			Format: "{{.Name}}", Quiet: true, Extra: extra},
		"service ps": &dockercmd.ServicePs{Filters: []dockercmd.Filter{{Key: "desired-state", Value: "running"}}, Format: "{{.ID}}",
			NoResolve: true, NoTrunc: true, Quiet: true, Extra: extra, Services: two},
		"service rm": &dockercmd.ServiceRm{Extra: extra, Services: two},
		"service logs": &dockercmd.ServiceLogs{Details: true, Follow: true, NoResolve: true, NoTaskIDs: true, NoTrunc: true,
			Raw: true, Since: "10m", Tail: "0", Timestamps: true, Extra: extra, Service: "web"},
		"service scale": &dockercmd.ServiceScale{Detach: true, Extra: extra, Scales: []dockercmd.Scale{{Service: "web", Replicas: 3},
			{Service: "db", Replicas: 1}}},
		"service inspect":  &dockercmd.ServiceInspect{Format: "{{.ID}}", Pretty: true, Extra: extra, Services: two},
		"service rollback": &dockercmd.ServiceRollback{Detach: true, Quiet: true, Extra: extra, Service: "web"},
	}
}

// createProblem returns a service create line that would be valid but for what adjust does.
func createProblem(name string, adjust func(*dockercmd.ServiceCreate)) problemCase {
	s := &dockercmd.ServiceCreate{Image: "busybox"}
	adjust(s)
	return problemCase{"service create: " + name, s}
}

func updateProblem(name string, adjust func(*dockercmd.ServiceUpdate)) problemCase {
	s := &dockercmd.ServiceUpdate{Service: "web"}
	adjust(s)
	return problemCase{"service update: " + name, s}
}

func serviceProblems() []problemCase {
	type create = dockercmd.ServiceCreate
	type update = dockercmd.ServiceUpdate
	ports := func(ports ...dockercmd.ServicePort) []dockercmd.ServicePort { return ports }
	return []problemCase{
		{"service create: no image", &create{}},
		createProblem("name with a dot", func(s *create) { s.Name = "a.b" }),
		createProblem("name that is long", func(s *create) { s.Name = strings.Repeat("a", 64) }),
		createProblem("unknown mode", func(s *create) { s.Mode = "REPLICATED" }),
		createProblem("replicas of a global service", func(s *create) {
			s.Mode, s.Replicas, s.ReplicasMaxPerNode = "global",
				new(uint64(2)), 1
		}),
		createProblem("replicas of a global job", func(s *create) { s.Mode, s.Replicas = "global-job", new(uint64(0)) }),
		createProblem("concurrency without a job", func(s *create) { s.MaxConcurrent = new(uint64(2)) }),
		createProblem("concurrency of a global job", func(s *create) { s.Mode, s.MaxConcurrent = "global-job", new(uint64(2)) }),
		createProblem("a job with updates", func(s *create) { s.Mode, s.UpdateDelay = "replicated-job", new(time.Duration(0)) }),
		createProblem("a job with rollbacks", func(s *create) { s.Mode, s.RollbackOrder = "global-job", "stop-first" }),
		createProblem("words that docker does not know", func(s *create) {
			s.UpdateFailureAction, s.UpdateOrder, s.RollbackFailureAction, s.RollbackOrder = "stop", "first", "rollback", "x"
			s.RestartCondition, s.EndpointMode = "always", "VIP"
		}),
		createProblem("figures out of range", func(s *create) {
			s.LimitCPU, s.ReserveCPU, s.LimitMemory, s.ReserveMemory, s.LimitPids, s.OOMScoreAdj = 1, -1, 1, -1, -1, 2000
			s.MemorySwappiness, s.UpdateMaxFailureRatio, s.RollbackMaxFailureRatio = new(int64(-2)), new(float32(1.5)),
				new(float32(math.NaN()))
		}),
		createProblem("swap without memory", func(s *create) { s.MemorySwap = new(dockercmd.GiB) }),
		createProblem("swap without a limit, as docker 29 refuses it", func(s *create) {
			s.LimitMemory, s.MemorySwap = dockercmd.GiB,
				new(dockercmd.Bytes(-1))
		}),
		createProblem("negative times", func(s *create) { s.UpdateDelay, s.StopGracePeriod = new(-time.Second), new(-time.Minute) }),
		createProblem("no check and a check", func(s *create) { s.NoHealthcheck, s.HealthStartPeriod = true, new(time.Second) }),
		createProblem("log options without a driver", func(s *create) { s.LogOpts = []string{"a=b"} }),
		createProblem("variables without a name", func(s *create) { s.Env = []string{"=hunter2", "a b=hunter2"} }),
		createProblem("constraint without an operator", func(s *create) { s.Constraints = []string{"node.role=worker", "==x", ""} }),
		createProblem("preference without a label",
			func(s *create) { s.PlacementPrefs = []dockercmd.PlacementPref{{}, {Spread: "a=b"}} }),
		createProblem("two mounts at one place", func(s *create) { s.Mounts = []dockercmd.Mount{{Target: "/a"}, {Target: "/a/"}} }),
		createProblem("two secrets in one file",
			func(s *create) { s.Secrets = []dockercmd.SwarmFile{{Source: "a"}, {Source: "b", Target: "a"}} }),
		createProblem("secrets without a proper name", func(s *create) {
			s.Secrets = []dockercmd.SwarmFile{{}, {Source: "a,b"}, {Source: ".a"}, {Source: "a", Mode: new(uint32(1 << 20))},
				{Source: "c", Target: "a\rb"}}
		}),
		createProblem("two configs in one file", func(s *create) { s.Configs = []dockercmd.SwarmFile{{Source: "a"}, {Source: "a"}} }),
		createProblem("a port that is published twice", func(s *create) {
			s.Publish = ports(dockercmd.ServicePort{Published: "80", Target: "80"}, dockercmd.ServicePort{Published: "80", Target: "81",
				Protocol: "tcp", Mode: "host"})
		}),
		createProblem("ports through an address that is not there", func(s *create) {
			s.EndpointMode, s.Publish = "dnsrr", ports(dockercmd.ServicePort{Target: "80"},
				dockercmd.ServicePort{Target: "81", Mode: "host"})
		}),
		createProblem("ports that are none", func(s *create) {
			s.Publish = ports(dockercmd.ServicePort{}, dockercmd.ServicePort{Target: "0"}, dockercmd.ServicePort{Target: "80", Mode: "x"},
				dockercmd.ServicePort{Target: "80-81", Mode: "host"}, dockercmd.ServicePort{Target: "x"},
				dockercmd.ServicePort{Target: "80", Protocol: "x"})
		}),
		createProblem("networks that docker would misread", func(s *create) {
			s.Networks = []dockercmd.ServiceNetwork{{}, {Name: "a=b"}, {Name: "Net", Aliases: []string{"a"}},
				{Name: "n", Aliases: []string{""}}, {Name: "n", Aliases: []string{"a "}},
				{Name: "n", DriverOptions: map[string]string{"": "x"}}, {Name: "n", DriverOptions: map[string]string{"a": "B"}},
				{Name: "n", Aliases: []string{"a\rb"}}}
		}),
		createProblem("a resource twice, and bad ones", func(s *create) {
			s.GenericResources = []dockercmd.GenericResource{{Kind: "a", Count: 1}, {Kind: "a", Count: 2}, {Kind: "b", Count: -1},
				{Count: 1}, {Kind: "c,d"}}
		}),
		createProblem("two accounts", func(s *create) { s.CredentialSpec = dockercmd.CredentialSpec{Config: "a", File: "b"} }),
		createProblem("an entry point with a NUL", func(s *create) { s.Entrypoint = []string{"sh", "a\x00"} }),
		createProblem("other words", func(s *create) { s.Workdir, s.StopSignal, s.CapAdd = "a", "X", []string{"A,B"} }),
		{"service update: no service", &update{}},
		updateProblem("image in upper case", func(s *update) { s.Image = "Busybox" }),
		updateProblem("rollback and more", func(s *update) { s.Rollback, s.Force, s.Quiet = true, true, true }),
		updateProblem("no check and a check", func(s *update) { s.NoHealthcheck, s.HealthRetries = new(true), new(int64(0)) }),
		updateProblem("words that docker does not know", func(s *update) {
			s.UpdateOrder, s.RollbackFailureAction, s.RestartCondition, s.EndpointMode = "x", "rollback", "x", "x"
		}),
		updateProblem("figures out of range", func(s *update) {
			s.LimitCPU, s.LimitMemory, s.LimitPids, s.OOMScoreAdj = new(dockercmd.CPUs(5)), new(dockercmd.MiB), new(int64(-1)),
				new(int64(-1001))
		}),
		updateProblem("other words", func(s *update) { s.Workdir, s.StopSignal, s.LogOpts = new("a"), new("X"), []string{"a=b"} }),
		updateProblem("lists", func(s *update) {
			s.MountAdd, s.ConstraintAdd = []dockercmd.Mount{{Target: "/a"}, {Target: "/a"}}, []string{"x"}
			s.SecretAdd, s.ConfigAdd = []dockercmd.SwarmFile{{Source: "a"}, {Source: "a"}},
				[]dockercmd.SwarmFile{{Source: "a"}, {Source: "a"}}
			s.PublishAdd = ports(dockercmd.ServicePort{Published: "80", Target: "80"}, dockercmd.ServicePort{Published: "80", Target: "80"})
			s.GenericResourceAdd = []dockercmd.GenericResource{{Kind: "a"}, {Kind: "a"}}
		}),
		{"service scale: none", &dockercmd.ServiceScale{}},
		{"service scale: bad names", &dockercmd.ServiceScale{Scales: []dockercmd.Scale{{}, {Service: "a/b"}, {Service: "web"},
			{Service: "web"}}}},
		{"service ps: none", &dockercmd.ServicePs{}},
		{"service ps: a filter without a value", &dockercmd.ServicePs{Filters: []dockercmd.Filter{{Value: "x"}},
			Services: []string{"web"}}},
		{"service rm: none", &dockercmd.ServiceRm{}},
		{"service rm: a name that is a flag", &dockercmd.ServiceRm{Services: []string{"-f"}}},
		{"service logs: no service, bad tail", &dockercmd.ServiceLogs{Tail: "x"}},
		{"service inspect: none, pretty and a format", &dockercmd.ServiceInspect{Pretty: true, Format: "x"}},
		{"service rollback: none", &dockercmd.ServiceRollback{}},
	}
}

// TestSwarmTakes holds what is unusual but right.
func TestSwarmTakes(t *testing.T) {
	t.Parallel()
	valid := []string{
		"service create --replicas=0 --limit-cpu=0.001 --limit-memory=4m --endpoint-mode=DNSRR --publish=target=80,published=80,mode=host busybox -x -- --",
		"service create --publish=80:80 --publish=80:80/udp --publish=90 --publish=90 --cap-add=X --cap-drop=X --secret=a --secret=source=a,target=b busybox",
		"service create --mode=global-job --restart-condition=none --no-healthcheck --constraint=node.id!=x busybox",
		"service create --mode=replicated-job --replicas=5 --max-concurrent=0 --log-driver=none --log-opt=a busybox",
		"service update --rollback --detach --quiet web",
		"service update --limit-memory=0 --limit-cpu=0 --user= --workdir= --stop-signal= --args= --credential-spec= web",
		"service update --no-healthcheck=false --health-cmd=true --endpoint-mode=dnsrr stack_web",
		"service update web", "service scale stack_web=0 w=1", "service logs --tail=all 7tx3k1b9", "service ls", "node ps",
		"node inspect self a.b-c",
		"swarm init --task-history-limit=-1 --default-addr-pool=", "swarm update --cert-expiry=0", "swarm join --token= m1", "swarm ca",
		"swarm ca --rotate --cert-expiry=1h",
	}
	for _, line := range valid {
		c, err := dockercmd.Parse(strings.Fields(line))
		if err == nil {
			err = c.Validate()
		}
		if err != nil {
			t.Errorf("%s: %v", line, err)
		}
	}
}
