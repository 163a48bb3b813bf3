package main

import (
	"fmt"
	"go/format"
	"net/netip"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/dockercmd/toolkit/dockercmd"
)

// goLiteral returns a line as a Go expression that compiles where dockercmd is imported and, for durations and address ranges,
// time and net/netip. Without options in front of the subcommand it is the command alone:
//
//	&dockercmd.Run{Name: "w1", Memory: 512 * dockercmd.MiB, Image: "busybox"}
func goLiteral(l dockercmd.CommandLine) (string, error) {
	text := "&" + goValue(reflect.ValueOf(l.Command).Elem(), true)
	if whole := (dockercmd.CommandLine{Program: l.Program, Global: l.Global}); !reflect.ValueOf(whole).IsZero() {
		text = strings.TrimSuffix(goValue(reflect.ValueOf(whole), true), "}") + ", Command: " + text + "}"
	}
	source, err := format.Source([]byte("package p\nvar _ = " + text))
	if err != nil {
		return "", fmt.Errorf("write %s as Go: %w", l.Command.Subcommand(), err)
	}
	_, literal, _ := strings.Cut(string(source), " = ")
	return strings.TrimSpace(literal), nil
}

// goValue returns one value; the name of a struct's type is left out inside a list of them.
func goValue(v reflect.Value, typed bool) string {
	switch value := v.Interface().(type) {
	case netip.Prefix:
		return "netip.MustParsePrefix(" + strconv.Quote(value.String()) + ")"
	case time.Duration:
		return goScaled(int64(value), []goUnit{{int64(time.Hour), "time.Hour"}, {int64(time.Minute), "time.Minute"},
			{int64(time.Second), "time.Second"}, {int64(time.Millisecond), "time.Millisecond"}})
	case dockercmd.Bytes:
		return goScaled(int64(value), []goUnit{{int64(dockercmd.TiB), "dockercmd.TiB"}, {int64(dockercmd.GiB), "dockercmd.GiB"},
			{int64(dockercmd.MiB), "dockercmd.MiB"}, {int64(dockercmd.KiB), "dockercmd.KiB"}})
	case dockercmd.CPUs:
		return goScaled(int64(value), []goUnit{{int64(dockercmd.CPU), "dockercmd.CPU"},
			{int64(dockercmd.MilliCPU), "dockercmd.MilliCPU"}})
	}
	switch v.Kind() {
	case reflect.String:
		return strconv.Quote(v.String())
	case reflect.Bool:
		return strconv.FormatBool(v.Bool())
	case reflect.Int, reflect.Int8, reflect.Int16, reflect.Int32, reflect.Int64:
		return strconv.FormatInt(v.Int(), 10)
	case reflect.Uint, reflect.Uint8, reflect.Uint16, reflect.Uint32, reflect.Uint64:
		return strconv.FormatUint(v.Uint(), 10)
	case reflect.Float32, reflect.Float64:
		return strconv.FormatFloat(v.Float(), 'g', -1, 64)
	case reflect.Pointer:
		return goPointer(v.Elem())
	case reflect.Slice:
		return goList(v)
	case reflect.Map:
		return goMap(v)
	case reflect.Struct:
		return goStruct(v, typed)
	}
	panic("no Go literal for a " + v.Type().String())
}

// goPointer returns new(VALUE). A constant alone would have its default type.
func goPointer(v reflect.Value) string {
	text := goValue(v, true)
	if k := v.Kind(); k == reflect.Bool || k == reflect.String && v.Type().PkgPath() == "" || k == reflect.Struct ||
		k == reflect.Map || k == reflect.Slice {
		return "new(" + text + ")"
	}
	return "new(" + v.Type().String() + "(" + text + "))"
}

func goList(v reflect.Value) string {
	elements := make([]string, v.Len())
	for i := range elements {
		elements[i] = goValue(v.Index(i), false)
	}
	return v.Type().String() + "{" + strings.Join(elements, ", ") + "}"
}

func goMap(v reflect.Value) string {
	var entries []string
	for _, key := range v.MapKeys() {
		entries = append(entries, goValue(key, false)+": "+goValue(v.MapIndex(key), false))
	}
	slices.Sort(entries)
	return v.Type().String() + "{" + strings.Join(entries, ", ") + "}"
}

func goStruct(v reflect.Value, typed bool) string {
	var fields []string
	for i := range v.NumField() {
		if f := v.Field(i); !f.IsZero() {
			fields = append(fields, v.Type().Field(i).Name+": "+goValue(f, true))
		}
	}
	text := "{" + strings.Join(fields, ", ") + "}"
	if typed {
		return v.Type().String() + text
	}
	return text
}

// goUnit is a constant that a number is written with.
type goUnit struct {
	size int64
	name string
}

// goScaled writes a number in the largest unit that divides it, as people do: 512 * dockercmd.MiB.
func goScaled(n int64, units []goUnit) string {
	for _, u := range units {
		if n == u.size {
			return u.name
		}
		if n != 0 && n%u.size == 0 {
			return strconv.FormatInt(n/u.size, 10) + " * " + u.name
		}
	}
	return strconv.FormatInt(n, 10)
}
