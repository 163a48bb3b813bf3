package table

// Dialect is a family of programs that take docker's lines, each with spellings and gaps of its own.
type Dialect string

// The dialects. The zero value is docker's own client.
const (
	Docker Dialect = ""
	// Podman is podman; its flags are those of 4.3.1.
	Podman Dialect = "podman"
	// Nerdctl is containerd's nerdctl; its flags are those of 2.3.5.
	Nerdctl Dialect = "nerdctl"
	// Storm is the command file of Apache Storm's worker-launcher: one unquoted line, split at spaces, in which a few options
	// are allowed.
	Storm Dialect = "storm"
)
