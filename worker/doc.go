// Package worker keeps the lives of worker processes in docker containers.
//
//	Spec --Plan--> files and command lines --Manager--> a running container, its exit, its figures
//
// A [Spec] is what the user wants. A [Plan] is everything that one worker's life will write and run, as data: it is what
// previews show and golden files hold. A [Manager] carries plans out and keeps what it learns on disk, so that another
// process can go on with it.
//
// The laws:
//
//   - What a Manager runs for one worker is what its Plan says, and nothing else.
//   - An unknown state is never taken for an end. A daemon that does not answer kills nobody.
//   - A worker's exit code is the container's own, and it is on disk before the container is removed.
//   - Nothing that a worker can write is read, followed or executed by the supervisor.
package worker
