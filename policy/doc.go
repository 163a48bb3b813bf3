// Package policy judges what docker may be asked to do: allow-lists over typed commands.
//
// A line of docker is as powerful as root. A program that runs lines for others, such as a supervisor that launches what its users
// specify, or a setuid launcher, has to decide which it runs. Filters over strings have been passed by abbreviations, bundles,
// repeated flags and values that nobody thought of. Here a line is parsed into a [dockercmd.Command], the value is judged, and what
// runs is the value rendered again: what was not understood cannot pass.
//
// What it offers:
//
//   - [Policy], what is allowed; the zero value allows nothing. [Read] reads one from YAML; [Profile] returns one of those that
//     stand in this package: hardened, storm, permissive.
//   - [Policy.Judge], the [Decision] about one line for one [Scope] (who asks): each [Finding] names the rule, the field, the value
//     and what would be allowed. A policy never changes a line; what it wants to stand there is demanded.
//   - [Host], what it has to know of the machine: whose directories lead to a file, which group is docker's. [OSHost] looks;
//     everything else is a pure function of its arguments.
//   - [Rules], the identifiers of rules and what each is about.
//
// Every flag of every command that a policy can allow has a rule, or is classified as one that only bounds or shapes; a test holds
// that against the table of flags.
package policy
