package dockercmd

import (
	"errors"
	"fmt"
	"regexp"
	"strings"
	"sync"

	"github.com/dockercmd/toolkit/internal/table"
)

// The kinds of some texts that docker's client looks at.
var (
	dnsDomain domainKind // a domain, or "." for none
	stream    streamKind // stdin, stdout or stderr, in either case
	fileName  fileKind   // a file that the client reads
)

// domainKind drops blanks around the domain, as docker's client does. A dot behind it is the client's to drop.
type domainKind struct{ table.WordKind }

func (domainKind) Parse(s string) (string, error) {
	if s = strings.TrimSpace(s); s == "" {
		return "", errors.New("empty; give a domain such as example.org, or \".\" for none")
	}
	return s, nil
}

// clientDomain is what docker's client matches. The colons come of a slip in its expression, and it takes them.
var clientDomain = sync.OnceValue(func() *regexp.Regexp {
	const part = `:?(?:[a-zA-Z0-9]|:?[a-zA-Z0-9][a-zA-Z0-9-]*[a-zA-Z0-9])`
	return regexp.MustCompile(`^(:?` + part + `(?::?\.` + part + `)*)\.?\s*$`)
})

func (domainKind) Check(s *string) error {
	err := checkDomain(*s)
	if match := clientDomain().FindStringSubmatch(*s); err != nil && (match == nil || len(match[1]) >= 255 || !hasLetter(*s)) {
		return table.RefusedByClient(err)
	}
	return err
}

func hasLetter(s string) bool {
	return strings.ContainsFunc(s, func(r rune) bool { return r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' })
}

func checkDomain(s string) error {
	if s == "." {
		return nil
	}
	for part := range strings.SplitSeq(strings.TrimSuffix(s, "."), ".") {
		if part == "" || part[0] == '-' || part[len(part)-1] == '-' {
			return fmt.Errorf("%q is not a domain such as example.org, or \".\" for none", s)
		}
		for _, b := range []byte(part) {
			if (b < 'a' || b > 'z') && (b < 'A' || b > 'Z') && b != '-' && (b < '0' || b > '9') {
				return fmt.Errorf("%q holds %q; a domain has letters, digits, '-' and '.'", s, b)
			}
		}
	}
	if !hasLetter(s) || len(s) >= 255 {
		return fmt.Errorf("%q has no letter or is too long for a domain", s)
	}
	return nil
}
func (domainKind) FlagType() string { return "list" }

type streamKind struct{ table.LowerKind }

func (streamKind) Check(s *string) error {
	return table.RefusedByClient(checkWords(*s, "stdin", "stdout", "stderr"))
}
func (streamKind) FlagType() string { return "list" }

type fileKind struct{ table.WordKind }

func (fileKind) Check(s *string) error {
	if *s == "" {
		return table.RefusedByClient(errors.New("empty; give the name of a file"))
	}
	return nil
}
func (fileKind) FlagType() string { return "list" }
