package dockercmd

import (
	"path"
	"slices"
	"strings"
)

// riskRule says what a value of a flag gives away or loses. The flag means the same in every command that has it, unless commands
// are named.
type riskRule struct {
	commands []string // nil is all
	flag     string
	when     func(text string) bool // nil is always
	risk     string
}

func is(words ...string) func(string) bool {
	return func(text string) bool { return slices.Contains(words, text) }
}

// riskRules are looked through in order; the first that fits a value speaks.
var riskRules = []riskRule{
	{nil, "privileged", is("true"),
		"root in the container is root on the host: every device, every capability, no seccomp and no AppArmor"},
	{nil, "use-api-socket", is("true"), "whoever has the engine's socket has the host"},
	{nil, "volume", hostPath(engineSocket), "whoever has the engine's socket has the host"},
	{nil, "mount", hostMount(engineSocket), "whoever has the engine's socket has the host"},
	{nil, "volume", hostPath(systemPath), "shows a part of the host that can give away the whole of it; mount less, and read-only"},
	{nil, "mount", hostMount(systemPath), "shows a part of the host that can give away the whole of it; mount less, and read-only"},
	{nil, "network", is("host"), "shares the host's network: its ports, its loopback services"},
	{nil, "pid", is("host"), "sees the host's processes, their environment with the same user, and may signal them"},
	{nil, "ipc", is("host"), "shares the host's shared memory and semaphores"},
	{nil, "uts", is("host"), "shares the host's name"},
	{nil, "userns", is("host"), "root in the container is root on the host, also where the engine maps users"},
	{nil, "cgroupns", is("host"), "sees the host's cgroups"},
	{nil, "cap-add", capability("ALL"), "every capability: nearly root on the host"},
	{nil, "cap-add", capability("SYS_ADMIN", "SYS_MODULE", "SYS_PTRACE", "SYS_RAWIO", "DAC_READ_SEARCH", "BPF"),
		"with this capability a process can leave the container"},
	{nil, "cap-add", capability("NET_ADMIN", "SYS_TIME", "SYS_BOOT", "SYSLOG", "MKNOD", "SYS_CHROOT"),
		"reaches beyond the container: give it only to a program that needs it"},
	{nil, "security-opt", unconfined, "takes away a wall between the process and the kernel"},
	{nil, "device", nil, "raw access to a device of the host"},
	{nil, "device-cgroup-rule", nil, "allows devices by number, also such as appear later"},
	{nil, "group-add", is("docker", "0", "root"), "files and sockets of that group on mounts of the host are open to it"},
	{[]string{"run", "create", "exec"}, "user", rootUser,
		"root in the container; where the engine maps no users, root on every mount of the host"},
	{nil, "env", secretName, "the value is in the process list and in docker inspect for all to see; use --env-file, or KEY alone"},
	{nil, "password", nil, "it stands in the process list and in the shell's history; use --password-stdin"},
	{nil, "publish", everyAddress,
		"opens the port on every address of the host, past most of its firewalls; give 127.0.0.1: where that is enough"},
	{nil, "publish-all", is("true"), "opens every port that the image names, on every address of the host"},
	{[]string{"run", "create"}, "rm", is("true"), "container, logs and exit code are gone at its end"},
	{nil, "oom-kill-disable", is("true"), "a process without memory hangs instead of ending, and so may the host"},
	{nil, "memory-swap", is("-1"), "it may fill the host's swap"},
	{nil, "pids-limit", is("-1"), "it may start processes until the host has no more"},
	{nil, "pull", is("always"), "the tag may be another image next time; name it by @sha256: to be sure"},
	{nil, "log-driver", is("none"), "docker logs has nothing to show"},
	{[]string{"rm"}, "force", is("true"), "kills a running container without asking it to end"},
	{[]string{"rm"}, "volumes", is("true"), "its anonymous volumes and their data are gone"},
	{[]string{"system prune", "volume prune"}, "all", is("true"),
		"removes what no container uses at this moment, also what a stopped service will want again"},
	{[]string{"system prune"}, "volumes", is("true"), "data in volumes that no container uses at this moment is gone"},
	{[]string{"system prune", "volume prune", "container prune", "image prune", "network prune"}, "force", is("true"), "asks nobody"},
	{[]string{"swarm leave"}, "force", is("true"), "a manager that leaves can cost the swarm its majority"},
	{nil, "disable-content-trust", is("true"), "images are not verified"},
}

// riskOf returns what a value of a flag gives away or loses, "" for nothing that is known.
func riskOf(command, flag, text string) string {
	for _, r := range riskRules {
		if r.flag == flag && (r.commands == nil || slices.Contains(r.commands, command)) && (r.when == nil || r.when(text)) {
			return r.risk
		}
	}
	return ""
}

// hostPath returns a rule on the source of --volume.
func hostPath(bad func(string) bool) func(string) bool {
	return func(text string) bool {
		v, err := ParseVolume(text)
		return err == nil && path.IsAbs(v.Source) && bad(path.Clean(v.Source))
	}
}

// hostMount returns a rule on the source of --mount.
func hostMount(bad func(string) bool) func(string) bool {
	return func(text string) bool {
		m, err := ParseMount(text)
		return err == nil && m.Type == "bind" && bad(path.Clean(m.Source))
	}
}

func engineSocket(source string) bool {
	switch path.Base(source) {
	case "docker.sock", "podman.sock", "containerd.sock", "crio.sock":
		return true
	}
	return source == "/var/run" || source == "/run"
}

func systemPath(source string) bool {
	switch source {
	case "/", "/etc", "/root", "/boot", "/dev", "/proc", "/sys", "/home", "/usr", "/var", "/var/lib", "/var/lib/docker":
		return true
	}
	return strings.HasPrefix(source, "/proc/") || strings.HasPrefix(source, "/etc/cron") || strings.HasPrefix(source, "/root/.ssh")
}

func capability(names ...string) func(string) bool {
	return func(text string) bool {
		return slices.Contains(names, strings.TrimPrefix(strings.ToUpper(text), "CAP_"))
	}
}

func unconfined(text string) bool {
	return strings.HasSuffix(text, "unconfined") || strings.HasSuffix(text, "disable")
}

func rootUser(text string) bool {
	name, _, _ := strings.Cut(text, ":")
	return name == "root" || name == "0"
}

func secretName(text string) bool {
	key, value, ok := strings.Cut(text, "=")
	key = strings.ToUpper(key)
	return ok && value != "" && (strings.Contains(key, "PASS") || strings.Contains(key, "SECRET") || strings.Contains(key, "TOKEN") ||
		strings.HasSuffix(key, "_KEY") || strings.Contains(key, "CREDENTIAL"))
}

func everyAddress(text string) bool {
	p, err := ParsePortMapping(text)
	return err == nil && (p.IP == "" || p.IP == "0.0.0.0" || p.IP == "::")
}
