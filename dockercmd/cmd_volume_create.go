package dockercmd

import (
	"errors"

	"github.com/dockercmd/toolkit/internal/table"
)

// VolumeCreate is docker volume create: make a volume, and print its name. One that exists already is left as it is.
//
// Availability, Group, LimitBytes, RequiredBytes, Scope, Sharing and Type make it a volume of a swarm's cluster, whose driver
// is a plugin. They, Secrets and the topologies are from 23.0 on.
type VolumeCreate struct {
	// Availability is active, pause or drain.
	Availability string
	// Driver is local or a plugin's; "" is local.
	Driver string
	// Group is a name by which a service can ask for any volume of several; nil is none, and makes no volume of a cluster.
	Group *string
	// Labels are noted with the volume.
	Labels map[string]string
	// LimitBytes is the most that it may hold; nil and 0 are no limit, but 0 makes a volume of a cluster. (Docker's help calls it
	// the minimum.)
	LimitBytes *Bytes
	// Name is another way to give Volume; docker refuses both together.
	Name string
	// Options are for the volume's driver. They may hold passwords, and are hidden in logs.
	Options map[string]string
	// RequiredBytes is the least that it must hold; nil and 0 are none, but 0 makes a volume of a cluster. (Docker's help calls it
	// the maximum.)
	RequiredBytes *Bytes
	// Scope is single or multi: on how many nodes it can be used at a time.
	Scope string
	// Secrets are the swarm's secrets that the plugin needs, by the plugin's names for them.
	Secrets map[string]string
	// Sharing is none, readonly, onewriter or all: what containers can do with it side by side.
	Sharing string
	// TopologiesPreferred are places where it would best be, in order.
	TopologiesPreferred []Topology
	// TopologiesRequired are places of which it must be reachable from one.
	TopologiesRequired []Topology
	// Type is block or mount: a device or a file system. "" is block.
	Type string

	// Extra are flags that this package does not know, each --name or --name=value.
	Extra []string

	// Volume is the name of the new volume; "" lets docker make one up.
	Volume string
}

var volumeCreateSpec = table.Spec{
	Names:    []string{"volume create"},
	Operands: "[VOLUME]",
	New:      func() table.Command { return new(VolumeCreate).Table() },
}

func (v *VolumeCreate) flags() []Flag {
	none := []Dialect{Podman, Nerdctl}
	return []Flag{
		{Name: "availability", Value: one(&v.Availability, choice), Since: "23.0", Lacks: none, API: "1.42",
			Usage: "of a volume of a cluster: active, pause or drain"},
		{Name: "driver", Short: 'd', Value: one(&v.Driver, choice), Lacks: []Dialect{Nerdctl}, Default: "local",
			Usage: "driver of the volume"},
		{Name: "group", Value: optional(&v.Group, word), Since: "23.0", Lacks: none, API: "1.42",
			Usage: "group of a volume of a cluster"},
		{Name: "label", Value: pairs(&v.Labels, label), Splits: []Dialect{Podman}, Usage: "label of the volume, KEY=value"},
		{Name: "limit-bytes", Value: optional(&v.LimitBytes, size), Since: "23.0", Lacks: none, API: "1.42",
			Usage: "the most that a volume of a cluster may hold"},
		{Name: "name", Value: one(&v.Name, word), Lacks: none, Instead: "the name behind the flags", Usage: "name of the volume"},
		{Name: "opt", Short: 'o', Value: pairs(&v.Options, secretPair), Secret: true, Lacks: []Dialect{Nerdctl},
			Usage: "option for the driver, KEY=value"},
		{Name: "required-bytes", Value: optional(&v.RequiredBytes, size), Since: "23.0", Lacks: none, API: "1.42",
			Usage: "the least that a volume of a cluster must hold"},
		{Name: "scope", Value: one(&v.Scope, choice), Since: "23.0", Lacks: none, API: "1.42",
			Usage: "of a volume of a cluster: single or multi"},
		{Name: "secret", Value: pairs(&v.Secrets, pair), Since: "23.0", Lacks: none, API: "1.42",
			Usage: "a swarm's secret for the plugin, KEY=SECRET"},
		{Name: "sharing", Value: one(&v.Sharing, choice), Since: "23.0", Lacks: none, API: "1.42",
			Usage: "of a volume of a cluster: none, readonly, onewriter or all"},
		{Name: "topology-preferred", Value: many(&v.TopologiesPreferred, topology), Since: "23.0", Lacks: none, API: "1.42",
			Usage: "place where it would best be"},
		{Name: "topology-required", Value: many(&v.TopologiesRequired, topology), Since: "23.0", Lacks: none, API: "1.42",
			Usage: "place from which it must be reachable"},
		{Name: "type", Value: one(&v.Type, choice), Since: "23.0", Lacks: none, API: "1.42",
			Usage: "of a volume of a cluster: block or mount"},
	}
}

func (v *VolumeCreate) appendOperands(dst []string) []string { return appendOptional(dst, v.Volume) }
func (v *VolumeCreate) setOperands(words []string) error {
	switch {
	case len(words) > 1:
		return errors.New("too many words; give the name of one VOLUME")
	case len(words) == 1 && words[0] == "":
		return errors.New("the VOLUME is empty; leave it out, and docker makes a name up")
	case len(words) == 1:
		v.Volume = words[0]
	}
	return nil
}
func (v *VolumeCreate) check(p *problems) {
	if v.Volume != "" && v.Name != "" {
		p.Client("--name", "and a VOLUME behind the flags are both given; give one of them")
	}
	if err := ValidVolume(v.Name); v.Name != "" && err != nil {
		p.Add("--name", "%w", err)
	}
	if err := ValidVolume(v.Volume); v.Volume != "" && err != nil {
		p.Add("VOLUME", "%w", err)
	}
	oneOf(p, "--availability", v.Availability, "active", "pause", "drain")
	oneOf(p, "--scope", v.Scope, "single", "multi")
	oneOf(p, "--sharing", v.Sharing, "none", "readonly", "onewriter", "all")
	oneOf(p, "--type", v.Type, "block", "mount")
	if v.LimitBytes != nil && v.RequiredBytes != nil && *v.LimitBytes != 0 && *v.RequiredBytes > *v.LimitBytes {
		p.Add("--required-bytes", "%s is more than --limit-bytes, %s", *v.RequiredBytes, *v.LimitBytes)
	}
	if !v.ofCluster() {
		const dropped = "is dropped without a word unless a flag such as --scope=single makes the volume one of a cluster"
		if len(v.Secrets) > 0 {
			p.Add("--secret", dropped)
		}
		if len(v.TopologiesPreferred) > 0 {
			p.Add("--topology-preferred", dropped)
		}
		if len(v.TopologiesRequired) > 0 {
			p.Add("--topology-required", dropped)
		}
	}
}

// ofCluster reports whether docker's client makes a volume of a cluster. (Client 28.2.2.)
func (v *VolumeCreate) ofCluster() bool {
	return v.Availability != "" || v.Group != nil || v.LimitBytes != nil || v.RequiredBytes != nil || v.Scope != "" ||
		v.Sharing != "" || v.Type != ""
}
