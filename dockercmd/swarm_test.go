package dockercmd_test

import (
	"net/netip"
	"strings"
	"testing"
	"time"

	"github.com/dockercmd/toolkit/dockercmd"
	"github.com/dockercmd/toolkit/internal/recorder"
)

func init() {
	families = append(families, family{bare: bareSwarm, full: fullSwarm, problems: swarmProblems, client: swarmCases})
}

// locked is a manager that waits for its key, keeper one whose client has certificates.
var (
	locked = &recorder.Daemon{Swarm: recorder.Locked}
	keeper = &recorder.Daemon{Swarm: recorder.Manager, Files: map[string]string{
		"cert.pem": "-----BEGIN CERTIFICATE-----\n-----END CERTIFICATE-----\n", "other.pem": "-----BEGIN X-----\n-----END X-----\n",
		"key.pem": "-----BEGIN KEY-----\n-----END KEY-----\n",
	}}
)

func bareSwarm() map[string]dockercmd.Command {
	return map[string]dockercmd.Command{
		"swarm init":       &dockercmd.SwarmInit{},
		"swarm join":       &dockercmd.SwarmJoin{Manager: "10.0.0.1:2377"},
		"swarm leave":      &dockercmd.SwarmLeave{},
		"swarm join-token": &dockercmd.SwarmJoinToken{Role: "worker"},
		"swarm update":     &dockercmd.SwarmUpdate{},
		"swarm unlock":     &dockercmd.SwarmUnlock{},
		"swarm unlock-key": &dockercmd.SwarmUnlockKey{},
		"swarm ca":         &dockercmd.SwarmCA{},
	}
}

func fullSwarm() map[string]dockercmd.Command {
	extra := []string{"--new", "--newer=a b"}
	authorities := []dockercmd.ExternalCA{{URL: "https://ca.example"},
		{URL: "https://b,c", CACert: "/ca.pem", Options: map[string]string{"b": "", "a": "x"}}}
	return map[string]dockercmd.Command{
		"swarm init": &dockercmd.SwarmInit{
			AdvertiseAddr: "eth0:2377", Autolock: true, Availability: "pause", CertExpiry: 48 * time.Hour, DataPathAddr: "eth1",
			DataPathPort:              7777,
			DefaultAddrPools:          []netip.Prefix{netip.MustParsePrefix("10.0.0.0/8"), netip.MustParsePrefix("172.16.0.0/12")},
			DefaultAddrPoolMaskLength: new(uint64(0)),
			DispatcherHeartbeat:       9 * time.Second, ExternalCAs: authorities, ForceNewCluster: true, ListenAddr: "0.0.0.0",
			MaxSnapshots:     new(uint64(0)),
			SnapshotInterval: 500, TaskHistoryLimit: new(int64(0)), Extra: extra,
		},
		"swarm join": &dockercmd.SwarmJoin{
			AdvertiseAddr: "10.0.0.2", Availability: "drain", DataPathAddr: "eth1", ListenAddr: "eth0:2377", Token: "SWMTKN-1-x",
			Extra: extra, Manager: "[::1]:2377",
		},
		"swarm leave":      &dockercmd.SwarmLeave{Force: true, Extra: extra},
		"swarm join-token": &dockercmd.SwarmJoinToken{Quiet: true, Rotate: true, Extra: extra, Role: "manager"},
		"swarm update": &dockercmd.SwarmUpdate{
			Autolock: new(false), CertExpiry: new(time.Duration(0)), DispatcherHeartbeat: new(time.Duration(0)), ExternalCAs: authorities,
			MaxSnapshots: new(uint64(0)), SnapshotInterval: new(uint64(0)), TaskHistoryLimit: new(int64(-1)), Extra: extra,
		},
		"swarm unlock":     &dockercmd.SwarmUnlock{Extra: extra},
		"swarm unlock-key": &dockercmd.SwarmUnlockKey{Quiet: true, Rotate: true, Extra: extra},
		"swarm ca": &dockercmd.SwarmCA{
			CACert: "/c.pem", CAKey: "/k.pem", CertExpiry: new(time.Duration(0)), Detach: true, ExternalCAs: authorities, Quiet: true,
			Rotate: true, Extra: extra,
		},
	}
}

func swarmProblems() []problemCase {
	return []problemCase{
		{"swarm init: out of range", &dockercmd.SwarmInit{
			Availability: "Drain!", CertExpiry: time.Minute, DataPathPort: 80, DefaultAddrPoolMaskLength: new(uint64(33)),
			DispatcherHeartbeat: -1,
			DefaultAddrPools:    []netip.Prefix{{}, netip.MustParsePrefix("10.1.2.3/8")},
		}},
		{"swarm init: certificates", &dockercmd.SwarmInit{ExternalCAs: []dockercmd.ExternalCA{
			{}, {URL: "a\rb"}, {URL: "a", Options: map[string]string{"": "x"}}, {URL: "a", Options: map[string]string{"URL": "x"}},
			{URL: "a", Options: map[string]string{"a=b": "x"}},
		}}},
		{"swarm join: nowhere, with a broken token", &dockercmd.SwarmJoin{Token: "hunter2\x00", Availability: "x"}},
		{"swarm join: a broken address", &dockercmd.SwarmJoin{Manager: "a\xff"}},
		{"swarm join-token: no role", &dockercmd.SwarmJoinToken{Role: "leader"}},
		{"swarm update: nothing", &dockercmd.SwarmUpdate{}},
		{"swarm update: a short life", &dockercmd.SwarmUpdate{CertExpiry: new(time.Second)}},
		{"swarm leave: a flag of its own in Extra", &dockercmd.SwarmLeave{Extra: []string{"--force"}}},
		{"swarm ca: a certificate without a rotation", &dockercmd.SwarmCA{CACert: "/c.pem", CertExpiry: new(time.Minute)}},
		{"swarm ca: a certificate without a key", &dockercmd.SwarmCA{Rotate: true, CACert: "/c.pem"}},
		{"swarm ca: a key without a certificate", &dockercmd.SwarmCA{Rotate: true, CAKey: "/k.pem"}},
		{"swarm ca: a service without a certificate", &dockercmd.SwarmCA{Rotate: true, ExternalCAs: []dockercmd.ExternalCA{{URL: "a"}}}},
	}
}

var swarmCases = map[string][]clientCase{
	"swarm init": {
		swarmCase("advertise-addr", "swarm init --advertise-addr 10.0.0.1", "swarm init --advertise-addr=eth0:2377"),
		swarmCase("listen-addr", "swarm init --listen-addr eth0", "swarm init --listen-addr=10.0.0.1:99"),
		swarmCase("data-path-addr", "swarm init --data-path-addr eth1", "swarm init --data-path-addr=10.0.0.1"),
		swarmCase("data-path-port", "swarm init --data-path-port 7777", "swarm init --data-path-port=0x1000"),
		swarmCase("default-addr-pool", "swarm init --default-addr-pool 10.0.0.0/8",
			"swarm init --default-addr-pool=10.1.2.3/16,172.16.0.0/12 --default-addr-pool 192.168.0.0/16"),
		swarmCase("default-addr-pool-mask-length", "swarm init --default-addr-pool-mask-length 26",
			"swarm init --default-addr-pool-mask-length=0"),
		swarmCase("availability", "swarm init --availability drain", "swarm init --availability=PAUSE"),
		swarmCase("autolock", "swarm init --autolock", "swarm init --autolock=false"),
		swarmCase("cert-expiry", "swarm init --cert-expiry 48h", "swarm init --cert-expiry=1h30m"),
		swarmCase("external-ca", "swarm init --external-ca protocol=cfssl,url=https://ca.example",
			`swarm init --external-ca='PROTOCOL=CFSSL,"url=https://a,b",Option=x,other=' --external-ca url=c,protocol=cfssl`),
		swarmCase("external-ca", "swarm init --external-ca protocol=cfssl,url=a,cacert=cert.pem",
			"swarm init --external-ca=cacert=other.pem,protocol=cfssl,url=b").with(keeper),
		swarmCase("dispatcher-heartbeat", "swarm init --dispatcher-heartbeat 9s", "swarm init --dispatcher-heartbeat=1m"),
		swarmCase("task-history-limit", "swarm init --task-history-limit 3", "swarm init --task-history-limit=0",
			"swarm init --task-history-limit -1"),
		swarmCase("max-snapshots", "swarm init --max-snapshots 3", "swarm init --max-snapshots=0"),
		swarmCase("snapshot-interval", "swarm init --snapshot-interval 3", "swarm init --snapshot-interval=0x10"),
		swarmCase("force-new-cluster", "swarm init --force-new-cluster", "swarm init --force-new-cluster=false"),
	},
	"swarm join": {
		swarmCase("advertise-addr", "swarm join --advertise-addr 10.0.0.2 10.0.0.1:2377", "swarm join m1 --advertise-addr=eth0:2377"),
		swarmCase("listen-addr", "swarm join --listen-addr eth0 m1", "swarm join --listen-addr=10.0.0.1:99 m1"),
		swarmCase("data-path-addr", "swarm join --data-path-addr eth1 m1", "swarm join --data-path-addr=10.0.0.1 m1"),
		swarmCase("availability", "swarm join --availability drain m1", "swarm join --availability=PAUSE m1"),
		swarmCase("token", "swarm join --token SWMTKN-1-a 10.0.0.1:2377", "swarm join 10.0.0.1:2377 --token=SWMTKN-1-b"),
	},
	"swarm leave": {swarmCase("force", "swarm leave -f", "swarm leave --force=false", "swarm leave --force")},
	"swarm join-token": {
		swarmCase("quiet", "swarm join-token -q worker", "swarm join-token manager --quiet=false"),
		swarmCase("rotate", "swarm join-token --rotate worker", "swarm join-token manager --rotate -q",
			"swarm join-token --rotate=0 worker"),
	},
	"swarm update": {
		swarmCase("autolock", "swarm update --autolock=false", "swarm update --autolock --max-snapshots 2"),
		swarmCase("cert-expiry", "swarm update --cert-expiry 48h", "swarm update --cert-expiry=0"),
		swarmCase("external-ca", "swarm update --external-ca protocol=cfssl,url=https://ca.example",
			"swarm update --external-ca=protocol=cfssl,url=a,x=y"),
		swarmCase("dispatcher-heartbeat", "swarm update --dispatcher-heartbeat 3s", "swarm update --dispatcher-heartbeat=0"),
		swarmCase("task-history-limit", "swarm update --task-history-limit 3", "swarm update --task-history-limit=0"),
		swarmCase("max-snapshots", "swarm update --max-snapshots 2", "swarm update --max-snapshots=0"),
		swarmCase("snapshot-interval", "swarm update --snapshot-interval 3", "swarm update --snapshot-interval=0"),
	},
	"swarm unlock": {swarmCase("", "swarm unlock", "swarm unlock --").with(locked).hidden("swarm unlock has no flags")},
	"swarm unlock-key": {
		swarmCase("quiet", "swarm unlock-key -q", "swarm unlock-key --quiet=false"),
		swarmCase("rotate", "swarm unlock-key --rotate", "swarm unlock-key --rotate=false -q"),
	},
	"swarm ca": {
		swarmCase("rotate", "swarm ca --rotate -d", "swarm ca --rotate=false"),
		swarmCase("ca-cert", "swarm ca --rotate -d --ca-key key.pem --ca-cert cert.pem",
			"swarm ca -d --ca-cert=other.pem --ca-key=key.pem --rotate").with(keeper),
		swarmCase("ca-key", "swarm ca --rotate -d --ca-cert cert.pem --ca-key key.pem",
			"swarm ca -d --ca-cert=cert.pem --rotate --ca-key=other.pem").with(keeper),
		swarmCase("cert-expiry", "swarm ca --rotate -d --cert-expiry 2h", "swarm ca --rotate -d --cert-expiry=0"),
		swarmCase("external-ca", "swarm ca --rotate -d --ca-cert cert.pem --external-ca protocol=cfssl,url=a",
			"swarm ca --rotate -d --ca-cert=cert.pem --external-ca=url=b,protocol=cfssl").with(keeper),
		swarmCase("detach", "swarm ca --rotate -d", "swarm ca --rotate --detach=false"),
		swarmCase("quiet", "swarm ca --rotate -q", "swarm ca --rotate --quiet=false"),
	},
}

// TestTokensAreHidden holds that the token of a swarm shows nowhere but in the line that runs.
func TestTokensAreHidden(t *testing.T) {
	t.Parallel()
	cmd, err := dockercmd.Parse([]string{"swarm", "join", "--token", "KEY=" + secret, "10.0.0.1"})
	if err != nil {
		t.Fatal(err)
	}
	const want = "docker swarm join --token=... 10.0.0.1"
	for _, got := range []string{dockercmd.Redacted(cmd), cmd.LogValue().String()} {
		if got != want {
			t.Errorf("got %s, want %s", got, want)
		}
	}
	for _, line := range [][]string{
		{"swarm", "join", "--token=" + secret}, {"swarm", "join", "--tokn=" + secret, "a"}, {"swarm", "join", "--token=" + secret, "a",
			"b"}, {"swarm", "join", "--token", secret, "-x", "a"},
	} {
		if _, err := dockercmd.Parse(line); err == nil || strings.Contains(err.Error(), secret) {
			t.Errorf("%q: the error is %v", line, err)
		}
	}
	if err := (&dockercmd.SwarmJoin{Token: secret + "\x00", Manager: "a"}).Validate(); err == nil ||
		strings.Contains(err.Error(), secret) {
		t.Errorf("the problem is %v", err)
	}
}
