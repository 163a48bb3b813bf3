package dockercmd_test

import (
	"regexp"
	"slices"
	"strings"
	"syscall"

	"github.com/dockercmd/toolkit/internal/recorder"
)

// on returns lines of flags for one command: before and behind stand around each.
func on(before, behind string, flags []string) []string {
	lines := make([]string, len(flags))
	for i, f := range flags {
		lines[i] = strings.Join([]string{before, f, behind}, " ")
	}
	return lines
}

func runCase(flag string, flags ...string) clientCase {
	return clientCase{flag: flag, lines: on("run -d", "busybox sh -c 'echo -x'", flags)}
}

// foreground returns a case whose flag shows only when the client stays with the container.
func foreground(flag string, flags ...string) clientCase {
	return clientCase{flag: flag, lines: on("run", "busybox sh", flags)}
}

// createCases returns cases of run's for create, which shares its rows: the first and the last two lines of each, in create's
// spelling.
func createCases(cases []clientCase) []clientCase {
	var made []clientCase
	for _, c := range cases {
		if slices.Contains([]string{"detach", "detach-keys", "sig-proxy"}, c.flag) {
			continue
		}
		lines := slices.Concat(c.lines[:1], c.lines[max(1, len(c.lines)-2):])
		c.lines = nil
		for _, line := range lines {
			line = detachLetter.ReplaceAllString("create"+strings.TrimPrefix(line, "run"), " -$1$2")
			c.lines = append(c.lines, strings.ReplaceAll(line, " - ", " "))
		}
		made = append(made, c)
	}
	return made
}

// detachLetter is run's -d, alone or among other letters.
var detachLetter = regexp.MustCompile(` -([it]*)d(\S*)`)

func init() { containerCases["create"] = createCases(containerCases["run"]) }

// clientCases returns the lines of each command by its name.
func clientCases() map[string][]clientCase {
	return together(func(f family) map[string][]clientCase { return f.client })
}

func (c clientCase) from(version string) clientCase   { c.since = version; return c }
func (c clientCase) before(version string) clientCase { c.until = version; return c }
func (c clientCase) engineFrom(version string) clientCase {
	c.engine = version
	return c
}
func (c clientCase) hidden(why string) clientCase { c.silent = why; return c }
func (c clientCase) with(d *recorder.Daemon) clientCase {
	c.daemon = d
	return c
}

var (
	windows  = &recorder.Daemon{OS: "windows"}
	oldAPI   = &recorder.Daemon{API: "1.41"}
	noImage  = &recorder.Daemon{NoImage: true}
	signaled = &recorder.Daemon{Signal: syscall.SIGUSR1}
	files    = &recorder.Daemon{
		Env: []string{"INHERITED=from the client"},
		Files: map[string]string{
			"vars": "A=1\n# no variable\nB=two words\nINHERITED\n", "more": "A=3\n",
			"labels": "a=1\nb=2\n", "seccomp.json": `{"defaultAction": "SCMP_ACT_ALLOW"}`,
		},
	}
)

var containerCases = map[string][]clientCase{
	"run": {
		runCase("name", "--name w1", "--name=w.2_x-y", "--name first --name=last"),
		runCase("user", "-u 1000", "-u1000:1000", "--user=nobody:nogroup", "-u=0"),
		foreground("detach", "-d", "--detach", "--detach=true", "-d=false", "-d --detach=0", "--detach=TRUE"),
		runCase("network", "--net host", "--network=none", "--network container:w1", "--net=MyNet", "--network name=n1,alias=a1,alias=a2",
			"--network n1 --net=n2",
			"--network name=N1", "--network 'NAME= N1 ,Alias=A,alias='", "--network ' n1 '", "--network 'name = x'", "--network com.x=",
			"--network name=é", "--network 'name=x,name=é,alias=ü'", "--network name=a=B",
			`--network '"name=a,b",alias=c'`, "--network name=x,name=n1,ip=10.0.0.2,ip6=2001:db8::2", "--network name=n1,ip=",
			"--network name=n1,ip=x", "--network 'name=n1,driver-opt=A.b=C=d,driver-opt= x = y '",
			"--network 'name=n1\nanything'", "--network name=n2,alias=a --network name=n1,ip=10.0.0.2"),
		runCase("network", "--network name=n1,mac-address=02:42:ac:11:00:02,driver-opt=a.b=c",
			"--network name=n1,mac-address=0242.AC11.0002,link-local-ip=zz,link-local-ip=fe80::1",
			"--network name=n1,mac-address=").from("25.0"),
		runCase("network", "--network name=n1,gw-priority=+5", "--network 'name=é,alias=ü,gw-priority=0'",
			"--network name=n1,gw-priority=-1").from("28.0"),
		runCase("read-only", "--read-only", "--read-only=1", "--read-only=f"),
		runCase("volume", "-v /a:/b", "-v=/a:/b:ro", "--volume /b", "-v vol1:/data:nocopy", "-v/a:/b:rw,z,rshared -v /c:/d", "-dv /a:/b",
			"-v 'C:\\x:/y'"),
		runCase("mount", "--mount type=bind,src=/a,dst=/b",
			"--mount=source=v1,target=/b,volume-nocopy,volume-label=a=1,volume-label=b,volume-driver=d,volume-opt=o=x,ro",
			`--mount 'type=bind,"src=/a,b",destination=/c:d,readonly=true,bind-propagation=RSLAVE,consistency=cached'`,
			"--mount TYPE=TMPFS,dst=/t,tmpfs-size=1.5m,tmpfs-mode=0700 --mount type=volume,dst=/anonymous",
			"--mount dst=/a,ro=false,src=x,src=y",
			`--mount 'source=v1,target=/b,"volume-opt=o=addr=1.2.3.4,rw","volume-label=k=say ""hi"""'`),
		runCase("mount", "--mount type=image,src=busybox,dst=/b", "--mount type=image,src=app:1,dst=/c,ro").engineFrom("28.0"),
		runCase("mount", "--mount type=bind,src=/a,dst=/b,bind-nonrecursive",
			"--mount type=bind,src=/a,dst=/c,bind-nonrecursive=1").before("29.0"),
		runCase("mount", "--mount type=bind,src=/a,dst=/b,bind-recursive=disabled",
			"--mount type=bind,src=/a,dst=/b,ro,bind-recursive=writable",
			"--mount type=bind,src=/a,dst=/b,ro,bind-recursive=readonly,bind-propagation=rprivate",
			"--mount type=bind,src=/a,dst=/b,bind-recursive=enabled").from("25.0"),
		runCase("mount", "--mount type=volume,src=v,dst=/b,volume-subpath=x/y", "--mount src=v,dst=/b,volume-subpath=z").from("26.0"),
		runCase("mount", "--mount type=image,src=busybox,dst=/b,image-subpath=x/y",
			"--mount type=image,src=busybox,dst=/c,image-subpath=z").from("28.0"),
		runCase("tmpfs", "--tmpfs /t", "--tmpfs=/t:size=64m,mode=1777", "--tmpfs /t:ro --tmpfs /u:rw", "--tmpfs /t:",
			"--tmpfs /t:ro --tmpfs /t:rw,,a", "--tmpfs a:b:c"),
		runCase("volumes-from", "--volumes-from w1", "--volumes-from=w1:ro --volumes-from w2", "--volumes-from w1: --volumes-from ''"),
		runCase("volume-driver", "--volume-driver d1 -v v:/b", "--volume-driver=d2 -v vol:/b"),
		runCase("rm", "--rm", "--rm=true", "--rm=F"),
		runCase("cpuset-cpus", "--cpuset-cpus 0-3", "--cpuset-cpus=0,2"),
		runCase("cpuset-mems", "--cpuset-mems 0", "--cpuset-mems=0-1"),
		runCase("cgroup-parent", "--cgroup-parent /a/b", "--cgroup-parent=x.slice"),
		runCase("group-add", "--group-add 5", "--group-add=audio --group-add 6"),
		runCase("workdir", "-w /a", "--workdir='/a b'", "-w/c", "-w=/d"),
		runCase("cidfile", "--cidfile a.cid", "--cidfile=b.cid"),
		runCase("cap-drop", "--cap-drop ALL", "--cap-drop=NET_RAW --cap-drop sys_time"),
		runCase("cap-add", "--cap-add SYS_PTRACE", "--cap-add=ALL --cap-add CAP_NET_RAW"),
		runCase("security-opt", "--security-opt no-new-privileges", "--security-opt=seccomp=seccomp.json --security-opt label=disable",
			"--security-opt apparmor:unconfined",
			"--security-opt seccomp=unconfined --security-opt systempaths=unconfined",
			"--security-opt seccomp:unconfined --security-opt no-new-privileges:false --security-opt no-new-privileges=",
			"--security-opt x=y:z --security-opt a:b").with(files),
		runCase("cpu-shares", "-c 2", "-c=0x10", "--cpu-shares=010", "-c1024"),
		runCase("cpus", "--cpus 1.5", "--cpus=.5", "--cpus 1/2", "--cpus=1e1", "--cpus=0.000000001", "--cpus 0x2"),
		runCase("memory", "-m 64m", "--memory=1.5g", "-m=1536MiB", "-m67108864b", "--memory 6291456", "--memory 1kb --memory '1 TB'",
			"-dm 8m", "-m 9kB", "-m 1P", "-m 7 -m 0"),
		runCase("memory", "-m .5g", "--memory=1e9", "-m 1_000_000_000").from("23.0"),
		runCase("memory-swap", "-m 64m --memory-swap -1", "-m 64m --memory-swap=128m", "--memory-swap 1g"),
		runCase("memory-reservation", "--memory-reservation 32m", "--memory-reservation=1g"),
		runCase("memory-swappiness", "--memory-swappiness 0", "--memory-swappiness=60"),
		runCase("kernel-memory", "--kernel-memory 64m", "--kernel-memory=1g").with(oldAPI),
		runCase("pids-limit", "--pids-limit 100", "--pids-limit=-1"),
		runCase("init", "--init", "--init=T", "--init=false"),
		runCase("privileged", "--privileged", "--privileged=false"),
		runCase("device", "--device /dev/null", "--device=/dev/null:/dev/x:rw", "--device /dev/null:r",
			"--device /dev/null:/dev/y --device /dev/zero:/dev/z:m"),
		runCase("device", "--device vendor.com/class=name", "--device=nvidia.com/gpu=all").from("25.0"),
		runCase("device-cgroup-rule", "--device-cgroup-rule 'c 1:3 rwm'", "--device-cgroup-rule='a *:* r'",
			"--device-cgroup-rule='b 8:* mm' --device-cgroup-rule 'c 1:3 r'"),
		runCase("gpus", "--gpus all", "--gpus=2", `--gpus '"device=0,1"'`, "--gpus 'driver=nvidia,\"capabilities=compute,utility\"'",
			"--gpus device=0,1", "--gpus count=0,device=GPU-x", "--gpus 0 --gpus -5 --gpus +3", "--gpus 3,4", "--gpus driver=x,2",
			`--gpus 'driver=x,"options=a=1,""b=2,3"",c"'`, "--gpus 'options=a' --gpus device= --gpus capabilities=", "--gpus '2\nanything'"),
		runCase("runtime", "--runtime runc", "--runtime=nvidia"),
		runCase("shm-size", "--shm-size 64m", "--shm-size=1.25g"),
		runCase("ulimit", "--ulimit nofile=1024", "--ulimit=nofile=1024:2048 --ulimit core=0", "--ulimit memlock=-1:-1",
			"--ulimit core=1 --ulimit core=2"),
		runCase("oom-score-adj", "--oom-score-adj -500", "--oom-score-adj=1000"),
		runCase("oom-kill-disable", "--oom-kill-disable -m 64m", "--oom-kill-disable=0"),
		runCase("cpu-period", "--cpu-period 100000", "--cpu-period=50000"),
		runCase("cpu-quota", "--cpu-quota 50000", "--cpu-quota=-1"),
		runCase("cpu-rt-period", "--cpu-rt-period 1000000", "--cpu-rt-period=500000"),
		runCase("cpu-rt-runtime", "--cpu-rt-runtime 950000", "--cpu-rt-runtime=1000"),
		runCase("cpu-count", "--cpu-count 2", "--cpu-count=4").with(windows),
		runCase("cpu-percent", "--cpu-percent 50", "--cpu-percent=99").with(windows),
		runCase("io-maxbandwidth", "--io-maxbandwidth 1m", "--io-maxbandwidth=3g").with(windows),
		runCase("io-maxiops", "--io-maxiops 100", "--io-maxiops=0x10").with(windows),
		runCase("isolation", "--isolation process", "--isolation=hyperv").with(windows),
		runCase("blkio-weight", "--blkio-weight 10", "--blkio-weight=1000"),
		runCase("blkio-weight-device", "--blkio-weight-device /dev/sda:10",
			"--blkio-weight-device=/dev/sda:500 --blkio-weight-device /dev/sdb:10", "--blkio-weight-device /dev/sda:0",
			"--blkio-weight-device /dev/sda:0500"),
		runCase("device-read-bps", "--device-read-bps /dev/sda:1mb", "--device-read-bps=/dev/sda:5k",
			"--device-read-bps '/dev/sda:1.5 KB' --device-read-bps /dev/sdb:0"),
		runCase("device-write-bps", "--device-write-bps /dev/sda:1mb", "--device-write-bps=/dev/sda:5k"),
		runCase("device-read-iops", "--device-read-iops /dev/sda:100", "--device-read-iops=/dev/sda:5",
			"--device-read-iops /dev/sda:010 --device-read-iops /dev/sdb:18446744073709551615"),
		runCase("device-write-iops", "--device-write-iops /dev/sda:100", "--device-write-iops=/dev/sda:5"),
		runCase("env", "-e A=1", "--env 'B=two words' -eC=3", "-e INHERITED -e ABSENT", "-e A= -e 'D=x=y'", "-e=A=1 -e A=2",
			"-e 'A B=c' -e 'C=x\ny'").with(files),
		runCase("env-file", "--env-file vars", "--env-file=vars --env-file more -e A=9").with(files),
		runCase("label", "-l a=1", "--label=a=1 -l b", "-l 'a=x, y=z' --label a=2", "-l a=", "-l ' a=1' -l a=2", "-l '\na=1'"),
		runCase("label-file", "--label-file labels", "--label-file=labels -l a=9", "--label-file labels --label-file labels").with(files),
		runCase("annotation", "--annotation a=b", "--annotation=a=1 --annotation 'c=d e,f'", "--annotation a --annotation =b",
			"--annotation ''"),
		runCase("entrypoint", "--entrypoint ''", "--entrypoint=sh", "--entrypoint /bin/x"),
		runCase("hostname", "-h h1", "--hostname=h2", "-hh3"),
		runCase("domainname", "--domainname d1", "--domainname=d.example"),
		runCase("add-host", "--add-host a:10.0.0.1", "--add-host=b:::1 --add-host c:host-gateway"),
		runCase("add-host", "--add-host a=10.0.0.1", "--add-host='b:[::1]'", "--add-host 'c=[2001:db8::1]'").from("25.0"),
		runCase("dns", "--dns 1.1.1.1", "--dns=2606:4700::1111 --dns 9.9.9.9",
			"--dns ' 1.1.1.1 ' --dns ::ffff:1.2.3.4 --dns 2606:4700:0::1"),
		runCase("dns-option", "--dns-option ndots:2", "--dns-opt=timeout:1 --dns-option use-vc"),
		runCase("dns-search", "--dns-search example.org", "--dns-search=. --dns-search a.b",
			"--dns-search ' a.b ' --dns-search a.b. --dns-search ' .' --dns-search :A-b.c"),
		runCase("publish", "-p 80", "-p=8080:80", "--publish 127.0.0.1:8080:80/UDP", "-p 127.0.0.1::80", "-p '[::1]:8080:80/sctp'",
			"-p 8000-8002:80-82", "-p 8080-8082:80",
			"-dp 80:80", "-p target=80,published=8080,protocol=udp", "-p target=80", "-p published=127.0.0.1:81,target=80", "-p :80",
			"-p 80:80 -p 80:80", "-p 0:80"),
		runCase("publish-all", "-P", "--publish-all=true", "-P=0"),
		runCase("expose", "--expose 80", "--expose=81/udp --expose 90-92", "--expose 80/ --expose 81/tcp/udp --expose 82/TCP",
			"--expose 080/xyz --expose 70-71-x"),
		runCase("network-alias", "--network n1 --network-alias a", "--net=n1 --net-alias b --network-alias=c"),
		runCase("ip", "--network n1 --ip 172.30.1.4", "--net n1 --ip=172.30.1.5", "--net n1 --ip 172.30.1.5 --ip x"),
		runCase("ip6", "--network n1 --ip6 2001:db8::33", "--net n1 --ip6=2001:db8::34"),
		runCase("link-local-ip", "--network n1 --link-local-ip 169.254.1.1",
			"--net n1 --link-local-ip=169.254.1.2 --link-local-ip fe80::1"),
		runCase("mac-address", "--mac-address 92:d0:c6:0a:29:33", "--mac-address=02:42:AC:11:00:02", "--mac-address 02-42-ac-11-00-02",
			"--mac-address 0242.ac11.0002", "--mac-address 02:42:ac:11:00:02:03:04"),
		runCase("link", "--link w1", "--link=w1:alias --link w2:b", "--link w1: --link :a"),
		runCase("cgroupns", "--cgroupns host", "--cgroupns=private"),
		runCase("ipc", "--ipc host", "--ipc=container:w1", "--ipc junk", "--ipc shareable"),
		runCase("pid", "--pid host", "--pid=container:w1"),
		runCase("userns", "--userns host", "--userns=''"),
		runCase("uts", "--uts host", "--uts=''"),
		runCase("sysctl", "--sysctl net.ipv4.ip_forward=1", "--sysctl=kernel.shmmax=1 --sysctl net.core.somaxconn=2",
			"--sysctl fs.mqueue.x=a=b --sysctl net.=", "--sysctl net.x=1 --sysctl net.x=2"),
		runCase("storage-opt", "--storage-opt size=10g", "--storage-opt=size=20g --storage-opt a=b", "--storage-opt =x --storage-opt a="),
		runCase("log-driver", "--log-driver none", "--log-driver=json-file"),
		runCase("log-opt", "--log-opt max-size=1m", "--log-opt=max-size=1m --log-opt 'tag=a,b'", "--log-opt env",
			"--log-opt =x --log-opt a=1 --log-opt a=b=c"),
		runCase("restart", "--restart always", "--restart=on-failure:3", "--restart on-failure", "--restart no",
			"--restart=unless-stopped", "--restart on-failure:0"),
		runCase("stop-signal", "--stop-signal SIGINT", "--stop-signal=9"),
		runCase("stop-timeout", "--stop-timeout 0", "--stop-timeout=-1", "--stop-timeout 0x20"),
		runCase("health-cmd", "--health-cmd true", "--health-cmd='test -f \"/a b\"'"),
		runCase("health-interval", "--health-interval 1m30s", "--health-interval=500ms", "--health-interval 0", "--health-interval 1us"),
		runCase("health-retries", "--health-retries 3", "--health-retries=5"),
		runCase("health-timeout", "--health-timeout 5s", "--health-timeout=1.5h"),
		runCase("health-start-period", "--health-start-period 90s", "--health-start-period=2m"),
		runCase("health-start-interval", "--health-start-interval 5s", "--health-start-interval=1m"),
		runCase("no-healthcheck", "--no-healthcheck", "--no-healthcheck=false"),
		runCase("pull", "--pull always", "--pull=missing", "--pull always --pull=never"),
		runCase("platform", "--platform linux/amd64", "--platform=linux/arm64/v8", "--platform linux", "--platform LINUX/x86_64",
			"--platform foo/bar/baz", "--platform Aarch64"),
		runCase("disable-content-trust", "--disable-content-trust",
			"--disable-content-trust=true").hidden("it needs a server of signatures, which DOCKER_CONTENT_TRUST asks for"),
		runCase("disable-content-trust", "--disable-content-trust=false", "--disable-content-trust=0").before("1.0"), // needs that server
		foreground("quiet", "-q", "--quiet=true").with(noImage),
		foreground("quiet", "--quiet=0", "-q=false").with(noImage).from("23.0").hidden("false is the default"),
		runCase("use-api-socket", "--use-api-socket", "--use-api-socket=true"),
		runCase("use-api-socket", "--use-api-socket=false", "--use-api-socket=0").from("28.1").hidden("false is the default"),
		foreground("interactive", "-i", "--interactive=true", "-i=false", "-di"),
		foreground("tty", "-dt", "-dit", "-itd --tty=false", "-dit=false", "-t"),
		foreground("attach", "-a stdout", "--attach=STDERR -a stdin", "-a StdOut -a stdout", "-astdout -a stderr -i"),
		foreground("detach-keys", "--detach-keys ctrl-a", "--detach-keys=ctrl-p,ctrl-q -i"),
		foreground("sig-proxy", "--sig-proxy=false", "--sig-proxy", "--sig-proxy=true").with(signaled),
	},
	"exec": {
		{flag: "detach", lines: []string{"exec -d w1 ls -l", "exec --detach=false w1 ls -d", "exec --detach w1 -- ls"}},
		{flag: "detach-keys", lines: []string{"exec --detach-keys ctrl-a w1 ls", "exec --detach-keys=ctrl-b,c -i w1 ls"}},
		{flag: "env", lines: []string{"exec -e A=1 w1 env", "exec --env=A=1 -eB=2 -e INHERITED w1 env",
			"exec -e B=2 -e A=1 -e A=2 w1 env"}, daemon: files},
		{flag: "env-file", lines: []string{"exec --env-file vars w1 env", "exec --env-file=vars --env-file more -e A=9 w1 env"},
			daemon: files},
		{flag: "interactive", lines: []string{"exec -i w1 cat", "exec --interactive=0 w1 cat", "exec -id w1 cat"}},
		{flag: "privileged", lines: []string{"exec --privileged w1 ls", "exec --privileged=false w1 ls"}},
		{flag: "tty", lines: []string{"exec -dt w1 ls", "exec -dit w1 ls", "exec -d --tty=f w1 ls"}},
		{flag: "user", lines: []string{"exec -u 0 w1 ls", "container exec --user=a:b w1 ls"}},
		{flag: "workdir", lines: []string{"exec -w /a w1 ls", "exec --workdir='/a b' w1 ls"}},
	},
	"stop": {
		{flag: "signal", lines: []string{"stop -s INT w1", "stop --signal=SIGKILL w1 w2"}},
		{flag: "timeout", lines: []string{"stop -t 3 w1", "stop -t0 w1 w2", "stop --time=3 w1", "container stop w1 -t -1",
			"stop --time 9 -- w1"}},
		{flag: "timeout", lines: []string{"stop --timeout 3 w1", "stop w1 --timeout=5"}, since: "28.0"},
	},
	"rm": {
		{flag: "force", lines: []string{"rm -f w1", "rm w1 --force w2", "container rm --force=false w1"}},
		{flag: "link", lines: []string{"rm -l a/b", "rm --link=true a/b", "rm --link=0 w1"}},
		{flag: "volumes", lines: []string{"rm -v w1", "rm -fv w1", "rm --volumes=f w1"}},
	},
	"ps": {
		{flag: "all", lines: []string{"ps -a", "container ls --all=true", "container list -a=0"}},
		{flag: "filter", lines: []string{"ps -f name=w1", "ps --filter=status=exited -f status=dead --filter label=a=b",
			"container ps -f NAME=W -f 'name= x'"}},
		{flag: "format", lines: []string{"ps --format '{{.Names}} {{.ID}}'", "ps --format='{{json .State}}' -a",
			"ps --format 'table {{.Image}}'"}},
		{flag: "last", lines: []string{"ps -n 3", "ps --last=1", "ps -n -1"}},
		{flag: "latest", lines: []string{"ps -l", "ps --latest=true", "ps --latest=false"}},
		{flag: "no-trunc", lines: []string{"ps --no-trunc", "ps --no-trunc=true -q", "ps --no-trunc=0"}},
		{flag: "quiet", lines: []string{"ps -q", "ps -aq", "ps --quiet=false"}},
		{flag: "size", lines: []string{"ps -s", "ps --size=1", "ps --size=0"}},
	},
	"kill": {
		{flag: "signal", lines: []string{"kill -s TERM w1", "kill --signal=9 w1 w2", "container kill w1 -sHUP"}},
	},
	"wait": {
		{flag: "", lines: []string{"wait w1", "container wait w1 w2", "wait -- w1"}, silent: "wait has no flags"},
	},
	"logs": {
		{flag: "details", lines: []string{"logs --details w1", "logs --details=false w1"}},
		{flag: "follow", lines: []string{"logs -f w1", "container logs w1 --follow=false"}},
		{flag: "since", lines: []string{"logs --since 2026-01-02T03:04:05Z w1", "logs --since=1700000000 w1"}},
		{flag: "until", lines: []string{"logs --until 2026-01-02 w1", "logs --until=1700000000.5 w1"}},
		{flag: "tail", lines: []string{"logs -n 5 w1", "logs --tail=all w1", "logs -n0 w1"}},
		{flag: "timestamps", lines: []string{"logs -t w1", "logs -ft w1", "logs --timestamps=0 w1"}},
	},
	"inspect": {
		{flag: "format", lines: []string{"inspect -f '{{.State.Status}}' w1", "inspect w1 --format={{.Id}} w2"}},
		{flag: "size", lines: []string{"inspect -s w1", "inspect --size=false w1"}},
		{flag: "type", lines: []string{"inspect --type container w1", "inspect --type=network n1", "inspect --type volume v1"}},
	},
	"start": {
		{flag: "attach", lines: []string{"start -a w1", "container start --attach=false w1 w2"}},
		{flag: "interactive", lines: []string{"start -i w1", "start -ai w1", "start --interactive=0 w1"}},
		{flag: "checkpoint", lines: []string{"start --checkpoint c1 w1", "start --checkpoint=c2 w1"}},
		{flag: "checkpoint-dir", lines: []string{"start --checkpoint c1 --checkpoint-dir /d w1",
			"start --checkpoint=c2 --checkpoint-dir=/e w1"}},
		{flag: "detach-keys", lines: []string{"start -a --detach-keys ctrl-a w1", "start --detach-keys=ctrl-b,c -i w1"}},
	},
	"import": {
		{flag: "change", lines: []string{"import -c 'ENV A=b' vars app:1",
			"image import --change=CMD -c 'ENTRYPOINT [\"/bin/sh\"]' - app"}, daemon: files},
		{flag: "message", lines: []string{"import -m 'a note' - app", "import - --message=other"}},
		{flag: "platform", lines: []string{"import --platform linux/amd64 - app",
			"import http://example.org/x.tar --platform=linux/arm64"}},
	},
	"rmi": {
		{flag: "force", lines: []string{"rmi -f a:1", "image rm --force=0 a:1", "rmi a:1 --force"}},
		{flag: "no-prune", lines: []string{"rmi --no-prune a:1", "image remove --no-prune=false a:1"}},
		{flag: "platform", lines: []string{"rmi --platform linux/amd64 a:1", "rmi --platform=linux/amd64 --platform linux/arm64/v8 a:1",
			`image rm a --platform linux/amd64,linux/arm64 --platform '"linux/386"' --platform ''`}},
	},
	"restart": {
		{flag: "signal", lines: []string{"restart -s INT w1", "container restart --signal=SIGKILL w1 w2"}},
		{flag: "timeout", lines: []string{"restart -t 3 w1", "restart -t0 w1 w2", "restart --time=3 w1", "container restart w1 -t -1",
			"restart --time 9 -- w1"}},
		{flag: "timeout", lines: []string{"restart --timeout 3 w1", "restart w1 --timeout=5"}, since: "28.0"},
	},
	"pause": {
		{flag: "", lines: []string{"pause w1", "container pause w1 w2", "pause -- w1"}, silent: "pause has no flags"},
	},
	"unpause": {
		{flag: "", lines: []string{"unpause w1", "container unpause w1 w2", "unpause -- w1"}, silent: "unpause has no flags"},
	},
	"rename": {
		{flag: "", lines: []string{"rename w1 w2", "container rename w1 w-3", "rename -- w1 w2"}, silent: "rename has no flags"},
	},
	"update": {
		{flag: "blkio-weight", lines: []string{"update --blkio-weight 10 w1", "update w1 --blkio-weight=1000"}},
		{flag: "cpu-period", lines: []string{"update --cpu-period 100000 w1", "update --cpu-period=50000 w1"}},
		{flag: "cpu-quota", lines: []string{"update --cpu-quota 50000 w1", "update --cpu-quota=-1 w1"}},
		{flag: "cpu-rt-period", lines: []string{"update --cpu-rt-period 1000000 w1", "update --cpu-rt-period=500000 w1"}},
		{flag: "cpu-rt-runtime", lines: []string{"update --cpu-rt-runtime 950000 w1", "update --cpu-rt-runtime=1000 w1"}},
		{flag: "cpu-shares", lines: []string{"update -c 2 w1", "update -c=0x10 w1", "container update w1 w2 --cpu-shares=010"}},
		{flag: "cpus", lines: []string{"update --cpus 1.5 w1", "update --cpus=.5 w1", "update w1 --cpus 1/2"}},
		{flag: "cpuset-cpus", lines: []string{"update --cpuset-cpus 0-3 w1", "update --cpuset-cpus=0,2 w1"}},
		{flag: "cpuset-mems", lines: []string{"update --cpuset-mems 0 w1", "update --cpuset-mems=0-1 w1"}},
		{flag: "kernel-memory", lines: []string{"update --kernel-memory 64m w1", "update --kernel-memory=1g w1"}, daemon: oldAPI},
		{flag: "memory", lines: []string{"update -m 64m w1", "update -m=1536MiB w1", "update w1 --memory=1.5g", "update -m67108864b w1"}},
		{flag: "memory-reservation", lines: []string{"update --memory-reservation 32m w1", "update --memory-reservation=1g w1"}},
		{flag: "memory-swap", lines: []string{"update --memory-swap -1 w1", "update -m 64m --memory-swap=128m w1",
			"update --memory-swap 1g w1"}},
		{flag: "pids-limit", lines: []string{"update --pids-limit 100 w1", "update --pids-limit=-1 w1"}},
		{flag: "restart", lines: []string{"update --restart always w1", "update --restart=on-failure:3 w1", "update --restart no w1 w2"}},
	},
	"cp": {
		{flag: "archive", lines: []string{"cp -a - w1:/d", "container cp --archive=false - w1:/d", "cp - w1:/d -a"}},
		{flag: "follow-link", lines: []string{"cp -L w1:/a -", "cp w1:/a --follow-link=0 -", "cp -aL 'w1:/a b' -"}},
		{flag: "quiet", lines: []string{"cp -q w1:/a -", "cp w1:/a --quiet -"}, silent: "progress shows on a terminal only"},
		{flag: "quiet", lines: []string{"cp --quiet=0 w1:/a -", "cp w1:/a -q=f -"}, since: "23.0", silent: "false is the default"},
	},
	"diff": {
		{flag: "", lines: []string{"diff w1", "container diff w1", "diff -- w1"}, silent: "diff has no flags"},
	},
	"attach": {
		{flag: "detach-keys", lines: []string{"attach --detach-keys ctrl-a w1", "container attach w1 --detach-keys=ctrl-b,c"}},
		{flag: "no-stdin", lines: []string{"attach --no-stdin w1", "attach --no-stdin=false w1"}},
		{flag: "sig-proxy", lines: []string{"attach --sig-proxy=false w1", "attach --sig-proxy w1", "attach w1 --sig-proxy=true"},
			daemon: signaled},
	},
	"commit": {
		{flag: "author", lines: []string{"commit -a 'A B <a@b.example>' w1", "container commit --author=x w1 app"}},
		{flag: "change", lines: []string{"commit -c 'ENV A=b' w1 app:1", "commit --change=CMD -c 'ENTRYPOINT [\"/bin/sh\"]' w1"}},
		{flag: "message", lines: []string{"commit -m 'a note' w1 app", "commit --message=other w1 reg:5000/a/b:T"}},
		{flag: "no-pause", lines: []string{"commit --no-pause w1", "commit --no-pause=true w1 app"}},
		{flag: "no-pause", lines: []string{"commit --no-pause=false w1"}, since: "29.0", silent: "false is the default"},
		{flag: "pause", lines: []string{"commit -p=false w1", "commit --pause w1 app", "commit --pause=0 w1"}},
	},
	"export": {
		{flag: "output", lines: []string{"export -o a.tar w1", "container export w1 --output='b c.tar'"}},
	},
	"top": {
		{flag: "", lines: []string{"top w1", "container top w1 -o pid,args", "top -- w1 -ef"}, silent: "top has no flags"},
	},
	"port": {
		{flag: "", lines: []string{"port w1", "container port w1 80", "port w1 80/tcp"}, silent: "port has no flags"},
	},
	"stats": {
		{flag: "all", lines: []string{"stats -a --no-stream", "container stats --no-stream --all=false"}},
		{flag: "format", lines: []string{"stats --no-stream --format '{{.Name}} {{.MemUsage}}' w1",
			"stats --no-stream w1 --format={{.PIDs}} w2"}},
		{flag: "no-stream", lines: []string{"stats --no-stream", "stats --no-stream=false", "stats -a --no-stream=1"}},
		{flag: "no-trunc", lines: []string{"stats --no-stream --no-trunc w1", "stats --no-stream --no-trunc=0 w1"}},
	},
	"events": {
		{flag: "filter", lines: []string{"events -f container=w1", "system events --filter=event=die -f event=oom --filter label=a=b",
			"events -f 'TYPE= x'", "events -f '' -f ' Label!=A=b '", "events -f =x -f container="}},
		{flag: "format", lines: []string{"events --format '{{.Type}} {{.ID}}'", "events --format='{{json .}}'"}},
		{flag: "since", lines: []string{"events --since 2026-01-02T03:04:05Z", "events --since=1700000000"}},
		{flag: "until", lines: []string{"events --until 2026-01-02", "events --until=1700000000.5"}},
	},
	"version": {
		{flag: "format", lines: []string{"version -f '{{.Server.Version}}'", "version --format='{{json .Server.Os}}'"}},
	},
}
