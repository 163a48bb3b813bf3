package pidwatch_test

import (
	"context"
	"fmt"
	"log"
	"os/exec"
	"time"

	"github.com/dockercmd/toolkit/pidwatch"
)

func ExampleSet() {
	set, err := pidwatch.New()
	if err != nil {
		log.Fatal(err) // errors.ErrUnsupported: ask docker from time to time instead
	}
	defer set.Close()

	// A shell stands for a container, whose pid docker inspect --format {{.State.Pid}} tells.
	worker := exec.Command("sh", "-c", "read line; exit 7")
	stdin, err := worker.StdinPipe()
	if err != nil {
		log.Fatal(err)
	}
	if err := worker.Start(); err != nil {
		log.Fatal(err)
	}
	verify := func() error { return nil } // A program reads the container's id in /proc/PID/cgroup here.
	if err := set.Add("worker-1", worker.Process.Pid, verify); err != nil {
		log.Fatal(err) // pidwatch.ErrGone: it has died before; ask docker how
	}
	stdin.Close() // The worker ends.
	if err := worker.Wait(); err != nil {
		fmt.Println("its parent says:", err)
	}

	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	death, err := set.Next(ctx)
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(death.Key, "has died")
	if death.Known && death.Code != 7 {
		fmt.Println("with code", death.Code)
	}
	// Output:
	// its parent says: exit status 7
	// worker-1 has died
}
