package dockercmd_test

import (
	"errors"
	"fmt"
	"strings"

	"github.com/dockercmd/toolkit/dockercmd"
)

func Example() {
	run := &dockercmd.Run{
		Name: "worker-1", Detach: true, User: "1000:1000", Init: new(true),
		Memory: 512 * dockercmd.MiB, CPUs: 1500 * dockercmd.MilliCPU,
		Mounts: []dockercmd.Mount{{Type: "bind", Source: "/srv/worker 1", Target: "/data"}},
		Image:  "busybox", Command: []string{"sh", "-c", "echo $HOME"},
	}
	if err := run.Validate(); err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(run)
	// Output:
	// docker run --name=worker-1 --user=1000:1000 --detach '--mount=type=bind,source=/srv/worker 1,target=/data' --cpus=1.5 --memory=512m --init busybox sh -c 'echo $HOME'
}

func ExampleParse() {
	c, err := dockercmd.Parse([]string{"docker", "run", "-dm", "1.5g", "--net", "host", "busybox", "sleep", "9"})
	if err != nil {
		fmt.Println(err)
		return
	}
	run := c.(*dockercmd.Run)
	fmt.Println(run.Memory, run.Networks)
	fmt.Println(run)
	// Output:
	// 1536m [host]
	// docker run --detach --network=host --memory=1536m busybox sleep 9
}

func ExampleRun_Validate() {
	err := (&dockercmd.Run{Name: "-x", Memory: dockercmd.MiB, Image: "busybox"}).Validate()
	fmt.Println(err)
	problem, _ := errors.AsType[*dockercmd.FieldError](err)
	fmt.Println(problem.Flag)
	// Output:
	// run: --name: "-x" begins with '-'; begin with a letter or a digit
	// run: --memory: 1m is under docker's minimum of 6m
	// --name
}

func ExampleEngine_Args() {
	stop := &dockercmd.Stop{Timeout: new(int64(3)), Containers: []string{"worker-1"}}
	for _, name := range []string{"docker", "docker@20.10", "docker@28.0", "storm"} {
		e, _ := dockercmd.ParseEngine(name)
		fmt.Println(e, strings.Join(e.Args(stop), " "))
	}
	// Output:
	// docker stop -t=3 worker-1
	// docker@20.10 stop --time=3 worker-1
	// docker@28.0 stop --timeout=3 worker-1
	// storm stop --time=3 worker-1
}

func ExampleEngine_Check() {
	run := &dockercmd.Run{Annotations: map[string]string{"a": "b"}, Image: "busybox"}
	fmt.Println(dockercmd.Engine{Version: "20.10.24"}.Check(run))
	fmt.Println(dockercmd.Engine{Version: "28.2.2"}.Check(run))
	// Output:
	// run: --annotation is not for docker@20.10.24: docker has it from 24.0 on
	// <nil>
}

func ExampleParseNetwork() {
	for _, text := range []string{"MyNet", "name=MyNet,alias=DB"} {
		n, err := dockercmd.ParseNetwork(text)
		fmt.Println(n.Name, n.Aliases, err)
	}
	// Output:
	// MyNet [] <nil>
	// mynet [db] <nil>
}

func ExampleParseGPURequest() {
	for _, text := range []string{"all", `"device=0,1"`, "device=0,1"} {
		g, _ := dockercmd.ParseGPURequest(text)
		fmt.Println(g.Count, g.Devices)
	}
	// Output:
	// -1 []
	// 0 [0 1]
	// 1 [0]
}

func ExampleAdvice() {
	run, _ := dockercmd.Parse([]string{"run", "busybox", "-d", "--name=w1"})
	for _, advice := range dockercmd.Advice(run) {
		fmt.Println(advice)
	}
	// Output:
	// run: IMAGE: "-d" stands behind it, so that docker hands it to the container as the first word of the command; a flag of docker's goes before IMAGE
}

func ExampleParseEnvFile() {
	lookup := func(key string) (string, bool) { return "/root", key == "HOME" }
	env, err := dockercmd.ParseEnvFile([]byte("# variables\nA='two words'\nHOME\nABSENT\n"), lookup)
	fmt.Printf("%q %v\n", env, err)
	// Output:
	// ["A='two words'" "HOME=/root"] <nil>
}

func ExampleRedacted() {
	run := &dockercmd.Run{Env: []string{"TOKEN=secret", "HOME"}, Image: "busybox"}
	fmt.Println(dockercmd.Redacted(run))
	// Output:
	// docker run --env=TOKEN=... --env=HOME busybox
}

func ExampleCheckStorm() {
	for _, file := range []string{
		"run --name=w1 -- busybox sh -c id",
		"run --name=w1 busybox sh -d id",
		"run --name=w1 --memory=512m busybox",
	} {
		fmt.Println(dockercmd.CheckStorm([]byte(file)))
	}
	// Output:
	// <nil>
	// the worker-launcher would take the command file, but it is unsafe: "-d" behind the first operand is taken for an option and moved to the front; put "--" before the operands
	// the worker-launcher refuses the command file (exit 39): --memory is unknown
}
