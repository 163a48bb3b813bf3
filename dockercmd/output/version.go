package output

import (
	"cmp"
	"slices"
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
	// OsArch is the system and the processor as podman prints them, such as linux/amd64; docker never does.
	OsArch string
	// Components are the programs behind the engine's side, such as Engine, containerd and runc, or Podman Engine.
	Components []VersionComponent
}

// VersionComponent is one program of the engine's side.
type VersionComponent struct {
	Name    string
	Version string
}

// Engine returns what lines are spelled for when these two answer: docker of two versions, or podman, which is known by what only
// it prints. Without an engine it is docker of the client's version. Versions may be any texts: see [dockercmd.Detected].
func (v Version) Engine() dockercmd.Engine {
	if v.Client.OsArch != "" {
		return dockercmd.Engine{Dialect: dockercmd.Podman, Version: v.Client.Version}
	}
	a := dockercmd.Answer{Client: v.Client.Version, ClientAPI: cmp.Or(v.Client.DefaultAPIVersion, v.Client.APIVersion)}
	if v.Server != nil {
		a.API = v.Client.APIVersion
		// What imitates the API, as podman does, has versions that are none of docker's.
		if !slices.ContainsFunc(v.Server.Components, func(c VersionComponent) bool { return strings.HasPrefix(c.Name, "Podman") }) {
			a.Engine, a.EngineAPI = v.Server.Version, v.Server.APIVersion
		}
	}
	return dockercmd.Detected(a)
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
