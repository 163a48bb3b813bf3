package dockercmd

import (
	"maps"
	"net/netip"
	"regexp"
	"slices"
	"strings"
	"sync"
)

// checkGrammar holds values that are plain texts here to the grammars of docker's client. The lines of
// testdata/dockercmd/lines-of-ours.jsonl show them.
func (r *Run) checkGrammar(p *problems) {
	for _, e := range r.Expose {
		ports, _, _ := strings.Cut(e, "/")
		if _, _, err := portRange(ports); err != nil {
			p.add("--expose", "%q is not a port or a range such as 80, 8000-8010 or 53/udp", e)
		}
	}
	for _, d := range r.DNS {
		if ip, err := netip.ParseAddr(strings.TrimSpace(d)); err != nil || ip.Zone() != "" {
			p.add("--dns", "%q is not an IP address; give the flag once for each", d)
		}
	}
	for _, d := range r.DNSSearch {
		if !searchDomain(d) {
			p.add("--dns-search", "%q is not a domain such as example.com; . is none", d)
		}
	}
	for _, rule := range r.DeviceCgroupRules {
		if !cgroupRule().MatchString(rule) {
			p.add("--device-cgroup-rule", "%q is not a rule such as \"c 1:3 rwm\"", rule)
		}
	}
	for _, key := range slices.Sorted(maps.Keys(r.Sysctls)) {
		if !namespaced(key) {
			p.add("--sysctl", "%q is not a setting that a container has of its own; docker allows net.*, fs.mqueue.* and kernel.msg*, sem, shm*", key)
		}
	}
	for _, key := range slices.Sorted(maps.Keys(r.Labels)) {
		if name := strings.TrimLeft(key, " \t"); key != "" && (name == "" || strings.ContainsAny(name, " \t\r\n")) {
			p.add("--label", "the key %q is empty or holds white space; give KEY=value", key)
		}
	}
	for _, l := range r.Links {
		if l == "" || strings.Count(l, ":") > 1 {
			p.add("--link", "%q is not CONTAINER or CONTAINER:ALIAS", l)
		}
	}
	if r.MACAddress != "" && !hardwareAddress(r.MACAddress) {
		p.add("--mac-address", "%q is not an address such as 02:42:ac:11:00:02", r.MACAddress)
	}
	if r.HealthRetries < 0 {
		p.add("--health-retries", "%d is negative", r.HealthRetries)
	}
	for _, f := range r.EnvFiles {
		if f == "" {
			p.add("--env-file", "empty; give the name of a file")
		}
	}
	for _, f := range r.LabelFiles {
		if f == "" {
			p.add("--label-file", "empty; give the name of a file")
		}
	}
	if r.Platform != "" && !validPlatform(r.Platform) {
		p.add("--platform", "%q is not OS, OS/ARCH or OS/ARCH/VARIANT such as linux/arm64/v8", r.Platform)
	}
}

var searchLabels = sync.OnceValue(func() *regexp.Regexp {
	return regexp.MustCompile(`^[a-zA-Z0-9](?:[a-zA-Z0-9-]*[a-zA-Z0-9])?(?:\.[a-zA-Z0-9](?:[a-zA-Z0-9-]*[a-zA-Z0-9])?)*\.?$`)
})

// searchDomain says whether the client takes a domain of --dns-search: it wants a letter in it and has no underscores.
func searchDomain(s string) bool {
	s = strings.TrimSpace(s)
	return s == "." || len(s) < 255 && searchLabels().MatchString(s) && strings.ContainsFunc(s, func(r rune) bool {
		return r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z'
	})
}

var cgroupRule = sync.OnceValue(func() *regexp.Regexp {
	return regexp.MustCompile(`^[acb] (?:[0-9]+|\*):(?:[0-9]+|\*) [rwm]{1,3}$`)
})

// namespaced says whether docker's client lets a kernel setting pass.
func namespaced(key string) bool {
	switch key {
	case "kernel.msgmax", "kernel.msgmnb", "kernel.msgmni", "kernel.sem", "kernel.shmall", "kernel.shmmax", "kernel.shmmni", "kernel.shm_rmid_forced":
		return true
	}
	return strings.HasPrefix(key, "net.") || strings.HasPrefix(key, "fs.mqueue.")
}

// hardwareAddress says whether s is an address of 6, 8 or 20 bytes: in pairs of digits between colons or dashes, or in fours
// between dots.
func hardwareAddress(s string) bool {
	sep, digits := ":", 2
	switch {
	case strings.Contains(s, "-"):
		sep = "-"
	case strings.Contains(s, "."):
		sep, digits = ".", 4
	}
	groups := strings.Split(s, sep)
	for _, g := range groups {
		if len(g) != digits || strings.Trim(g, "0123456789abcdefABCDEF") != "" {
			return false
		}
	}
	return slices.Contains([]int{6, 8, 20}, len(groups)*digits/2)
}

// The words that may stand alone in --platform: Go's names of systems and machines, and other names of some.
var (
	platformSystems = []string{"aix", "android", "darwin", "dragonfly", "freebsd", "hurd", "illumos", "ios", "js", "linux", "macos", "nacl",
		"netbsd", "openbsd", "plan9", "solaris", "windows", "zos"}
	platformMachines = []string{"386", "amd64", "amd64p32", "arm", "armbe", "arm64", "arm64be", "ppc64", "ppc64le", "loong64", "mips",
		"mipsle", "mips64", "mips64le", "mips64p32", "mips64p32le", "ppc", "riscv", "riscv64", "s390", "s390x", "sparc", "sparc64", "wasm",
		"i386", "x86_64", "x86-64", "aarch64", "armhf", "armel"}
	platformPart   = sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(`^[A-Za-z0-9_.-]+$`) })
	platformSystem = sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(`^[A-Za-z0-9_-]+(?:\([A-Za-z0-9_.-]*\))?$`) })
)

func validPlatform(s string) bool {
	parts := strings.Split(s, "/")
	if len(parts) > 3 || !platformSystem().MatchString(parts[0]) {
		return false
	}
	for _, part := range parts[1:] {
		if !platformPart().MatchString(part) {
			return false
		}
	}
	if len(parts) > 1 {
		return true
	}
	system, _, _ := strings.Cut(strings.ToLower(s), "(")
	return slices.Contains(platformSystems, system) || slices.Contains(platformMachines, system)
}
