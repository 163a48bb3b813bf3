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

func ExampleHost_Version() {
	host := cgroupread.Host{Root: "../testdata/cgroupread/hybrid-v1-controllers-beside-empty-cgroup2"}
	version, err := host.Version()
	if err != nil {
		log.Fatal(err)
	}
	mounts, err := host.Mounts()
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(version, version == cgroupread.Hybrid)
	for _, m := range mounts {
		if m.Version == cgroupread.V2 {
			fmt.Println(m.Point)
		}
	}
	// Output:
	// hybrid true
	// /sys/fs/cgroup/unified
}

func ExampleFigure() {
	host := cgroupread.Host{Root: "../testdata/cgroupread/v2-cgroupfs-driver-captured"}
	group, err := host.ByID("094ec3800ccf410fc557c743c89b44f9174690881b69835f463a1dc4232eb69b", "")
	if err != nil {
		log.Fatal(err)
	}
	memory, err := group.Memory()
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(memory.SwapLimit.IsUnlimited(), memory.SwapLimit == cgroupread.Unlimited(), memory.Limit.IsUnknown(), group.IsRoot())
	// Output: true true false false
}
