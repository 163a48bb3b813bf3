// Package runnertest offers Runners for tests without docker: [Docker], a docker with state, [Remote], the same in another
// process, and [Script], which expects given command lines.
//
// [Docker] is a small docker in memory: images are Go functions (a [Program], such as [Busybox]), containers are goroutines, and
// what is printed, on which stream and with which exit code, is what the docker 28.2.2 client prints before a 20.10.24 engine, or
// with [Docker.Engine] before one of 28.5. The package's own tests hold it to that: they run the same lines against it and against
// real engines. Put it where a supervisor takes a [runner.Runner], and the supervisor's launches, stops, relists and crashes can be
// tested in milliseconds, under testing/synctest without waiting at all, and with faults that a real engine shows once a month:
//
//	d := &runnertest.Docker{Images: map[string]runnertest.Program{
//		"worker:1": func(ctx context.Context, c *runnertest.Container) int {
//			<-ctx.Done() // until it is killed
//			return 0
//		},
//	}}
//	defer d.Close()
//
// It has an engine that can be killed, restarted and frozen ([Docker.StopEngine], [Docker.Freeze]), answers that hang, break off or
// lie ([Fault], [Outage]), and it can be served to other processes: [Docker.Serve], [Remote], and the program in the folder
// docker, which is put on PATH in place of docker.
//
// [Script] knows nothing of docker: it expects certain command lines ([Line]) and answers each as told ([Reply]). It is for tests
// of the very words that are run.
//
// Its rules:
//
//   - What a fake does not know it refuses loudly; it never answers with a guess.
//   - The process ids that it shows are greater than any that Linux gives, so that a signal sent to one by mistake reaches
//     nobody.
//   - It keeps the rules of package runner: a context that ends stops the process, politely and then firmly.
//   - It holds nothing outside its own values, and Docker.Close leaves no goroutine behind.
package runnertest
