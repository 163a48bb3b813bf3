package frominspect_test

import (
	"fmt"

	"github.com/dockercmd/toolkit/dockercmd/frominspect"
	"github.com/dockercmd/toolkit/dockercmd/output"
)

// Run returns the line of a container, without what is merely its image's.
func ExampleRun() {
	containers, err := output.ParseInspect([]byte(`[{"Id": "4f", "Name": "/web", "Image": "sha256:bb",
		"HostConfig": {"Memory": 536870912, "ContainerIDFile": "/run/web.cid", "RestartPolicy": {"Name": "always"}},
		"Config": {"Image": "site:1", "Env": ["MODE=fast", "PATH=/bin"], "Cmd": ["serve"]}}]`))
	if err != nil {
		fmt.Println(err)
		return
	}
	images, err := output.ParseImageInspect([]byte(`[{"Id": "sha256:bb", "Config": {"Env": ["PATH=/bin"], "Cmd": ["serve"]}}]`))
	if err != nil {
		fmt.Println(err)
		return
	}
	run, notes, err := frominspect.Run(containers[0], &images[0])
	fmt.Println(run, err)
	fmt.Println(notes)
	// Output:
	// docker run --name=web --detach --cidfile=/run/web.cid --memory=512m --env=MODE=fast --restart=always site:1 <nil>
	// [--cidfile: docker refuses a file that is there; remove /run/web.cid first, or leave the flag out]
}
