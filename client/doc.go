// Package client asks a docker engine by running the docker client, and answers with values and with kinds of errors.
//
// [Docker] has a method for each command: Run, Wait, Stop, Kill, Start, Rm, Ps, Inspect, Stats, Info and Version, the batches
// StopAll, KillAll, RmAll and StartAll with an answer for each container, Exec, Logs and Stream for programs whose output is
// read as it comes, Events and FollowEvents for what happens on the engine, and Pull, Load, Import, Tag, Rmi, Images and
// ImageInspect for images. Do runs any command with the settings of one [Call]; Argv and Check show a line before it runs; Detect
// finds the engine's version.
//
// What goes wrong is a [DockerError], or for batches a [BatchError]. Their kinds, such as [ErrNotFound], are found with
// [errors.Is], and [KindName] turns them into labels for metrics.
//
// A [Lane] answers questions through one client that stays, instead of a client for each.
//
// Around the calls, [Retry] repeats those that failed for a passing reason within a [Budget], a [Breaker] stops asking an engine
// that fails and reports its [Health], and an [Observation] describes each call. [Images] brings images to an engine before they
// are needed; [ImageAllowed] holds references to an allow-list. [ParseScript] reads a command back from a file of package scripts.
//
//	var d client.Docker
//	id, err := d.Run(ctx, dockercmd.Run{Image: "busybox", Command: []string{"sleep", "9"}})
//	if errors.Is(err, client.ErrImageNotFound) { ... }
package client
