package main

import (
	"encoding"
	"errors"
	"fmt"
	"go/ast"
	"go/constant"
	"go/parser"
	"go/token"
	"reflect"
	"strings"
	"time"

	"github.com/dockercmd/toolkit/dockercmd"
)

// readGo finds the commands in Go source: expressions such as goLiteral writes, one a line, or a file, of which each literal of a
// command counts. Values must be literals, constants of dockercmd and time, products of them, conversions, and new.
func readGo(source string) ([]dockercmd.CommandLine, error) {
	files := token.NewFileSet()
	var node ast.Node
	node, err := parser.ParseFile(files, "", source, parser.SkipObjectResolution)
	if err != nil {
		// Expressions on lines of their own, which may go on over several, are statements to Go.
		var statementErr error
		node, statementErr = parser.ParseFile(files, "", "package p; func _() {"+source+"\n}", parser.SkipObjectResolution)
		if statementErr != nil {
			return nil, fmt.Errorf("neither Go expressions nor a Go file: %w", statementErr)
		}
	}
	err = nil
	var lines []dockercmd.CommandLine
	ast.Inspect(node, func(n ast.Node) bool {
		literal, ok := n.(*ast.CompositeLit)
		if !ok || err != nil {
			return err == nil
		}
		var l dockercmd.CommandLine
		into := reflect.ValueOf(&l).Elem()
		if typeName(literal.Type) != "CommandLine" {
			if l.Command = commandOfType(literal.Type); l.Command == nil {
				return true
			}
			into = reflect.ValueOf(l.Command).Elem()
		}
		problem := fill(literal, into)
		if problem == nil && l.Command == nil {
			problem = errors.New("it has no Command")
		}
		if problem != nil {
			err = fmt.Errorf("%s: %w", files.Position(literal.Pos()), problem)
			return false
		}
		lines = append(lines, l)
		return false
	})
	if len(lines) == 0 && err == nil {
		err = errors.New("no literal of a command, such as &dockercmd.Run{Image: \"busybox\"}")
	}
	return lines, err
}

// commandOfType returns an empty command of the type that an expression names, or nil.
func commandOfType(e ast.Expr) dockercmd.Command {
	name := typeName(e)
	for _, command := range dockercmd.Names() {
		if c := dockercmd.New(command); reflect.TypeOf(c).Elem().Name() == name {
			return c
		}
	}
	return nil
}

// typeName returns Run for dockercmd.Run and for Run.
func typeName(e ast.Expr) string {
	switch e := e.(type) {
	case *ast.SelectorExpr:
		return e.Sel.Name
	case *ast.Ident:
		return e.Name
	}
	return ""
}

// fill sets a struct's fields to those of a literal.
func fill(literal *ast.CompositeLit, v reflect.Value) error {
	for _, element := range literal.Elts {
		pair, ok := element.(*ast.KeyValueExpr)
		if !ok {
			return errors.New("fields without names; write Field: value")
		}
		name := typeName(pair.Key)
		field := v.FieldByName(name)
		if !field.IsValid() || !field.CanSet() {
			return fmt.Errorf("%s has no field %s", v.Type(), name)
		}
		if err := set(pair.Value, field); err != nil {
			return fmt.Errorf("%s: %w", name, err)
		}
	}
	return nil
}

// set gives a field the value of an expression.
func set(e ast.Expr, v reflect.Value) error {
	if e, ok := e.(*ast.ParenExpr); ok {
		return set(e.X, v)
	}
	literal, isLiteral := e.(*ast.CompositeLit)
	switch v.Kind() {
	case reflect.Interface:
		return setCommand(e, v)
	case reflect.Pointer:
		return setPointer(e, v)
	case reflect.Struct:
		if isLiteral {
			return fill(literal, v)
		}
		if call, ok := e.(*ast.CallExpr); ok && typeName(call.Fun) == "MustParsePrefix" && len(call.Args) == 1 {
			return setText(call.Args[0], v)
		}
	case reflect.Slice:
		if isLiteral {
			list := reflect.MakeSlice(v.Type(), len(literal.Elts), len(literal.Elts))
			for i, element := range literal.Elts {
				if err := set(element, list.Index(i)); err != nil {
					return err
				}
			}
			v.Set(list)
			return nil
		}
	case reflect.Map:
		if isLiteral {
			return setMap(literal, v)
		}
	default:
		if !isLiteral {
			return setConstant(e, v)
		}
	}
	return fmt.Errorf("this is no literal of %s", v.Type())
}

// setCommand takes &dockercmd.Run{...} for the command of a line.
func setCommand(e ast.Expr, v reflect.Value) error {
	if u, ok := e.(*ast.UnaryExpr); ok && u.Op == token.AND {
		if literal, ok := u.X.(*ast.CompositeLit); ok {
			if c := commandOfType(literal.Type); c != nil {
				v.Set(reflect.ValueOf(c))
				return fill(literal, reflect.ValueOf(c).Elem())
			}
		}
	}
	return errors.New("a command is written as &dockercmd.Run{...}")
}

// setPointer takes new(VALUE) and &T{...}.
func setPointer(e ast.Expr, v reflect.Value) error {
	p := reflect.New(v.Type().Elem())
	switch e := e.(type) {
	case *ast.CallExpr:
		if typeName(e.Fun) == "new" && len(e.Args) == 1 {
			v.Set(p)
			return set(e.Args[0], p.Elem())
		}
	case *ast.UnaryExpr:
		if e.Op == token.AND {
			v.Set(p)
			return set(e.X, p.Elem())
		}
	}
	return errors.New("a pointer is written as new(VALUE)")
}

// setText gives a value that reads itself from a text the text of an expression.
func setText(e ast.Expr, v reflect.Value) error {
	c, err := evaluate(e)
	if err != nil {
		return err
	}
	u, ok := v.Addr().Interface().(encoding.TextUnmarshaler)
	if !ok || c.Kind() != constant.String {
		return fmt.Errorf("this is no text of a %s", v.Type())
	}
	return u.UnmarshalText([]byte(constant.StringVal(c)))
}

func setMap(literal *ast.CompositeLit, v reflect.Value) error {
	table := reflect.MakeMap(v.Type())
	for _, element := range literal.Elts {
		pair, ok := element.(*ast.KeyValueExpr)
		if !ok {
			return errors.New("a map's entries are KEY: VALUE")
		}
		key, value := reflect.New(v.Type().Key()).Elem(), reflect.New(v.Type().Elem()).Elem()
		if err := errors.Join(set(pair.Key, key), set(pair.Value, value)); err != nil {
			return err
		}
		table.SetMapIndex(key, value)
	}
	v.Set(table)
	return nil
}

func setConstant(e ast.Expr, v reflect.Value) error {
	c, err := evaluate(e)
	if err != nil {
		return err
	}
	switch v.Kind() {
	case reflect.String:
		if c.Kind() == constant.String {
			v.SetString(constant.StringVal(c))
			return nil
		}
	case reflect.Bool:
		if c.Kind() == constant.Bool {
			v.SetBool(constant.BoolVal(c))
			return nil
		}
	case reflect.Float32, reflect.Float64:
		if f, _ := constant.Float64Val(constant.ToFloat(c)); c.Kind() == constant.Int || c.Kind() == constant.Float {
			v.SetFloat(f)
			return nil
		}
	case reflect.Int, reflect.Int8, reflect.Int16, reflect.Int32, reflect.Int64:
		if n, exact := constant.Int64Val(constant.ToInt(c)); exact && !v.OverflowInt(n) {
			v.SetInt(n)
			return nil
		}
	case reflect.Uint, reflect.Uint8, reflect.Uint16, reflect.Uint32, reflect.Uint64:
		if n, exact := constant.Uint64Val(constant.ToInt(c)); exact && !v.OverflowUint(n) {
			v.SetUint(n)
			return nil
		}
	}
	return fmt.Errorf("a constant of another type than %s", v.Type())
}

// goConstants are what goLiteral writes numbers with.
var goConstants = map[string]int64{
	"time.Nanosecond": int64(time.Nanosecond), "time.Microsecond": int64(time.Microsecond),
	"time.Millisecond": int64(time.Millisecond),
	"time.Second":      int64(time.Second), "time.Minute": int64(time.Minute), "time.Hour": int64(time.Hour),
	"dockercmd.KiB": int64(dockercmd.KiB), "dockercmd.MiB": int64(dockercmd.MiB), "dockercmd.GiB": int64(dockercmd.GiB),
	"dockercmd.TiB": int64(dockercmd.TiB),
	"dockercmd.CPU": int64(dockercmd.CPU), "dockercmd.MilliCPU": int64(dockercmd.MilliCPU),
	"dockercmd.MinMemory": int64(dockercmd.MinMemory),
}

// evaluate returns the value of a constant expression.
func evaluate(e ast.Expr) (constant.Value, error) {
	switch e := e.(type) {
	case *ast.BasicLit:
		if c := constant.MakeFromLiteral(e.Value, e.Kind, 0); c.Kind() != constant.Unknown {
			return c, nil
		}
	case *ast.ParenExpr:
		return evaluate(e.X)
	case *ast.Ident:
		if e.Name == "true" || e.Name == "false" {
			return constant.MakeBool(e.Name == "true"), nil
		}
	case *ast.SelectorExpr:
		pkg, _ := e.X.(*ast.Ident)
		if pkg != nil {
			if n, ok := goConstants[pkg.Name+"."+e.Sel.Name]; ok {
				return constant.MakeInt64(n), nil
			}
		}
	case *ast.UnaryExpr:
		if c, err := evaluate(e.X); err != nil || e.Op == token.SUB && (c.Kind() == constant.Int || c.Kind() == constant.Float) {
			if err != nil {
				return nil, err
			}
			return constant.UnaryOp(token.SUB, c, 0), nil
		}
	case *ast.BinaryExpr:
		return evaluateBinary(e)
	case *ast.CallExpr: // a conversion, such as int64(3)
		if len(e.Args) == 1 && typeName(e.Fun) != "new" {
			return evaluate(e.Args[0])
		}
	}
	return nil, errors.New("a value that only a Go program can tell; write it as a literal")
}

// evaluateBinary adds, subtracts and multiplies numbers, and joins texts.
func evaluateBinary(e *ast.BinaryExpr) (constant.Value, error) {
	x, err := evaluate(e.X)
	if err != nil {
		return nil, err
	}
	y, err := evaluate(e.Y)
	if err != nil {
		return nil, err
	}
	number := func(c constant.Value) bool { return c.Kind() == constant.Int || c.Kind() == constant.Float }
	texts := x.Kind() == constant.String && y.Kind() == constant.String
	switch {
	case e.Op == token.ADD && texts, (e.Op == token.ADD || e.Op == token.SUB || e.Op == token.MUL) && number(x) && number(y):
		return constant.BinaryOp(x, e.Op, y), nil
	}
	return nil, fmt.Errorf("the operator %s is not for these values", strings.TrimSpace(e.Op.String()))
}
