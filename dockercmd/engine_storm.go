package dockercmd

import (
	"errors"
	"fmt"
	"strconv"
	"strings"

	"github.com/dockercmd/toolkit/internal/table"
)

// StormLimit is how many bytes the worker-launcher keeps of the docker program's path, a space and the line: it cuts the
// rest off silently.
const StormLimit = 131071

// stormArgs spells a command for the worker-launcher. The Storm column of the flags table is the spelling: "--name=" joins
// the value, "-v " makes it a word of its own, "--rm" stands alone for true. A flag without a spelling keeps docker's,
// which the launcher refuses. Where an operand begins with a dash, "--" stands before the operands: the launcher strips it
// and passes on the rest untouched.
func stormArgs(c Command) []string {
	dst := append(make([]string, 0, 24), strings.Fields(c.Subcommand())...)
	for _, f := range Flags(c) {
		for _, text := range f.Value.Texts() {
			if f.Storm == "" {
				s := table.Spell("--" + f.Name)
				dst = append(dst, s.With(text, f.Value.IsBool()))
				continue
			}
			if cpus, ok := f.Value.(table.OneValue[CPUs, table.TypedKind[CPUs, *CPUs]]); ok {
				text = javaDouble(*cpus.Field)
			}
			dst = appendStorm(dst, f.Storm, text, f.Value.IsBool())
		}
	}
	dst = append(dst, *c.Table().Extra()...)
	operands := Operands(c)
	for _, word := range operands {
		if table.LooksLikeFlag(word) {
			dst = append(dst, "--")
			break
		}
	}
	return append(dst, operands...)
}

func appendStorm(dst []string, spelling, text string, boolean bool) []string {
	switch {
	case boolean && text == "true":
		return append(dst, spelling)
	case boolean:
		return append(dst, spelling+"="+text)
	case strings.HasSuffix(spelling, "="):
		return append(dst, spelling+text)
	}
	return append(dst, strings.TrimSuffix(spelling, " "), text)
}

// javaDouble writes a number of CPUs as Storm does, which is how Java prints a double: 1.0, 0.33, 1.0E7, 1.0E-4.
func javaDouble(c CPUs) string {
	f, _ := strconv.ParseFloat(c.String(), 64)
	if f >= 1e-3 && f < 1e7 {
		if c%CPU == 0 {
			return c.String() + ".0"
		}
		return c.String()
	}
	mantissa, exponent, _ := strings.Cut(strconv.FormatFloat(f, 'E', -1, 64), "E")
	if !strings.Contains(mantissa, ".") {
		mantissa += ".0"
	}
	n, _ := strconv.Atoi(exponent)
	s := mantissa + "E" + strconv.Itoa(n)
	if read, err := ParseCPUs(s); err != nil || read != c {
		return c.String() // more digits than a double holds
	}
	return s
}

// stormCheck finds what the worker-launcher would refuse or change.
func stormCheck(c Command) error {
	e := Engine{Dialect: Storm}
	var errs []error
	refuse := func(flag, format string, args ...any) {
		errs = append(errs, &UnsupportedError{c.Subcommand(), flag, e, fmt.Sprintf(format, args...)})
	}
	if first, second, two := strings.Cut(c.Subcommand(), " "); two {
		refuse(second, "the worker-launcher takes it for an operand of %s and moves the options before it; use a command of one word",
			first)
	}
	for _, f := range Flags(c) {
		if !f.Value.IsSet() {
			continue
		}
		if f.Storm == "" {
			refuse("--"+f.Name, "the worker-launcher refuses it (exit 39); leave it out")
			continue
		}
		for _, text := range f.Value.Texts() {
			if f.Value.IsBool() && text != "true" {
				refuse("--"+f.Name, "the worker-launcher takes no value for it; leave it out")
			} else if err := stormWord(text, f.Storm); err != nil {
				refuse("--"+f.Name, "%v", err)
			}
		}
	}
	for _, w := range *c.Table().Extra() {
		refuse(w, "the worker-launcher refuses options that it does not know (exit 39)")
	}
	if pull, ok := c.(*Pull); ok && pull.Image != "" && !stormImageRE().MatchString(pull.Image) {
		refuse("operand", "the worker-launcher takes no image %q (exit %d); give a name in lower case without a digest", pull.Image,
			StormBadImage)
	}
	for i, w := range Operands(c) {
		if err := stormWord(w, ""); err != nil {
			refuse("operand", "%v", err)
		}
		if table.LooksLikeFlag(w) && (i == 0 || !c.Table().Spec().Verbatim) {
			refuse("operand", "%q begins with a dash, and the worker-launcher drops the \"--\" before it, "+
				"so that docker takes it for a flag", w)
		}
	}
	if n := len(strings.Join(stormArgs(c), " ")); n > StormLimit-len("/usr/bin/docker ") {
		refuse("the line", "it has %d bytes, and the worker-launcher cuts off what goes beyond %d", n, StormLimit)
	}
	return errors.Join(errs...)
}

// stormWord returns why a word cannot stand in an unquoted line that is split at spaces. Behind "=" an empty value can.
func stormWord(w, spelling string) error {
	if w == "" && !strings.HasSuffix(spelling, "=") {
		return errors.New("an empty word cannot be written in an unquoted line")
	}
	if i := strings.IndexAny(w, " \x00\r\n"); i >= 0 {
		return fmt.Errorf("it holds %q at offset %d, and the line is split at spaces without any quoting; use a value without it", w[i],
			i)
	}
	return nil
}
