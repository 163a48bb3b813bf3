package output

import (
	"encoding/json"
	"errors"
	"strings"
	"time"
)

// EngineInfo is what info says of the engine, and of the client that asked.
type EngineInfo struct {
	// ServerErrors say why there is no engine to tell of. Client 20.10 prints them here and exits with 0; later ones print
	// them on standard error and exit with 1. Ask Answered.
	ServerErrors []string
	ClientInfo   ClientInfo

	ID                string
	SystemTime        time.Time // the engine's clock; zero where it does not tell (podman)
	Name              string    // the host's
	ServerVersion     string
	OperatingSystem   string // "Debian GNU/Linux 12 (bookworm)"
	OSType            string // linux or windows
	Architecture      string // as uname says it: x86_64
	KernelVersion     string
	NCPU              int
	MemTotal          int64 // bytes
	Containers        int
	ContainersRunning int
	ContainersPaused  int
	ContainersStopped int
	Images            int
	Driver            string // what stores images: overlay2
	DockerRootDir     string
	LoggingDriver     string
	CgroupDriver      string // cgroupfs, systemd or none
	CgroupVersion     string // 1 or 2
	DefaultRuntime    string
	Runtimes          map[string]json.RawMessage
	InitBinary        string
	SecurityOptions   []string // name=seccomp,profile=default
	Labels            []string // the engine's own
	Swarm             SwarmInfo
	// What the kernel can limit.
	MemoryLimit    bool
	SwapLimit      bool
	CPUCfsQuota    bool `json:"CpuCfsQuota"`
	CPUSet         bool
	PidsLimit      bool
	OomKillDisable bool
	// LiveRestoreEnabled says that containers outlive the engine's end.
	LiveRestoreEnabled bool
	Warnings           []string

	Raw json.RawMessage `json:"-"` // everything, as the client said it
}

// ClientInfo is the client's part of info.
type ClientInfo struct {
	Version  string // from 23.0 on
	Context  string
	Debug    bool
	Warnings []string
}

// SwarmInfo is the engine's part in a swarm.
type SwarmInfo struct {
	NodeID           string
	NodeAddr         string
	LocalNodeState   string // inactive, pending, active, error or locked
	ControlAvailable bool   // it is a manager
	Error            string
}

// Answered returns nil when an engine answered, else it says why none did, as far as is known.
func (i EngineInfo) Answered() error {
	switch {
	case len(i.ServerErrors) > 0:
		return errors.New(strings.Join(i.ServerErrors, "; "))
	case i.ServerVersion == "":
		return errors.New("no engine answered; standard error says why")
	}
	return nil
}

// ParseInfo reads the output of info --format=JSONFormat, and podman's. It may hold no engine and still be read: see Answered.
func ParseInfo(out []byte) (EngineInfo, error) {
	var i EngineInfo
	if err := single("info", out, &i); err != nil {
		return EngineInfo{}, err
	}
	i.Raw = json.RawMessage(strings.TrimSpace(string(out)))
	return i, nil
}

// UnmarshalJSON reads podman's object too.
func (i *EngineInfo) UnmarshalJSON(data []byte) error {
	type plain EngineInfo
	raw := struct {
		*plain
		Host *struct {
			Arch, CgroupManager, CgroupVersion, Hostname, Kernel, LogDriver, OS string
			CPUs                                                                int
			MemTotal                                                            int64
			Distribution                                                        struct{ Distribution, Version string }
			OCIRuntime                                                          struct{ Name string }
		}
		Store struct {
			GraphDriverName, GraphRoot string
			ContainerStore             struct{ Number, Paused, Running, Stopped int }
			ImageStore                 struct{ Number int }
		}
		Version    struct{ Version string }
		SystemTime string // "" without an engine
	}{plain: (*plain)(i)}
	if err := json.Unmarshal(data, &raw); err != nil {
		return err
	}
	if raw.SystemTime != "" {
		var err error
		if i.SystemTime, err = time.Parse(time.RFC3339Nano, raw.SystemTime); err != nil {
			return err
		}
	}
	h, s := raw.Host, raw.Store
	if h == nil {
		return nil
	}
	i.Name, i.ServerVersion, i.OSType, i.Architecture, i.KernelVersion = h.Hostname, raw.Version.Version, h.OS, h.Arch, h.Kernel
	i.OperatingSystem = strings.TrimSpace(h.Distribution.Distribution + " " + h.Distribution.Version)
	i.NCPU, i.MemTotal, i.LoggingDriver, i.DefaultRuntime = h.CPUs, h.MemTotal, h.LogDriver, h.OCIRuntime.Name
	i.CgroupDriver, i.CgroupVersion = h.CgroupManager, strings.TrimPrefix(h.CgroupVersion, "v")
	i.Driver, i.DockerRootDir, i.Images = s.GraphDriverName, s.GraphRoot, s.ImageStore.Number
	c := s.ContainerStore
	i.Containers, i.ContainersPaused, i.ContainersRunning, i.ContainersStopped = c.Number, c.Paused, c.Running, c.Stopped
	return nil
}
