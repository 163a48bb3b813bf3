package scripts_test

import (
	"fmt"

	"github.com/dockercmd/toolkit/scripts"
)

func ExampleCommand() {
	c := scripts.Command{
		Argv:    []string{"docker", "run", "--name=w", "--volume=/a b:/c", "busybox", "sh", "-c", "echo $HOME"},
		Comment: "start w",
	}
	data, err := c.Bytes()
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Print(string(data))
	// Output:
	// #!/bin/sh
	// # start w
	// exec docker run \
	//   --name=w \
	//   '--volume=/a b:/c' \
	//   busybox sh -c 'echo $HOME'
}

func ExampleCommand_refused() {
	_, err := scripts.Command{Argv: []string{"docker", "run", "img", "a b"}, Format: scripts.Line}.Bytes()
	fmt.Println(err)
	// Output:
	// render command script: argv[3] holds a space: the line format has no quoting: use the sh format
}

func ExampleWorker() {
	data, err := scripts.Worker{
		Env:  map[string]string{"OPTS": "-Xmx64m -Da=b", "HOME": "/tmp"},
		Argv: []string{"java", "-jar", "app.jar"},
	}.Bytes()
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Print(string(data))
	// Output:
	// #!/bin/sh
	// export HOME=/tmp
	// export 'OPTS=-Xmx64m -Da=b'
	// exec java -jar app.jar
}

func ExampleWorker_String() {
	w := scripts.Worker{Env: map[string]string{"TOKEN": "secret"}, Argv: []string{"java"}}
	fmt.Println(w, w.Validate())
	// Output: worker script: shell /bin/sh, env ["TOKEN"], umask inherited, program "java" with 0 arguments <nil>
}

func ExampleFormat() {
	refused := scripts.Command{Argv: []string{"docker", "run", "img", "a b"}, Format: scripts.Line}
	accepted := refused
	accepted.Format = scripts.Shell
	for _, c := range []scripts.Command{refused, accepted} {
		fmt.Println(c.Format, c.Validate())
	}
	// Output:
	// line argv[3] holds a space: the line format has no quoting: use the sh format
	// sh <nil>
}
