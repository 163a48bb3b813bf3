package dockercmd

import (
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"sync"

	"github.com/dockercmd/toolkit/internal/table"
)

// The worker-launcher's exit codes for a command file that it refuses.
const (
	StormUnreadable = 31  // ERROR_READING_FILE: the file is empty
	StormRefused    = 39  // ERROR_SANITIZING_DOCKER_COMMAND: an option is unknown, ambiguous or lacks its argument
	StormBadImage   = 40  // DOCKER_IMAGE_INVALID: the operand of pull
	StormCrash      = 139 // the launcher itself dies: a file of spaces, or nothing behind --config
)

// StormError says why a command file is refused.
type StormError struct {
	// Exit is the launcher's own exit code; 0 means that the launcher takes the file, but runs something else than it says.
	Exit   int
	Reason string
}

func (e *StormError) Error() string {
	if e.Exit == 0 {
		return "the worker-launcher would take the command file, but it is unsafe: " + e.Reason
	}
	return fmt.Sprintf("the worker-launcher refuses the command file (exit %d): %s", e.Exit, e.Reason)
}

// stormOption is one option that the launcher lets through, and how it hands it to docker.
type stormOption struct {
	name     string
	argument bool   // it takes an argument
	emit     string // in the spelling of Flag.Storm
}

var stormOptions = []stormOption{
	{"name", true, "--name="}, {"user", true, "--user="}, {"rm", false, "--rm"}, {"workdir", true, "--workdir="},
	{"net", true, "--net="}, {"cgroup-parent", true, "--cgroup-parent="}, {"cap-add", true, "--cap-add="},
	{"cap-drop", true, "--cap-drop="}, {"device", true, "--device="}, {"detach", true, "--detach="},
	{"group-add", true, "--group-add "}, {"read-only", false, "--read-only"}, {"security-opt", true, "--security-opt "},
	{"cpu-shares", true, "--cpu-shares="}, {"cpus", true, "--cpus="}, {"cpuset-cpus", true, "--cpuset-cpus="},
	{"cpuset-mems", true, "--cpuset-mems="}, {"cidfile", true, "--cidfile="}, {"format", true, "--format="},
	{"force", false, "--force"}, {"time", true, "--time="}, {"filter", true, "--filter="}, {"quiet", true, "--quiet="},
}

var stormImageRE = sync.OnceValue(func() *regexp.Regexp {
	return regexp.MustCompile(`^(([a-zA-Z0-9.-]+)(:[0-9]+)?/)?([a-z0-9_./-]+)(:[a-zA-Z0-9_.-]+)?$`)
})

// ReadStorm predicts what the worker-launcher makes of a command file: the words that docker receives, or a *StormError with
// the launcher's exit code. It follows the launcher where that is unsafe too; CheckStorm tells.
func ReadStorm(file []byte) ([]string, error) {
	if len(file) == 0 {
		return nil, &StormError{StormUnreadable, "it is empty"}
	}
	words := stormWords(file)
	var out []string
	if len(words) > 0 && strings.HasPrefix(words[0], "--config=") {
		out, words = append(out, words[0]), words[1:]
	}
	if len(words) == 0 {
		return nil, &StormError{StormCrash, "it holds no subcommand"}
	}
	if strings.HasPrefix(words[0], "pull") {
		switch {
		case len(words) < 2:
			return nil, &StormError{StormCrash, "pull without an image"}
		case !stormImageRE().MatchString(words[1]):
			return nil, &StormError{StormBadImage, fmt.Sprintf("%q is no image for it: lower case, and no digest", words[1])}
		}
		return append(out, words[0], words[1]), nil
	}
	out = append(out, words[0])
	options, operands, err := stormScan(words[1:])
	if err != nil {
		return nil, err
	}
	// The launcher joins the words again, cuts the line, and splits it once more.
	joined := "/usr/bin/docker " + strings.Join(slices.Concat(out, options, operands), " ")
	return splitSpaces(joined[:min(len(joined), StormLimit)])[1:], nil
}

// stormWords returns the words of the first line up to a NUL byte. The line break stays in the last word.
func stormWords(file []byte) []string {
	line, _, more := strings.Cut(string(file), "\n")
	if more {
		line += "\n"
	}
	line, _, _ = strings.Cut(line, "\x00")
	return splitSpaces(line)
}

func splitSpaces(s string) []string {
	return slices.DeleteFunc(strings.Split(s, " "), func(w string) bool { return w == "" })
}

// stormScan works as getopt_long does with the launcher's options: options are found anywhere and move to the front.
func stormScan(words []string) (options, operands []string, err error) {
	refused := func(format string, args ...any) error {
		return &StormError{StormRefused, fmt.Sprintf(format, args...)}
	}
	for i := 0; i < len(words); i++ {
		w := words[i]
		switch {
		case w == "--":
			return options, append(operands, words[i+1:]...), nil
		case !table.LooksLikeFlag(w):
			operands = append(operands, w)
		case strings.HasPrefix(w, "--"):
			name, value, joined := strings.Cut(w[2:], "=")
			o, err := findStormOption(name)
			switch {
			case err != nil:
				return nil, nil, refused("--%s %v", name, err)
			case joined && !o.argument:
				return nil, nil, refused("--%s takes no value", o.name)
			case o.argument && !joined && i+1 == len(words):
				return nil, nil, refused("--%s needs a value", o.name)
			case o.argument && !joined:
				i++
				value = words[i]
			case !o.argument:
				value = "true"
			}
			options = appendStorm(options, o.emit, value, !o.argument)
		default:
			used, out, err := stormShort(w[1:], words[i+1:])
			if err != nil {
				return nil, nil, refused("%v in %q", err, w)
			}
			options = append(options, out...)
			i += used
		}
	}
	return options, operands, nil
}

// stormShort reads a bundle of letters: d stands alone, v takes the rest or the next word.
func stormShort(letters string, next []string) (used int, out []string, err error) {
	for j := range len(letters) {
		switch letters[j] {
		case 'd':
			out = append(out, "-d")
		case 'v':
			if rest := letters[j+1:]; rest != "" {
				return 0, append(out, "-v", rest), nil
			}
			if len(next) == 0 {
				return 0, nil, errors.New("-v needs a value")
			}
			return 1, append(out, "-v", next[0]), nil
		default:
			return 0, nil, fmt.Errorf("the letter %q is unknown", letters[j])
		}
	}
	return 0, out, nil
}

// findStormOption looks an option up by its name or by the beginning of only one name.
func findStormOption(name string) (stormOption, error) {
	var found []stormOption
	for _, o := range stormOptions {
		if o.name == name {
			return o, nil
		}
		if strings.HasPrefix(o.name, name) {
			found = append(found, o)
		}
	}
	switch len(found) {
	case 0:
		return stormOption{}, errors.New("is unknown")
	case 1:
		return found[0], nil
	}
	return stormOption{}, fmt.Errorf("may be --%s or --%s", found[0].name, found[1].name)
}

// CheckStorm refuses a command file that the worker-launcher refuses, and one that it would turn into another command than
// the file says: options behind the image, options smuggled behind "--", a program's global options in front, text that it
// drops, line breaks. It also refuses what docker itself would refuse.
func CheckStorm(file []byte) error {
	argv, err := ReadStorm(file)
	if err != nil {
		return err
	}
	unsafe := func(format string, args ...any) error { return &StormError{0, fmt.Sprintf(format, args...)} }
	if i := strings.IndexAny(string(file), "\x00\r\n"); i >= 0 {
		return unsafe("it holds %q at offset %d, which ends up inside a word or ends the line", file[i], i)
	}
	words := splitSpaces(string(file))
	if New(words[0]) == nil {
		return unsafe("its first word %q is no subcommand, and is passed on unchecked", words[0])
	}
	if words[0] == "pull" && len(words) > 2 {
		return unsafe("the words behind %q are dropped", words[1])
	}
	if n := len("/usr/bin/docker ") + len(strings.Join(words, " ")); n > StormLimit {
		return unsafe("the line is cut off at %d bytes", StormLimit)
	}
	rest := words[1:]
	behind := stormOptionsEnd(rest)
	dashed := behind > 0 && rest[behind-1] == "--"
	if behind < len(rest) && table.LooksLikeFlag(rest[behind]) {
		return unsafe("%q behind \"--\" reaches docker as an option", rest[behind])
	}
	if i := slices.IndexFunc(rest[behind:], table.LooksLikeFlag); i >= 0 && !dashed {
		if rest[behind+i] == "--" {
			return unsafe("\"--\" behind the first operand is dropped; put it before the operands")
		}
		return unsafe("%q behind the first operand is taken for an option and moved to the front; put \"--\" before the operands",
			rest[behind+i])
	}
	for _, w := range argv {
		for _, flag := range []string{"--detach=", "--quiet="} {
			if v, ok := strings.CutPrefix(w, flag); ok && v != "true" && v != "false" {
				return unsafe("%s takes the word %q for its value", flag[:len(flag)-1], v)
			}
		}
	}
	said, err := Parse(words)
	if err == nil {
		err = said.Validate()
	}
	if err != nil {
		return unsafe("docker would refuse it: %s", strings.ReplaceAll(err.Error(), "\n", "; "))
	}
	given, err := Parse(argv)
	if err != nil || !slices.Equal(given.Args(), said.Args()) {
		return unsafe("docker takes %q for another command than %q, which it would be given", strings.Join(words, " "),
			strings.Join(argv, " "))
	}
	return nil
}

// stormOptionsEnd returns where the first operand stands, behind "--" if there is one.
func stormOptionsEnd(words []string) int {
	for i := 0; i < len(words); i++ {
		w := words[i]
		switch {
		case w == "--":
			return i + 1
		case !table.LooksLikeFlag(w):
			return i
		case strings.HasPrefix(w, "--") && !strings.Contains(w, "="):
			if o, err := findStormOption(w[2:]); err == nil && o.argument {
				i++
			}
		case !strings.HasPrefix(w, "--"):
			if used, _, err := stormShort(w[1:], words[i+1:]); err == nil {
				i += used
			}
		}
	}
	return len(words)
}
