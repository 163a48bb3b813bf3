// Package worker supervises worker processes in docker containers: it launches them, keeps watch over them, ends them, and delivers
// how each of them ended, exactly as the container says and across restarts of the supervisor and of the engine.
//
//	Spec --Plan--> files and command lines --Manager--> a running container, its exit, its figures
//
// What it offers:
//
//   - [Spec] is what the user wants of one worker; [ReadSpecs] reads it from YAML.
//   - [Plan] is everything that one worker's life writes and runs, as data: previews show it and golden files hold it.
//   - [Manager] carries plans out: Reserve, Launch, Wait, Status, Usage, Profile, Stop, Kill, Cleanup, and StopAll, KillAll
//     and CleanupAll for many. What it knows is on disk, so that any other process can go on with a worker.
//   - [Watcher] watches all workers with one docker events and one docker ps, and delivers each exit until it is acknowledged.
//     A supervisor runs one.
//   - [Manager.Follow] tells people of every change of state. It holds no lock and may run beside a supervisor.
//   - [Manager.Recover] takes up what an earlier supervisor left: it adopts workers, rebuilds damaged checkpoints and records
//     exits.
//   - [Manager.Reap] removes orphans: containers and directories of this instance that no worker owns.
//   - [Manager.PostMortem] collects what there is to know of one worker in an archive. [Manager.PendingExits] returns the
//     exits that nobody has acknowledged.
//   - [LookupIdentity] and [ReadMachine] ask the host for users and resources, [LockDir] is where its supervisors see each
//     other, and [StormLauncher] runs docker through Storm's worker-launcher.
//
// Guarantees:
//
//   - What a Manager runs for one worker is what its Plan says, and nothing else.
//   - An unknown state is never taken for an end. A daemon that does not answer ends no worker, and no worker has ended while the
//     kernel knows of a process of it: docs/promises.md says on which witnesses each promise rests.
//   - A worker's exit code is the container's own, and it is on disk before the container is removed.
//   - Nothing that a worker can write is read, followed or executed by the supervisor.
package worker
