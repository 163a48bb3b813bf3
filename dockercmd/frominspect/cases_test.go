package frominspect_test

// remakeCase is the line of a container. Words such as $NET stand for things that the test makes.
type remakeCase struct {
	flags   []string
	command []string
	image   string   // $PLAIN, which has an environment and a command alone, unless it says $RICH
	client  string   // the beginning of the version of the one client that takes it; "" is all
	start   bool     // run, where create does not show it
	join    []string // what network connect is given beside the container
}

func with(flags ...string) remakeCase { return remakeCase{flags: flags} }

// on returns the case with another image and a command.
func (c remakeCase) on(image string, command ...string) remakeCase {
	c.image, c.command = image, command
	return c
}

// started returns the case with docker run.
func (c remakeCase) started(command ...string) remakeCase {
	c.start, c.command = true, command
	return c
}

// joined returns the case with a second network that the container joined afterwards.
func (c remakeCase) joined(args ...string) remakeCase { c.join = args; return c }

// by returns the case for one client.
func (c remakeCase) by(client string) remakeCase { c.client = client; return c }

// remakeUntried are the flags of run that no container on this engine shows.
var remakeUntried = map[string]string{
	"name":                  "each case has one; the second container cannot have the same",
	"env-file":              "comes back as --env, see there",
	"label-file":            "comes back as --label, see there",
	"pull":                  "leaves no trace",
	"quiet":                 "leaves no trace",
	"detach-keys":           "leaves no trace",
	"sig-proxy":             "leaves no trace",
	"platform":              "leaves none on this engine; from 28.0 on ImageManifestDescriptor may",
	"disable-content-trust": "leaves no trace",
	"use-api-socket":        "comes back as --mount, see there",
	"annotation":            "needs API 1.43, the engine has 1.41",
	"health-start-interval": "needs API 1.44, the engine has 1.41",
	"cpu-count":             "for engines on Windows",
	"cpu-percent":           "for engines on Windows",
	"io-maxbandwidth":       "for engines on Windows",
	"io-maxiops":            "for engines on Windows",
	"blkio-weight":          "the engine drops it with a warning: the kernel has no such weight",
	"blkio-weight-device":   "the engine drops it with a warning: the kernel has no such weight",
	"storage-opt":           "the engine's storage driver refuses it",
}

// remakeCases are the lines by the flag that they are about; "" are those about none or all.
var remakeCases = map[string][]remakeCase{
	"": {
		{}, with().on("", "sh", "-c", "echo 'a b' \"$x\""), with().on("$RICH"), with().on("$RICH", "y", "z"),
		with("--entrypoint=").on("$RICH", "/bin/echo", "y"),
		with("--hostname=h1", "--domainname=d1", "--user=1000:1000", "--workdir=/w", "--env=A=1", "--env=B=", "--label=app=1",
			"--label=k=v,w=x", "--memory=512m", "--memory-reservation=256m",
			"--cpus=1.5", "--cpu-shares=512", "--cpuset-cpus=0,1", "--pids-limit=100", "--ulimit=nofile=1024:2048", "--ulimit=core=-1",
			"--oom-score-adj=100", "--shm-size=32m",
			"--cap-drop=ALL", "--cap-add=NET_ADMIN", "--security-opt=no-new-privileges", "--privileged", "--pid=host", "--userns=host",
			"--read-only", "--init", "--device=/dev/null:/dev/n:rw",
			"--volume=$DIR:/a:ro,z", "--volume=$VOLUME:/v", "--volume=/anon",
			"--mount=type=bind,source=/tmp,target=/b,readonly,bind-propagation=rslave", "--tmpfs=/t:size=1m", "--volumes-from=$OTHER:ro",
			"--network=$NET", "--network-alias=al1", "--publish=127.0.0.1:18090:80", "--publish=18091:91/udp", "--expose=99",
			"--dns=10.0.0.2", "--dns-search=ex.test", "--add-host=a:10.0.0.1",
			"--restart=on-failure:3", "--stop-signal=INT", "--stop-timeout=0", "--health-cmd=test -f /x", "--health-interval=5s",
			"--sysctl=net.ipv4.ip_forward=1", "--log-opt=max-size=1m",
			"--interactive", "--tty", "--entrypoint=/bin/sh", "--cgroup-parent=/p").on("$RICH", "-c", "echo a b"),
	},
	"user": {with("--user=1000"), with("--user=root:33"), with("--user=worker").on("$RICH"), with("--user=root").on("$RICH")},
	"detach": {with("--detach", "--network=none").started("sleep", "600"), with("--detach", "--network=$NET", "--interactive",
		"--tty").started("sleep", "600"), with("--detach", "--publish-all", "--network=$NET",
		"--network-alias=x").on("$RICH").started("sh")},
	"network": {with("--network=none"), with("--network=host"), with("--network=bridge"), with("--network=$NET"),
		with("--network=container:$OTHER"), with("--network=name=$NET,driver-opt=a.b=c,driver-opt=d=e", "--network-alias=x"),
		with("--network=host", "--hostname=h9"),
		with("--network=$NET").joined("--alias=z", "--driver-opt=a.b=C", "--link=$OTHER:dep", "$NET2"),
		with("--network=$NET", "--detach").started("sleep", "600").joined("$NET2")},

	"read-only": {with("--read-only"), with("--read-only", "--tmpfs=/tmp")},
	"volume": {with("--volume=/tmp:/a:ro", "--volume=$VOLUME:/v:nocopy"), with("--volume=/anon", "--volume=/second").on("$RICH"),
		with("--volume=$VOLUME:/image").on("$RICH"), with("--volume=$DIR:/s:rslave,Z"), with("--volume=$VOLUME2:/new:rw")},
	"mount": {
		with("--mount=type=bind,source=/tmp,target=/b,readonly,bind-propagation=rslave",
			"--mount=type=tmpfs,target=/t,tmpfs-size=1m,tmpfs-mode=1770"),
		with("--mount=type=volume,target=/anon", "--mount=type=volume,source=$VOLUME,target=/v,volume-nocopy"),
		with("--mount=type=volume,source=$VOLUME2,target=/v,volume-label=a=b,volume-label=c=,volume-driver=local,volume-opt=type=tmpfs,volume-opt=device=tmpfs,\"volume-opt=o=size=1m,uid=1000\""),
		with("--mount=type=bind,source=/tmp,target=/b,bind-nonrecursive,consistency=cached"),
		with("--mount=type=bind,source=/tmp,target=/b,bind-nonrecursive=false", "--mount=type=tmpfs,target=/t,tmpfs-mode=0"),
		with("--mount=type=volume,target=/v,volume-nocopy=false", "--mount=type=tmpfs,target=/t"),
		with(`--mount=type=bind,"source=/tmp",target=/b`, `--mount=type=tmpfs,"target=/with,comma and ""quote"""`),
	},
	"tmpfs":         {with("--tmpfs=/t"), with("--tmpfs=/t:size=1m,mode=1777", "--tmpfs=/u:ro")},
	"volumes-from":  {with("--volumes-from=$OTHER"), with("--volumes-from=$OTHER:ro")},
	"volume-driver": {with("--volume-driver=local", "--volume=$VOLUME2:/x"), with("--volume-driver=local")},
	"rm":            {with("--rm"), with("--rm", "--restart=no")},
	"cpuset-cpus":   {with("--cpuset-cpus=0"), with("--cpuset-cpus=0-1")},
	"cpuset-mems":   {with("--cpuset-mems=0"), with("--cpuset-mems=0-0")},
	"cgroup-parent": {with("--cgroup-parent=/p"), with("--cgroup-parent=a/b")},
	"group-add":     {with("--group-add=33", "--group-add=audio"), with("--group-add=1000")},
	"workdir":       {with("--workdir=/w"), with("--workdir=/tmp").on("$RICH"), with("--workdir=/").on("$RICH")},
	"cidfile":       {with("--cidfile=$DIR/cid1"), with("--cidfile=$DIR/cid 2")},
	"cap-drop":      {with("--cap-drop=ALL"), with("--cap-drop=NET_RAW", "--cap-drop=chown")},
	"cap-add":       {with("--cap-add=NET_ADMIN", "--cap-add=SYS_TIME"), with("--cap-add=ALL")},
	"security-opt": {
		with("--security-opt=no-new-privileges", "--security-opt=apparmor=unconfined"), with("--security-opt=seccomp=unconfined"),
		with("--security-opt=systempaths=unconfined"),
		with("--security-opt=seccomp=$DIR/seccomp.json", "--security-opt=label=disable"), with("--security-opt=no-new-privileges=true",
			"--security-opt=label=level:s0:c100,c200"),
		with("--security-opt=systempaths=unconfined", "--privileged"), with("--security-opt=label=disable", "--pid=host"),
		with("--security-opt=label=disable", "--security-opt=no-new-privileges", "--privileged"),
	},
	"cpu-shares": {with("--cpu-shares=2"), with("--cpu-shares=512")},
	"cpus":       {with("--cpus=0.5"), with("--cpus=1.25")},
	"memory":     {with("--memory=64m"), with("--memory=1.5g"), with("--memory=6291457b")},
	"memory-swap": {with("--memory=64m", "--memory-swap=-1"), with("--memory=64m", "--memory-swap=64m"),
		with("--memory=64m", "--memory-swap=200m"), with("--memory-swap=-1"), with("--memory=64m", "--memory-swap=128m")},
	"memory-reservation": {with("--memory-reservation=32m"), with("--memory=64m", "--memory-reservation=48m")},
	"memory-swappiness":  {with("--memory-swappiness=0"), with("--memory-swappiness=60"), with("--memory-swappiness=-1")},
	"kernel-memory":      {with("--kernel-memory=64m"), with("--memory=64m", "--kernel-memory=32m")},
	"pids-limit":         {with("--pids-limit=100"), with("--pids-limit=7"), with("--pids-limit=-1"), with("--pids-limit=0")},
	"init":               {with("--init"), with("--init=false")},
	"privileged":         {with("--privileged"), with("--privileged", "--cap-drop=SYS_ADMIN", "--ipc=host")},
	"device": {with("--device=/dev/null", "--device=/dev/zero:/dev/z"),
		with("--device=/dev/null:rw", "--device=/dev/zero:/dev/z:r")},
	"device-cgroup-rule": {with("--device-cgroup-rule=c 42:* rmw", "--device-cgroup-rule=a *:* m"),
		with("--device-cgroup-rule=b 1:2 r")},
	"gpus": {
		with("--gpus=all"), with("--gpus=2"), with(`--gpus="device=0,1"`), with("--gpus=device=0,1"),
		with(`--gpus="device=GPU-1,2","capabilities=compute,utility",driver=nvidia,"options=a=b,c=d"`),
		with("--gpus=count=3,capabilities=display", "--gpus=0"),
	},
	"runtime": {with("--runtime=io.containerd.runc.v2"), with("--runtime=io.containerd.runtime.v1.linux"),
		with("--runtime=runc")},
	"shm-size":         {with("--shm-size=32m"), with("--shm-size=1g"), with("--shm-size=64m")},
	"ulimit":           {with("--ulimit=nofile=1024:2048", "--ulimit=core=-1"), with("--ulimit=nproc=7")},
	"oom-score-adj":    {with("--oom-score-adj=-500"), with("--oom-score-adj=1000")},
	"oom-kill-disable": {with("--oom-kill-disable", "--memory=64m"), with("--oom-kill-disable=false")},
	"cpu-period":       {with("--cpu-period=50000"), with("--cpu-period=100000", "--cpu-quota=20000")},
	"cpu-quota":        {with("--cpu-quota=50000"), with("--cpu-quota=-1")},
	"cpu-rt-period":    {with("--cpu-rt-period=100000"), with("--cpu-rt-period=200000", "--cpu-rt-runtime=9000")},
	"cpu-rt-runtime":   {with("--cpu-rt-runtime=9000"), with("--cpu-rt-runtime=1")},

	"device-read-bps": {with("--device-read-bps=/dev/null:1mb", "--device-read-bps=/dev/zero:7"),
		with("--device-read-bps=/dev/null:1g")},
	"device-write-bps": {with("--device-write-bps=/dev/null:1mb"), with("--device-write-bps=/dev/null:1025")},
	"device-read-iops": {with("--device-read-iops=/dev/null:9", "--device-read-iops=/dev/zero:8"),
		with("--device-read-iops=/dev/null:1000")},
	"device-write-iops": {with("--device-write-iops=/dev/null:9"), with("--device-write-iops=/dev/null:1000")},

	"env": {
		with("--env=A=1", "--env=EMPTY=", "--env=TEXT=a b\n\"c\" $d"), with("--env=IMAGE=2", "--env=TWO=b").on("$RICH"),
		with("--env=INHERITED", "--env=PATH=/bin:/sbin"),
		with("--env=NOT_SET_ANYWHERE", "--env=IMAGE").on("$RICH"), with("--env=A=1", "--env-file=$DIR/env"),
	},
	"label": {with("--label=a=1", "--label=empty", "--label=k=v,w=x y"),
		with("--label=own=1", "--label=two=c", "--label=mine=").on("$RICH"), with("--label=a=b", "--label-file=$DIR/labels")},
	"entrypoint": {with("--entrypoint=/bin/sh").on("", "-c", "true"), with("--entrypoint=/bin/sh").on("$RICH"),
		with("--entrypoint=").on("$RICH", "/bin/true"), with("--entrypoint=/bin/echo").on("$RICH", "-n", "x"),
		with("--entrypoint=two words")},
	"hostname":   {with("--hostname=h1"), with("--hostname=h.example.com", "--domainname=d")},
	"domainname": {with("--domainname=d1"), with("--domainname=example.com", "--network=container:$OTHER")},
	"add-host": {with("--add-host=a:10.0.0.1", "--add-host=a:10.0.0.2", "--add-host=h:host-gateway"),
		with("--add-host=six:fd00::1")},
	"dns":        {with("--dns=10.0.0.2", "--dns=10.0.0.1"), with("--dns=fd00::1")},
	"dns-option": {with("--dns-option=ndots:2", "--dns-option=rotate"), with("--dns-option=")},
	"dns-search": {with("--dns-search=ex.test", "--dns-search=a.test"), with("--dns-search=.")},
	"publish": {
		with("--publish=127.0.0.1:18090:80", "--publish=18091:91/udp", "--publish=93"),
		with("--publish=18000-18003:8000-8003", "--publish=18010-18012:80", "--publish=127.0.0.1::90-93/sctp"),
		with("--publish=[::1]:18090:80", "--publish=18095:80", "--publish=0:70"), with("--publish=18090:80").on("$RICH"),
		with("--publish=18090-18091:80-81", "--publish=18090-18093:80-83/udp"),
	},
	"publish-all": {with("--publish-all"), with("--publish-all", "--expose=70").on("$RICH")},
	"expose": {with("--expose=70", "--expose=53/udp"), with("--expose=8000-8010", "--expose=80").on("$RICH"),
		with("--expose=8000-8001/sctp", "--publish=8000")},
	"network-alias": {with("--network=$NET", "--network-alias=a", "--network-alias=b"),
		with("--network=$NET", "--network-alias=Upper")},
	"ip":  {with("--network=$NET", "--ip=10.77.0.9"), with("--network=$NET", "--ip=192.168.250.3", "--network-alias=x")},
	"ip6": {with("--network=$NET", "--ip6=fd00::9"), with("--network=$NET", "--ip=10.77.0.9", "--ip6=2001:db8::1")},
	"link-local-ip": {with("--network=$NET", "--link-local-ip=169.254.8.8", "--link-local-ip=169.254.8.9"),
		with("--network=$NET", "--link-local-ip=fe80::9")},
	"mac-address": {with("--mac-address=02:42:ac:11:00:99").by("20."),
		with("--network=$NET", "--mac-address=92:d0:c6:0a:29:33").by("20.")},
	"link": {with("--link=$OTHER:dep", "--link=$OTHER:two"), with("--network=$NET", "--link=$OTHER:dep"),
		with("--link=$OTHER")},
	"cgroupns": {with("--cgroupns=private"), with("--cgroupns=host")},
	"ipc": {with("--ipc=shareable"), with("--ipc=host"), with("--ipc=none"), with("--ipc=container:$OTHER"),
		with("--ipc=private")},
	"pid":       {with("--pid=host"), with("--pid=container:$OTHER")},
	"userns":    {with("--userns=host"), with("--userns=host", "--privileged")},
	"uts":       {with("--uts=host"), with("--uts=host", "--network=host")},
	"isolation": {with("--isolation=default"), with("--isolation=")},
	"sysctl": {with("--sysctl=net.ipv4.ip_forward=1", "--sysctl=kernel.msgmax=8192"),
		with("--sysctl=net.ipv4.ip_local_port_range=1024 65000")},
	"log-driver": {with("--log-driver=none"), with("--log-driver=local"), with("--log-driver=json-file", "--log-opt=max-size=1m"),
		with("--log-driver=json-file")},
	"log-opt": {with("--log-opt=max-size=1m", "--log-opt=labels=a,b"), with("--log-driver=local", "--log-opt=max-file=7",
		"--log-opt=compress=false")},
	"restart": {with("--restart=always"), with("--restart=on-failure:3"), with("--restart=on-failure"),
		with("--restart=unless-stopped"), with("--restart=no")},
	"stop-signal":  {with("--stop-signal=INT"), with("--stop-signal=9").on("$RICH"), with("--stop-signal=SIGTERM").on("$RICH")},
	"stop-timeout": {with("--stop-timeout=0"), with("--stop-timeout=30"), with("--stop-timeout=-1")},

	"health-cmd":          {with("--health-cmd=test -f /x || exit 1"), with("--health-cmd=true").on("$RICH")},
	"health-interval":     {with("--health-interval=5s", "--health-cmd=true"), with("--health-interval=1m30.5s").on("$RICH")},
	"health-retries":      {with("--health-retries=4", "--health-cmd=true"), with("--health-retries=2").on("$RICH")},
	"health-timeout":      {with("--health-timeout=1ms", "--health-cmd=true"), with("--health-timeout=2h").on("$RICH")},
	"health-start-period": {with("--health-start-period=1m", "--health-cmd=true"), with("--health-start-period=7s").on("$RICH")},
	"no-healthcheck":      {with("--no-healthcheck"), with("--no-healthcheck").on("$RICH")},

	"interactive": {with("--interactive"), with("--interactive", "--attach=stdin"), with("--interactive", "--attach=stdout")},
	"tty":         {with("--tty"), with("--tty", "--interactive")},
	"attach": {with("--attach=stdout"), with("--attach=stdin"), with("--attach=stdin", "--attach=stdout", "--attach=stderr"),
		with("--attach=STDERR", "--attach=stdout")},
}
