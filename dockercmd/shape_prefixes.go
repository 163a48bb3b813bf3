package dockercmd

import (
	"fmt"
	"net/netip"
	"strings"
)

// prefixes binds a list of address ranges, of which one use of the flag may hold several, with commas between them. Each
// renders as a use of its own.
func prefixes(p *[]netip.Prefix) Value { return prefixesValue{many(p, prefix)} }

type prefixesValue struct{ Value }

func (v prefixesValue) Set(text string) error {
	for part := range strings.SplitSeq(text, ",") {
		if part = strings.TrimSpace(part); part == "" {
			continue // as in docker, an empty value is no range
		}
		if err := v.Value.Set(part); err != nil {
			return err
		}
	}
	return nil
}
func (v prefixesValue) Type() string { return "ipNetSlice" }

// prefix is a range of addresses such as 10.0.0.0/8. As docker does, it drops the bits behind the length.
var prefix prefixKind

type prefixKind struct{}

func (prefixKind) Parse(s string) (netip.Prefix, error) {
	p, err := netip.ParsePrefix(s)
	if err != nil {
		return netip.Prefix{}, fmt.Errorf("%q is not a range such as 10.0.0.0/8", s)
	}
	return p.Masked(), nil
}
func (prefixKind) Append(dst []byte, p *netip.Prefix) []byte { return p.AppendTo(dst) }
func (prefixKind) Check(p *netip.Prefix) error {
	if !p.IsValid() || *p != p.Masked() {
		return fmt.Errorf("%s is not a range such as 10.0.0.0/8, with nothing behind the length", *p)
	}
	return nil
}
func (prefixKind) FlagType() string { return "list" }
