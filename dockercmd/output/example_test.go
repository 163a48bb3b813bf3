package output_test

import (
	"fmt"

	"github.com/dockercmd/toolkit/dockercmd"
	"github.com/dockercmd/toolkit/dockercmd/output"
)

func ExampleParseInspect() {
	containers, err := output.ParseInspect([]byte(`[{"Id":"1bcfd8b84f7a","Name":"/worker-1","State":{"Status":"exited","OOMKilled":true,"ExitCode":137},
		"Config":{"Cmd":["sleep","9"],"Entrypoint":null},"HostConfig":{"Memory":536870912,"NanoCpus":1500000000,"Init":null}}]`))
	if err != nil {
		fmt.Println(err)
		return
	}
	c := containers[0]
	fmt.Println(c.Name, c.State.Status, c.State.ExitCode, c.State.OOMKilled)
	fmt.Println(c.HostConfig.Memory, c.HostConfig.NanoCPUs, c.HostConfig.Init == nil, c.Config.Entrypoint == nil)
	// Output:
	// worker-1 exited 137 true
	// 512m 1.5 true true
}

func ExampleEvent_ClaimedExitCode() {
	// The container exits with 5, and whoever made it gave it a label exitCode=99.
	e, err := output.ParseEvent([]byte(`{"Type":"container","Action":"die","Actor":{"ID":"1bcfd8b84f7a","Attributes":{"exitCode":"99","name":"worker-1"}}}`))
	code, ok := e.ClaimedExitCode()
	fmt.Println(e.Name, e.Action, code, ok, err)
	// Output:
	// worker-1 die 99 true <nil>
}

func ExampleParsePublished() {
	ports, err := output.ParsePublished([]byte("127.0.0.1:18080->80/tcp, [::]:18081->81/udp, 82/tcp"))
	for _, p := range ports {
		fmt.Println(p.Port, p.Protocol, p.HostIP, p.HostPort)
	}
	fmt.Println(err)
	// Output:
	// 80 tcp 127.0.0.1 18080
	// 81 udp :: 18081
	// 82 tcp invalid IP 0
	// <nil>
}

func ExamplePsFormat() {
	ps := &dockercmd.Ps{All: true, NoTrunc: true, Filters: []dockercmd.Filter{dockercmd.ExactName("worker-1")},
		Format: output.PsFormat("app")}
	fmt.Println(ps)
	rows, err := output.ParsePs([]byte(`{"ID":"1bcfd8b84f7a","Names":"worker-1","Image":"busybox","State":"exited","Status":"Exited (3) 2 seconds ago","Labels":{"app":"web"}}`))
	fmt.Println(rows[0].State.Over(), rows[0].Labels["app"], err)
	// Output:
	// docker ps --all '--filter=name=^/?worker-1$' '--format={"ID":{{json .ID}},"Names":{{json .Names}},"Image":{{json .Image}},"State":{{json .State}},"Status":{{json .Status}},"Labels":{"app":{{json (.Label "app")}}}}' --no-trunc
	// true web <nil>
}
