package output

import (
	"encoding/json"
	"errors"
	"time"
)

// NetworkRow is one line of network ls.
type NetworkRow struct {
	ID        string // 64 digits with --no-trunc and from podman, else 12
	Name      string
	Driver    string
	Scope     string // local, global or swarm; "" from podman
	Internal  bool
	IPv6      bool
	CreatedAt time.Time
	LabelText string            // docker's text of all labels, which cannot be taken apart; see Row.LabelText
	Labels    map[string]string // podman's alone

	Raw json.RawMessage // the whole object
}

// ParseNetworks reads the output of network ls --format=JSONFormat, and podman's array.
func ParseNetworks(out []byte) ([]NetworkRow, error) {
	return rows("network ls", out, func(line json.RawMessage) (NetworkRow, error) {
		var raw struct {
			ID, Name, Driver, Scope string
			Internal, IPv6          looseBool
			IPv6Enabled             bool `json:"ipv6_enabled"` // podman's
			CreatedAt               looseTime
			Created                 looseTime // podman's
			Labels                  json.RawMessage
		}
		if err := json.Unmarshal(line, &raw); err != nil {
			return NetworkRow{}, err
		}
		if raw.Name == "" {
			return NetworkRow{}, errors.New("it has no name")
		}
		n := NetworkRow{
			ID: raw.ID, Name: raw.Name, Driver: raw.Driver, Scope: raw.Scope, Internal: bool(raw.Internal), IPv6: bool(raw.IPv6) ||
				raw.IPv6Enabled,
			CreatedAt: raw.CreatedAt.Time, Raw: line,
		}
		if n.CreatedAt.IsZero() {
			n.CreatedAt = raw.Created.Time
		}
		var err error
		n.LabelText, n.Labels, err = readLabels(raw.Labels)
		return n, err
	})
}

// NetworkDetails is what network inspect says of one network.
type NetworkDetails struct {
	ID         string `json:"Id"`
	Name       string
	Created    time.Time
	Scope      string
	Driver     string
	EnableIPv6 bool
	IPAM       NetworkIPAM
	Internal   bool
	Attachable bool
	Ingress    bool
	ConfigOnly bool
	// Containers are those that are on it now, by id.
	Containers map[string]NetworkContainer
	Options    map[string]string
	Labels     map[string]string

	Raw json.RawMessage `json:"-"` // everything, as the engine said it
}

// NetworkIPAM is who gives addresses on a network, and which.
type NetworkIPAM struct {
	Driver  string
	Options map[string]string
	Config  []NetworkPool
}

// NetworkPool is one range of addresses.
type NetworkPool struct {
	Subnet             string // 10.0.0.0/24
	IPRange            string
	Gateway            string // 20.10 leaves it out where the line named none
	AuxiliaryAddresses map[string]string
}

// NetworkContainer is a container on a network.
type NetworkContainer struct {
	Name        string
	EndpointID  string
	MacAddress  string
	IPv4Address string // with the length of its net: 10.0.0.2/24
	IPv6Address string
}

// ParseNetworkInspect reads the output of network inspect, without a format or with JSONFormat, and podman's.
func ParseNetworkInspect(out []byte) ([]NetworkDetails, error) {
	return details("network inspect", out, func(raw json.RawMessage) (NetworkDetails, error) {
		d := NetworkDetails{Raw: raw}
		loose := struct {
			*NetworkDetails
			Created looseTime
			// Podman's.
			IPv6Enabled bool `json:"ipv6_enabled"`
			Subnets     []NetworkPool
			IPAMOptions struct{ Driver string } `json:"ipam_options"`
		}{NetworkDetails: &d}
		err := json.Unmarshal(raw, &loose)
		if err == nil && d.Name == "" {
			err = errors.New("it has no name")
		}
		d.Created = loose.Created.Time
		d.EnableIPv6 = d.EnableIPv6 || loose.IPv6Enabled
		if len(loose.Subnets) > 0 {
			d.IPAM = NetworkIPAM{Driver: loose.IPAMOptions.Driver, Config: loose.Subnets}
		}
		return d, err
	})
}
