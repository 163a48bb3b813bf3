// Package dockercmd holds docker command lines as values.
//
// Each docker subcommand is one plain struct with a field per flag:
//
//	run := &dockercmd.Run{Name: "w1", Detach: true, Memory: 512 * dockercmd.MiB, Image: "busybox", Command: []string{"sleep", "9"}}
//	fmt.Println(run) // docker run --name=w1 --detach --memory=512m busybox sleep 9
//
// Every command keeps three guarantees:
//
//   - Args never fails, spells each value in one way only, and can never turn an operand into an option: an operand that
//     begins with a dash stands behind "--".
//   - Parse gives back the value that Args rendered, for every value that Validate accepts. Package shellline gives it back
//     from String, and reads lines as people write them for a shell.
//   - Validate finds all problems at once and names each by its flag. Nothing should be started or written without it.
//
// A field's zero value leaves its flag out. A field is a pointer exactly where docker tells the flag's zero from its
// absence (--init=false, --stop-timeout=0, an empty --entrypoint). Values with a grammar of docker's own have types, such as
// [Mount], [Network] and [GPURequest], each with a function that parses what docker takes.
//
// [Advice] tells of what docker takes and a reader would not expect, such as a flag behind the image.
//
// A [CommandLine] is a whole line: the program, docker's [Global] options in front of the subcommand, and the command.
//
// An [Engine] spells a command for one docker version or dialect and says which flags that one lacks. The package does no
// input or output: it reads no file, no clock and no environment.
package dockercmd

//go:generate go run ../internal/methods .
