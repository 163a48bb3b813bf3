package dockercmd_test

import (
	"os/exec"
	"slices"
	"strings"
	"testing"

	"github.com/dockercmd/toolkit/dockercmd"
	"github.com/dockercmd/toolkit/internal/enginetest"
)

// refusedLines are flags of run's that Validate finds wrong and that the real client or engine refuses; OTHER is another
// container. What docker swallows in silence is not among them.
var refusedLines = []string{
	"--network=container:OTHER --hostname=h", "--network=container:OTHER --publish=80", "--network=container:OTHER --publish-all",
	"--network=container:OTHER --expose=80",
	"--network=container:OTHER --dns=1.1.1.1", "--network=container:OTHER --add-host=a:10.0.0.1",
	"--network=container:OTHER --mac-address=02:42:ac:11:00:02", "--network=container:OTHER --link=OTHER",
	"--network=host --link=OTHER", "--network=host --mac-address=02:42:ac:11:00:02", "--network=bridge --ip=10.0.0.2",
	"--network=bridge --ip6=2001:db8::2", "--network=bridge --network-alias=a", "--network=name=bridge,alias=a",
	"--network=host --network=host", "--network=host --network=nosuch", "--network=name=nosuch,ip=10.0.0.2 --ip=10.0.0.3",
	"--network=container:", "--network=name=nosuch,mac-address=x",
	"--uts=host --hostname=h", "--network=host --sysctl=net.core.somaxconn=9", "--ipc=host --sysctl=kernel.shmmax=9",
	"--sysctl=vm.swappiness=9",
	"--ipc=junk", "--ipc=container:", "--pid=junk", "--pid=container:", "--uts=private", "--userns=auto", "--cgroupns=x",
	"--tmpfs=/t:junk", "--tmpfs=/t:size=x", "--tmpfs=/t:mode=9", "--tmpfs=/t:uid=x", "--tmpfs=/t:,", "--tmpfs=/t:remount",
	"--tmpfs=/t:bind", "--tmpfs=t", "--tmpfs=/", "--tmpfs=",
	"--security-opt=foo=bar", "--security-opt=no-new-privileges=x", "--security-opt=no-new-privileges=",
	"--security-opt=systempaths:unconfined",
	"--volumes-from=OTHER:foo", "--volumes-from=OTHER:ro,rw", "--volumes-from=OTHER:nocopy", "--volumes-from=:ro", "--link=:a",
	"--link=a/b",
	"--label= =x", "--dns-search=a_b", "--dns=localhost", "--dns=fe80::1%eth0", "--platform=a/b/c/d", "--platform=plan10",
	"--platform=a.b/amd64", "--env-file=", "--label-file=",
	"--health-cmd=true --health-interval=1us", "--health-cmd=true --health-retries=-1", "--health-cmd=true --health-timeout=-1s",
	"--rm --restart=always", "--log-driver=none --log-opt=a=b", "--no-healthcheck --health-cmd=true",
}

// takenLines are flags that Validate finds right, and that the engine takes.
var takenLines = []string{
	"--tmpfs=/t:size=64M,mode=1777,uid=5,gid=6,nr_inodes=5k,nr_blocks=50,mpol=default,noexec,nosuid,nodev,ro --tmpfs=/u:size=50%,exec,suid,dev,rw,defaults",
	"--tmpfs=/t:atime,diratime,async,mand,relatime,strictatime,rshared --tmpfs=/u:noatime,nodiratime,sync,dirsync,nomand,norelatime,nostrictatime,slave --tmpfs=/v:private --tmpfs=/w:unbindable",
	"--security-opt=no-new-privileges:true --security-opt=label:disable --security-opt=seccomp=unconfined --security-opt=apparmor=unconfined --security-opt=systempaths=unconfined", "--security-opt=no-new-privileges=false",
	"--volumes-from=OTHER:ro,z --volumes-from=OTHER", "--sysctl=net.core.somaxconn=9 --sysctl=kernel.shmmax=65536",
	"--device-cgroup-rule='c 1:3 rrr'",
	"--ipc=none", "--ipc=shareable", "--ipc=host --uts=host --pid=host", "--expose=80 --expose=81-83/udp", "--env='A B=c'",
	"--label=' a=b'", "--dns-search=a.b. --dns=1.1.1.1",
	"--health-cmd=true --health-interval=1ms --health-retries=1",
}

// TestRefusals holds Validate to a real engine, in both directions.
func TestRefusals(t *testing.T) {
	t.Parallel()
	e := enginetest.Require(t)
	other := e.Name(t)
	e.Run(t, "create", "--name="+other, "--network=none", "--volume=/data", e.Image, "true")
	for _, line := range slices.Concat(refusedLines, takenLines) {
		t.Run(line, func(t *testing.T) {
			t.Parallel()
			refused := slices.Contains(refusedLines, line)
			var args []string
			for flag := range strings.SplitSeq(strings.ReplaceAll(line, "OTHER", other), " --") {
				args = append(args, "--"+strings.ReplaceAll(strings.TrimPrefix(flag, "--"), "'", ""))
			}
			c, err := dockercmd.Parse(slices.Concat([]string{"run"}, args, []string{e.Image, "true"}))
			if err == nil {
				err = c.Validate()
			}
			if (err != nil) != refused {
				t.Fatalf("refused %t, Validate says %v", refused, err)
			}
			if !strings.Contains(line, "--network") {
				args = append(args, "--network=none")
			}
			args = slices.Concat([]string{"run", "--name=" + e.Name(t)}, args, []string{e.Image, "true"})
			if out, err := exec.CommandContext(t.Context(), e.Docker, args...).CombinedOutput(); (err != nil) != refused {
				t.Errorf("refused %t, docker says %v\n%s", refused, err, out)
			}
		})
	}
}
