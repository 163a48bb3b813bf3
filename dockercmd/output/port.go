package output

import (
	"fmt"
	"net/netip"
	"strings"

	"github.com/dockercmd/toolkit/internal/portrange"
)

// Published is one port of a container's, and where on the host it is open.
type Published struct {
	HostIP   netip.Addr // 0.0.0.0 or :: is every address; the zero Addr when the port is not open on the host
	HostPort uint16     // 0 when the port is not open on the host
	Port     uint16     // the container's; 0 in the output of port CONTAINER PRIVATE_PORT, which does not repeat it
	Protocol string     // tcp, udp or sctp; "" where Port is 0
}

// maxPublished is more ports than a host has, for all protocols and families of addresses together.
const maxPublished = 8 << 16

// ParsePublished reads the output of port, with a private port (127.0.0.1:18080, a line each) and without (80/tcp ->
// 127.0.0.1:18080), and the text of ps, Row.Ports (127.0.0.1:18080->80/tcp, 81/udp), whose ranges it takes apart. Every
// address of IPv6 is :::18081 from 20.10 and [::]:18081 from 28.0 on.
func ParsePublished(out []byte) ([]Published, error) {
	var list []Published
	number := 0
	for line := range strings.Lines(string(out)) {
		number++
		for part := range strings.SplitSeq(strings.TrimSpace(line), ",") {
			if part = strings.TrimSpace(part); part == "" {
				continue
			}
			ports, err := parsePublished(part)
			if err != nil {
				return nil, fmt.Errorf("line %d of the ports: %w", number, err)
			}
			if list = append(list, ports...); len(list) > maxPublished {
				return nil, fmt.Errorf("line %d of the ports: more than %d ports in all", number, maxPublished)
			}
		}
	}
	return list, nil
}

func parsePublished(s string) ([]Published, error) {
	host, container := s, ""
	if inside, outside, ok := strings.Cut(s, " -> "); ok {
		host, container = outside, inside
	} else if outside, inside, ok := strings.Cut(s, "->"); ok {
		host, container = outside, inside
	} else if !strings.Contains(s, ":") {
		host, container = "", s
	}
	var first Published
	var last uint16 // of the container's, or of the host's where the container's is not said
	if container != "" {
		ports, protocol, ok := strings.Cut(container, "/")
		low, high, err := portrange.Parse(ports)
		if err != nil || !ok || protocol == "" {
			return nil, fmt.Errorf("%.80q is not a port such as 127.0.0.1:18080->80/tcp", s)
		}
		first.Port, first.Protocol, last = uint16(low), protocol, uint16(high)
	}
	if host != "" {
		i := strings.LastIndexByte(host, ':')
		if i < 0 {
			return nil, fmt.Errorf("%.80q has no host address; ports look like 127.0.0.1:18080->80/tcp", s)
		}
		ip, err := netip.ParseAddr(strings.TrimSuffix(strings.TrimPrefix(host[:i], "["), "]"))
		if err != nil {
			return nil, fmt.Errorf("%.80q has no readable host address; ports look like 127.0.0.1:18080->80/tcp", s)
		}
		low, high, err := portrange.Parse(host[i+1:])
		if err != nil || container != "" && high-low != int(last)-int(first.Port) {
			return nil, fmt.Errorf("%.80q has no readable host port; ports look like 127.0.0.1:18080->80/tcp", s)
		}
		first.HostIP, first.HostPort = ip, uint16(low)
		if container == "" {
			last = uint16(high)
		}
	}
	n := int(last) - int(first.Port)
	if container == "" {
		n = int(last) - int(first.HostPort)
	}
	list := make([]Published, 0, n+1)
	for i := range n + 1 {
		p := first
		if container != "" {
			p.Port += uint16(i)
		}
		if host != "" {
			p.HostPort += uint16(i)
		}
		list = append(list, p)
	}
	return list, nil
}
