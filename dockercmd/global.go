package dockercmd

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/dockercmd/toolkit/internal/table"
)

// Global are docker's options in front of the subcommand: which engine a line is for, and how the client reaches it. The zero value
// leaves all to the client's environment and configuration.
type Global struct {
	// Config is the directory of the client's configuration; "" is DOCKER_CONFIG, or .docker in the home.
	Config string
	// Context is the name of a context, which overrides DOCKER_HOST and the context in use. It goes not with Host.
	Context string
	// Debug makes the client and what it prints say more.
	Debug bool
	// Host is the engine: unix:///run/docker.sock, tcp://host:port, ssh://user@host. It overrides DOCKER_HOST.
	Host string
	// LogLevel is what the client tells of itself on standard error: debug, info, warn, error or fatal; "" is info.
	LogLevel string
	// TLS speaks TLS without asking who the engine is; false overrides DOCKER_TLS.
	TLS *bool
	// TLSCACert is the file of the authority that has signed the engine's certificate; nil is ca.pem in the configuration,
	// which must be there, and "" the system's authorities.
	TLSCACert *string
	// TLSCert is the file of the client's own certificate; nil is cert.pem in the configuration if that is there, "" is none.
	TLSCert *string
	// TLSKey is the file of the certificate's key; nil is key.pem in the configuration if that is there, "" is none.
	TLSKey *string
	// TLSVerify speaks TLS and wants to know the engine. False speaks TLS too, without asking, which differs from nil.
	TLSVerify *bool
}

// rows returns the flags in the order in which they render, which is that of docker's help.
func (g *Global) rows() []Flag {
	return []Flag{
		{Name: "config", Value: one(&g.Config, word), Usage: "directory of the client's configuration"},
		{Name: "context", Short: 'c', Value: one(&g.Context, word), Usage: "context to reach the engine by"},
		{Name: "debug", Short: 'D', Value: one(&g.Debug, boolean), Usage: "say more"},
		{Name: "host", Short: 'H', Value: one(&g.Host, hostAddress), Usage: "engine to connect to"},
		{Name: "log-level", Short: 'l', Value: one(&g.LogLevel, word), Usage: "debug, info, warn, error or fatal"},
		{Name: "tls", Value: optional(&g.TLS, boolean), Usage: "speak TLS; implied by --tlsverify"},
		{Name: "tlscacert", Value: optional(&g.TLSCACert, quotedPath), Usage: "file of the engine's authority"},
		{Name: "tlscert", Value: optional(&g.TLSCert, quotedPath), Usage: "file of the client's certificate"},
		{Name: "tlskey", Value: optional(&g.TLSKey, quotedPath), Usage: "file of the client's key"},
		{Name: "tlsverify", Value: optional(&g.TLSVerify, boolean), Usage: "speak TLS and verify the engine"},
	}
}

// GlobalFlags returns the table of docker's global options, each bound to its field of g.
func GlobalFlags(g *Global) []Flag { return g.rows() }

// isZero reports whether no option is set.
func (g *Global) isZero() bool { return *g == (Global{}) }

// Args returns the words between docker and the subcommand.
func (g *Global) Args() []string {
	if g.isZero() {
		return nil
	}
	return table.ArgsOf(g.rows())
}

func (g *Global) check(p *problems) {
	if g.isZero() {
		return
	}
	p.Values(g.rows())
	if g.Context != "" {
		p.context("--context", g.Context)
	}
	if g.Context != "" && g.Host != "" {
		p.Client("--host", "docker takes it or --context, not both; leave one out")
	}
	switch strings.ToLower(g.LogLevel) {
	case "", "trace", "debug", "info", "warn", "warning", "error", "fatal", "panic":
	default:
		p.Client("--log-level", "%q is no level; use debug, info, warn, error or fatal", g.LogLevel)
	}
}

var (
	hostAddress hostKind   // the address of an engine
	quotedPath  quotedKind // a path that docker takes out of quotes
)

// hostKind refuses an empty address: docker would take its own socket for it, whatever DOCKER_HOST says.
type hostKind struct{ table.WordKind }

func (hostKind) Parse(s string) (string, error) {
	s = strings.TrimSpace(s) // as docker does
	if s == "" {
		return "", errors.New("it is empty; docker's own socket is unix:///var/run/docker.sock")
	}
	return s, nil
}

// Check returns what is wrong with an address. The error never contains the whole of it, since a password may stand in it.
func (hostKind) Check(s *string) error {
	if *s != strings.TrimSpace(*s) {
		return errors.New("it begins or ends with white space, which docker drops")
	}
	scheme, rest, ok := strings.Cut(*s, "://")
	user, _, hasUser := strings.Cut(rest, "@")
	switch {
	case !ok && strings.HasPrefix(*s, "/"):
		return errors.New("a path alone is one on tcp://localhost to docker; put unix:// in front")
	case !ok:
		return nil // docker takes HOST:PORT for tcp
	case scheme == "ssh" && hasUser && strings.Contains(user, ":"):
		return errors.New("docker takes no password in an ssh address; use a key")
	case slices.Contains([]string{"unix", "tcp", "ssh", "fd", "npipe"}, scheme):
		return nil
	}
	return table.RefusedByClient(fmt.Errorf("the scheme %q is unknown; give unix:///path, tcp://host:port or ssh://user@host", scheme))
}

// quotedKind is docker's QuotedString: one pair of quotes around the whole is dropped, and an empty text is written as such a
// pair, since the clients (20.10 and 28.2) end in a panic otherwise.
type quotedKind struct{ table.WordKind }

func (quotedKind) Parse(s string) (string, error) {
	switch {
	case s == "":
		return "", errors.New("it is empty, which docker cannot read; write two quotes for an empty path")
	case !inQuotes(s):
		return s, nil
	case len(s) == 1:
		return "", fmt.Errorf("%q is a quote alone, which docker cannot read; give a path", s)
	}
	return s[1 : len(s)-1], nil
}
func (quotedKind) Append(dst []byte, s *string) []byte {
	if *s != "" && !inQuotes(*s) {
		return append(dst, *s...)
	}
	dst = append(dst, '\'')
	dst = append(dst, *s...)
	return append(dst, '\'')
}

func inQuotes(s string) bool {
	return s != "" && (s[0] == '\'' || s[0] == '"') && s[len(s)-1] == s[0]
}
