package dockercmd

import (
	"fmt"
	"net/netip"

	"github.com/dockercmd/toolkit/internal/table"
)

// The kinds of network create's and network connect's addresses. Parse keeps any text, since docker's clients up to 28 send it
// as it is written; 29 reads it as an address.
var (
	subnet     subnetKind        // a block of addresses in CIDR form
	address    eitherAddressKind // an address of either family
	address4   address4Kind      // an IPv4 address
	address6   address6Kind      // an IPv6 address
	auxAddress auxAddressKind    // NAME=ADDRESS
)

type subnetKind struct{ table.WordKind }

// Check wants the block's first address: the 20.10 engine drops the bits of a host, later ones refuse them.
func (subnetKind) Check(s *string) error {
	block, err := netip.ParsePrefix(*s)
	if err != nil {
		return fmt.Errorf("%q is not a block of addresses such as 10.1.0.0/16 or 2001:db8::/64", *s)
	}
	if block != block.Masked() {
		return fmt.Errorf("%s has bits of a host set; write %s", *s, block.Masked())
	}
	return nil
}

type eitherAddressKind struct{ table.WordKind }

func (eitherAddressKind) Check(s *string) error { _, err := readAddress(*s); return err }

type address4Kind struct{ table.WordKind }

// Check wants the family: the 29 client drops an IPv6 address in the place of an IPv4 one without a word.
func (address4Kind) Check(s *string) error {
	ip, err := readAddress(*s)
	if err == nil && !ip.Is4() {
		err = fmt.Errorf("%q is not an IPv4 address such as 172.30.100.104", *s)
	}
	return err
}

type address6Kind struct{ table.WordKind }

func (address6Kind) Check(s *string) error {
	ip, err := readAddress(*s)
	if err == nil && !ip.Is6() {
		err = fmt.Errorf("%q is not an IPv6 address such as 2001:db8::33", *s)
	}
	return err
}

type auxAddressKind struct{ table.PairKind }

func (auxAddressKind) Check(s *string) error {
	_, text := cutPair(*s)
	_, err := readAddress(text)
	return err
}

// readAddress reads an address as netip does, but without zones, which docker's engine does not take.
func readAddress(s string) (netip.Addr, error) {
	ip, err := netip.ParseAddr(s)
	if err != nil || ip.Zone() != "" {
		return netip.Addr{}, fmt.Errorf("%q is not an address such as 10.1.0.1 or 2001:db8::1", s)
	}
	return ip, nil
}
