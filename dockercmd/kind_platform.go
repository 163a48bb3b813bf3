package dockercmd

import (
	"fmt"
	"slices"
	"strings"

	"github.com/dockercmd/toolkit/internal/table"
)

// platform is docker's --platform: OS/ARCH or OS/ARCH/VARIANT, or one of the two alone where docker knows it.
var platform platformKind

type platformKind struct{ table.WordKind }

// lonePlatforms are the systems and machines that docker's client knows by name alone, in any case.
var lonePlatforms = strings.Fields(`aix android darwin dragonfly freebsd hurd illumos ios js linux macos nacl netbsd openbsd plan9
	solaris windows zos 386 aarch64 amd64 amd64p32 arm arm64 arm64be armbe armel armhf i386 loong64 mips
	mips64 mips64le mips64p32 mips64p32le mipsle ppc ppc64 ppc64le riscv riscv64 s390 s390x sparc
	sparc64 wasm x86-64 x86_64`)

func (platformKind) Check(s *string) error { return table.RefusedByClient(checkPlatform(*s)) }

// pulledPlatform is pull's, which the client does not look at.
var pulledPlatform pulledKind

type pulledKind struct{ table.WordKind }

func (pulledKind) Check(s *string) error { return checkPlatform(*s) }

func checkPlatform(s string) error {
	parts := strings.Split(s, "/")
	system, version, versioned := strings.Cut(parts[0], "(")
	right := len(parts) <= 3 && platformWord(system, "_-") && (!versioned || strings.HasSuffix(version, ")") &&
		platformWord("x"+strings.TrimSuffix(version, ")"), "_.-"))
	for _, part := range parts[1:] {
		right = right && platformWord(part, "_.-")
	}
	if len(parts) == 1 {
		right = right && slices.Contains(lonePlatforms, strings.ToLower(system))
	}
	if !right {
		return fmt.Errorf("%q is not a platform such as linux/amd64 or linux/arm64/v8", s)
	}
	return nil
}

// platformWord reports whether s is made of letters, digits and some other characters.
func platformWord(s, others string) bool {
	return s != "" && !strings.ContainsFunc(s, func(r rune) bool {
		return (r < '0' || r > '9') && (r < 'a' || r > 'z') && (r < 'A' || r > 'Z') && !strings.ContainsRune(others, r)
	})
}
