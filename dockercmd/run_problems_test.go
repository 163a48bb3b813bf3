package dockercmd_test

import (
	"time"

	"github.com/dockercmd/toolkit/dockercmd"
)

// runLine returns a problem of a line of run's, written as docker takes it.
func runLine(name string, flags ...string) problemCase {
	c, err := dockercmd.Parse(append(append([]string{"run"}, flags...), "busybox"))
	if err != nil {
		panic(name + ": " + err.Error())
	}
	return problemCase{name, c}
}

// valueProblems returns values that parse and that docker refuses or misreads, and flags that contradict each other.
func valueProblems() []problemCase {
	network := func(name string, n dockercmd.Network) problemCase {
		return runProblem("network: "+name, func(r *dockercmd.Run) { r.Networks = []dockercmd.Network{n} })
	}
	return []problemCase{
		network("container without a name", dockercmd.Network{Name: "container:"}),
		network("empty alias", dockercmd.Network{Name: "n1", Aliases: []string{""}}),
		network("alias on the host's", dockercmd.Network{Name: "host", Aliases: []string{"a"}}),
		network("address on the default", dockercmd.Network{Name: "default", IP: "10.0.0.2"}),
		network("address", dockercmd.Network{Name: "n1", IP: "x"}),
		network("address of the other family", dockercmd.Network{Name: "n1", IP: "::1"}),
		network("IPv6 address of the other family", dockercmd.Network{Name: "n1", IP6: "10.0.0.1"}),
		network("hardware address", dockercmd.Network{Name: "n1", MACAddress: "02:42:ac:11:00:0g"}),
		network("link-local address", dockercmd.Network{Name: "n1", LinkLocalIPs: []string{"zz"}}),
		network("upper case in the long form", dockercmd.Network{Name: "N1", Aliases: []string{"a"}}),
		network("upper case where the long form is needed", dockercmd.Network{Name: "A=b"}),
		network("blanks in the long form", dockercmd.Network{Name: "n1", Aliases: []string{" a"}}),
		network("driver option without a key", dockercmd.Network{Name: "n1", DriverOpts: map[string]string{"": "x"}}),
		runLine("a network twice", "--network=n1", "--network=name=n1,alias=a"),
		runLine("a network beside the host's", "--network=n1", "--network=host"),
		runLine("an alias without a network", "--network-alias=a"),
		runLine("an address without a network", "--ip=10.0.0.2", "--ip6=2001:db8::2"),
		runLine("an address on the default network", "--network=bridge", "--ip=10.0.0.2"),
		runLine("both spellings of what stands on a network",
			"--network=name=n1,alias=a,ip=10.0.0.2,ip6=::2,mac-address=02:42:ac:11:00:02,link-local-ip=fe80::2",
			"--network-alias=b", "--ip=10.0.0.3", "--ip6=::3", "--mac-address=02:42:ac:11:00:03", "--link-local-ip=fe80::3"),
		runLine("another container's network", "--network=container:w1", "--publish=80", "--publish-all", "--expose=80", "--dns=1.1.1.1",
			"--add-host=a:10.0.0.1", "--mac-address=02:42:ac:11:00:03", "--link=w2"),
		runLine("the host's network with a hardware address", "--network=host", "--mac-address=02:42:ac:11:00:03"),
		runLine("the host's network with a link", "--network=host", "--link=w2"),
		runLine("addresses", "--network=n1", "--ip=x", "--ip6=10.0.0.1", "--link-local-ip=y", "--mac-address=02:42:ac:11:00:02:03"),
		runProblem("name servers", func(r *dockercmd.Run) { r.DNS = []string{"localhost", "fe80::1%eth0"} }),
		runLine("domains", "--dns-search=a_b", "--dns-search=:a.b", "--dns-search=1.2", "--dns-search=a..b", "--dns-search=-a"),

		runLine("the host's name", "--uts=host", "--hostname=h"),
		runLine("kernel settings of the host", "--network=host", "--ipc=host", "--sysctl=net.core.somaxconn=9",
			"--sysctl=kernel.shmmax=9"),
		runLine("a kernel setting that is not a container's", "--sysctl=vm.swappiness=9"),
		runLine("namespaces", "--ipc=junk", "--pid=container:", "--uts=private", "--userns=auto", "--cgroupns=x"),

		runLine("memory file system options", "--tmpfs=/a:junk", "--tmpfs=/b:size=x", "--tmpfs=/c:mode=9", "--tmpfs=/d:,",
			"--tmpfs=/e:remount", "--tmpfs=/f:uid", "--tmpfs=/g:mpol="),
		runLine("memory file systems at odd places", "--tmpfs=", "--tmpfs=/", "--tmpfs=t"),
		runLine("a memory file system twice", "--tmpfs=/t:ro", "--tmpfs=/t/"),
		runProblem("memory file system at a path with a colon",
			func(r *dockercmd.Run) { r.Tmpfs = []dockercmd.TmpfsMount{{Target: "/a:b"}} }),

		runLine("GPUs by count and number", "--gpus=device=0,1"),
		runLine("GPUs", "--gpus=0", "--gpus=-5", "--gpus=device=", `--gpus="capabilities=a,"`),
		runProblem("GPU options", func(r *dockercmd.Run) {
			r.GPUs = []dockercmd.GPURequest{{Count: 1, Options: map[string]string{"a=b": "c"}}}
		}),
		runProblem("weights", func(r *dockercmd.Run) {
			r.BlkioWeightDevices = []dockercmd.WeightDevice{{Path: "/dev/sda", Weight: 9}, {Path: "sda", Weight: 10}}
		}),
		runProblem("rates", func(r *dockercmd.Run) {
			r.DeviceReadBps = []dockercmd.BpsDevice{{Path: "/dev/sda", Rate: -1}, {Path: "/dev/sda", Rate: 1<<60 + 1}, {Path: "/dev/a:b"}}
			r.DeviceWriteIOps = []dockercmd.IOpsDevice{{Path: "", Rate: 1}}
		}),
		runProblem("device rule", func(r *dockercmd.Run) { r.DeviceCgroupRules = []dockercmd.DeviceCgroupRule{"c 1:3"} }),

		runLine("exposed ports", "--expose=80/xyz", "--expose=80/TCP"),
		runProblem("no exposed port", func(r *dockercmd.Run) { r.Expose = []dockercmd.ExposedPort{{}} }),
		runLine("security options", "--security-opt=foo=bar", "--security-opt=no-new-privileges=x",
			"--security-opt=systempaths:unconfined", "--security-opt=writable-cgroups=y"),
		runLine("links", "--link=w1:", "--link=:a", "--link=a/b"),
		runProblem("no link", func(r *dockercmd.Run) { r.Links = []dockercmd.Link{""} }),
		runLine("volumes from", "--volumes-from=", "--volumes-from=w1:", "--volumes-from=w1:foo", "--volumes-from=w1:ro,rw",
			"--volumes-from=w1:ro,", "--volumes-from=w1:nocopy"),
		runProblem("labels", func(r *dockercmd.Run) { r.Labels = map[string]string{"a b": "1", " ": "2"} }),
		runLine("options without a key", "--log-opt==a", "--storage-opt==c", "--annotation==b"),
		runLine("platform of four parts", "--platform=a/b/c/d"),
		runLine("platform of one part that docker does not know", "--platform=plan10"),
		runLine("platform with a dot in its system", "--platform=a.b/amd64"),
		runLine("files without a name", "--env-file=", "--label-file="),
		runLine("a platform with a blank", "--platform=li nux/amd64"),
		runLine("health checks", "--health-interval=1us", "--health-timeout=999us", "--health-start-period=1ns",
			"--health-start-interval=1us", "--health-retries=-1"),
		runProblem("negative time", func(r *dockercmd.Run) { r.HealthTimeout = -time.Second }),

		{"ps with filters that docker reads otherwise",
			&dockercmd.Ps{Filters: []dockercmd.Filter{{}, {Key: "Name", Value: "x"}, {Key: "name", Value: "x "}, {Key: "a=b", Value: "c"}}}},
	}
}
