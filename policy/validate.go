package policy

import (
	"errors"
	"fmt"
	"net/netip"
	"path"
	"slices"
	"strings"
)

// Validate returns all that is wrong with the policy by itself, joined together, or nil: what could never allow anything, and what
// would allow something else than it seems to. The kind is ErrPolicy.
func (p *Policy) Validate() error {
	var errs []error
	bad := func(field, format string, args ...any) {
		errs = append(errs, fmt.Errorf("%w: %s: %s", ErrPolicy, field, fmt.Sprintf(format, args...)))
	}
	for _, name := range p.Subcommands {
		if name != "*" && !slices.Contains(Subcommands(), name) {
			bad("subcommands", "%q cannot be allowed; those that can are %s", name, strings.Join(Subcommands(), ", "))
		}
	}
	for _, entry := range p.Images.Allow {
		if entry == "*" {
			continue
		}
		r, ok := parseReference(strings.TrimSuffix(entry, "/*") + map[bool]string{true: "/x"}[strings.HasSuffix(entry, "/*")])
		switch {
		case strings.HasSuffix(entry, "/*") && strings.Count(entry, "*") == 1 && strings.TrimSuffix(entry, "/*") != "" &&
			(ok || isHost(strings.TrimSuffix(entry, "/*"))):
			if ok && !strings.HasPrefix(entry, strings.SplitN(r.repository, "/", 2)[0]+"/") {
				bad("images.allow", "%q has no registry; write %s", entry, "docker.io/"+entry)
			}
		case !ok || strings.Contains(entry, "*"):
			bad("images.allow", "%q is neither a reference, REGISTRY/PATH/* nor *", entry)
		}
	}
	for field, paths := range p.paths() {
		for _, name := range paths {
			if !path.IsAbs(name) || path.Clean(name) != name {
				bad(field, "%q is no plain absolute path", name)
			}
		}
	}
	for field, names := range p.names() {
		for _, name := range names {
			if i := strings.IndexByte(name, '*'); i >= 0 && i != len(name)-1 {
				bad(field, "%q has a star that is not at its end", name)
			}
		}
	}
	for _, name := range p.Kernel.CapAdd {
		if name != "*" && (capabilityName(name) != name || name == "ALL") {
			bad("kernel.cap-add", "%q is not a capability as the kernel has it, without CAP_: NET_BIND_SERVICE", name)
		}
	}
	for _, name := range p.Limits.Required {
		if !slices.Contains([]string{"memory", "cpus", "pids"}, name) {
			bad("limits.required", "%q is none of memory, cpus and pids", name)
		}
	}
	for _, ports := range p.Network.Ports {
		if _, err := netip.ParseAddr(ports.Address); err != nil && ports.Address != "" {
			bad("network.ports", "%q is no address", ports.Address)
		}
	}
	if p.Limits.Memory < 0 || p.Limits.CPUs < 0 || p.Limits.Pids < 0 || p.StopTimeout < 0 {
		bad("limits", "a ceiling below 0; 0 is none")
	}
	for _, begin := range p.ReservedLabels {
		if begin == "" {
			bad("reserved-labels", "an empty beginning reserves all labels")
		}
	}
	return errors.Join(errs...)
}

// isHost reports whether a text can be a registry alone.
func isHost(s string) bool {
	return !strings.Contains(s, "/") && (strings.ContainsAny(s, ".:") || s == "localhost")
}

// paths returns the lists of the host's paths, by field.
func (p *Policy) paths() map[string][]string {
	return map[string][]string{
		"mounts.read-only": p.Mounts.ReadOnly, "mounts.read-write": p.Mounts.ReadWrite, "mounts.denied": p.Mounts.Denied,
		"mounts.denied-targets": p.Mounts.Targets, "files.read": p.Files.Read, "files.write": p.Files.Write,
		"files.seccomp": p.Files.Seccomp,
	}
}

// names returns the lists of names, by field.
func (p *Policy) names() map[string]Names {
	return map[string]Names{
		"subcommands": p.Subcommands, "hosts": p.Hosts, "contexts": p.Contexts, "configs": p.Configs, "containers": p.Containers,
		"images.pull": p.Images.Pull, "images.platforms": p.Images.Platforms, "users.names": p.Users.Names,
		"mounts.volumes": p.Mounts.Volumes, "mounts.drivers": p.Mounts.Drivers, "mounts.driver-options": p.Mounts.DriverOptions,
		"mounts.propagation": p.Mounts.Propagation, "limits.required": p.Limits.Required, "limits.ulimits": p.Limits.Ulimits,
		"limits.storage": p.Limits.Storage, "network.networks": p.Network.Networks, "kernel.cap-add": p.Kernel.CapAdd,
		"kernel.security-options": p.Kernel.SecurityOptions, "kernel.devices": p.Kernel.Devices, "kernel.pid": p.Kernel.PID,
		"kernel.ipc": p.Kernel.IPC, "kernel.uts": p.Kernel.UTS, "kernel.userns": p.Kernel.User, "kernel.cgroupns": p.Kernel.Cgroup,
		"kernel.cgroup-parents": p.Kernel.CgroupParents, "kernel.runtimes": p.Kernel.Runtimes,
		"kernel.annotations": p.Kernel.Annotations, "kernel.sysctls": p.Kernel.Sysctls, "env": p.Env, "inherit": p.Inherit,
		"labels": p.Labels, "restart": p.Restart, "log-drivers": p.LogDrivers, "log-options": p.LogOptions,
		"log-addresses": p.LogAddresses, "exec": p.Exec, "top-options": p.TopOptions,
	}
}
