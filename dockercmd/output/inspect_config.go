package output

import (
	"encoding/json"
	"time"
)

// ContainerConfig is the Config of a container or an image: what does not depend on the host. What the line did not name is the
// image's: Env is both together, Cmd, Entrypoint, User, WorkingDir, Labels and others are the image's where the line is silent.
type ContainerConfig struct {
	Hostname     string // the short id unless the line named one
	Domainname   string
	User         string
	AttachStdin  bool
	AttachStdout bool
	AttachStderr bool
	// ExposedPorts are 80/tcp and the like, the published ones among them.
	ExposedPorts map[string]struct{}
	Tty          bool
	OpenStdin    bool // --interactive
	StdinOnce    bool
	Env          []string // NAME=value; values may be secrets
	// Cmd and Entrypoint are nil for null: neither the line nor the image has one. An entry point of one empty word is one that
	// was cleared (--entrypoint=).
	Cmd        []string
	Entrypoint []string
	// Healthcheck is nil where neither the line nor the image has one.
	Healthcheck *Healthcheck
	Image       string // the image as it was asked for
	// Volumes are the paths of anonymous volumes.
	Volumes         map[string]struct{}
	WorkingDir      string
	NetworkDisabled bool
	MacAddress      string // up to API 1.43, and of an image; else in NetworkSettings.Networks
	OnBuild         []string
	Labels          map[string]string
	StopSignal      string   // a name or a number; "" is the engine's default, TERM
	StopTimeout     *int64   // seconds; nil is the engine's default, 10
	Shell           []string // an image's, for its building
	ArgsEscaped     bool     // Windows

	// CreateCommand is podman's alone: the whole line that made the container, with the program. Its values may be secrets.
	CreateCommand []string
}

// UnmarshalJSON takes podman 4's text for Entrypoint and its number for StopSignal.
func (c *ContainerConfig) UnmarshalJSON(data []byte) error {
	type plain ContainerConfig
	raw := struct {
		*plain
		Cmd, Entrypoint, OnBuild looseList
		StopSignal               looseText
	}{plain: (*plain)(c)}
	if err := json.Unmarshal(data, &raw); err != nil {
		return err
	}
	c.Cmd, c.Entrypoint, c.OnBuild, c.StopSignal = raw.Cmd, raw.Entrypoint, raw.OnBuild, string(raw.StopSignal)
	return nil
}

// Healthcheck is how a container is checked.
type Healthcheck struct {
	// Test is empty for the image's own, NONE for no check, else CMD and the words, or CMD-SHELL and a text.
	Test []string
	// Durations are the image's where they are 0, or the engine's default.
	Interval      time.Duration
	Timeout       time.Duration
	StartPeriod   time.Duration
	StartInterval time.Duration
	Retries       int // 0 is likewise
}
