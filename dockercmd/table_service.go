package dockercmd

// serviceFlags are the flags that service create and service update both have. Each command binds them to fields of its own:
// update tells a zero from an absent flag nearly everywhere, and create rarely does.
var serviceFlags = flagsByName(
	Flag{Name: "cap-add", API: "1.41", Usage: "capability to give"},
	Flag{Name: "cap-drop", API: "1.41", Usage: "capability to take away"},
	Flag{Name: "credential-spec", Usage: "where to find the service's account (Windows)"},
	Flag{Name: "detach", Short: 'd', Usage: "do not wait until the tasks run"},
	Flag{Name: "endpoint-mode", Usage: "how others reach the service: vip or dnsrr"},
	Flag{Name: "entrypoint", Usage: "replace the image's entry point, words for a shell"},
	Flag{Name: "health-cmd", Usage: "shell command that checks health"},
	Flag{Name: "health-interval", Usage: "time between checks"},
	Flag{Name: "health-retries", Usage: "failures in a row that make it unhealthy"},
	Flag{Name: "health-start-interval", Since: "25.0", API: "1.44", Usage: "time between checks in the start period"},
	Flag{Name: "health-start-period", Usage: "time in which failures do not count"},
	Flag{Name: "health-timeout", Usage: "longest time of one check"},
	Flag{Name: "hostname", Usage: "host name in the containers"},
	Flag{Name: "init", Usage: "run an init in front of the process"},
	Flag{Name: "isolation", Usage: "isolation (Windows)"},
	Flag{Name: "limit-cpu", Usage: "most CPUs of a task"},
	Flag{Name: "limit-memory", Usage: "memory limit of a task"},
	Flag{Name: "limit-pids", API: "1.41", Usage: "most processes and threads of a task"},
	Flag{Name: "log-driver", Usage: "logging driver"},
	Flag{Name: "log-opt", Usage: "option of the logging driver, KEY=value"},
	Flag{Name: "max-concurrent", API: "1.41", Usage: "tasks of a job that run at once"},
	Flag{Name: "memory-swap", Since: "29.0", API: "1.52", Usage: "swap of a task"},
	Flag{Name: "memory-swappiness", Since: "29.0", API: "1.52", Usage: "swappiness, 0 to 100"},
	Flag{Name: "no-healthcheck", Usage: "turn the image's check off"},
	Flag{Name: "no-resolve-image", Usage: "do not ask the registry for the image's digest"},
	Flag{Name: "oom-score-adj", Since: "27.5", API: "1.46", Usage: "OOM preference, -1000 to 1000"},
	Flag{Name: "quiet", Short: 'q', Usage: "hide the progress"},
	Flag{Name: "read-only", Usage: "make the root file system read-only"},
	Flag{Name: "replicas", Usage: "number of tasks"},
	Flag{Name: "replicas-max-per-node", API: "1.40", Usage: "most tasks on one node"},
	Flag{Name: "reserve-cpu", Usage: "CPUs to set aside for a task"},
	Flag{Name: "reserve-memory", Usage: "memory to set aside for a task"},
	Flag{Name: "restart-condition", Usage: "when to restart a task: none, on-failure or any"},
	Flag{Name: "restart-delay", Usage: "time before a restart"},
	Flag{Name: "restart-max-attempts", Usage: "most restarts"},
	Flag{Name: "restart-window", Usage: "time in which restarts are counted"},
	Flag{Name: "rollback-delay", Usage: "time between tasks that are rolled back"},
	Flag{Name: "rollback-failure-action", Usage: "when a rollback fails: pause or continue"},
	Flag{Name: "rollback-max-failure-ratio", Usage: "share of failed tasks that a rollback bears"},
	Flag{Name: "rollback-monitor", Usage: "time to watch a task that was rolled back"},
	Flag{Name: "rollback-order", Usage: "order of a rollback: start-first or stop-first"},
	Flag{Name: "rollback-parallelism", Usage: "tasks rolled back at once, 0 for all"},
	Flag{Name: "stop-grace-period", Usage: "time between stop and kill"},
	Flag{Name: "stop-signal", Usage: "signal that stops a container"},
	Flag{Name: "tty", Short: 't', Usage: "give the process a terminal"},
	Flag{Name: "update-delay", Usage: "time between tasks that are updated"},
	Flag{Name: "update-failure-action", Usage: "when an update fails: pause, continue or rollback"},
	Flag{Name: "update-max-failure-ratio", Usage: "share of failed tasks that an update bears"},
	Flag{Name: "update-monitor", Usage: "time to watch a task that was updated"},
	Flag{Name: "update-order", Usage: "order of an update: start-first or stop-first"},
	Flag{Name: "update-parallelism", Usage: "tasks updated at once, 0 for all"},
	Flag{Name: "user", Short: 'u', Usage: "user, and perhaps group, of the process"},
	Flag{Name: "with-registry-auth", Usage: "send the client's account at the registry to the nodes"},
	Flag{Name: "workdir", Short: 'w', Usage: "working directory in the containers"},
)

func flagsByName(flags ...Flag) map[string]Flag {
	table := make(map[string]Flag, len(flags))
	for _, f := range flags {
		table[f.Name] = f
	}
	return table
}

// serviceFlag returns the row of one of serviceFlags.
func serviceFlag(name string, v Value) Flag {
	f := serviceFlags[name]
	f.Name, f.Value = name, v
	return f
}
