package dockercmd

import (
	"encoding/csv"
	"errors"
	"fmt"
	"strconv"
	"strings"

	"github.com/dockercmd/toolkit/internal/table"
)

// ContextEndpoint is how a context reaches its engine: the value of --docker, a comma-separated list of key=value. The zero
// value is docker's own default, the local engine.
type ContextEndpoint struct {
	From          string // take the endpoint of this context; docker then ignores all else
	Host          string // unix:///run/docker.sock, tcp://host:port, ssh://user@host; "" is the local engine
	CA            string // file of the authority that has signed the engine's certificate
	Cert          string // file of the client's own certificate
	Key           string // file of the certificate's key
	SkipTLSVerify bool   // take any certificate of the engine
}

// endpointKeys are the keys of the grammar, in the order in which they render.
var endpointKeys = []struct {
	name  string
	field func(*ContextEndpoint) *string
}{
	{"from", func(e *ContextEndpoint) *string { return &e.From }},
	{"host", func(e *ContextEndpoint) *string { return &e.Host }},
	{"ca", func(e *ContextEndpoint) *string { return &e.CA }},
	{"cert", func(e *ContextEndpoint) *string { return &e.Cert }},
	{"key", func(e *ContextEndpoint) *string { return &e.Key }},
}

const skipTLSVerify = "skip-tls-verify"

// ParseContextEndpoint reads the value of --docker as docker's client does: with one '=' in all, commas are part of the value
// and quotes around the whole are dropped; otherwise it is one CSV record. Of two equal keys the last wins.
func ParseContextEndpoint(s string) (ContextEndpoint, error) {
	var e ContextEndpoint
	err := e.add(s)
	return e, err
}

// add reads a further value of --docker, whose keys replace those of the former.
func (e *ContextEndpoint) add(s string) error {
	fields, err := endpointFields(s)
	if err != nil {
		return err
	}
	for _, f := range fields {
		key, value, ok := strings.Cut(f, "=")
		if !ok {
			return fmt.Errorf("the field %q in %q has no value; give key=value", f, s)
		}
		if err := e.set(key, value); err != nil {
			return fmt.Errorf("%s in %q: %w", key, s, err)
		}
	}
	return nil
}

// endpointFields takes a value apart by the rules of pflag's StringToString, which docker's client uses.
func endpointFields(s string) ([]string, error) {
	switch strings.Count(s, "=") {
	case 0:
		return nil, fmt.Errorf("%q is not a list such as host=tcp://h:2376,ca=/ca.pem", s)
	case 1:
		return []string{strings.Trim(s, `"`)}, nil
	}
	r := csv.NewReader(strings.NewReader(s))
	r.FieldsPerRecord = -1
	fields, err := r.Read()
	if err != nil {
		return nil, fmt.Errorf("%q is not a list such as host=tcp://h:2376,ca=/ca.pem (quote a whole field that holds a comma: "+
			"\"ca=/a,b\"): %w", s, err)
	}
	if _, err := r.Read(); err == nil {
		return nil, fmt.Errorf("%q holds a line break outside quotes; quote the whole field", s)
	}
	return fields, nil
}

func (e *ContextEndpoint) set(key, value string) error {
	if key == skipTLSVerify {
		skip, err := table.BoolKind{}.Parse(value)
		if err == nil {
			e.SkipTLSVerify = skip
		}
		return err
	}
	for _, k := range endpointKeys {
		if k.name == key {
			if key == "from" && value == "" {
				return errors.New("it is empty; name a context, or leave it out")
			}
			*k.field(e) = value
			return nil
		}
	}
	return errors.New("the key is unknown; docker knows from, host, ca, cert, key and skip-tls-verify")
}

func (e ContextEndpoint) String() string { return string(e.AppendTo(nil)) }

func (e *ContextEndpoint) AppendTo(dst []byte) []byte {
	var fields []string
	for _, k := range endpointKeys {
		if v := *k.field(e); v != "" {
			fields = append(fields, k.name+"="+v)
		}
	}
	if e.SkipTLSVerify {
		fields = append(fields, skipTLSVerify+"="+strconv.FormatBool(true))
	}
	if len(fields) == 0 {
		return append(dst, "host="...)
	}
	if len(fields) == 1 && strings.Count(fields[0], "=") == 1 {
		if !strings.HasSuffix(fields[0], `"`) {
			return append(dst, fields[0]...)
		}
		fields = append(fields, skipTLSVerify+"="+strconv.FormatBool(false)) // so that docker reads CSV, and the quote stays
	}
	for i, f := range fields {
		if i > 0 {
			dst = append(dst, ',')
		}
		from := len(dst)
		dst = table.QuoteElement(append(dst, f...), from)
	}
	return dst
}

// MarshalText returns String, for YAML and JSON.
func (e ContextEndpoint) MarshalText() ([]byte, error) { return []byte(e.String()), nil }

// UnmarshalText reads what ParseContextEndpoint reads.
func (e *ContextEndpoint) UnmarshalText(text []byte) (err error) {
	*e, err = ParseContextEndpoint(string(text))
	return err
}

func (e *ContextEndpoint) Validate() error {
	switch alone := (ContextEndpoint{From: e.From}); {
	case e.From != "" && *e != alone:
		return errors.New("docker ignores the rest beside from; leave it out")
	case e.Host != "" && !strings.Contains(e.Host, "://"):
		return table.RefusedByClient(fmt.Errorf("the host %q has no scheme; give unix:///path, tcp://host:port or ssh://user@host",
			e.Host))
	case (e.Cert == "") != (e.Key == ""):
		return errors.New("cert and key go together; give both or none")
	case strings.Contains(e.String(), "\r"):
		return errors.New("a carriage return, which a CSV record cannot carry")
	}
	return nil
}

func (*ContextEndpoint) FlagType() string { return "stringToString" }

// endpoint binds a field of which docker gathers the uses of its flag into one value; nil leaves the flag out, which is not the
// zero endpoint.
func endpoint(p **ContextEndpoint) Value { return endpointValue{optionalEndpoint{Field: p}} }

type optionalEndpoint = table.OptionalValue[ContextEndpoint, table.TypedKind[ContextEndpoint, *ContextEndpoint]]

type endpointValue struct{ optionalEndpoint }

func (v endpointValue) Set(text string) error {
	var e ContextEndpoint
	if *v.Field != nil {
		e = **v.Field
	}
	if err := e.add(text); err != nil {
		return err
	}
	*v.Field = &e
	return nil
}
