package output

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"time"
)

// Container is what inspect says of one container. Fields that an engine leaves out are zero. Where docker tells null from an
// empty list, or an absent value from zero, so do the fields: by nil slices and by pointers.
type Container struct {
	ID           string `json:"Id"`
	Name         string // without the leading slash
	Created      time.Time
	Image        string // the image's id
	RestartCount int
	State        ContainerState
	Config       ContainerConfig
	HostConfig   HostConfig

	// Path and Args are the program and its arguments: entry point and command, of the image where the line named none.
	Path string
	Args []string
	// Mounts are all that is mounted, from Config.Volumes, HostConfig.Binds and HostConfig.Mounts, and from other containers.
	Mounts          []MountPoint
	NetworkSettings NetworkSettings

	Platform string // linux or windows
	Driver   string // what stores the image: overlay2
	// The files on the host that the engine made for the container; "" before its first start.
	ResolvConfPath string
	HostnamePath   string
	HostsPath      string
	LogPath        string // "" too where the logging driver has no file
	// Labels of SELinux and the profile of AppArmor.
	MountLabel      string
	ProcessLabel    string
	AppArmorProfile string
	ExecIDs         []string // of what exec runs in it now
	// With --size alone: what the container has written, and that with its image.
	SizeRw     *int64
	SizeRootFs *int64
	ImageName  string // podman's alone: the image as it was asked for, resolved

	Raw json.RawMessage `json:"-"` // everything, as the engine said it
}

// ContainerState is the State of a container. Decide on Status: Running is also true for paused and restarting ones. A
// container that was made but never started has ExitCode 0, which means nothing, or the code of the failed start (127, 126 or
// 128), whose text is in Error. A code that is not from 0 to 255 says that the engine does not know it: podman notes -1 then.
type ContainerState struct {
	Status     State
	Running    bool
	Paused     bool
	Restarting bool
	OOMKilled  bool
	Dead       bool
	Pid        int
	ExitCode   int
	Error      string
	StartedAt  time.Time
	FinishedAt time.Time
	// Health is nil for a container without a check. Podman prints an empty one then, which is nil here too.
	Health *Health
}

// UnmarshalJSON takes an empty text for no time, as nerdctl writes it, and podman 3's name for Health.
func (s *ContainerState) UnmarshalJSON(data []byte) error {
	type plain ContainerState
	raw := struct {
		*plain
		StartedAt, FinishedAt looseTime
		Healthcheck           *Health
	}{plain: (*plain)(s)}
	if err := json.Unmarshal(data, &raw); err != nil {
		return err
	}
	s.StartedAt, s.FinishedAt = raw.StartedAt.Time, raw.FinishedAt.Time
	if s.Status == podmanStopped && !s.Running && !s.FinishedAt.IsZero() {
		s.Status = StateExited
	}
	s.Status = ParseState(string(s.Status))
	if s.Health == nil {
		s.Health = raw.Healthcheck
	}
	if s.Health != nil {
		s.Health.Status = ParseHealth(string(s.Health.Status))
		if s.Health.Status == HealthNone && len(s.Health.Log) == 0 {
			s.Health = nil
		}
	}
	return nil
}

// Health is the outcome of a container's own checks.
type Health struct {
	Status        HealthStatus
	FailingStreak int            // how many checks have failed in a row
	Log           []HealthResult // the last five, the oldest first
}

// HealthResult is one run of a check.
type HealthResult struct {
	Start    time.Time
	End      time.Time
	ExitCode int    // 0 is healthy, -1 a check that took too long
	Output   string // its first 4096 bytes
}

// UnmarshalJSON takes an empty text for no time.
func (h *HealthResult) UnmarshalJSON(data []byte) error {
	type plain HealthResult
	raw := struct {
		*plain
		Start, End looseTime
	}{plain: (*plain)(h)}
	if err := json.Unmarshal(data, &raw); err != nil {
		return err
	}
	h.Start, h.End = raw.Start.Time, raw.End.Time
	return nil
}

// MountPoint is one mount as it came to be.
type MountPoint struct {
	Type        string // bind, volume, tmpfs, image, npipe or cluster
	Name        string // the volume's; 64 digits for an anonymous one
	Source      string // on the host
	Destination string // in the container
	Driver      string // the volume's
	Mode        string // the options of --volume: "ro,z"; "z" alone for a volume that has none
	RW          bool
	Propagation string
}

// InspectStormFormat is the --format for the worker-launcher, whose lines cannot hold a space: whole objects, one a line.
const InspectStormFormat = "{{.|json}}"

// ParseInspect reads the output of inspect --type=container, without a format (one array) or with InspectStormFormat. An empty
// array is an answer: none of the containers exist. Some may be missing while docker exits with 1.
func ParseInspect(out []byte) ([]Container, error) { return details("inspect", out, readContainer) }

// details reads each object of what an inspect command prints.
func details[T any](command string, out []byte, read func(json.RawMessage) (T, error)) ([]T, error) {
	raws, err := inspected(command, out)
	if err != nil {
		return nil, err
	}
	all := make([]T, 0, len(raws))
	for i, raw := range raws {
		d, err := read(raw)
		if err != nil {
			return nil, fmt.Errorf("output of %s, object %d: %w", command, i+1, err)
		}
		all = append(all, d)
	}
	return all, nil
}

// inspected takes apart what the inspect commands print: one array, or objects behind each other. It quotes nothing of it: an
// environment is in there.
func inspected(command string, out []byte) ([]json.RawMessage, error) {
	var raws []json.RawMessage
	seen := false // an empty array is an answer, nothing is none
	if string(bytes.TrimSpace(out)) == "json" {
		return nil, fmt.Errorf("output of %s: %w", command, errJSONWord)
	}
	for d := json.NewDecoder(bytes.NewReader(out)); ; {
		var value json.RawMessage
		err := d.Decode(&value)
		if errors.Is(err, io.EOF) {
			break
		}
		if err == nil && value[0] == '[' {
			var list []json.RawMessage
			err = json.Unmarshal(value, &list)
			raws = append(raws, list...)
		} else {
			raws = append(raws, value)
		}
		if err != nil {
			return nil, fmt.Errorf("output of %s: %w", command, err)
		}
		seen = true
	}
	if !seen {
		return nil, fmt.Errorf("output of %s: it is empty", command)
	}
	return raws, nil
}

func readContainer(raw json.RawMessage) (Container, error) {
	var c Container
	loose := struct {
		*Container
		Created looseTime
	}{Container: &c}
	if err := json.Unmarshal(raw, &loose); err != nil {
		return Container{}, err
	}
	if c.ID == "" {
		return Container{}, errors.New("it has no Id")
	}
	c.Created = loose.Created.Time
	c.Name = strings.TrimPrefix(c.Name, "/")
	c.State.Status = ParseState(string(c.State.Status)) // also where there is no State
	c.Config.Entrypoint = c.splitEntrypoint()
	c.Raw = raw
	return c, nil
}

// splitEntrypoint takes apart the entry point of podman 4, whose words are joined by spaces: they are those of Path and Args
// that stand before Config.Cmd.
func (c *Container) splitEntrypoint() []string {
	words := append([]string{c.Path}, c.Args...)
	before := len(words) - len(c.Config.Cmd)
	if len(c.Config.Entrypoint) != 1 || before < 2 || !slices.Equal(words[before:], c.Config.Cmd) ||
		strings.Join(words[:before], " ") != c.Config.Entrypoint[0] {
		return c.Config.Entrypoint
	}
	return words[:before:before]
}
