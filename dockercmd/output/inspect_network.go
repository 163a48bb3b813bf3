package output

// NetworkSettings is how a container is on its networks. Before its first start, Networks holds what was asked for and no
// addresses.
type NetworkSettings struct {
	// Ports are where ports are open on the host; nil for a port that is exposed but not open. Empty unless the container runs.
	Ports      map[string][]PortBinding
	Networks   map[string]Endpoint // by the network's name
	SandboxID  string
	SandboxKey string // the network namespace, a path on the host

	// Of the default network alone; Networks has them for every network.
	Bridge              string
	EndpointID          string
	Gateway             string
	IPAddress           string
	IPPrefixLen         int
	IPv6Gateway         string
	GlobalIPv6Address   string
	GlobalIPv6PrefixLen int
	MacAddress          string
}

// Endpoint is a container on one network.
type Endpoint struct {
	// What the line asked for.
	IPAMConfig *IPAMConfig // nil without fixed addresses
	Links      []string    // OTHER:ALIAS
	Aliases    []string    // up to API 1.44 also the short id
	DriverOpts map[string]string
	GwPriority int64
	MacAddress string // or the one that the engine gave

	// What the engine gave; empty unless the container runs.
	NetworkID           string
	EndpointID          string
	Gateway             string
	IPAddress           string
	IPPrefixLen         int
	IPv6Gateway         string
	GlobalIPv6Address   string
	GlobalIPv6PrefixLen int
	DNSNames            []string // from API 1.44 on
}

// IPAMConfig is the fixed addresses that a line asked for.
type IPAMConfig struct {
	IPv4Address  string
	IPv6Address  string
	LinkLocalIPs []string
}
