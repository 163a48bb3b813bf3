package output

import (
	"slices"
	"strconv"
	"strings"

	"github.com/dockercmd/toolkit/dockercmd"
)

// Version is what docker version says.
type Version struct {
	Client VersionPart
	Server *VersionPart // nil when no engine answered, and from podman without a remote engine
}

// VersionPart is one side of it.
type VersionPart struct {
	Version       string
	APIVersion    string `json:"ApiVersion"` // on the client's side, the one agreed on
	MinAPIVersion string
	// DefaultAPIVersion is the newest that the client knows; "" on the engine's side.
	DefaultAPIVersion string
	Os                string
	Arch              string
	GitCommit         string
	GoVersion         string
	KernelVersion     string // the engine's side
	Context           string // the client's side
	// Components are the programs behind the engine's side, such as Engine, containerd and runc, or Podman Engine.
	Components []VersionComponent
}

// VersionComponent is one program of the engine's side.
type VersionComponent struct {
	Name    string
	Version string
}

// firstByYear is the first version of docker's that counts years, in 2017. Podman has not come that far.
const firstByYear = 17

// Engine returns what lines are spelled for when these two answer: docker of two versions, or podman. Without an engine it is
// docker of the client's version.
func (v Version) Engine() dockercmd.Engine {
	major, _, _ := strings.Cut(v.Client.Version, ".")
	if n, err := strconv.Atoi(major); err == nil && n < firstByYear {
		return dockercmd.Engine{Dialect: dockercmd.Podman}
	}
	e := dockercmd.Engine{Version: v.Client.Version}
	if v.Server == nil {
		return e
	}
	if slices.ContainsFunc(v.Server.Components, func(c VersionComponent) bool { return strings.HasPrefix(c.Name, "Podman") }) {
		return e // docker's client before podman's imitation of its API, whose versions are no docker's
	}
	if v.Server.Version != e.Version {
		e.Version, e.Client = v.Server.Version, v.Client.Version
	}
	return e
}

// VersionFormat is the --format whose output ParseVersion reads, with every client from 20.10 on.
const VersionFormat = "{{json .}}"

// ParseVersion reads the output of version --format=VersionFormat. Without an engine, the client's side is there all the same
// and docker exits with 1.
func ParseVersion(out []byte) (Version, error) {
	var v Version
	if err := single("version", out, &v); err != nil {
		return Version{}, err
	}
	return v, nil
}
