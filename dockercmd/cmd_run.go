package dockercmd

import (
	"errors"
	"time"

	"github.com/dockercmd/toolkit/internal/table"
)

// Run is docker run: make a container from an image and start it. Every flag of docker 20.10 to 29 has a field.
type Run struct {
	// Name is the container's name; "" lets the engine invent one.
	Name string
	// User is NAME or UID, perhaps with :GROUP or :GID; "" is the image's user.
	User string
	// Detach leaves the container running in the background and prints its id.
	Detach bool
	// Networks are what the container joins. Engines before 25.0 refuse more than one.
	Networks []Network
	// ReadOnly makes the container's root file system read-only.
	ReadOnly bool
	// Volumes are mounts in the old colon form. Mounts say more and make no directory.
	Volumes []Volume
	// Mounts are mounts in the form of a list of fields.
	Mounts []Mount
	// Tmpfs are memory file systems.
	Tmpfs []TmpfsMount
	// VolumesFrom are containers whose volumes are mounted too: NAME, or NAME:ro.
	VolumesFrom []VolumesFrom
	// VolumeDriver serves the volumes that Volumes name.
	VolumeDriver string
	// Rm removes the container and its anonymous volumes when it ends. Its exit code can then be lost.
	Rm bool
	// CpusetCpus are the CPUs it may use: 0-3 or 0,1.
	CpusetCpus string
	// CpusetMems are the NUMA nodes whose memory it may use.
	CpusetMems string
	// CgroupParent is the cgroup above the container's own: a path with the cgroupfs driver (absolute: a relative one lands below
	// the daemon's own group), a slice with systemd.
	CgroupParent string
	// GroupAdd are further groups of the process, names or numbers.
	GroupAdd []string
	// Workdir is the working directory in the container.
	Workdir string
	// CIDFile is a file that the client writes the id to. It must not exist.
	CIDFile string
	// CapDrop are capabilities to take away; ALL takes every one.
	CapDrop []string
	// CapAdd are capabilities to give.
	CapAdd []string
	// SecurityOpts are no-new-privileges, seccomp=FILE, apparmor=PROFILE, label=... The client itself reads a seccomp file.
	SecurityOpts []SecurityOpt
	// CPUShares is the weight against other containers; 1024 is usual, 2 the least.
	CPUShares int64
	// CPUs is the most CPU time it may use.
	CPUs CPUs
	// Memory is the memory limit, at least 6m.
	Memory Bytes
	// MemorySwap is the limit of memory and swap together; -1 is unlimited, 0 twice the memory.
	MemorySwap Bytes
	// MemoryReservation is the soft limit, below Memory.
	MemoryReservation Bytes
	// MemorySwappiness is 0 to 100; nil or -1 is the host's. Engines ignore it on cgroup v2.
	MemorySwappiness *int64
	// KernelMemory limits kernel memory; engines since 20.10 warn, kernels since 5.4 ignore it.
	KernelMemory Bytes
	// PidsLimit is the most processes and threads; -1 is unlimited.
	PidsLimit int64
	// Init puts a tiny init in front of the process, which forwards signals and reaps; nil is the engine's default.
	Init *bool
	// Privileged gives the container full access to the host.
	Privileged bool
	// Devices are the host's devices to show.
	Devices []Device
	// DeviceCgroupRules are rules such as "c 1:3 rwm".
	DeviceCgroupRules []DeviceCgroupRule
	// GPUs are requests of devices; each use of the flag is one.
	GPUs []GPURequest
	// Runtime is the OCI runtime by the engine's name for it.
	Runtime string
	// ShmSize is the size of /dev/shm; 0 is the engine's default, 64m.
	ShmSize Bytes
	// Ulimits are resource limits; the client sends them sorted, the last of two equal names wins.
	Ulimits []Ulimit
	// OOMScoreAdj is -1000 to 1000.
	OOMScoreAdj int64
	// OOMKillDisable lets the process hang instead of being killed when memory ends. Only with Memory; not on cgroup v2.
	OOMKillDisable bool
	// CPUPeriod is the length of the scheduler's period in microseconds. Prefer CPUs.
	CPUPeriod int64
	// CPUQuota is the time per period in microseconds.
	CPUQuota int64
	// CPURtPeriod is the real-time period in microseconds.
	CPURtPeriod int64
	// CPURtRuntime is the real-time share in microseconds.
	CPURtRuntime int64
	// CPUCount is for Windows engines.
	CPUCount int64
	// CPUPercent is for Windows engines.
	CPUPercent int64
	// IOMaxBandwidth is for Windows engines.
	IOMaxBandwidth Bytes
	// IOMaxIOps is for Windows engines.
	IOMaxIOps uint64
	// BlkioWeight is 10 to 1000.
	BlkioWeight uint64
	// BlkioWeightDevices are weights for one device each.
	BlkioWeightDevices []WeightDevice
	// DeviceReadBps limit the bytes per second read from a device.
	DeviceReadBps []BpsDevice
	// DeviceWriteBps limit the bytes per second written to a device.
	DeviceWriteBps []BpsDevice
	// DeviceReadIOps limit the reads per second from a device.
	DeviceReadIOps []IOpsDevice
	// DeviceWriteIOps limit the writes per second to a device.
	DeviceWriteIOps []IOpsDevice
	// Env are variables: KEY=value, or KEY to take the client's own. A value here stands in the process list for all to see:
	// EnvFiles or KEY alone keep it out.
	Env []string
	// EnvFiles are files of KEY=value lines that the client reads; a value cannot hold a line break.
	EnvFiles []string
	// Labels are labels of the container.
	Labels map[string]string
	// LabelFiles are files of KEY=value lines that the client reads.
	LabelFiles []string
	// Annotations are passed on to the OCI runtime.
	Annotations map[string]string
	// Entrypoint is one word that replaces the image's; nil keeps it, "" removes it.
	Entrypoint *string
	// Hostname is the container's host name; "" is the beginning of its id.
	Hostname string
	// Domainname is the container's NIS domain.
	Domainname string
	// AddHosts are lines for the container's /etc/hosts.
	AddHosts []Host
	// DNS are name servers by address.
	DNS []string
	// DNSOptions are options of the resolver.
	DNSOptions []string
	// DNSSearch are domains to search.
	DNSSearch []string
	// Publish are ports of the container to open on the host.
	Publish []PortMapping
	// PublishAll opens every exposed port on a port of the engine's choice.
	PublishAll bool
	// Expose are ports to note without opening them.
	Expose []ExposedPort
	// NetworkAliases are further names on the first network, which must be user-defined.
	NetworkAliases []string
	// IP is the IPv4 address on the first network, which must be user-defined.
	IP string
	// IP6 is the IPv6 address on the first network, which must be user-defined.
	IP6 string
	// LinkLocalIPs are link-local addresses.
	LinkLocalIPs []string
	// MACAddress is the hardware address on the first network. A 29 client drops it silently before an engine older than 25.0.
	MACAddress string
	// Links are CONTAINER:ALIAS, the legacy way to find another container.
	Links []Link
	// CgroupNS is host or private; "" is the engine's default.
	CgroupNS string
	// IPC is none, private, shareable, host or container:NAME.
	IPC string
	// PID is host or container:NAME.
	PID string
	// UserNS is host, to leave the engine's user mapping.
	UserNS string
	// UTS is host.
	UTS string
	// Isolation is for Windows engines.
	Isolation string
	// Sysctls are kernel settings of the container's namespaces.
	Sysctls map[string]string
	// StorageOpts are options of the storage driver, such as size=10g.
	StorageOpts map[string]string
	// LogDriver is the logging driver; none keeps no logs.
	LogDriver string
	// LogOpts are options of the logging driver.
	LogOpts map[string]string
	// Restart is what the engine does when the container ends.
	Restart RestartPolicy
	// StopSignal is what docker stop sends; "" is the image's, else SIGTERM.
	StopSignal string
	// StopTimeout is how many seconds docker stop waits before it kills; nil is 10, -1 for ever.
	StopTimeout *int64
	// HealthCmd is a shell command that checks the container.
	HealthCmd string
	// HealthInterval is the time between checks; 0 is the image's.
	HealthInterval time.Duration
	// HealthRetries is how many failures in a row make it unhealthy.
	HealthRetries int64
	// HealthTimeout is how long one check may take.
	HealthTimeout time.Duration
	// HealthStartPeriod is the time at the start in which failures do not count.
	HealthStartPeriod time.Duration
	// HealthStartInterval is the time between checks in the start period.
	HealthStartInterval time.Duration
	// NoHealthcheck turns the image's check off.
	NoHealthcheck bool
	// Pull is always, missing or never; "" is missing.
	Pull string
	// Platform is OS/ARCH or OS/ARCH/VARIANT.
	Platform string
	// DisableContentTrust is docker's true when nil.
	DisableContentTrust *bool
	// Quiet hides the progress of a pull.
	Quiet bool
	// UseAPISocket mounts the engine's own socket, and with it the host.
	UseAPISocket bool
	// Interactive keeps standard input open.
	Interactive bool
	// TTY gives the process a terminal.
	TTY bool
	// Attach are stdin, stdout and stderr.
	Attach []string
	// DetachKeys are the keys that detach a terminal.
	DetachKeys string
	// SigProxy passes the client's signals on; nil is true.
	SigProxy *bool

	// Extra are flags that this package does not know, each --name or --name=value.
	Extra []string

	// Image is the image to run: a reference or an id.
	Image string
	// Command is the command and its arguments; nil is the image's.
	Command []string
}

var runSpec = table.Spec{
	Names:    []string{"run", "container run"},
	Operands: "IMAGE [COMMAND] [ARG...]",
	Verbatim: true,
	New:      func() table.Command { return new(Run).Table() },
}

func (r *Run) flags() []Flag {
	return []Flag{
		{Name: "name", Value: one(&r.Name, word), Storm: "--name=", Default: "two words that the engine makes up",
			Usage: "name of the container"},
		{Name: "user", Short: 'u', Value: one(&r.User, word), Storm: "--user=", Default: "the image's, else root",
			Usage: "user, and perhaps group, of the process"},
		{Name: "detach", Short: 'd', Value: one(&r.Detach, boolean), Storm: "-d", Usage: "run in the background, print the id"},
		{Name: "network", Alias: "net", Ordered: true, Value: many(&r.Networks, attachment), Storm: "--net=", Splits: []Dialect{Nerdctl},
			Default: "bridge", Usage: "network to join"},
		{Name: "read-only", Value: one(&r.ReadOnly, boolean), Storm: "--read-only", Usage: "make the root file system read-only"},
		{Name: "volume", Short: 'v', Value: many(&r.Volumes, volume), Storm: "-v ", Usage: "mount in the form SOURCE:TARGET:OPTIONS"},
		{Name: "mount", Value: many(&r.Mounts, mount), Usage: "mount in the form type=bind,source=...,target=..."},
		{Name: "tmpfs", Value: many(&r.Tmpfs, tmpfs), Usage: "memory file system, PATH:OPTIONS"},
		{Name: "volumes-from", Value: many(&r.VolumesFrom, volumesFrom), Usage: "take over a container's volumes"},
		{Name: "volume-driver", Value: one(&r.VolumeDriver, word), Lacks: []Dialect{Podman, Nerdctl},
			Usage: "driver of the named volumes"},
		{Name: "rm", Value: one(&r.Rm, boolean), Storm: "--rm", Usage: "remove the container when it ends"},
		{Name: "cpuset-cpus", Value: one(&r.CpusetCpus, word), Storm: "--cpuset-cpus=", Usage: "CPUs it may use"},
		{Name: "cpuset-mems", Value: one(&r.CpusetMems, word), Storm: "--cpuset-mems=", Usage: "NUMA nodes whose memory it may use"},
		{Name: "cgroup-parent", Value: one(&r.CgroupParent, word), Storm: "--cgroup-parent=",
			Default: "/docker, or system.slice with the systemd driver", Usage: "cgroup above the container's own"},
		{Name: "group-add", Value: many(&r.GroupAdd, word), Storm: "--group-add ", Splits: []Dialect{Podman, Nerdctl},
			Usage: "further group"},
		{Name: "workdir", Short: 'w', Value: one(&r.Workdir, word), Storm: "--workdir=", Default: "the image's, else /",
			Usage: "working directory in the container"},
		{Name: "cidfile", Value: one(&r.CIDFile, word), Storm: "--cidfile=", Usage: "file to write the id to"},
		{Name: "cap-drop", Value: many(&r.CapDrop, word), Storm: "--cap-drop=", Splits: []Dialect{Podman, Nerdctl},
			Usage: "capability to take away"},
		{Name: "cap-add", Value: many(&r.CapAdd, word), Storm: "--cap-add=", Splits: []Dialect{Podman, Nerdctl},
			Usage: "capability to give"},
		{Name: "security-opt", Value: many(&r.SecurityOpts, securityOpt), Storm: "--security-opt ", Usage: "security option"},
		{Name: "cpu-shares", Short: 'c', Value: one(&r.CPUShares, integer), Storm: "--cpu-shares=", Default: "1024", Usage: "CPU weight"},
		{Name: "cpus", Value: one(&r.CPUs, cpus), Storm: "--cpus=", Default: "unlimited", Usage: "number of CPUs"},
		{Name: "memory", Short: 'm', Value: one(&r.Memory, size), Default: "unlimited", Usage: "memory limit"},
		{Name: "memory-swap", Value: one(&r.MemorySwap, swapSize), Default: "twice the memory",
			Usage: "limit of memory and swap together"},
		{Name: "memory-reservation", Value: one(&r.MemoryReservation, size), Usage: "soft memory limit"},
		{Name: "memory-swappiness", Value: optional(&r.MemorySwappiness, integer), Default: "the host's", Usage: "swappiness, 0 to 100"},
		{Name: "kernel-memory", Value: one(&r.KernelMemory, size), Until: "29.0", Usage: "kernel memory limit (obsolete)"},
		{Name: "pids-limit", Value: one(&r.PidsLimit, integer), Default: "unlimited", Usage: "most processes and threads"},
		{Name: "init", Value: optional(&r.Init, boolean), Default: "the engine's, usually false",
			Usage: "run an init in front of the process"},
		{Name: "privileged", Value: one(&r.Privileged, boolean), Usage: "give all privileges"},
		{Name: "device", Value: many(&r.Devices, device), Storm: "--device=", Splits: []Dialect{Podman, Nerdctl},
			Usage: "device of the host"},
		{Name: "device-cgroup-rule", Value: many(&r.DeviceCgroupRules, cgroupRule), Lacks: []Dialect{Nerdctl}, Splits: []Dialect{Podman},
			Usage: "rule of allowed devices"},
		{Name: "gpus", Ordered: true, Value: many(&r.GPUs, gpuRequest), API: "1.40", Usage: "GPUs to show"},
		{Name: "runtime", Value: one(&r.Runtime, word), Default: "the engine's, usually runc", Usage: "OCI runtime"},
		{Name: "shm-size", Value: one(&r.ShmSize, size), Default: "64m", Usage: "size of /dev/shm"},
		{Name: "ulimit", Value: many(&r.Ulimits, ulimit), Splits: []Dialect{Podman, Nerdctl}, Usage: "resource limit, NAME=SOFT:HARD"},
		{Name: "oom-score-adj", Value: one(&r.OOMScoreAdj, integer), Default: "0", Usage: "OOM preference, -1000 to 1000"},
		{Name: "oom-kill-disable", Value: one(&r.OOMKillDisable, boolean), Usage: "do not kill when memory ends"},
		{Name: "cpu-period", Value: one(&r.CPUPeriod, integer), Usage: "scheduler period in microseconds"},
		{Name: "cpu-quota", Value: one(&r.CPUQuota, integer), Usage: "time per period in microseconds"},
		{Name: "cpu-rt-period", Value: one(&r.CPURtPeriod, integer), Usage: "real-time period in microseconds"},
		{Name: "cpu-rt-runtime", Value: one(&r.CPURtRuntime, integer), Usage: "real-time share in microseconds"},
		{Name: "cpu-count", Value: one(&r.CPUCount, integer), Lacks: []Dialect{Podman, Nerdctl}, Usage: "number of CPUs (Windows)"},
		{Name: "cpu-percent", Value: one(&r.CPUPercent, integer), Lacks: []Dialect{Podman, Nerdctl}, Usage: "percent of CPU (Windows)"},
		{Name: "io-maxbandwidth", Value: one(&r.IOMaxBandwidth, size), Lacks: []Dialect{Podman, Nerdctl},
			Usage: "bytes per second of the system drive (Windows)"},
		{Name: "io-maxiops", Value: one(&r.IOMaxIOps, unsigned), Lacks: []Dialect{Podman, Nerdctl},
			Usage: "operations per second of the system drive (Windows)"},
		{Name: "blkio-weight", Value: one(&r.BlkioWeight, unsigned), Usage: "block IO weight, 10 to 1000"},
		{Name: "blkio-weight-device", Value: many(&r.BlkioWeightDevices, weight), Usage: "block IO weight of one device"},
		{Name: "device-read-bps", Value: many(&r.DeviceReadBps, bps), Splits: []Dialect{Podman},
			Usage: "bytes per second read from a device"},
		{Name: "device-write-bps", Value: many(&r.DeviceWriteBps, bps), Splits: []Dialect{Podman},
			Usage: "bytes per second written to a device"},
		{Name: "device-read-iops", Value: many(&r.DeviceReadIOps, iops), Splits: []Dialect{Podman},
			Usage: "reads per second from a device"},
		{Name: "device-write-iops", Value: many(&r.DeviceWriteIOps, iops), Splits: []Dialect{Podman},
			Usage: "writes per second to a device"},
		{Name: "env", Short: 'e', Value: many(&r.Env, envVar), Secret: true, Usage: "variable, KEY=value or KEY to inherit"},
		{Name: "env-file", Ordered: true, Value: many(&r.EnvFiles, fileName), Splits: []Dialect{Podman, Nerdctl},
			Usage: "file of variables"},
		{Name: "label", Short: 'l', Value: pairs(&r.Labels, label), Usage: "label, KEY=value"},
		{Name: "label-file", Ordered: true, Value: many(&r.LabelFiles, fileName), Splits: []Dialect{Podman, Nerdctl},
			Usage: "file of labels"},
		{Name: "annotation", Value: pairs(&r.Annotations, option), Since: "24.0", API: "1.43", Splits: []Dialect{Podman},
			Usage: "annotation for the runtime, KEY=value"},
		{Name: "entrypoint", Value: optional(&r.Entrypoint, word), Default: "the image's", Usage: "replace the image's entry point"},
		{Name: "hostname", Short: 'h', Value: one(&r.Hostname, word), Default: "the beginning of the container's id",
			Usage: "host name in the container"},
		{Name: "domainname", Value: one(&r.Domainname, word), Lacks: []Dialect{Podman}, Usage: "NIS domain name in the container"},
		{Name: "add-host", Value: many(&r.AddHosts, addHost), Splits: []Dialect{Podman, Nerdctl}, Usage: "line of /etc/hosts, NAME:IP"},
		{Name: "dns", Ordered: true, Value: many(&r.DNS, dnsServer), Splits: []Dialect{Podman, Nerdctl}, Usage: "name server"},
		{Name: "dns-option", Alias: "dns-opt", Value: many(&r.DNSOptions, word), Splits: []Dialect{Podman, Nerdctl},
			Usage: "option of the resolver"},
		{Name: "dns-search", Ordered: true, Value: many(&r.DNSSearch, dnsDomain), Splits: []Dialect{Podman, Nerdctl},
			Usage: "domain to search"},
		{Name: "publish", Short: 'p', Value: many(&r.Publish, port), Splits: []Dialect{Podman, Nerdctl},
			Usage: "port to open, IP:HOST:CONTAINER/PROTOCOL"},
		{Name: "publish-all", Short: 'P', Value: one(&r.PublishAll, boolean), Lacks: []Dialect{Nerdctl},
			Usage: "open every exposed port"},
		{Name: "expose", Value: many(&r.Expose, exposed), Lacks: []Dialect{Nerdctl}, Splits: []Dialect{Podman},
			Usage: "port to note without opening it"},
		{Name: "network-alias", Alias: "net-alias", Value: many(&r.NetworkAliases, word), Lacks: []Dialect{Nerdctl},
			Splits: []Dialect{Podman}, Usage: "further name on the network"},
		{Name: "ip", Value: one(&r.IP, ipv4), Usage: "IPv4 address"},
		{Name: "ip6", Value: one(&r.IP6, ipv6), Usage: "IPv6 address"},
		{Name: "link-local-ip", Value: many(&r.LinkLocalIPs, anyIP), Lacks: []Dialect{Podman, Nerdctl}, Usage: "link-local address"},
		{Name: "mac-address", Value: one(&r.MACAddress, macAddr), Usage: "hardware address"},
		{Name: "link", Value: many(&r.Links, link), Lacks: []Dialect{Podman, Nerdctl}, Usage: "container to link (legacy)"},
		{Name: "cgroupns", Value: one(&r.CgroupNS, cgroupNSMode), API: "1.41", Default: "host on cgroup v1, private on v2",
			Usage: "cgroup namespace: host or private"},
		{Name: "ipc", Value: one(&r.IPC, ipcMode), Default: "the engine's, usually private", Usage: "IPC namespace"},
		{Name: "pid", Value: one(&r.PID, pidMode), Usage: "process namespace"},
		{Name: "userns", Value: one(&r.UserNS, userNSMode), Default: "the engine's user mapping", Usage: "user namespace"},
		{Name: "uts", Value: one(&r.UTS, utsMode), Usage: "host name namespace"},
		{Name: "isolation", Value: one(&r.Isolation, word), Lacks: []Dialect{Podman}, Usage: "isolation (Windows)"},
		{Name: "sysctl", Value: pairs(&r.Sysctls, sysctl), Splits: []Dialect{Podman}, Usage: "kernel setting, KEY=value"},
		{Name: "storage-opt", Value: pairs(&r.StorageOpts, setting), Lacks: []Dialect{Nerdctl},
			Usage: "option of the storage driver, KEY=value"},
		{Name: "log-driver", Value: one(&r.LogDriver, word), Default: "the engine's, usually json-file", Usage: "logging driver"},
		{Name: "log-opt", Value: pairs(&r.LogOpts, option), Splits: []Dialect{Podman}, Usage: "option of the logging driver, KEY=value"},
		{Name: "restart", Value: one(&r.Restart, restart), Default: "no", Usage: "restart policy"},
		{Name: "stop-signal", Value: one(&r.StopSignal, word), Default: "the image's, else SIGTERM",
			Usage: "signal that docker stop sends"},
		{Name: "stop-timeout", Value: optional(&r.StopTimeout, integer), Default: "10 seconds", Usage: "seconds docker stop waits"},
		{Name: "health-cmd", Value: one(&r.HealthCmd, word), Usage: "shell command that checks health"},
		{Name: "health-interval", Value: one(&r.HealthInterval, health), Default: "the image's, else 30s", Usage: "time between checks"},
		{Name: "health-retries", Value: one(&r.HealthRetries, integer), Default: "the image's, else 3",
			Usage: "failures in a row that make it unhealthy"},
		{Name: "health-timeout", Value: one(&r.HealthTimeout, health), Default: "the image's, else 30s",
			Usage: "longest time of one check"},
		{Name: "health-start-period", Value: one(&r.HealthStartPeriod, health), Default: "the image's, else 0s",
			Usage: "time in which failures do not count"},
		{Name: "health-start-interval", Value: one(&r.HealthStartInterval, health), Since: "25.0", API: "1.44",
			Default: "the image's, else 5s", Lacks: []Dialect{Podman, Nerdctl}, Usage: "time between checks in the start period"},
		{Name: "no-healthcheck", Value: one(&r.NoHealthcheck, boolean), Usage: "turn the image's check off"},
		{Name: "pull", Value: one(&r.Pull, word), Default: "missing", Usage: "when to pull: always, missing or never"},
		{Name: "platform", Value: one(&r.Platform, platform), Default: "the engine's own", Usage: "platform, OS/ARCH"},
		{Name: "disable-content-trust", Value: optional(&r.DisableContentTrust, boolean), Until: "29.0", Lacks: []Dialect{Nerdctl},
			Default: "true", Usage: "skip image verification (obsolete)"},
		{Name: "quiet", Short: 'q', Value: one(&r.Quiet, boolean), Since: "23.0", Usage: "hide the progress of a pull"},
		{Name: "use-api-socket", Value: one(&r.UseAPISocket, boolean), Since: "28.1", Lacks: []Dialect{Podman, Nerdctl},
			Usage: "mount the engine's socket"},
		{Name: "interactive", Short: 'i', Value: one(&r.Interactive, boolean), Usage: "keep standard input open"},
		{Name: "tty", Short: 't', Value: one(&r.TTY, boolean), Usage: "give the process a terminal"},
		{Name: "attach", Short: 'a', Value: many(&r.Attach, stream), Splits: []Dialect{Podman, Nerdctl}, Usage: "stream to attach"},
		{Name: "detach-keys", Value: one(&r.DetachKeys, word), Default: "ctrl-p,ctrl-q", Usage: "keys that detach a terminal"},
		{Name: "sig-proxy", Value: optional(&r.SigProxy, boolean), Default: "true", Usage: "pass signals on to the process"},
	}
}

func (r *Run) appendOperands(dst []string) []string {
	if r.Image == "" && len(r.Command) == 0 {
		return dst
	}
	return append(append(dst, r.Image), r.Command...)
}

func (r *Run) setOperands(words []string) error {
	if len(words) == 0 || words[0] == "" {
		return errors.New("no IMAGE; give an image and perhaps a command behind it")
	}
	r.Image = words[0]
	r.Command = tail(words, 1)
	return nil
}
