package policy

import (
	"maps"
	"slices"

	"github.com/dockercmd/toolkit/dockercmd"
)

// flagRule judges one value of a flag. A nil flagRule is that of a flag that only bounds, shapes or shows.
type flagRule func(*flagValue)

// commandRule is how a command is judged.
type commandRule struct {
	flags map[string]flagRule // by docker's long name; every flag of the command is in it
	whole func(*judge)        // operands, and what depends on several flags; nil is nothing
}

// commandRules are the commands that a policy can allow. What is not here is denied by every policy: what changes images, volumes,
// networks, swarms or the client's configuration is an administrator's, build and dial-stdio are the whole engine.
var commandRules = map[string]commandRule{
	"run":    {runFlags, judgeRun},
	"create": {runFlags, judgeRun},
	"exec": {map[string]flagRule{
		"detach": nil, "detach-keys": nil, "env": env, "env-file": readFile, "interactive": nil, "privileged": privileged, "tty": nil,
		"user": nil, "workdir": nil,
	}, judgeExec},
	"start": {map[string]flagRule{
		"attach": nil, "interactive": nil, "checkpoint": checkpoint, "checkpoint-dir": checkpoint, "detach-keys": nil,
	}, judgeContainers},
	"stop":    {map[string]flagRule{"signal": nil, "timeout": stopTimeout}, judgeContainers},
	"restart": {map[string]flagRule{"signal": nil, "timeout": stopTimeout}, judgeContainers},
	"kill":    {map[string]flagRule{"signal": nil}, judgeContainers},
	"pause":   {nil, judgeContainers},
	"unpause": {nil, judgeContainers},
	"wait":    {nil, judgeContainers},
	"rm":      {map[string]flagRule{"force": nil, "link": removeLink, "volumes": nil}, judgeContainers},
	"rename":  {nil, judgeRename},
	"update": {map[string]flagRule{
		"blkio-weight": nil, "cpu-period": nil, "cpu-quota": nil, "cpu-rt-period": realTime, "cpu-rt-runtime": realTime,
		"cpu-shares": nil, "cpus": nil, "cpuset-cpus": nil, "cpuset-mems": nil, "kernel-memory": nil, "memory": nil,
		"memory-reservation": nil, "memory-swap": nil, "pids-limit": nil, "restart": restart,
	}, judgeUpdate},
	"inspect":           {map[string]flagRule{"format": format, "size": nil, "type": inspectType}, judgeInspect},
	"container inspect": {map[string]flagRule{"format": format, "size": nil}, judgeContainers},
	"image inspect":     {map[string]flagRule{"format": format, "platform": nil}, nil},
	"logs": {map[string]flagRule{
		"details": nil, "follow": nil, "since": nil, "until": nil, "tail": nil, "timestamps": nil,
	}, judgeContainers},
	"top":   {nil, judgeTop},
	"port":  {nil, judgeFirstContainer},
	"diff":  {nil, judgeContainers},
	"stats": {map[string]flagRule{"all": nil, "format": format, "no-stream": nil, "no-trunc": nil}, judgeContainers},
	"ps": {map[string]flagRule{
		"all": nil, "filter": nil, "format": format, "last": nil, "latest": nil, "no-trunc": nil, "quiet": nil, "size": nil,
	}, nil},
	"events":  {map[string]flagRule{"filter": nil, "format": format, "since": nil, "until": nil}, nil},
	"version": {map[string]flagRule{"format": format}, nil},
	"info":    {map[string]flagRule{"format": format}, nil},
	"images": {map[string]flagRule{
		"all": nil, "digests": nil, "filter": nil, "format": format, "no-trunc": nil, "quiet": nil, "tree": nil,
	}, nil},
	"pull": {map[string]flagRule{
		"all-tags": allTags, "disable-content-trust": nil, "platform": platform, "quiet": nil,
	}, judgePull},
	"cp": {map[string]flagRule{"archive": nil, "follow-link": nil, "quiet": nil}, judgeCopy},
}

// runFlags are the rules of docker run and docker create.
var runFlags = map[string]flagRule{
	"name": nil, "user": nil, "detach": nil, "network": network, "read-only": nil, "volume": volume, "mount": mount, "tmpfs": tmpfs,
	"volumes-from": volumesFrom, "volume-driver": volumeDriver, "rm": nil, "cpuset-cpus": nil, "cpuset-mems": nil,
	"cgroup-parent": nil, "group-add": groupAdd, "workdir": nil, "cidfile": writeFile, "cap-drop": nil, "cap-add": capability,
	"security-opt": securityOption, "cpu-shares": nil, "cpus": nil, "memory": nil, "memory-swap": nil, "memory-reservation": nil,
	"memory-swappiness": nil, "kernel-memory": nil, "pids-limit": nil, "init": nil, "privileged": privileged, "device": device,
	"device-cgroup-rule": deviceRule, "gpus": gpus, "runtime": nil, "shm-size": shmSize, "ulimit": ulimit,
	"oom-score-adj": oomScore, "oom-kill-disable": oomKill, "cpu-period": nil, "cpu-quota": nil, "cpu-rt-period": realTime,
	"cpu-rt-runtime": realTime, "cpu-count": nil, "cpu-percent": nil, "io-maxbandwidth": nil, "io-maxiops": nil, "blkio-weight": nil,
	"blkio-weight-device": nil, "device-read-bps": nil, "device-write-bps": nil, "device-read-iops": nil, "device-write-iops": nil,
	"env": env, "env-file": readFile, "label": label, "label-file": labelFile, "annotation": annotation, "entrypoint": nil,
	"hostname": nil, "domainname": nil, "add-host": hostNames, "dns": hostNames, "dns-option": hostNames, "dns-search": hostNames,
	"publish": publish, "publish-all": publishAll, "expose": nil, "network-alias": nil, "ip": address, "ip6": address,
	"link-local-ip": address, "mac-address": address, "link": link, "cgroupns": nil, "ipc": nil, "pid": nil, "userns": nil,
	"uts": nil, "isolation": nil, "sysctl": sysctl, "storage-opt": storageOption, "log-driver": nil, "log-opt": logOption,
	"restart": nil, "stop-signal": nil, "stop-timeout": stopTimeout, "health-cmd": healthCheck, "health-interval": nil,
	"health-retries": nil, "health-timeout": nil, "health-start-period": nil, "health-start-interval": nil, "no-healthcheck": nil,
	"pull": nil, "platform": platform, "disable-content-trust": nil, "quiet": nil, "use-api-socket": apiSocket, "interactive": nil,
	"tty": nil, "attach": nil, "detach-keys": nil, "sig-proxy": nil,
}

// Subcommands returns the commands that a policy can allow, by docker's names.
func Subcommands() []string { return slices.Sorted(maps.Keys(commandRules)) }

// ruleTexts say what each rule is about.
var ruleTexts = map[string]string{
	"program":             "only docker's own lines are judged",
	"subcommand":          "commands that are allowed",
	"invalid":             "what docker would refuse or misread",
	"flag.unknown":        "flags that no table knows",
	"flag.unclassified":   "flags that no rule knows",
	"global.host":         "the engine that is asked",
	"global.context":      "the client's context, which names an engine",
	"global.config":       "the client's configuration, which names programs that it starts",
	"global.tls":          "how the engine is known",
	"global.tlscacert":    "files of keys",
	"global.tlscert":      "files of keys",
	"global.tlskey":       "files of keys",
	"global.tlsverify":    "how the engine is known",
	"container.name":      "names that containers may get",
	"container.owner":     "whose containers are acted on",
	"image":               "repositories and references",
	"image.digest":        "references by content",
	"image.id":            "images by id",
	"image.pull":          "when images are pulled",
	"image.platform":      "platforms",
	"user":                "numbers of users",
	"user.name":           "users by name, which the image resolves",
	"user.required":       "a user must be given",
	"group":               "numbers of groups",
	"group.name":          "groups by name, which the image resolves",
	"group.required":      "a group must be given",
	"mount.source":        "paths of the host that may be mounted",
	"mount.denied":        "what gives away the host, whatever else is allowed",
	"mount.way":           "who can replace what a path leads to",
	"mount.kind":          "kinds of files and of mounts",
	"mount.read-only":     "what may be mounted read-only alone",
	"mount.target":        "places in the container",
	"mount.overlap":       "mounts on top of each other",
	"mount.propagation":   "propagation",
	"mount.volume":        "names of volumes",
	"mount.driver":        "volume drivers and their options",
	"mount.tmpfs":         "memory file systems",
	"mount.image":         "mounts of images",
	"mount.volumes-from":  "other containers' mounts",
	"file.read":           "files that the client reads",
	"file.write":          "files that the client writes",
	"limit.memory":        "ceiling of memory",
	"limit.cpus":          "ceiling of CPU time",
	"limit.pids":          "ceiling of processes",
	"limit.swap":          "swap",
	"limit.real-time":     "real-time shares",
	"limit.oom":           "who is killed when memory ends",
	"limit.ulimit":        "ulimits",
	"limit.storage":       "options of the storage driver",
	"network":             "networks",
	"network.namespace":   "the host's and other containers' networks",
	"network.port":        "ports on the host",
	"network.address":     "addresses of the container's choice",
	"network.names":       "names and name servers",
	"network.link":        "links to other containers",
	"namespace.pid":       "process namespaces",
	"namespace.ipc":       "IPC namespaces",
	"namespace.uts":       "host name namespaces",
	"namespace.user":      "user namespaces",
	"namespace.cgroup":    "cgroup namespaces",
	"capability":          "capabilities that are given",
	"capability.drop":     "capabilities that must be dropped",
	"security.privileges": "no new privileges",
	"security.seccomp":    "seccomp profiles",
	"security.option":     "security options",
	"security.read-only":  "a root file system that cannot be written",
	"privileged":          "all privileges",
	"device":              "devices of the host",
	"device.rule":         "devices by number",
	"device.gpu":          "GPUs",
	"runtime":             "OCI runtimes",
	"annotation":          "annotations, which the runtime obeys",
	"cgroup-parent":       "cgroups",
	"sysctl":              "kernel settings",
	"env":                 "variables on the line",
	"env.inherit":         "variables of the client's own",
	"label":               "labels",
	"label.reserved":      "labels by which containers are known",
	"restart":             "restart policies",
	"log.driver":          "logging drivers",
	"log.option":          "options of logging drivers",
	"log.address":         "where logs are sent",
	"health":              "health checks",
	"stop.timeout":        "how long a stop waits",
	"start.checkpoint":    "checkpoints",
	"exec.command":        "programs that docker exec starts",
	"top.option":          "options of ps on the host",
	"format":              "templates of --format",
	"inspect.type":        "what docker inspect looks at",
	"copy":                "what docker cp reads and writes on the host",
}

// Rules returns what each rule is about, by its identifier.
func Rules() map[string]string { return maps.Clone(ruleTexts) }

// Classified returns the flags of a command that rules judge, and those that none needs to: they bound, shape or show. Nil is a
// command that no policy can allow.
func Classified(subcommand string) (judged, harmless []string) {
	rules, ok := commandRules[subcommand]
	if !ok {
		return nil, nil
	}
	judged, harmless = []string{}, []string{}
	for _, f := range dockercmd.Flags(dockercmd.New(subcommand)) {
		if rule, ok := rules.flags[f.Name]; ok && (rule != nil || wholeJudges(subcommand, f.Name)) {
			judged = append(judged, f.Name)
		} else if ok {
			harmless = append(harmless, f.Name)
		}
	}
	return judged, harmless
}

// byWhole are flags of run, create, exec and update that are judged together with others.
var byWhole = []string{
	"name", "user", "network", "read-only", "cgroup-parent", "cap-drop", "cpus", "memory", "memory-swap", "pids-limit", "cpu-quota",
	"cpu-period", "runtime", "pid", "ipc", "uts", "userns", "cgroupns", "restart", "log-driver", "pull",
}

func wholeJudges(subcommand, flag string) bool {
	switch subcommand {
	case "run", "create", "update":
		return slices.Contains(byWhole, flag)
	case "exec":
		return flag == "user"
	}
	return false
}
