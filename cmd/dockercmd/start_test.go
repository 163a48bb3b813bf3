package main

import (
	"bufio"
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"
)

// initTrace is a line of GODEBUG=inittrace=1: what the start of a package has allocated.
var initTrace = regexp.MustCompile(`^init (\S+) @.* (\d+) bytes, (\d+) allocs$`)

// TestPackagesDoNothingAtStart counts what our packages allocate before main begins, worker and client among them: a few maps and
// errors. An expression of some size takes more, and TestExpressionsAreCompiledWhenUsed finds the small ones.
func TestPackagesDoNothingAtStart(t *testing.T) {
	t.Parallel()
	const ours, program = "github.com/dockercmd/toolkit/", "github.com/dockercmd/toolkit/cmd/dockercmd"
	type cost struct{ bytes, allocs int }
	most := map[string]cost{
		ours + "dockercmd":    {40 << 10, 250}, // the table of risks
		ours + "internal/ash": {16 << 10, 100}, // the commands of a shell
	}
	cmd := exec.CommandContext(t.Context(), "dockercmd", "--version")
	cmd.Env = append(os.Environ(), "GODEBUG=inittrace=1", "GORACE=atexit_sleep_ms=0")
	trace, err := cmd.StderrPipe()
	if err == nil {
		err = cmd.Start()
	}
	if err != nil {
		t.Fatal(err)
	}
	seen, all := 0, map[bool]cost{}
	for lines := bufio.NewScanner(trace); lines.Scan(); {
		m := initTrace.FindStringSubmatch(lines.Text())
		if m == nil || m[1] == program { // in which the tests' own variables are
			continue
		}
		bytes, _ := strconv.Atoi(m[2])
		allocs, _ := strconv.Atoi(m[3])
		isOurs := strings.HasPrefix(m[1], ours)
		all[isOurs] = cost{all[isOurs].bytes + bytes, all[isOurs].allocs + allocs}
		if !isOurs {
			continue
		}
		seen++
		bound, special := most[m[1]]
		if !special {
			bound = cost{8 << 10, 80}
		}
		if bytes > bound.bytes || allocs > bound.allocs {
			t.Errorf("%s takes %d bytes in %d allocations at start, want %d in %d at most: do it when it is first needed",
				m[1], bytes, allocs, bound.bytes, bound.allocs)
		}
	}
	if err := cmd.Wait(); err != nil || seen == 0 {
		t.Fatalf("%v; %d packages of ours in the trace", err, seen)
	}
	t.Logf("bytes and allocations of ours %v, of others and tests %v", all[true], all[false])
}

// TestExpressionsAreCompiledWhenUsed looks for regular expressions that a package of ours compiles before main begins.
func TestExpressionsAreCompiledWhenUsed(t *testing.T) {
	t.Parallel()
	files := 0
	err := filepath.WalkDir("../..", func(path string, d fs.DirEntry, err error) error {
		switch {
		case err != nil:
			return err
		case d.IsDir() && (d.Name() == "testdata" || strings.HasPrefix(d.Name(), ".") && len(d.Name()) > 2):
			return filepath.SkipDir
		case filepath.Ext(path) != ".go" || strings.HasSuffix(path, "_test.go"):
			return nil
		}
		files++
		set := token.NewFileSet()
		file, err := parser.ParseFile(set, path, nil, parser.SkipObjectResolution)
		if err != nil {
			return err
		}
		for _, d := range file.Decls {
			if f, isFunc := d.(*ast.FuncDecl); isFunc && (f.Name.Name != "init" || f.Recv != nil) {
				continue
			}
			ast.Inspect(d, func(n ast.Node) bool {
				if s, is := n.(*ast.SelectorExpr); is && strings.Contains(s.Sel.Name, "Compile") && isIdent(s.X, "regexp") {
					t.Errorf("%s compiles at start; make it a sync.OnceValue", set.Position(s.Pos()))
				}
				_, later := n.(*ast.FuncLit)
				return !later
			})
		}
		return nil
	})
	if err != nil || files < 100 {
		t.Fatalf("%d files, %v", files, err)
	}
}

func isIdent(e ast.Expr, name string) bool {
	ident, is := e.(*ast.Ident)
	return is && ident.Name == name
}

// BenchmarkStart compares the start and end of a preview with that of a program that does nothing, by the medians of runs that take
// turns. It fails far beyond the bound alone, since figures are noisy.
func BenchmarkStart(b *testing.B) {
	const bound = 4
	dir := b.TempDir()
	nothing := filepath.Join(dir, "nothing")
	if err := os.WriteFile(nothing+".go", []byte("package main\n\nfunc main() {}\n"), 0o600); err != nil {
		b.Fatal(err)
	}
	cmd := exec.CommandContext(b.Context(), "go", "build", "-o", nothing, nothing+".go")
	cmd.Env = append(os.Environ(), "CGO_ENABLED=0")
	if out, err := cmd.CombinedOutput(); err != nil {
		b.Fatalf("%v: %v\n%s", cmd, err, out)
	}
	dockercmd := build(b, "0")
	run := func(argv ...string) time.Duration {
		start := time.Now()
		if err := exec.CommandContext(b.Context(), argv[0], argv[1:]...).Run(); err != nil {
			b.Fatal(err)
		}
		return time.Since(start)
	}
	var ours, floor []time.Duration
	for b.Loop() {
		ours = append(ours, run(dockercmd, "run", "-d", "--name", "w1", "busybox"))
		floor = append(floor, run(nothing))
	}
	median := func(all []time.Duration) float64 {
		slices.Sort(all)
		return float64(all[len(all)/2])
	}
	ratio := median(ours) / median(floor)
	b.ReportMetric(median(ours)/1e6, "ms")
	b.ReportMetric(ratio, "x-nothing")
	b.ReportMetric(bound, "x-bound")
	b.ReportMetric(0, "ns/op")
	if b.N > 50 && ratio > 2*bound {
		b.Errorf("a start takes %.1f times as long as that of a program that does nothing, and the bound is %d", ratio, bound)
	}
}
