package policy

import (
	"github.com/dockercmd/toolkit/dockercmd"
)

// Version is the version of policy files that this package reads.
const Version = 1

// Policy is what docker may be asked to do. What it does not allow is denied: the zero value denies every line.
//
// Lists of names hold exact names, a beginning with a star behind it ("cache-*"), or "*" alone for any. Where the absence of a flag
// means something to docker, the empty name stands for it: networks with "" allow a line without --network.
type Policy struct {
	// Version is the format's version, 1.
	Version int `yaml:"version"`
	// Profile is what a file begins with: what it does not say is taken from there. "" is nothing.
	Profile string `yaml:"profile"`

	// Subcommands are docker's names of what may be run: run, rm, image inspect. Only those that [Subcommands] lists can be allowed.
	Subcommands Names `yaml:"subcommands"`
	// Hosts, Contexts and Configs are what --host, --context and --config may name; --tls and its like are refused.
	Hosts    Names `yaml:"hosts"`
	Contexts Names `yaml:"contexts"`
	Configs  Names `yaml:"configs"`

	// Containers are the names that containers may get, and that may be acted on. A container's id, or a beginning of it, is
	// accepted only when the Scope knows whose it is, or when every name is allowed.
	Containers Names `yaml:"containers"`
	// Images says what may be run and pulled.
	Images Images `yaml:"images"`
	// Users says as whom.
	Users Users `yaml:"users"`
	// Mounts says what of the host is shown in a container.
	Mounts Mounts `yaml:"mounts"`
	// Files says which files docker's client may read and write for the caller.
	Files Files `yaml:"files"`
	// Limits are the ceilings of resources.
	Limits Limits `yaml:"limits"`
	// Network says what a container is connected to.
	Network Network `yaml:"network"`
	// Kernel says what separates a container from the kernel and the host.
	Kernel Kernel `yaml:"kernel"`

	// Env allows values of variables on the line, and their names.
	Env Names `yaml:"env"`
	// Inherit are variables that docker's client may hand over from its own environment: --env NAME without a value.
	Inherit Names `yaml:"inherit"`
	// Labels are keys of labels. Those that begin with a prefix of ReservedLabels are the Scope's alone.
	Labels         Names    `yaml:"labels"`
	ReservedLabels []string `yaml:"reserved-labels"`
	// Restart are restart policies: no, on-failure, always, unless-stopped; "" is none given.
	Restart Names `yaml:"restart"`
	// LogDrivers and LogOptions are docker's; "" is the engine's default driver. Options that name an address need LogAddresses.
	LogDrivers   Names `yaml:"log-drivers"`
	LogOptions   Names `yaml:"log-options"`
	LogAddresses Names `yaml:"log-addresses"`
	// HealthChecks allows commands that check the container's health.
	HealthChecks bool `yaml:"health-checks"`
	// StopTimeout is how many seconds a stop may wait at most; 0 allows none to be given. -1 (for ever) is refused in any case.
	StopTimeout int `yaml:"stop-timeout"`
	// Exec are the programs, the first words of commands, that docker exec may start.
	Exec Names `yaml:"exec"`
	// TopOptions are options of ps, which docker top runs on the host.
	TopOptions Names `yaml:"top-options"`
	// InspectAny allows docker inspect without --type, of names that are containers' of the caller: something else of that name is
	// shown where there is no such container.
	InspectAny bool `yaml:"inspect-any"`
	// Formats are templates of --format, letter by letter. None given and json are always allowed.
	Formats Names `yaml:"formats"`
}

// Images says which images may be run and pulled.
type Images struct {
	// Allow are repositories as docker completes them, with a star for all below a path: docker.io/library/busybox,
	// registry.example.com/team/*; or one reference with its tag or digest: docker.io/library/busybox:1.36. They are compared by the
	// parts of the reference, so that registry.example.com.evil/team/x is none of the second. "*" is any image.
	Allow []string `yaml:"allow"`
	// IDs allows images by their id.
	IDs bool `yaml:"ids"`
	// Digest demands that a reference names its content: @sha256:...
	Digest bool `yaml:"digest"`
	// Pull are the values of --pull: always, missing, never; "" is none given, which is missing.
	Pull Names `yaml:"pull"`
	// Platforms are values of --platform.
	Platforms Names `yaml:"platforms"`
}

// Users says as whom processes may run.
type Users struct {
	// IDs and Groups are ranges of numbers, 1000-59999 or 1000. Number 0 and the group of the engine's socket must stand alone to be
	// allowed: no range includes them.
	IDs    []IDs `yaml:"ids"`
	Groups []IDs `yaml:"groups"`
	// Names are names, which the image's own /etc/passwd gives a number: whoever makes the image decides whom they mean.
	Names Names `yaml:"names"`
	// Optional allows a line without --user, or without its group: the image then decides.
	Optional bool `yaml:"optional"`
}

// Mounts says what may be mounted into a container.
type Mounts struct {
	// ReadOnly and ReadWrite are absolute paths: what lies at or below one may be mounted read-only, or both ways. It is compared by
	// the components of paths, with all links followed: a link that leads elsewhere is a mount of what it leads to. Every directory
	// on the way must be root's or of an owner that the Scope trusts, and writable by nobody else, since docker resolves the path
	// once more.
	ReadOnly  []string `yaml:"read-only"`
	ReadWrite []string `yaml:"read-write"`
	// Volumes are names of volumes. Anonymous allows those without a name.
	Volumes   Names `yaml:"volumes"`
	Anonymous bool  `yaml:"anonymous"`
	// Drivers are volume drivers; "" is none given. DriverOptions are options that may be given to them: of the local driver type,
	// o and device together mount anything, and are refused in any case unless ReadWrite covers the device.
	Drivers       Names `yaml:"drivers"`
	DriverOptions Names `yaml:"driver-options"`
	// Tmpfs allows memory file systems. Images allows mounts of images.
	Tmpfs  bool `yaml:"tmpfs"`
	Images bool `yaml:"images"`
	// VolumesFrom allows to take over the mounts of the caller's other containers.
	VolumesFrom bool `yaml:"volumes-from"`
	// Propagation are values such as rslave; "" is none given.
	Propagation Names `yaml:"propagation"`
	// Targets are paths in the container that nothing may be mounted at, above or below, beside those that are denied always:
	// /proc, /sys, /dev and / itself.
	Targets []string `yaml:"denied-targets"`
	// Nested allows a mount below another.
	Nested bool `yaml:"nested"`
	// Denied are paths of the host that are mounted by nobody, beside the engine's own.
	Denied []string `yaml:"denied"`
}

// Files says which files of the host docker's client reads and writes.
type Files struct {
	// Read are directories of files of variables and labels, and those that docker cp copies from.
	Read []string `yaml:"read"`
	// Write are directories that a cid file may be written to, and that docker cp may copy to.
	Write []string `yaml:"write"`
	// Seccomp are directories, root's own, of seccomp profiles.
	Seccomp []string `yaml:"seccomp"`
}

// Limits are the ceilings of what a container may use. A ceiling of 0 is none.
type Limits struct {
	Memory dockercmd.Bytes `yaml:"memory"`
	CPUs   dockercmd.CPUs  `yaml:"cpus"`
	Pids   int64           `yaml:"pids"`
	// Required are those of memory, cpus and pids that a line must give.
	Required Names `yaml:"required"`
	// Swap allows memory and swap together to be more than the memory.
	Swap bool `yaml:"swap"`
	// OOMKillDisable allows to switch off the kernel's killing, OOMScore is the least --oom-score-adj.
	OOMKillDisable bool  `yaml:"oom-kill-disable"`
	OOMScore       int64 `yaml:"oom-score"`
	// RealTime allows real-time shares of the CPU.
	RealTime bool `yaml:"real-time"`
	// Ulimits are the names of ulimits.
	Ulimits Names `yaml:"ulimits"`
	// Storage are the names of --storage-opt.
	Storage Names `yaml:"storage"`
}

// Network says what a container is connected to.
type Network struct {
	// Networks are values of --network: none, bridge, the name of one; "" is none given. host, container:NAME and ns:PATH need a
	// name that begins with just that, so that "*" alone allows none of them.
	Networks Names `yaml:"networks"`
	// Ports may be opened on the host.
	Ports []Ports `yaml:"ports"`
	// PublishAll allows to open all ports that the image names.
	PublishAll bool `yaml:"publish-all"`
	// Addresses allows a container to choose its own addresses, hardware address and options of the network's driver.
	Addresses bool `yaml:"addresses"`
	// Names allows lines in /etc/hosts, name servers and search domains.
	Names bool `yaml:"names"`
	// Links allows the legacy links to the caller's other containers.
	Links bool `yaml:"links"`
}

// Kernel says what separates a container from the kernel and from the host.
type Kernel struct {
	// DropAll demands --cap-drop=ALL; CapAdd are capabilities that may then be given, as NET_BIND_SERVICE. ALL is never one.
	DropAll bool  `yaml:"drop-all"`
	CapAdd  Names `yaml:"cap-add"`
	// NoNewPrivileges demands --security-opt=no-new-privileges. SecurityOptions are all others, letter by letter:
	// seccomp=unconfined, apparmor=docker-default. A seccomp profile by its file is subject to Files.Seccomp.
	NoNewPrivileges bool  `yaml:"no-new-privileges"`
	SecurityOptions Names `yaml:"security-options"`
	// ReadOnlyRoot demands --read-only.
	ReadOnlyRoot bool `yaml:"read-only-root"`
	// Privileged allows --privileged.
	Privileged bool `yaml:"privileged"`
	// Devices are paths of the host's devices, as /dev/fuse; DeviceRules are rules of --device-cgroup-rule, letter by letter.
	Devices     Names `yaml:"devices"`
	DeviceRules Names `yaml:"device-rules"`
	// GPUs allows --gpus.
	GPUs bool `yaml:"gpus"`
	// PID, IPC, UTS, User and Cgroup are the namespaces that may be named; "" is none given. host and container:NAME need a name
	// that begins with just that.
	PID    Names `yaml:"pid"`
	IPC    Names `yaml:"ipc"`
	UTS    Names `yaml:"uts"`
	User   Names `yaml:"userns"`
	Cgroup Names `yaml:"cgroupns"`
	// CgroupParents are cgroups at or below which a container may lie; "" is none given.
	CgroupParents Names `yaml:"cgroup-parents"`
	// Runtimes are OCI runtimes; "" is the engine's own. Annotations are keys.
	Runtimes    Names `yaml:"runtimes"`
	Annotations Names `yaml:"annotations"`
	// Sysctls are keys.
	Sysctls Names `yaml:"sysctls"`
}

// Scope is who asks.
type Scope struct {
	// Owners are the numbers of users, beside root, whose directories may lead to what is mounted or read.
	Owners []int
	// Sources are the caller's own directories, mounted as they are whatever Denied says.
	Sources []string
	// Denied are paths of the host that the caller must not mount, beside the policy's: where the supervisor keeps what it knows,
	// where policies are kept.
	Denied []string
	// Labels are the reserved labels that a line may set.
	Labels map[string]string
	// Owned returns nil for a container, by name or id, that is the caller's. Nil knows of none.
	Owned func(container string) error
}

// Finding is what one rule says against a line.
type Finding struct {
	Rule    string // as Rules lists it: mount.source
	Field   string // the flag or operand: --volume, IMAGE
	Value   string // as docker would take it, without secrets; "" is none given
	Problem string // what is wrong with it
	Allowed string // what would be allowed; "" is nothing
}

// Decision is what a policy says of a line.
type Decision struct {
	// Findings are what speaks against it, in the order of the line. None means that it is allowed.
	Findings []Finding
}

// Allowed reports whether nothing speaks against the line.
func (d Decision) Allowed() bool { return len(d.Findings) == 0 }

// Err returns nil for an allowed line, else a *[DeniedError].
func (d Decision) Err() error {
	if d.Allowed() {
		return nil
	}
	return &DeniedError{d.Findings}
}
