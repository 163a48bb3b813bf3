// Package scripts writes docker lines and worker starts as files that a person can read, diff and run, and reads them
// back.
//
//   - [Command] is one docker line as a file, in a [Format]: a shell script, or the one unquoted line that Storm's worker-launcher
//     reads.
//   - [Worker] is the script that starts a worker inside its container: environment, umask, exec.
//   - [Dir] is a directory of such files, which may belong to an [Owner]. Each file is replaced whole or not at all, and
//     never through a link.
//   - [CheckFileName] and [CheckEnvName] check names before they are used.
//
// Two rules hold for every argv that [Command.Validate] accepts, and tests check them with random words:
//
//   - A real shell (dash, bash, busybox) that runs the script passes on exactly the argv.
//   - [ParseCommand] reads exactly the argv back. The same goes for [Worker] and [ParseWorker].
//
// A file that a person has edited is read as long as it keeps to plain words, quotes and continuation lines. One with a
// variable, a command substitution or a second command is refused: it may mean anything.
package scripts
