package dockercmd

import "github.com/dockercmd/toolkit/internal/table"

// Flag is one row of a command's table. It states everything about a flag once: Name, Short (docker's letter), Alias, Value (the
// field that it is bound to), Since and Until (docker versions), Lacks and Splits (dialects), Storm (the worker-launcher's
// spelling), Secret, API, Instead, Default and Usage. Rendering, parsing, help, version and dialect checks are loops over
// rows.
type Flag = table.Flag

// Value is a field bound to its flag. IsSet reports whether the flag renders, Texts returns its values as docker takes them,
// Set takes one use of the flag, Type returns the name of the type in docker's help; IsBool and IsList tell how it is used.
type Value = table.Value

// Dialect is a family of programs that take docker's lines, each with spellings and gaps of its own.
type Dialect = table.Dialect

// The dialects. The zero value is docker's own client.
const (
	Docker = table.Docker
	// Podman is podman; its flags are those of 4.3.1.
	Podman = table.Podman
	// Nerdctl is containerd's nerdctl; its flags are those of 2.3.5.
	Nerdctl = table.Nerdctl
	// Storm is the command file of Apache Storm's worker-launcher: one unquoted line, split at spaces, in which a few options
	// are allowed.
	Storm = table.Storm
)

// CheckWord returns an error if s cannot be an argument of docker: a NUL byte would end it, and bytes that are not UTF-8 would be
// altered, since docker's API is JSON. The error does not show the word.
func CheckWord(s string) error { return table.CheckWord(s) }

// The shapes, under short names: a row of a flags table is one line.

func one[T comparable, K table.Kind[T]](p *T, k K) Value               { return table.One(p, k) }
func optional[T any, K table.Kind[T]](p **T, k K) Value                { return table.Optional(p, k) }
func many[T any, K table.Kind[T]](p *[]T, k K) Value                   { return table.Many(p, k) }
func pairs[K table.Kind[string]](p *map[string]string, k K) Value      { return table.Pairs(p, k) }
func commas[T any, K table.Kind[T]](p *[]T, k K) Value                 { return table.Commas(p, k) }
func commaPairs[K table.Kind[string]](p *map[string]string, k K) Value { return table.CommaPairs(p, k) }

// problems are the table's, with the checks that commands of this package share.
type problems struct{ *table.Problems }

func newProblems() *problems { return &problems{new(table.Problems)} }
