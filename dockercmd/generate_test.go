package dockercmd_test

import (
	"fmt"
	"math/rand/v2"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/dockercmd/toolkit/dockercmd"
)

// generator makes random valid commands. What a type or a field allows stands in the tables below; all else is any text.
type generator struct {
	*rand.Rand
	t *testing.T
}

// newGenerator takes its seed from the clock, and says it when the test fails.
func newGenerator(t *testing.T) generator {
	seed := uint64(time.Now().UnixNano())
	t.Cleanup(func() {
		if t.Failed() {
			t.Logf("seed %d", seed)
		}
	})
	return generator{rand.New(rand.NewPCG(seed, 1)), t}
}

func pick[T any](g generator, values ...T) T { return values[g.IntN(len(values))] }

// text returns any word that docker can be given, mostly a nasty one.
func (g generator) text() string {
	letters := []rune("ab09-_.,:;=/ \t\n\r\"'\\`$(){}[]<>|&*?~#%!^@+éß漢\u2028\U0001f433")
	word := make([]rune, 1+g.IntN(8))
	for i := range word {
		word[i] = letters[g.IntN(len(letters))]
	}
	return string(word)
}

func (g generator) path() string {
	p := ""
	for range 1 + g.IntN(3) {
		p += "/" + pick(g, "a", "b c", "d,e", "é", `f"g`, "h=i", "-j", "x.y") + fmt.Sprint(g.IntN(50))
	}
	return p
}

// key returns a name in a list of KEY=value: any text without '='.
func (g generator) key() string { return "k" + strings.ReplaceAll(g.text(), "=", "-") }

func (g generator) name() string {
	return pick(g, "w1", "worker-7", "A.b_c", strings.Repeat("0f", 32), fmt.Sprintf("x%d", g.IntN(1000)))
}

func (g generator) words() []string {
	words := make([]string, 1+g.IntN(4))
	for i := range words {
		words[i] = pick(g, g.text(), "", "-c", "--", "--name=x", "-", "sh")
	}
	return words
}

func (g generator) port() string {
	if g.IntN(3) == 0 {
		return "8000-8002"
	}
	return fmt.Sprint(g.IntN(65536))
}

// byType are the generators of every type of field that is not plain text; each makes a value other than zero.
var byType = map[reflect.Type]func(generator) any{
	reflect.TypeFor[bool]():            func(g generator) any { return true },
	reflect.TypeFor[int64]():           func(g generator) any { return 1 + g.Int64N(1<<40) },
	reflect.TypeFor[uint64]():          func(g generator) any { return 1 + g.Uint64N(1<<60) },
	reflect.TypeFor[time.Duration]():   func(g generator) any { return time.Duration(1 + g.Int64N(int64(300*time.Hour))) },
	reflect.TypeFor[dockercmd.Bytes](): func(g generator) any { return 6*dockercmd.MiB + dockercmd.Bytes(g.Int64N(1<<g.IntN(62)+1)) },
	reflect.TypeFor[dockercmd.CPUs]():  func(g generator) any { return dockercmd.CPU/100 + dockercmd.CPUs(g.Int64N(1<<g.IntN(62)+1)) },
	reflect.TypeFor[dockercmd.Mount](): func(g generator) any { return g.mount() },
	reflect.TypeFor[dockercmd.Volume](): func(g generator) any {
		v := dockercmd.Volume{Target: pick(g, "/a b", "/data", "/c,d", "/é=x")}
		v.Source = pick(g, "", "vol1", "/host dir", "/h,i")
		if v.Source != "" && g.IntN(2) == 0 {
			v.Options = pick(g, []string{"ro"}, []string{"rw", "Z"}, []string{"rslave", "ro", "z"}, []string{"nocopy"})
		}
		return v
	},
	reflect.TypeFor[dockercmd.PortMapping](): func(g generator) any {
		p := dockercmd.PortMapping{Container: g.port(), Protocol: pick(g, "", "tcp", "udp", "sctp")}
		p.IP = pick(g, "", "", "127.0.0.1", "::1", "fe80::1")
		if g.IntN(2) == 0 {
			p.Host = p.Container
		}
		return p
	},
	reflect.TypeFor[dockercmd.Ulimit](): func(g generator) any {
		soft := g.Int64N(1 << 40)
		return dockercmd.Ulimit{Name: pick(g, "nofile", "core", "memlock"), Soft: soft, Hard: pick(g, soft, soft+g.Int64N(99), -1)}
	},
	reflect.TypeFor[dockercmd.Device](): func(g generator) any {
		return pick(g, dockercmd.Device{Host: "/dev/x"}, dockercmd.Device{Host: "/dev/x y", Permissions: "rm"},
			dockercmd.Device{Host: "vendor.com/class=name"},
			dockercmd.Device{Host: "/dev/x", Container: "/dev/y"}, dockercmd.Device{Host: "/dev/x", Container: "/rw", Permissions: "mrw"})
	},
	reflect.TypeFor[dockercmd.RestartPolicy](): func(g generator) any {
		return pick(g, dockercmd.RestartPolicy{Policy: "always"}, dockercmd.RestartPolicy{Policy: "on-failure", Max: g.IntN(9)},
			dockercmd.RestartPolicy{Policy: "unless-stopped"}, dockercmd.RestartPolicy{Policy: "no"})
	},
	reflect.TypeFor[dockercmd.TmpfsMount](): func(g generator) any {
		return dockercmd.TmpfsMount{Target: strings.ReplaceAll(g.path(), ":", ""),
			Options: pick(g, nil, []string{"ro"}, []string{"size=64m", "mode=1777", "exec"})}
	},
	reflect.TypeFor[dockercmd.GPURequest](): func(g generator) any {
		r := dockercmd.GPURequest{Driver: pick(g, "", "nvidia", `a,"b`), Capabilities: pick(g, nil, []string{"compute", "utility"})}
		if g.IntN(2) == 0 {
			r.Count = pick(g, -1, 1, 8)
		} else {
			r.Devices = pick(g, []string{"0", "1"}, []string{"GPU-x"}, []string{`a"b`, "c d"})
		}
		r.Options = pick(g, nil, map[string]string{"": "", "a": "b,c", `"k`: "v=\n"})
		return r
	},
	reflect.TypeFor[dockercmd.WeightDevice](): func(g generator) any {
		return dockercmd.WeightDevice{Path: "/dev/" + g.name(), Weight: pick[uint16](g, 0, 10, 1000)}
	},
	reflect.TypeFor[dockercmd.BpsDevice](): func(g generator) any {
		return dockercmd.BpsDevice{Path: "/dev/" + g.name(), Rate: dockercmd.Bytes(g.Int64N(1 << 50))}
	},
	reflect.TypeFor[dockercmd.IOpsDevice](): func(g generator) any {
		return dockercmd.IOpsDevice{Path: "/dev/" + g.name(), Rate: g.Uint64()}
	},
	reflect.TypeFor[dockercmd.ExposedPort](): func(g generator) any {
		return dockercmd.ExposedPort{Port: g.port(), Protocol: pick(g, "", "tcp", "udp", "sctp")}
	},
	reflect.TypeFor[dockercmd.SecurityOpt](): func(g generator) any {
		return pick[dockercmd.SecurityOpt](g, "no-new-privileges", "no-new-privileges:false", dockercmd.SecurityOpt("seccomp="+g.path()),
			"label:disable", "systempaths=unconfined")
	},
	reflect.TypeFor[dockercmd.Link](): func(g generator) any {
		return dockercmd.Link(g.name() + pick(g, "", ":a", ":a b"))
	},
	reflect.TypeFor[dockercmd.VolumesFrom](): func(g generator) any {
		return dockercmd.VolumesFrom(g.name() + pick(g, "", ":ro", ":rw,z", ":Z"))
	},
	reflect.TypeFor[dockercmd.DeviceCgroupRule](): func(g generator) any {
		return pick[dockercmd.DeviceCgroupRule](g, "c 1:3 rwm", "a *:* r", "b 8:* mw")
	},
	reflect.TypeFor[dockercmd.Filter](): func(g generator) any {
		return dockercmd.Filter{Key: pick(g, "name", "label!", "k "+"é"), Value: strings.TrimSpace(g.text())}
	},
	reflect.TypeFor[dockercmd.Host](): func(g generator) any {
		return dockercmd.Host{Name: pick(g, "h1", "a b", "x.y"), IP: pick(g, "10.0.0.1", "::1", "2001:db8::1", "host-gateway", "fe80::1")}
	},
}

func (g generator) mount() dockercmd.Mount {
	m := dockercmd.Mount{Type: pick(g, "", "bind", "volume", "tmpfs", "image"), Target: g.path(), ReadOnly: g.IntN(2) == 0,
		Consistency: pick(g, "", "cached")}
	switch m.Type {
	case "bind":
		m.Source = g.path()
		m.BindPropagation = pick(g, "", "rprivate", "slave")
		m.BindNonRecursive = g.IntN(4) == 0
		m.BindCreateSrc = g.IntN(4) == 0
		m.BindRecursive = pick(g, "", "enabled", "disabled")
		if m.ReadOnly && m.BindPropagation == "rprivate" {
			m.BindRecursive = pick(g, "writable", "readonly")
		}
	case "tmpfs":
		m.TmpfsSize = dockercmd.Bytes(g.Int64N(1 << 40))
		m.TmpfsMode = g.Uint32N(0o10000)
	case "image":
		m.Source = "busybox"
		m.ImageSubpath = pick(g, "", "a,b/c")
	default:
		m.Source = pick(g, "", "vol1", "v,2")
		m.VolumeNoCopy = g.IntN(2) == 0
		m.VolumeDriver = pick(g, "", "d")
		m.VolumeSubpath = pick(g, "", `x"y`)
		if g.IntN(2) == 0 {
			m.VolumeLabels = map[string]string{"a": "", "b,c": "d=e"}
			m.VolumeOptions = map[string]string{"o": "addr=1.2.3.4,rw", "line": "a\nb"}
		}
	}
	return m
}

func (g generator) network() dockercmd.Network {
	n := dockercmd.Network{Name: pick(g, "n1", "My Net", "host", "container:w1", "a=b", "é", "name=x,alias=y", "n,\"1")}
	if n.UserDefined() && n.Name != "My Net" && g.IntN(2) == 0 {
		n.Aliases = pick(g, nil, []string{"a"}, []string{"ü", "b,c"})
		n.IP = pick(g, "", "10.0.0.2")
		n.IP6 = pick(g, "", "2001:db8::2")
		n.LinkLocalIPs = pick(g, nil, []string{"169.254.1.1", "fe80::1"})
		n.DriverOpts = pick(g, nil, map[string]string{"a.b": "c=d,e", "x": ""})
		n.GWPriority = pick(g, 0, -1, 7)
		n.MACAddress = pick(g, "", "02:42:ac:11:00:02")
	}
	return n
}

// pairs returns a map with any values under some of the keys.
func (g generator) pairs(keys ...string) map[string]string {
	pairs := map[string]string{}
	for _, key := range keys[g.IntN(len(keys)):] {
		pairs[key] = pick(g, "", g.text())
	}
	return pairs
}

// byField are the generators of fields whose text docker or Validate holds to a grammar, and of operands. A name may have its
// command in front: "network create Subnets".
var byField = map[string]func(generator) any{
	"Name":        func(g generator) any { return g.name() },
	"Container":   func(g generator) any { return g.name() },
	"Destination": func(g generator) any { return g.name() + ":" + g.path() },
	"PsOptions":   func(g generator) any { return g.words() },
	"PrivatePort": func(g generator) any { return pick(g, "", "80", "53/udp", "9/sctp") },
	"Pause":       func(g generator) any { return new(g.IntN(2) == 0) },
	"NewName":     func(g generator) any { return g.name() },
	"Containers":  func(g generator) any { return []string{g.name(), g.name()}[:1+g.IntN(2)] },
	"Names":       func(g generator) any { return []string{"n" + g.text(), "-f", "x"}[:1+g.IntN(3)] },
	"Image": func(g generator) any {
		return pick(g, "busybox", "reg:5000/a/b:T-1", "a@sha256:"+strings.Repeat("0", 64))
	},
	"Images":     func(g generator) any { return []string{"busybox:1", "sha256:" + strings.Repeat("0", 64)}[:1+g.IntN(2)] },
	"Source":     func(g generator) any { return pick(g, "-", "/a b.tar", "-x") },
	"Repository": func(g generator) any { return pick(g, "", "app:1") },
	"Command":    func(g generator) any { return g.words() },
	"Networks": func(g generator) any {
		return []dockercmd.Network{g.network(), {Name: "n2", Aliases: []string{"b"}}}[:1+g.IntN(2)]
	},
	"CpusetCpus":       func(g generator) any { return pick(g, "0", "0-3", "1,3-5") },
	"CpusetMems":       func(g generator) any { return pick(g, "0", "0-1") },
	"Workdir":          func(g generator) any { return g.path() },
	"CapAdd":           func(g generator) any { return []string{"NET_RAW", "ALL"}[:1+g.IntN(2)] },
	"CapDrop":          func(g generator) any { return []string{"ALL", "x"}[:1+g.IntN(2)] },
	"Labels":           func(g generator) any { return g.pairs("a.b", "b-c") },
	"Sysctls":          func(g generator) any { return g.pairs("net.ipv4.ip_forward", "kernel.shmmax", "fs.mqueue.x") },
	"MemorySwappiness": func(g generator) any { return new(g.Int64N(102) - 1) },
	"OOMScoreAdj":      func(g generator) any { return pick[int64](g, -1000, -1, 1000) },
	"BlkioWeight":      func(g generator) any { return 10 + g.Uint64N(991) },
	"PidsLimit":        func(g generator) any { return pick[int64](g, -1, 1, 1000) },
	"Env": func(g generator) any {
		return []string{g.envName() + "=" + g.text(), g.envName(), g.envName() + "="}[g.IntN(3):]
	},
	"Entrypoint":          func(g generator) any { return new(pick(g, "", "/bin/sh", "-x")) },
	"CgroupNS":            func(g generator) any { return pick(g, "host", "private") },
	"UTS":                 func(g generator) any { return "host" },
	"UserNS":              func(g generator) any { return "host" },
	"IPC":                 func(g generator) any { return pick(g, "none", "shareable", "container:w1") },
	"IP":                  func(g generator) any { return "10.0.0.3" },
	"IP6":                 func(g generator) any { return "2001:db8::3" },
	"LinkLocalIPs":        func(g generator) any { return []string{"169.254.1.1", "fe80::1"}[g.IntN(2):] },
	"MACAddress":          func(g generator) any { return pick(g, "02:42:ac:11:00:02", "02-42-AC-11-00-02", "0242.ac11.0002") },
	"DNS":                 func(g generator) any { return []string{"1.1.1.1", "2606:4700::1111"}[g.IntN(2):] },
	"DNSAdd":              func(g generator) any { return []string{"1.1.1.1", "2606:4700::1111"}[g.IntN(2):] },
	"DNSSearchAdd":        func(g generator) any { return []string{"example.org", ".", "a-b.c."}[g.IntN(3):] },
	"DNSSearch":           func(g generator) any { return []string{"example.org", ".", "a-b.c."}[g.IntN(3):] },
	"Platform":            func(g generator) any { return pick(g, "linux", "linux/amd64", "linux/arm64/v8") },
	"PID":                 func(g generator) any { return pick(g, "host", "container:w1") },
	"StopSignal":          func(g generator) any { return pick(g, "SIGINT", "9", "rtmin+3") },
	"Signal":              func(g generator) any { return pick(g, "SIGINT", "9", "RTMAX-3", "hup") },
	"StopTimeout":         func(g generator) any { return new(g.Int64N(100) - 1) },
	"Timeout":             func(g generator) any { return new(g.Int64N(100) - 1) },
	"Pull":                func(g generator) any { return pick(g, "always", "never", "missing") },
	"Attach":              func(g generator) any { return []string{"stdin", "stdout", "stderr"}[g.IntN(3):] },
	"Tail":                func(g generator) any { return pick(g, "all", "0", "100") },
	"Init":                func(g generator) any { return new(g.IntN(2) == 0) },
	"inspect Type":        func(g generator) any { return pick(g, "container", "image", "network") },
	"Human":               func(g generator) any { return new(g.IntN(2) == 0) },
	"IPv4":                func(g generator) any { return new(g.IntN(2) == 0) },
	"IPv6":                func(g generator) any { return new(g.IntN(2) == 0) },
	"SigProxy":            func(g generator) any { return new(g.IntN(2) == 0) },
	"DisableContentTrust": func(g generator) any { return new(g.IntN(2) == 0) },
}

func init() {
	for field, make := range map[string]func(generator) any{
		"Network": func(g generator) any { return pick(g, "n1", "My Net", "-n", "é", strings.Repeat("0f", 32)) },
		"Volume":  func(g generator) any { return g.name() },
		"Platform": func(g generator) any {
			return pick(g, "linux", "linux/amd64", "linux/arm64/v8")
		},
		"Platforms":    func(g generator) any { return []string{"linux/amd64", "linux/arm64/v8", "linux"}[g.IntN(3):] },
		"Availability": func(g generator) any { return pick(g, "active", "pause", "drain") },

		"network create AuxAddresses": func(g generator) any {
			return map[string]string{"a" + g.key(): pick(g, "10.1.0.8", "2001:db8::8"), "b": "10.1.0.9"}
		},
		"network create Gateways":  func(g generator) any { return []string{"10.1.0.1", "2001:db8::1"}[g.IntN(2):] },
		"network create IPRanges":  func(g generator) any { return []string{"10.1.4.0/24", "2001:db8::/80"}[g.IntN(2):] },
		"network create Subnets":   func(g generator) any { return []string{"10.9.0.0/24", "2001:db8::/64", "10.1.0.0/16"}[g.IntN(2):] },
		"network create Scope":     func(g generator) any { return pick(g, "swarm", "global") },
		"network create Driver":    func(g generator) any { return "d" + g.text() },
		"network rm Networks":      func(g generator) any { return []string{"n1", "-f", "My Net"}[g.IntN(3):] },
		"network inspect Networks": func(g generator) any { return []string{"n1", "-f", "My Net"}[g.IntN(3):] },
		"network connect IP":       func(g generator) any { return pick(g, "10.1.0.5", "172.30.1.4") },
		"network connect IP6":      func(g generator) any { return pick(g, "2001:db8::5", "2001:DB8:0::6") },
		"network connect LinkLocalIPs": func(g generator) any {
			return []string{"169.254.1.1", "fe80::1"}[g.IntN(2):]
		},

		"volume create Group":         func(g generator) any { return new(pick(g, "", g.text())) },
		"volume create LimitBytes":    func(g generator) any { return new(pick(g, 0, dockercmd.GiB+dockercmd.Bytes(g.Int64N(1<<40)))) },
		"volume create RequiredBytes": func(g generator) any { return new(dockercmd.Bytes(g.Int64N(int64(dockercmd.GiB)))) },
		"volume create Scope":         func(g generator) any { return pick(g, "single", "multi") },
		"volume create Sharing":       func(g generator) any { return pick(g, "none", "readonly", "onewriter", "all") },
		"volume create Type":          func(g generator) any { return pick(g, "block", "mount") },
		"volume create Volume":        func(g generator) any { return pick(g, "", g.name()) },
		"volume rm Volumes":           func(g generator) any { return []string{g.name(), g.name()}[:1+g.IntN(2)] },
		"volume inspect Volumes":      func(g generator) any { return []string{g.name(), g.name()}[:1+g.IntN(2)] },

		"push Image": func(g generator) any { return pick(g, "busybox", "reg:5000/a/b:T-1") },
		"tag Source": func(g generator) any { return pick(g, "busybox:1", "0123456789ab", "sha256:"+strings.Repeat("0", 64)) },
		"tag Target": func(g generator) any { return pick(g, "app", "reg:5000/a/b:T-1") },
	} {
		byField[field] = make
	}
	byType[reflect.TypeFor[dockercmd.Topology]()] = func(g generator) any {
		return dockercmd.Topology{"k" + strings.Trim(g.text(), "=,"): strings.Trim(g.text(), ","), "zone": pick(g, "", "Z1")}
	}
}

// companions set what a field needs beside it to be valid. A name may have its command in front.
var companions = map[string]func(dockercmd.Command){
	"run MemorySwap": withMemory, "create MemorySwap": withMemory, "update MemorySwap": withMemory,
	"login PasswordStdin": func(c dockercmd.Command) { c.(*dockercmd.Login).Username = "a b" },
	"run NetworkAliases":  inNetwork, "run IP": inNetwork, "run IP6": inNetwork,
	"create NetworkAliases": inNetwork, "create IP": inNetwork, "create IP6": inNetwork,
	"network create AuxAddresses":       inSubnets,
	"network create Gateways":           inSubnets,
	"network create IPRanges":           inSubnets,
	"network create Ingress":            func(c dockercmd.Command) { c.(*dockercmd.NetworkCreate).Driver = "overlay" },
	"volume create Secrets":             inCluster,
	"volume create TopologiesPreferred": inCluster,
	"volume create TopologiesRequired":  inCluster,
}

func withMemory(c dockercmd.Command) {
	reflect.ValueOf(c).Elem().FieldByName("Memory").Set(reflect.ValueOf(dockercmd.MinMemory))
}

func inNetwork(c dockercmd.Command) {
	reflect.ValueOf(c).Elem().FieldByName("Networks").Set(reflect.ValueOf([]dockercmd.Network{{Name: "n1"}}))
}

func inSubnets(c dockercmd.Command) {
	c.(*dockercmd.NetworkCreate).Subnets = []string{"10.1.0.0/16", "2001:db8::/64"}
}

func inCluster(c dockercmd.Command) { c.(*dockercmd.VolumeCreate).Scope = "single" }

func (g generator) envName() string { return pick(g, "A", "B.c-d", "É") + fmt.Sprint(g.IntN(9)) }

// value returns a random value other than zero for a field of a command.
func (g generator) value(c dockercmd.Command, f reflect.StructField) reflect.Value {
	make := byField[c.Subcommand()+" "+f.Name]
	if make == nil {
		make = byField[f.Name]
	}
	if make != nil {
		if v := reflect.ValueOf(make(g)); v.Type() == f.Type { // start's Attach is not run's
			return v
		}
	}
	if make := byType[f.Type]; make != nil {
		return reflect.ValueOf(make(g)).Convert(f.Type)
	}
	switch f.Type.Kind() {
	case reflect.Pointer:
		pointer := reflect.New(f.Type.Elem())
		if f.Type = f.Type.Elem(); g.IntN(4) > 0 {
			pointer.Elem().Set(g.value(c, f))
		}
		return pointer
	case reflect.String:
		return reflect.ValueOf(g.text())
	case reflect.Slice:
		list := reflect.MakeSlice(f.Type, 0, 3)
		for range 1 + g.IntN(3) {
			element := f
			element.Type, element.Name = f.Type.Elem(), ""
			list = reflect.Append(list, g.value(c, element))
		}
		return list
	case reflect.Map:
		pairs := map[string]string{}
		for range 1 + g.IntN(3) {
			pairs[g.key()] = pick(g, "", g.text())
		}
		return reflect.ValueOf(pairs)
	}
	g.t.Fatalf("%s: no random values for the field %s of type %s: add a generator to byField or byType in generate_test.go",
		c.Subcommand(), f.Name, f.Type)
	return reflect.Value{}
}

// foreign reports whether a field of a command has no flag there: create's fields are run's.
func foreign(command, field string) bool {
	return command == "create" && slices.Contains([]string{"Detach", "DetachKeys", "SigProxy"}, field)
}

// fields returns the fields of a command that flags are bound to: those before Extra.
func fields(c dockercmd.Command) []reflect.StructField {
	flags, _ := split(c)
	return slices.DeleteFunc(flags, func(f reflect.StructField) bool { return foreign(c.Subcommand(), f.Name) })
}

// split takes the fields of a command apart: flags stand before Extra, operands behind it.
func split(c dockercmd.Command) (flags, operands []reflect.StructField) {
	all := reflect.VisibleFields(reflect.TypeOf(c).Elem())
	i := slices.IndexFunc(all, func(f reflect.StructField) bool { return f.Name == "Extra" })
	return all[:i], all[i+1:]
}

// fill sets the operands of c, and each other field with a chance of one in rarity.
func (g generator) fill(c dockercmd.Command, rarity int) {
	v := reflect.ValueOf(c).Elem()
	_, operands := split(c)
	for _, f := range operands {
		v.FieldByIndex(f.Index).Set(g.value(c, f))
	}
	for _, f := range fields(c) {
		if g.IntN(rarity) == 0 {
			v.FieldByIndex(f.Index).Set(g.value(c, f))
		}
	}
}
