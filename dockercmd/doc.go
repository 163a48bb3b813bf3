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
// What it offers:
//
//   - Commands: [Run], [Stop], [Ps] and so on, each a [Command]; [New] and [Names] by docker's names. [CommandLine] is a whole
//     line: the program, docker's [Global] options in front of the subcommand, and the command.
//   - Reading: [Parse], [ParseCommandLine], [ParseJSON], and files of variables and labels ([ParseEnvFile], [ParseLabelFile]).
//   - Printing: Args, String, and [Redacted] without the values of secrets, for logs and errors.
//   - Checking: Validate ([FieldErrors], [ClientProblems]), [Advice] about input that docker accepts but that probably does
//     not mean what it seems, [CheckStorm] for command files of Storm's worker-launcher.
//   - Understanding: [Explain] tells what each flag means, [Compare] in what two commands differ for docker.
//   - Engines: an [Engine] spells a command for one docker version or dialect, and says which flags that one lacks.
//   - The flags tables, for makers of command lines of their own: [Flags], [Register], [SetOperands], [ScanError].
//
// Every value type has a function that parses what docker's client takes, String and MarshalText, UnmarshalText for JSON and YAML,
// AppendTo, Validate, and FlagType, docker's name for it in help.
//
// Readers of docker's output are in package output, the way from a container back to its line in package frominspect. This package
// does no input or output: it reads no file, no clock and no environment.
package dockercmd

//go:generate go run ../internal/methods .
