package output

import (
	"encoding/json"
	"strings"

	"github.com/dockercmd/toolkit/dockercmd"
)

// HostConfig is the HostConfig of a container: what depends on the host. Its fields bear the engine's names. A pointer is nil
// where the engine says null or nothing: the line is silent. But engines on cgroup v1 say false for OomKillDisable even so, and
// podman says its defaults for most: 2048 for PidsLimit, 0 or -1 for MemorySwappiness.
type HostConfig struct {
	// Binds are --volume's values; Mounts are --mount's. Anonymous volumes stand in Config.Volumes.
	Binds       []string
	Mounts      []HostMount
	Tmpfs       map[string]string // path and options
	VolumesFrom []string
	// VolumeDriver is for the volumes of Binds.
	VolumeDriver string

	NetworkMode     string // default, bridge, host, none, container:ID or a network's name
	PortBindings    map[string][]PortBinding
	PublishAllPorts bool
	Links           []string // /OTHER:/THIS/ALIAS, on the default network alone
	ExtraHosts      []string
	DNS             []string `json:"Dns"`
	DNSOptions      []string `json:"DnsOptions"`
	DNSSearch       []string `json:"DnsSearch"`

	RestartPolicy   RestartPolicy
	AutoRemove      bool // --rm
	ContainerIDFile string
	LogConfig       LogConfig
	Annotations     map[string]string
	Init            *bool
	Runtime         string // runc unless the engine's default is another
	Isolation       string // Windows
	ConsoleSize     [2]uint
	StorageOpt      map[string]string

	Privileged     bool
	ReadonlyRootfs bool
	CapAdd         []string // as they were written up to 20.10's client, CAP_NAME from later ones
	CapDrop        []string
	// SecurityOpt also holds label=disable where the engine added it for Privileged or PidMode host.
	SecurityOpt []string
	GroupAdd    []string
	// MaskedPaths and ReadonlyPaths are nil for null, which a privileged container and systempaths=unconfined have.
	MaskedPaths   []string
	ReadonlyPaths []string
	Sysctls       map[string]string

	IpcMode      string
	PidMode      string
	UTSMode      string
	UsernsMode   string
	CgroupnsMode string
	Cgroup       string
	CgroupParent string

	Memory            dockercmd.Bytes // 0 is unlimited
	MemoryReservation dockercmd.Bytes
	MemorySwap        dockercmd.Bytes // memory and swap together; -1 is unlimited, 0 unset
	MemorySwappiness  *int64
	KernelMemory      dockercmd.Bytes
	OomKillDisable    *bool
	OomScoreAdj       int
	PidsLimit         *int64
	ShmSize           dockercmd.Bytes
	Ulimits           []dockercmd.Ulimit

	NanoCPUs           dockercmd.CPUs `json:"NanoCpus"`
	CPUShares          int64          `json:"CpuShares"`
	CPUPeriod          int64          `json:"CpuPeriod"` // microseconds
	CPUQuota           int64          `json:"CpuQuota"`  // microseconds; podman sets both for --cpus
	CPURealtimePeriod  int64          `json:"CpuRealtimePeriod"`
	CPURealtimeRuntime int64          `json:"CpuRealtimeRuntime"`
	CpusetCpus         string
	CpusetMems         string
	CPUCount           int64 `json:"CpuCount"`   // Windows
	CPUPercent         int64 `json:"CpuPercent"` // Windows
	IOMaximumIOps      uint64
	IOMaximumBandwidth dockercmd.Bytes

	BlkioWeight          uint16
	BlkioWeightDevice    []HostWeight
	BlkioDeviceReadBps   []HostRate
	BlkioDeviceWriteBps  []HostRate
	BlkioDeviceReadIOps  []HostRate
	BlkioDeviceWriteIOps []HostRate

	Devices           []HostDevice
	DeviceRequests    []DeviceRequest // --gpus, and --device with a CDI name
	DeviceCgroupRules []string
}

// UnmarshalJSON reads the engine's numbers, which stand in the JSON as numbers, into types that are texts elsewhere, and
// podman's names of limits, RLIMIT_NOFILE.
func (h *HostConfig) UnmarshalJSON(data []byte) error {
	type plain HostConfig
	raw := struct {
		*plain
		Memory, MemoryReservation, MemorySwap, KernelMemory, ShmSize, IOMaximumBandwidth, NanoCpus int64
		Ulimits                                                                                    []struct {
			Name       string
			Soft, Hard int64
		}
	}{plain: (*plain)(h)}
	if err := json.Unmarshal(data, &raw); err != nil {
		return err
	}
	h.Memory, h.MemoryReservation, h.MemorySwap = dockercmd.Bytes(raw.Memory), dockercmd.Bytes(raw.MemoryReservation),
		dockercmd.Bytes(raw.MemorySwap)
	h.KernelMemory, h.ShmSize, h.IOMaximumBandwidth = dockercmd.Bytes(raw.KernelMemory), dockercmd.Bytes(raw.ShmSize),
		dockercmd.Bytes(raw.IOMaximumBandwidth)
	h.NanoCPUs = dockercmd.CPUs(raw.NanoCpus)
	h.Ulimits = nil
	for _, u := range raw.Ulimits {
		name := u.Name
		if rest, ok := strings.CutPrefix(name, "RLIMIT_"); ok {
			name = strings.ToLower(rest)
		}
		h.Ulimits = append(h.Ulimits, dockercmd.Ulimit{Name: name, Soft: u.Soft, Hard: u.Hard})
	}
	return nil
}

// HostMount is one --mount as the engine keeps it. The options of types that it is not of are nil.
type HostMount struct {
	Type          string
	Source        string
	Target        string
	ReadOnly      bool
	Consistency   string
	BindOptions   *BindOptions
	VolumeOptions *VolumeOptions
	ImageOptions  *struct{ Subpath string }
	TmpfsOptions  *TmpfsOptions
}

// BindOptions are those of a mount of type bind.
type BindOptions struct {
	Propagation            string
	NonRecursive           bool
	CreateMountpoint       bool
	ReadOnlyNonRecursive   bool
	ReadOnlyForceRecursive bool
}

// VolumeOptions are those of a mount of type volume.
type VolumeOptions struct {
	NoCopy       bool
	Labels       map[string]string
	Subpath      string
	DriverConfig *VolumeDriverConfig
}

// VolumeDriverConfig is who makes the volume when it is missing, and how.
type VolumeDriverConfig struct {
	Name    string
	Options map[string]string
}

// TmpfsOptions are those of a mount of type tmpfs.
type TmpfsOptions struct {
	SizeBytes int64      // 0 is unlimited
	Mode      uint32     // permission bits; 0 is docker's default, 1777
	Options   [][]string // from the API alone; --mount cannot say them
}

// PortBinding is where on the host one port of a container's is open, or is to be. In HostConfig.PortBindings, no HostIP is
// every address and no HostPort one that the engine chooses; in NetworkSettings.Ports both are known.
type PortBinding struct {
	HostIP   string `json:"HostIp"`
	HostPort string
}

// RestartPolicy is --restart. Name is no where nothing was asked for, and may be "" from podman.
type RestartPolicy struct {
	Name              string // no, always, unless-stopped or on-failure
	MaximumRetryCount int
}

// LogConfig is --log-driver and --log-opt, with the engine's defaults filled in.
type LogConfig struct {
	Type   string
	Config map[string]string
}

// HostDevice is one --device.
type HostDevice struct {
	PathOnHost        string
	PathInContainer   string
	CgroupPermissions string // of r, w and m; "" from podman
}

// DeviceRequest is one --gpus, or CDI names, whose Driver is cdi.
type DeviceRequest struct {
	Driver       string
	Count        int // -1 is all; 0 where DeviceIDs say which
	DeviceIDs    []string
	Capabilities [][]string // alternatives, each of which wants all of its words
	Options      map[string]string
}

// HostWeight is one --blkio-weight-device.
type HostWeight struct {
	Path   string
	Weight uint16
}

// HostRate is one --device-read-bps (bytes a second) or --device-read-iops (operations a second), or the same for write.
type HostRate struct {
	Path string
	Rate uint64
}
