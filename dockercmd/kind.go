package dockercmd

import (
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"
)

// The kinds, as values to bind rows with.
var (
	word      wordKind     // any text that docker takes as it is
	lowerWord lowerKind    // the same in lower case, as docker makes it
	boolean   booleanKind  // true or false; true needs no value
	integer   integerKind  // a whole number
	unsigned  unsignedKind // a whole number from 0
	octal     octalKind    // permission bits
	duration  durationKind // Go's duration text: 1m30s
	health    healthKind   // a duration of a health check
	pair      pairKind     // KEY=value, or KEY for an empty value
	envVar    envKind      // KEY=value, or KEY to inherit

	size    typedKind[Bytes, *Bytes]
	cpus    typedKind[CPUs, *CPUs]
	mount   typedKind[Mount, *Mount]
	volume  typedKind[Volume, *Volume]
	port    typedKind[Port, *Port]
	ulimit  typedKind[Ulimit, *Ulimit]
	device  typedKind[Device, *Device]
	restart typedKind[Restart, *Restart]
	addHost typedKind[Host, *Host]

	attachment      typedKind[Network, *Network]
	filter          typedKind[Filter, *Filter]
	tmpfs           typedKind[TmpfsMount, *TmpfsMount]
	gpuRequest      typedKind[GPURequest, *GPURequest]
	weight          typedKind[WeightDevice, *WeightDevice]
	bps             typedKind[BpsDevice, *BpsDevice]
	iops            typedKind[IOpsDevice, *IOpsDevice]
	exposed         typedKind[ExposedPort, *ExposedPort]
	securityOpt     typedKind[SecurityOpt, *SecurityOpt]
	link            typedKind[Link, *Link]
	volumesFrom     typedKind[VolumesFrom, *VolumesFrom]
	cgroupRule      typedKind[DeviceCgroupRule, *DeviceCgroupRule]
	servicePort     typedKind[ServicePort, *ServicePort]
	serviceNetwork  typedKind[ServiceNetwork, *ServiceNetwork]
	secretFile      typedKind[SwarmFile, *SwarmFile]
	configFile      configKind
	placementPref   typedKind[PlacementPref, *PlacementPref]
	genericResource typedKind[GenericResource, *GenericResource]
	credentialSpec  typedKind[CredentialSpec, *CredentialSpec]
	externalCA      typedKind[ExternalCA, *ExternalCA]
)

// checkText holds every value to what an argument vector and docker's JSON can carry, then asks its kind.
func checkText[T any, K kind[T]](v *T) []error {
	var k K
	text := format[T, K](v)
	if err := CheckWord(text); err != nil {
		return []error{err}
	}
	err := k.check(v)
	if err == nil {
		return nil
	}
	if _, unread := k.parse(text); unread != nil {
		err = refusedByClient(err)
	}
	return []error{err}
}

// CheckWord says whether a word can stand in a docker command line: a NUL byte would end it, and bytes that are not UTF-8
// would be altered, since docker's API is JSON. The error does not show the word.
func CheckWord(s string) error {
	if i := strings.IndexByte(s, 0); i >= 0 {
		return refusedByClient(fmt.Errorf("a NUL byte at offset %d; no program can be given it", i))
	}
	if !utf8.ValidString(s) {
		return errors.New("not valid UTF-8; docker would alter it")
	}
	return nil
}

type wordKind struct{}

func (wordKind) parse(s string) (string, error)      { return s, nil }
func (wordKind) append(dst []byte, s *string) []byte { return append(dst, *s...) }
func (wordKind) check(*string) error                 { return nil }
func (wordKind) word() string                        { return "string" }

type lowerKind struct{ wordKind }

func (lowerKind) parse(s string) (string, error) { return strings.ToLower(s), nil }

type booleanKind struct{}

func (booleanKind) parse(s string) (bool, error) {
	v, err := strconv.ParseBool(s)
	if err != nil {
		return false, fmt.Errorf("%q is neither true nor false", s)
	}
	return v, nil
}
func (booleanKind) append(dst []byte, v *bool) []byte { return strconv.AppendBool(dst, *v) }
func (booleanKind) check(*bool) error                 { return nil }
func (booleanKind) word() string                      { return "bool" }

// integerKind reads numbers as docker's scanner does: 0x10 is 16 and 010 is 8.
type integerKind struct{}

func (integerKind) parse(s string) (int64, error) {
	v, err := strconv.ParseInt(s, 0, 64)
	if err != nil {
		return 0, fmt.Errorf("%q is not a whole number", s)
	}
	return v, nil
}
func (integerKind) append(dst []byte, v *int64) []byte { return strconv.AppendInt(dst, *v, 10) }
func (integerKind) check(*int64) error                 { return nil }
func (integerKind) word() string                       { return "int" }

type unsignedKind struct{}

func (unsignedKind) parse(s string) (uint64, error) {
	v, err := strconv.ParseUint(s, 0, 64)
	if err != nil {
		return 0, fmt.Errorf("%q is not a whole number from 0", s)
	}
	return v, nil
}
func (unsignedKind) append(dst []byte, v *uint64) []byte { return strconv.AppendUint(dst, *v, 10) }
func (unsignedKind) check(*uint64) error                 { return nil }
func (unsignedKind) word() string                        { return "uint" }

type octalKind struct{}

func (octalKind) parse(s string) (uint32, error) {
	v, err := strconv.ParseUint(s, 8, 32)
	if err != nil {
		return 0, fmt.Errorf("%q is not an octal mode such as 1777", s)
	}
	return uint32(v), nil
}
func (octalKind) append(dst []byte, v *uint32) []byte { return strconv.AppendUint(dst, uint64(*v), 8) }
func (octalKind) check(v *uint32) error {
	if *v > 0o7777 {
		return fmt.Errorf("the mode %o holds more than permission bits", *v)
	}
	return nil
}
func (octalKind) word() string { return "octal" }

type durationKind struct{}

func (durationKind) parse(s string) (time.Duration, error) {
	v, err := time.ParseDuration(s)
	if err != nil {
		return 0, fmt.Errorf("%q is not a duration such as 500ms, 30s or 1m30s", s)
	}
	return v, nil
}
func (durationKind) append(dst []byte, v *time.Duration) []byte { return append(dst, v.String()...) }
func (durationKind) check(v *time.Duration) error {
	if *v < 0 {
		return fmt.Errorf("%s is negative", *v)
	}
	return nil
}
func (durationKind) word() string { return "duration" }

// healthKind is a duration that docker's client itself holds to be positive.
type healthKind struct{ durationKind }

func (healthKind) check(v *time.Duration) error { return refusedByClient(durationKind{}.check(v)) }

type pairKind struct{}

func (pairKind) parse(s string) (string, error) {
	if key, _, _ := strings.Cut(s, "="); key == "" {
		return "", fmt.Errorf("%q has no key; give KEY=value", s)
	}
	return s, nil
}
func (pairKind) append(dst []byte, s *string) []byte { return append(dst, *s...) }
func (pairKind) check(*string) error                 { return nil }
func (pairKind) word() string                        { return "list" }

// typedKind is the kind of every value type of this package that knows its own grammar.
type typedKind[T any, P interface {
	*T
	UnmarshalText([]byte) error
	appendText([]byte) []byte
	check() error
	word() string
}] struct{}

func (typedKind[T, P]) parse(s string) (T, error) {
	var v T
	err := P(&v).UnmarshalText([]byte(s))
	return v, err
}
func (typedKind[T, P]) append(dst []byte, v *T) []byte { return P(v).appendText(dst) }
func (typedKind[T, P]) check(v *T) error               { return P(v).check() }
func (typedKind[T, P]) needs(v *T) []need {
	if n, ok := any(P(v)).(interface{ needs() []need }); ok {
		return n.needs()
	}
	return nil
}
func (typedKind[T, P]) word() string { var v T; return P(&v).word() }
