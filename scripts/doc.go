// Package scripts writes docker lines and worker starts as files that a person can read, diff and run, and reads them
// back.
//
//   - [Command] is one docker line as a file: a shell script, or the one unquoted line that Storm's worker-launcher reads.
//   - [Worker] is the script that starts a worker inside its container: environment, umask, exec.
//   - [Dir] is a directory of such files. Each file is replaced whole or not at all, and never through a link.
//   - [Quote] is a line to paste or to log.
//
// Two laws hold for every argv that [Command.Validate] accepts, and tests prove them with random words:
//
//   - What a real shell (dash, bash, busybox) hands over when it runs the script is exactly the argv.
//   - [ParseCommand] reads exactly the argv back. The same goes for [Worker] and [ParseWorker].
//
// A file that a person has edited is read as long as it keeps to plain words, quotes and continuation lines. One with a
// variable, a command substitution or a second command is refused: it may mean anything.
package scripts
