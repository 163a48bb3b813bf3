package policy

import (
	"io/fs"
	"path"
	"slices"
	"strings"

	"github.com/dockercmd/toolkit/dockercmd"
)

// capabilityName returns a capability's name as the kernel has it, without CAP_.
func capabilityName(s string) string { return strings.TrimPrefix(strings.ToUpper(s), "CAP_") }

func capability(v *flagValue) {
	name := capabilityName(v.text)
	if name == "ALL" || !v.policy.Kernel.CapAdd.Has(name) {
		v.deny("capability", "is not allowed", v.policy.Kernel.CapAdd.String())
	}
}

func privileged(v *flagValue) {
	if v.text == "true" && !v.policy.Kernel.Privileged {
		v.deny("privileged", "gives the host away", "")
	}
}

func apiSocket(v *flagValue) {
	if v.text == "true" {
		v.deny("mount.denied", "hands over the engine's socket: whoever has it has the host", "")
	}
}

func securityOption(v *flagValue) {
	o, err := dockercmd.ParseSecurityOpt(v.text)
	if err != nil {
		v.deny("security.option", err.Error(), "")
		return
	}
	switch {
	case o.Key() == "no-new-privileges":
		if isTrue := o.Value() == "" || isTrue(o.Value()); !isTrue && v.policy.Kernel.NoNewPrivileges {
			v.deny("security.privileges", "allows new privileges", "no-new-privileges")
		}
	case v.policy.Kernel.SecurityOptions.Has(v.text):
	case o.Key() == "seccomp" && o.Value() != "unconfined" && o.Value() != "builtin":
		v.seccompFile(o.Value())
	default:
		rule := "security.option"
		if o.Key() == "seccomp" {
			rule = "security.seccomp"
		}
		v.deny(rule, "is not allowed", v.policy.Kernel.SecurityOptions.String())
	}
}

func isTrue(text string) bool {
	return text == "true" || text == "1" || text == "t" || text == "T" || text == "TRUE" || text == "True"
}

// seccompFile judges the profile that docker's client reads. Who may write it decides what the container may do.
func (v *flagValue) seccompFile(name string) {
	dirs := v.policy.Files.Seccomp
	way, ok := v.file("security.seccomp", name, dirs)
	if !ok {
		return
	}
	end := way[len(way)-1]
	if end.UID != 0 || end.Mode.Perm()&0o022 != 0 || !end.Mode.IsRegular() {
		v.denyf("security.seccomp", strings.Join(dirs, ", "), "has the profile %s, which is no file that root alone may write", end.Path)
	}
}

// device judges a device of the host, by its path and by what the path leads to.
func device(v *flagValue) {
	d, err := dockercmd.ParseDevice(v.text)
	allowed := v.policy.Kernel.Devices
	switch {
	case err != nil || !allowed.Has(d.Host):
		v.deny("device", "is not allowed", allowed.String())
	case !strings.HasPrefix(d.Host, "/"): // a CDI name
	case path.Clean(d.Host) != d.Host:
		v.deny("device", "is not written plainly", allowed.String())
	default:
		way, err := v.host.Walk(d.Host)
		if err != nil {
			v.denyf("device", allowed.String(), "cannot be looked at: %v", err)
			return
		}
		end := way[len(way)-1]
		if end.Mode&fs.ModeDevice == 0 {
			v.denyf("device", allowed.String(), "leads to %s, which is no device", end.Path)
		} else if _, ok := trusted(way, nil); !ok {
			v.deny("device", "can be replaced by another", allowed.String())
		}
	}
}

func deviceRule(v *flagValue) {
	if !v.policy.Kernel.DeviceRules.Has(v.text) {
		v.deny("device.rule", "is not allowed", v.policy.Kernel.DeviceRules.String())
	}
}

func gpus(v *flagValue) {
	if !v.policy.Kernel.GPUs {
		v.deny("device.gpu", "is not allowed", "")
	}
}

func sysctl(v *flagValue)     { v.key("sysctl", v.policy.Kernel.Sysctls) }
func annotation(v *flagValue) { v.key("annotation", v.policy.Kernel.Annotations) }

// key judges the key of KEY=VALUE.
func (v *flagValue) key(rule string, allowed Names) {
	if key, _, _ := strings.Cut(v.text, "="); !allowed.Has(key) {
		v.deny(rule, "is not allowed", allowed.String())
	}
}

// namespace judges one of the namespaces of a container.
func (j *judge) namespace(rule, field, value string, allowed Names) {
	special := specialNamespace(value)
	switch {
	case special == "" && allowed.Has(value):
	case special == "":
		j.deny(rule, field, value, "is not allowed", allowed.String())
	case !allowed.special(value, special):
		j.deny(rule, field, value, "shares the namespace of "+whose(special), allowed.String())
	case special == "container:":
		j.owner(field, strings.TrimPrefix(value, special))
	}
}

// kernel judges what depends on several flags, or on one that is not given.
func (j *judge) kernel(r *dockercmd.Run) {
	k := &j.policy.Kernel
	drops := slices.ContainsFunc(r.CapDrop, func(c string) bool { return capabilityName(c) == "ALL" })
	if k.DropAll && !drops {
		j.deny("capability.drop", "--cap-drop", strings.Join(r.CapDrop, ","), "leaves docker's own capabilities", "--cap-drop=ALL")
	}
	has := slices.ContainsFunc(r.SecurityOpts, func(o dockercmd.SecurityOpt) bool {
		return o.Key() == "no-new-privileges" && (o.Value() == "" || isTrue(o.Value()))
	})
	if k.NoNewPrivileges && !has {
		j.deny("security.privileges", "--security-opt", "", "lacks no-new-privileges", "--security-opt=no-new-privileges")
	}
	if k.ReadOnlyRoot && !r.ReadOnly {
		j.deny("security.read-only", "--read-only", "", "is not given", "--read-only")
	}
	j.namespace("namespace.pid", "--pid", r.PID, k.PID)
	j.namespace("namespace.ipc", "--ipc", r.IPC, k.IPC)
	j.namespace("namespace.uts", "--uts", r.UTS, k.UTS)
	j.namespace("namespace.user", "--userns", r.UserNS, k.User)
	j.namespace("namespace.cgroup", "--cgroupns", r.CgroupNS, k.Cgroup)
	if !k.Runtimes.Has(r.Runtime) {
		j.deny("runtime", "--runtime", r.Runtime, "is not allowed", k.Runtimes.String())
	}
	j.cgroupParent(r.CgroupParent)
}

// cgroupParent judges the cgroup above the container's, by components of its path, or of a slice's name.
func (j *judge) cgroupParent(parent string) {
	allowed := j.policy.Kernel.CgroupParents
	clean := path.Clean(parent)
	isAllowed := slices.ContainsFunc(allowed, func(p string) bool {
		switch {
		case parent == "" || p == "" || p == "*":
			return p == parent || p == "*"
		case strings.HasSuffix(p, ".slice"): // a-b.slice lies below a.slice
			return parent == p || strings.HasSuffix(parent, ".slice") && strings.HasPrefix(parent, strings.TrimSuffix(p, ".slice")+"-")
		}
		return clean == parent && path.IsAbs(parent) && isBelow(parent, path.Clean(p))
	})
	if !isAllowed {
		j.deny("cgroup-parent", "--cgroup-parent", parent, "is not allowed: it decides whose limits hold", allowed.String())
	}
}
