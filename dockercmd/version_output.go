package dockercmd

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
