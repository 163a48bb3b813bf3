package dockercmd

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strings"
)

// marshal renders a command as a JSON object: "command", each set flag under docker's own name (true, a text, or a list
// of texts), "extra", and "operands".
func marshal(c Command) ([]byte, error) {
	var b strings.Builder
	member := func(key string, v any) error {
		k, _ := json.Marshal(key)
		raw, err := json.Marshal(v)
		if b.Len() > 0 {
			b.WriteByte(',')
		}
		b.Write(k)
		b.WriteByte(':')
		b.Write(raw)
		return err
	}
	var errs []error
	errs = append(errs, member("command", c.Subcommand()))
	for _, f := range Flags(c) {
		texts := f.Value.Texts()
		switch {
		case len(texts) == 0:
		case f.Value.IsList():
			errs = append(errs, member(f.Name, texts))
		case f.Value.IsBool():
			errs = append(errs, member(f.Name, texts[0] == "true"))
		default:
			errs = append(errs, member(f.Name, texts[0]))
		}
	}
	if extra := *c.Table().Extra(); len(extra) > 0 {
		errs = append(errs, member("extra", extra))
	}
	if operands := Operands(c); len(operands) > 0 {
		errs = append(errs, member("operands", operands))
	}
	return []byte("{" + b.String() + "}"), errors.Join(errs...)
}

// ParseJSON reads what MarshalJSON writes. Keys are docker's own flag names, in any order; a value is a text, a number, a
// boolean, or a list of them, and a flag that takes one value takes no list. An error names the key and never shows the value
// of a secret.
func ParseJSON(data []byte) (Command, error) {
	members, err := jsonMembers(data)
	if err != nil {
		return nil, fmt.Errorf("JSON of a command: %w", err)
	}
	name, _ := members["command"].text()
	c := New(name)
	if c == nil {
		return nil, fmt.Errorf("JSON of a command: %w %q under the key command; give one such as \"run\"", ErrUnknownCommand, name)
	}
	delete(members, "command")
	operands, extra := members["operands"], members["extra"]
	delete(members, "operands")
	delete(members, "extra")
	for _, f := range Flags(c) {
		value, ok := members[f.Name]
		if !ok {
			continue
		}
		delete(members, f.Name)
		texts := value.list
		if value.isList && !f.Value.IsList() {
			return nil, fmt.Errorf("%s: --%s: a list, but it takes one value", c.Subcommand(), f.Name)
		}
		for _, text := range texts {
			if err := f.Value.Set(text); err != nil {
				return nil, fmt.Errorf("%s: --%s: %w", c.Subcommand(), f.Name, err)
			}
		}
	}
	for key := range members {
		hint := ""
		if near := nearest(c, key); near != "" {
			hint = fmt.Sprintf("; did you mean %q?", near)
		}
		return nil, fmt.Errorf("%s: the key %q is no flag of it%s", c.Subcommand(), key, hint)
	}
	*c.Table().Extra() = append(*c.Table().Extra(), extra.list...)
	return c, SetOperands(c, operands.list)
}

// jsonValue is one member: the texts of a list, or of a single value.
type jsonValue struct {
	list   []string
	isList bool
}

func (v jsonValue) text() (string, bool) {
	if v.isList || len(v.list) != 1 {
		return "", false
	}
	return v.list[0], true
}

// jsonMembers reads an object of texts, numbers, booleans, and lists of them. A key that stands twice is an error.
func jsonMembers(data []byte) (map[string]jsonValue, error) {
	d := json.NewDecoder(bytes.NewReader(data))
	d.UseNumber()
	if t, err := d.Token(); err != nil || t != json.Delim('{') {
		if err == nil || errors.Is(err, io.EOF) {
			return nil, errors.New(`it is not an object such as {"command":"run","operands":["busybox"]}`)
		}
		return nil, err
	}
	members := map[string]jsonValue{}
	for d.More() {
		t, err := d.Token()
		if err != nil {
			return nil, err
		}
		key, _ := t.(string)
		if _, twice := members[key]; twice {
			return nil, fmt.Errorf("the key %q stands twice", key)
		}
		if members[key], err = readJSONValue(d); err != nil {
			return nil, fmt.Errorf("the key %q: %w", key, err)
		}
	}
	if _, err := d.Token(); err != nil {
		return nil, err
	}
	if _, err := d.Token(); !errors.Is(err, io.EOF) {
		return nil, errors.New("something stands behind the object")
	}
	return members, nil
}

func readJSONValue(d *json.Decoder) (jsonValue, error) {
	t, err := d.Token()
	if err != nil {
		return jsonValue{}, err
	}
	if t != json.Delim('[') {
		text, err := scalar(t)
		return jsonValue{list: []string{text}}, err
	}
	v := jsonValue{isList: true}
	for d.More() {
		if t, err = d.Token(); err != nil {
			return v, err
		}
		text, err := scalar(t)
		if err != nil {
			return v, err
		}
		v.list = append(v.list, text)
	}
	_, err = d.Token()
	return v, err
}

func scalar(t json.Token) (string, error) {
	switch t := t.(type) {
	case string:
		return t, nil
	case json.Number:
		return t.String(), nil
	case bool:
		return fmt.Sprint(t), nil
	}
	return "", errors.New("neither a text, a number, a boolean nor a list of them")
}

// MarshalJSON returns an object of the program, the options that are set, under docker's own names, and the command; without
// program and options it is the command's own.
func (l CommandLine) MarshalJSON() ([]byte, error) {
	if l.Program == "" && l.Global.isZero() && l.Command != nil {
		return l.Command.MarshalJSON()
	}
	global := map[string]any{}
	for _, f := range GlobalFlags(&l.Global) {
		switch texts := f.Value.Texts(); {
		case len(texts) == 0:
		case f.Value.IsBool():
			global[f.Name] = texts[0] == "true"
		default:
			global[f.Name] = texts[0]
		}
	}
	return json.Marshal(struct {
		Program string         `json:"program,omitempty"`
		Global  map[string]any `json:"global,omitempty"`
		Command Command        `json:"command"`
	}{l.Program, global, l.Command})
}

// ParseCommandLineJSON reads what CommandLine.MarshalJSON writes, and a command's own JSON.
func ParseCommandLineJSON(data []byte) (CommandLine, error) {
	var o struct {
		Program string
		Global  json.RawMessage
		Command json.RawMessage
	}
	if err := json.Unmarshal(data, &o); err != nil || len(o.Command) == 0 || o.Command[0] != '{' {
		c, err := ParseJSON(data)
		return CommandLine{Command: c}, err
	}
	l := CommandLine{Program: o.Program}
	if len(o.Global) > 0 {
		members, err := jsonMembers(o.Global)
		if err != nil {
			return l, fmt.Errorf("JSON of docker's options: %w", err)
		}
		for _, f := range GlobalFlags(&l.Global) {
			if text, ok := members[f.Name].text(); ok {
				if err := f.Value.Set(text); err != nil {
					return l, fmt.Errorf("docker: --%s: %w", f.Name, err)
				}
				delete(members, f.Name)
			}
		}
		for key := range members {
			return l, fmt.Errorf("docker: the key %q is no option of docker's that takes one value", key)
		}
	}
	c, err := ParseJSON(o.Command)
	l.Command = c
	return l, err
}
