package main

import (
	"errors"
	"io"
	"path"
	"slices"
	"strings"

	"go.yaml.in/yaml/v3"

	"github.com/dockercmd/toolkit/internal/yamlfile"
	"github.com/dockercmd/toolkit/policy"
)

// configPath is the configuration's path. A build may give another:
//
//	go build -ldflags "-X main.configPath=/opt/site/launcher.yaml" ./cmd/dockercmd-launcher
var configPath = "/etc/dockercmd/launcher.yaml"

// config is what root has written. The file and every directory on the way to it must be root's, and writable by nobody else.
type config struct {
	// Version is the format's version, 1.
	Version int `yaml:"version"`
	// Group is the group whose members may call; "" is whoever may execute the file.
	Group string `yaml:"group"`
	// MinUID is the least number of a caller, and of a user whose files are handled; 0 is 1000. Banned are names below no roof.
	MinUID int      `yaml:"min-uid"`
	Banned []string `yaml:"banned"`
	// Docker is the client, an absolute path of a file that root alone may write; "" is /usr/bin/docker.
	Docker string `yaml:"docker"`
	// DockerGroup is the group of the engine's socket, which docker runs with, as the caller otherwise; "" is docker.
	DockerGroup string `yaml:"docker-group"`
	// Environment is docker's whole environment, beside a PATH of system directories. DOCKER_HOST stands here, if anywhere.
	Environment map[string]string `yaml:"environment"`
	// Policy is the path of a policy, which root must own as it does this file, or the name of a profile; "" is hardened.
	Policy string `yaml:"policy"`
	// Prefix begins the names of the caller's containers; {user} in it is the caller's name. Nil is "{user}-"; "" is any name.
	Prefix *string `yaml:"prefix"`
	// Work is the directory below which workers' directories are made; "" allows none.
	Work string `yaml:"work"`
	// TrustCallers has directories of the caller's own lead to what is mounted. A caller can then swap what is mounted between the
	// judgement and docker: its containers can see what the users that they run as may see, not what the policy's lists say.
	TrustCallers bool `yaml:"trust-callers"`
	// Storm speaks the protocol of Storm's worker-launcher, too.
	Storm bool `yaml:"storm"`
	// Audit is a file that a record of each decision is added to; what cannot be recorded is not run. "" is none.
	Audit string `yaml:"audit"`

	policy *policy.Policy
}

// maxConfig is the size of the largest configuration that is read.
const maxConfig = 256 << 10

// readConfig reads the configuration and its policy.
func readConfig(name string) (*config, error) {
	data, err := readTrusted(name, maxConfig)
	if err != nil {
		return nil, fail(statusSetup, "configuration: %w", err)
	}
	c, err := parseConfig(data)
	if err != nil {
		return nil, fail(statusSetup, "configuration %s: %w", name, err)
	}
	if !strings.Contains(c.Policy, "/") {
		if c.policy, err = policy.Profile(c.Policy); err != nil {
			return nil, fail(statusSetup, "configuration %s: policy: %w", name, err)
		}
		return c, nil
	}
	if data, err = readTrusted(c.Policy, maxConfig); err != nil {
		return nil, fail(statusSetup, "policy: %w", err)
	}
	if c.policy, err = policy.Read(strings.NewReader(string(data)), c.Policy); err != nil {
		return nil, fail(statusSetup, "%w", err)
	}
	return c, nil
}

// parseConfig reads a configuration strictly, and fills in its defaults.
func parseConfig(data []byte) (*config, error) {
	var doc *yaml.Node
	for next, err := range yamlfile.Documents(data) {
		if err != nil {
			return nil, err
		}
		if doc != nil {
			return nil, errors.New("a second document; give one")
		}
		doc = next
	}
	if doc == nil || doc.Kind != yaml.MappingNode {
		return nil, errors.New("no keys and values; begin with version: 1")
	}
	c := new(config)
	if err := yamlfile.Decode(doc, c); err != nil {
		return nil, err
	}
	if c.Version != 1 {
		return nil, errors.New("version: 1 is missing, or another")
	}
	defaults(c)
	for key, name := range map[string]string{"docker": c.Docker, "work": c.Work, "audit": c.Audit} {
		if name != "" && (!path.IsAbs(name) || path.Clean(name) != name || name == "/") {
			return nil, errors.New(key + " is no plain absolute path: " + name)
		}
	}
	if c.MinUID < 1 {
		return nil, errors.New("min-uid lets root call; give 1 or more")
	}
	for name := range c.Environment {
		if strings.HasPrefix(name, "LD_") || strings.ContainsAny(name, "=\x00") || name == "" {
			return nil, errors.New("environment holds a name that is not for docker: " + name)
		}
	}
	return c, nil
}

func defaults(c *config) {
	if c.MinUID == 0 {
		c.MinUID = 1000
	}
	if c.Docker == "" {
		c.Docker = "/usr/bin/docker"
	}
	if c.DockerGroup == "" {
		c.DockerGroup = "docker"
	}
	if c.Policy == "" {
		c.Policy = "hardened"
	}
	if c.Prefix == nil {
		prefix := "{user}-"
		c.Prefix = &prefix
	}
}

// isBanned reports whether a user may neither call nor own a worker's files.
func (c *config) isBanned(u account) bool {
	return u.uid < c.MinUID || slices.Contains(c.Banned, u.name)
}

// readAll reads a file of at most a number of bytes.
func readAll(r io.Reader, most int64) ([]byte, error) {
	data, err := io.ReadAll(io.LimitReader(r, most+1))
	if err == nil && int64(len(data)) > most {
		err = errors.New("it is too large")
	}
	return data, err
}
