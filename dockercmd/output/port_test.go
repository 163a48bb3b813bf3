package output_test

import (
	"net/netip"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/dockercmd/toolkit/dockercmd/output"
	"github.com/dockercmd/toolkit/internal/recordings"
)

func TestParsePublished(t *testing.T) {
	t.Parallel()
	port := func(ip string, host, port uint16, protocol string) output.Published {
		p := output.Published{HostPort: host, Port: port, Protocol: protocol}
		if ip != "" {
			p.HostIP = netip.MustParseAddr(ip)
		}
		return p
	}
	want := []output.Published{port("127.0.0.1", 18080, 80, "tcp"), port("0.0.0.0", 18081, 81, "udp"), port("::", 18081, 81, "udp")}
	tests := []struct {
		name string
		out  []byte
		want []output.Published
	}{
		{"port of 20.10", recordings.Read(t, "20.10.24", "port.txt"), want},
		{"port of 28.2", recordings.Read(t, "28.2.2", "port.txt"), want},
		{"one port of 20.10", recordings.Read(t, "20.10.24", "port-81.txt"), []output.Published{port("0.0.0.0", 18081, 0, ""),
			port("::", 18081, 0, "")}},
		{"one port of 28.2", recordings.Read(t, "28.2.2", "port-81.txt"), []output.Published{port("0.0.0.0", 18081, 0, ""),
			port("::", 18081, 0, "")}},
		{"ps of 20.10", []byte("127.0.0.1:18080->80/tcp, 0.0.0.0:18081->81/udp, :::18081->81/udp"), want},
		{"ps of 28.2", []byte("127.0.0.1:18080->80/tcp, 0.0.0.0:18081->81/udp, [::]:18081->81/udp"), want},
		{"nothing", []byte("\n"), nil},
		{"exposed alone", []byte("80/tcp, 90-91/udp"), []output.Published{port("", 0, 80, "tcp"), port("", 0, 90, "udp"),
			port("", 0, 91, "udp")}},
		{"a range", []byte("[fe80::1%eth0]:8000-8001->80-81/sctp"), []output.Published{port("fe80::1%eth0", 8000, 80, "sctp"),
			port("fe80::1%eth0", 8001, 81, "sctp")}},
		{"all ports", []byte("0.0.0.0:65535->65535/tcp"), []output.Published{port("0.0.0.0", 65535, 65535, "tcp")}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			got, err := output.ParsePublished(tt.out)
			if diff := cmp.Diff(got, tt.want, cmp.Comparer(func(a, b netip.Addr) bool { return a == b })); err != nil || diff != "" {
				t.Errorf("%v, got -, want +\n%s", err, diff)
			}
		})
	}
	for out, want := range map[string]string{
		"80":                               `line 1 of the ports: "80" is not a port such as 127.0.0.1:18080->80/tcp`,
		"80/":                              `line 1 of the ports: "80/" is not a port such as 127.0.0.1:18080->80/tcp`,
		"\nx->80/tcp":                      `line 2 of the ports: "x->80/tcp" has no host address; ports look like 127.0.0.1:18080->80/tcp`,
		"x:1->80/tcp":                      `line 1 of the ports: "x:1->80/tcp" has no readable host address; ports look like 127.0.0.1:18080->80/tcp`,
		"0.0.0.0:1-2->80/tcp":              `line 1 of the ports: "0.0.0.0:1-2->80/tcp" has no readable host port; ports look like 127.0.0.1:18080->80/tcp`,
		"0.0.0.0:65536->80/tcp":            `line 1 of the ports: "0.0.0.0:65536->80/tcp" has no readable host port; ports look like 127.0.0.1:18080->80/tcp`,
		"Error: No public port '80/tcp' x": `line 1 of the ports: "Error: No public port '80/tcp' x" has no readable host address; ports look like 127.0.0.1:18080->80/tcp`,
	} {
		if got, err := output.ParsePublished([]byte(out)); err == nil || err.Error() != want {
			t.Errorf("%q: got %v, %v\nwant %s", out, got, err, want)
		}
	}
}
