package dockercmd

import (
	"fmt"
	"strings"
)

// platformKind is OS[/ARCH[/VARIANT]], such as linux/arm64/v8. Parse keeps what the client takes; what it holds to the grammar
// differs from command to command.
type platformKind struct{ wordKind }

var platform platformKind

func (platformKind) check(s *string) error {
	parts := strings.Split(*s, "/")
	valid := len(parts) <= 3
	for _, part := range parts {
		valid = valid && part != "" && !strings.ContainsFunc(part, func(r rune) bool {
			return (r < 'a' || r > 'z') && (r < 'A' || r > 'Z') && (r < '0' || r > '9') && r != '_' && r != '.' && r != '-'
		})
	}
	if !valid {
		return fmt.Errorf("%q is not a platform such as linux/amd64 or linux/arm64/v8", *s)
	}
	return nil
}
