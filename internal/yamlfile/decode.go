package yamlfile

import (
	"encoding"
	"errors"
	"fmt"
	"reflect"
	"strconv"
	"strings"
	"time"

	"go.yaml.in/yaml/v3"
)

// ErrUnknownKey is the kind of a key that nothing is there for.
var ErrUnknownKey = errors.New("unknown key")

// Decode puts a document into the struct that into points to, by the names in the yaml tags of its fields; those of a field that is
// tagged ",inline" count as its own, and a field without a tag is left alone. It is strict: an unknown key, a key that is given
// twice and a value of another kind are errors. A text is what is written; durations and whatever is an encoding.TextUnmarshaler
// are made of it. Nothing (no value, ~ or null) is the zero value, but in a
// list of other things than texts. Aliases are followed, and << merges. The error is a *Problem.
func Decode(root *yaml.Node, into any) error {
	v := reflect.ValueOf(into).Elem()
	var d decoder
	if p := d.value(root, v, 0); p != nil {
		return p
	}
	return nil
}

// Pair is a key and its value.
type Pair struct {
	Key   string
	Place *yaml.Node // of the key
	Value *yaml.Node
}

// Pairs returns the keys and values of a mapping in order. A key that is given twice, or is no text, is an error, and so are <<
// and a node that is no mapping: who walks through a document by Pairs follows no alias, and comes to an end. The error is a
// *Problem.
func Pairs(mapping *yaml.Node) ([]Pair, error) {
	d := decoder{noMerge: true}
	pairs, p := d.pairs(mapping, 0)
	if p != nil {
		return nil, p
	}
	return pairs, nil
}

// decoder counts the values that it has met.
type decoder struct {
	values  int
	noMerge bool
}

// enter follows an alias, and bounds what aliases can do.
func (d *decoder) enter(n *yaml.Node, depth int) (*yaml.Node, *Problem) {
	for ; n.Kind == yaml.AliasNode; depth++ {
		n = n.Alias
	}
	d.values++
	switch {
	case depth > maxDepth:
		return nil, at(n, errors.New(tooDeep))
	case d.values > maxValues:
		return nil, at(n, fmt.Errorf("with aliases the document has more than %d values", maxValues))
	}
	return n, nil
}

func (d *decoder) value(n *yaml.Node, v reflect.Value, depth int) *Problem {
	p := d.anyValue(n, v, depth)
	if p != nil && p.quotes && n.Kind == yaml.AliasNode { // it may be of a place whose values nobody may see
		p = at(n, errors.New("the value that this alias stands for cannot be taken here"))
	}
	return p
}

func (d *decoder) anyValue(n *yaml.Node, v reflect.Value, depth int) *Problem {
	n, p := d.enter(n, depth)
	if p != nil {
		return p
	}
	if isNull(n) {
		v.SetZero()
		return nil
	}
	if v.Kind() == reflect.Pointer {
		v.Set(reflect.New(v.Type().Elem()))
		v = v.Elem()
	}
	if set := textSetter(v); set != nil {
		if n.Kind != yaml.ScalarNode {
			return wanted(n, "a text")
		}
		if err := set(n.Value); err != nil {
			return quoting(n, err)
		}
		return nil
	}
	switch v.Kind() {
	case reflect.Struct:
		return d.fields(n, v, depth)
	case reflect.Map:
		return d.entries(n, v, depth)
	case reflect.Slice:
		if n.Kind != yaml.SequenceNode {
			return wanted(n, "a list")
		}
		list := reflect.MakeSlice(v.Type(), len(n.Content), len(n.Content))
		for i, element := range n.Content {
			if element.Kind == yaml.ScalarNode && isNull(element) && list.Index(i).Kind() != reflect.String {
				return at(element, errors.New("nothing stands here; give a value, or leave it out"))
			}
			if p := d.value(element, list.Index(i), depth+1); p != nil {
				return p
			}
		}
		v.Set(list)
		return nil
	}
	return number(n, v)
}

// fields fills a struct.
func (d *decoder) fields(n *yaml.Node, v reflect.Value, depth int) *Problem {
	pairs, p := d.pairs(n, depth)
	if p != nil {
		return p
	}
	fields := map[string]reflect.Value{}
	collectFields(v, fields)
	for _, pair := range pairs {
		field, ok := fields[pair.Key]
		if !ok {
			return at(pair.Place, fmt.Errorf("%w %q", ErrUnknownKey, pair.Key))
		}
		if p := d.value(pair.Value, field, depth+1); p != nil {
			if depth == 0 {
				p.Key = pair.Key
			}
			return p
		}
	}
	return nil
}

func collectFields(v reflect.Value, into map[string]reflect.Value) {
	for i := range v.NumField() {
		name, option, _ := strings.Cut(v.Type().Field(i).Tag.Get("yaml"), ",")
		switch {
		case option == "inline":
			collectFields(v.Field(i), into)
		case name != "":
			into[name] = v.Field(i)
		}
	}
}

// entries fills a map of texts.
func (d *decoder) entries(n *yaml.Node, v reflect.Value, depth int) *Problem {
	pairs, p := d.pairs(n, depth)
	if p != nil {
		return p
	}
	m := reflect.MakeMapWithSize(v.Type(), len(pairs))
	for _, pair := range pairs {
		element := reflect.New(v.Type().Elem()).Elem()
		if p := d.value(pair.Value, element, depth+1); p != nil {
			return p
		}
		m.SetMapIndex(reflect.ValueOf(pair.Key), element)
	}
	v.Set(m)
	return nil
}

// pairs returns the keys of a mapping in order, and behind them those that are merged into it.
func (d *decoder) pairs(n *yaml.Node, depth int) ([]Pair, *Problem) {
	if n.Kind != yaml.MappingNode {
		return nil, wanted(n, "keys and values")
	}
	var all []Pair
	seen := map[string]bool{}
	add := func(pair Pair) bool {
		if seen[pair.Key] {
			return false
		}
		seen[pair.Key] = true
		all = append(all, pair)
		return true
	}
	var sources []*yaml.Node
	for i := 0; i < len(n.Content); i += 2 {
		place := n.Content[i]
		key, p := d.enter(place, depth+1)
		if p != nil {
			return nil, p
		}
		switch {
		case key.Kind != yaml.ScalarNode:
			return nil, wanted(place, "a text as a key")
		case key.Tag == mergeTag && d.noMerge:
			return nil, at(place, errors.New("<< merges nothing here; write the keys out"))
		case key.Tag == mergeTag:
			sources = append(sources, n.Content[i+1])
		case !add(Pair{key.Value, place, n.Content[i+1]}):
			return nil, at(place, fmt.Errorf("the key %q is given twice", key.Value))
		}
	}
	for _, source := range sources {
		pairs, p := d.mergedPairs(source, depth+1)
		if p != nil {
			return nil, p
		}
		for _, pair := range pairs {
			add(pair)
		}
	}
	return all, nil
}

const mergeTag = "!!merge"

// mergedPairs returns what << takes over: of a mapping, or of each mapping in a list.
func (d *decoder) mergedPairs(n *yaml.Node, depth int) ([]Pair, *Problem) {
	n, p := d.enter(n, depth)
	if p != nil {
		return nil, p
	}
	if n.Kind != yaml.SequenceNode {
		return d.pairs(n, depth)
	}
	var all []Pair
	for _, element := range n.Content {
		element, p := d.enter(element, depth+1)
		if p != nil {
			return nil, p
		}
		pairs, p := d.pairs(element, depth+1)
		if p != nil {
			return nil, p
		}
		all = append(all, pairs...)
	}
	return all, nil
}

// textSetter returns what sets v from a text, or nil if it is made of something else.
func textSetter(v reflect.Value) func(string) error {
	if v.Type() == reflect.TypeFor[time.Duration]() {
		return func(text string) error {
			d, err := time.ParseDuration(text)
			if err != nil {
				return fmt.Errorf("%q is not a duration such as 10s or 1m30s", text)
			}
			v.SetInt(int64(d))
			return nil
		}
	}
	if u, ok := v.Addr().Interface().(encoding.TextUnmarshaler); ok {
		return func(text string) error {
			err := u.UnmarshalText([]byte(text))
			if err != nil {
				message, _, _ := strings.Cut(err.Error(), "\n")
				return errors.New(message)
			}
			return nil
		}
	}
	if v.Kind() == reflect.String {
		return func(text string) error { v.SetString(text); return nil }
	}
	return nil
}

// number sets a number or a boolean.
func number(n *yaml.Node, v reflect.Value) *Problem {
	plain := n.Kind == yaml.ScalarNode && n.Style == 0
	tooLarge := func() *Problem { return quoting(n, fmt.Errorf("%s is too large a number", n.Value)) }
	switch v.Kind() {
	case reflect.Bool:
		if !plain || n.Tag != "!!bool" {
			return wanted(n, "true or false")
		}
		v.SetBool(strings.EqualFold(n.Value, "true"))
	case reflect.Int, reflect.Int8, reflect.Int16, reflect.Int32, reflect.Int64:
		i, err := strconv.ParseInt(n.Value, 0, v.Type().Bits())
		switch {
		case plain && errors.Is(err, strconv.ErrRange):
			return tooLarge()
		case !plain || n.Tag != "!!int" || err != nil:
			return wanted(n, "a whole number")
		}
		v.SetInt(i)
	case reflect.Float64:
		var f float64
		if !plain || n.Tag != "!!int" && n.Tag != "!!float" {
			return wanted(n, "a number")
		}
		if n.Decode(&f) != nil {
			return tooLarge()
		}
		v.SetFloat(f)
	default:
		panic(fmt.Sprintf("yamlfile: no field can be a %s", v.Type())) // a mistake of the one who wrote the struct
	}
	return nil
}

// isNull reports whether nothing is written, or what means that.
func isNull(n *yaml.Node) bool { return n.Kind == yaml.ScalarNode && n.Style == 0 && n.Tag == "!!null" }

// wanted returns that a node is of another kind than the one that is wanted.
func wanted(n *yaml.Node, kind string) *Problem {
	return at(n, fmt.Errorf("wanted here: %s, not %s", kind, kindOf(n)))
}

// kindOf returns the words for what a node is.
func kindOf(n *yaml.Node) string {
	switch {
	case n.Kind == yaml.MappingNode:
		return "keys and values"
	case n.Kind == yaml.SequenceNode:
		return "a list"
	case n.Kind == yaml.AliasNode:
		return kindOf(n.Alias)
	}
	switch n.Tag {
	case "!!bool":
		return "true or false"
	case "!!int":
		return "a whole number"
	case "!!float":
		return "a number"
	case "!!null":
		return "nothing"
	}
	return "a text"
}
