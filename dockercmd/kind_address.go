package dockercmd

import (
	"fmt"
	"net/netip"
	"slices"
	"strings"

	"github.com/dockercmd/toolkit/internal/table"
)

// The kinds of addresses that stay texts, since docker's clients pass them on as they are written.
var (
	dnsServer addressKind // an IPv4 or IPv6 address; blanks around it are dropped
	anyIP     anyIPKind   // the same, as it is written
	ipv4      ipv4Kind
	ipv6      ipv6Kind
	macAddr   macKind
)

// addressKind is docker's --dns, which the client itself reads: it takes no zone.
type addressKind struct{ table.WordKind }

func (addressKind) Parse(s string) (string, error) {
	s = strings.TrimSpace(s)
	return s, checkAddress(s)
}
func (addressKind) Check(s *string) error { return checkAddress(*s) }
func (addressKind) FlagType() string      { return "list" }

func checkAddress(s string) error {
	if ip, err := netip.ParseAddr(s); err != nil || ip.Zone() != "" {
		return fmt.Errorf("%q is not an IP address such as 1.1.1.1 or 2001:db8::1", s)
	}
	return nil
}

type anyIPKind struct{ table.WordKind }

func (anyIPKind) Check(s *string) error { return checkIP(*s) }
func (anyIPKind) FlagType() string      { return "list" }

type ipv4Kind struct{ table.WordKind }

func (ipv4Kind) Check(s *string) error { return checkIP4(*s) }

type ipv6Kind struct{ table.WordKind }

func (ipv6Kind) Check(s *string) error { return checkIP6(*s) }

type macKind struct{ table.WordKind }

func (macKind) Check(s *string) error {
	err := checkMAC(*s)
	if trimmed := strings.TrimSpace(*s); trimmed == "" || checkMAC(trimmed) != nil { // the client does not mind blanks around it
		err = table.RefusedByClient(err)
	}
	return err
}

func checkIP(s string) error {
	if _, err := netip.ParseAddr(s); err != nil {
		return fmt.Errorf("%q is not an IP address such as 169.254.1.1 or fe80::1", s)
	}
	return nil
}

// checkIP4 holds s to an IPv4 address; "" is none. A 29 client drops one of the other family silently.
func checkIP4(s string) error {
	if ip, err := netip.ParseAddr(s); s != "" && (err != nil || !ip.Is4()) {
		return fmt.Errorf("%q is not an IPv4 address such as 172.30.1.5", s)
	}
	return nil
}

// checkIP6 holds s to an IPv6 address; "" is none.
func checkIP6(s string) error {
	if ip, err := netip.ParseAddr(s); s != "" && (err != nil || !ip.Is6() || ip.Zone() != "") {
		return fmt.Errorf("%q is not an IPv6 address such as 2001:db8::5", s)
	}
	return nil
}

// checkMAC holds s to a hardware address of 6, 8 or 20 bytes, in one of the three forms that docker's client reads; "" is none.
func checkMAC(s string) error {
	if s == "" {
		return nil
	}
	sep, digits := ":", 2
	switch {
	case strings.Contains(s, "-"):
		sep = "-"
	case strings.Contains(s, "."):
		sep, digits = ".", 4
	}
	groups := strings.Split(s, sep)
	right := slices.Contains([]int{6, 8, 20}, len(groups)*digits/2)
	for _, group := range groups {
		right = right && len(group) == digits && strings.Trim(group, "0123456789abcdefABCDEF") == ""
	}
	if !right {
		return fmt.Errorf("%q is not a hardware address such as 02:42:ac:11:00:02", s)
	}
	return nil
}
