package cgroupread_test

import (
	"errors"
	"fmt"
	"log"

	"github.com/dockercmd/toolkit/cgroupread"
)

func ExampleHost_ByID() {
	// A captured tree stands for the machine; a program uses cgroupread.Host{}.
	host := cgroupread.Host{Root: "../testdata/cgroupread/v2-cgroupfs-driver-captured"}

	group, err := host.ByID("094ec3800ccf410fc557c743c89b44f9174690881b69835f463a1dc4232eb69b", "")
	if errors.Is(err, cgroupread.ErrGone) {
		fmt.Println("the container has ended")
		return
	}
	if err != nil {
		log.Fatal(err)
	}
	memory, err := group.Memory()
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println("working set", memory.WorkingSet, "of", memory.Limit)
	fmt.Println("swap limit", memory.SwapLimit)
	fmt.Println("killed for lack of memory:", memory.OOMKills)
	// Output:
	// working set 8888320 of 67108864
	// swap limit max
	// killed for lack of memory: 1
}
