package ash_test

import (
	"strings"
	"testing"
)

// TestDeep shows that a script that nests without measure takes nobody's stack.
func TestDeep(t *testing.T) {
	t.Parallel()
	dir := scriptFolder(t)
	for _, n := range []int{19_000, 500_000} {
		for _, open := range []string{
			"(", "{ ", "$(", "`\\", "if ", "while ", "! ", "echo $((", "echo $((1?", "echo ${a:-",
			`echo "$(`, "f() ", "true && ", "true | ", "case a in a) ",
			"a=",
		} {
			var refused []string
			if got := run(t, dir, strings.Repeat(open, n/len(open)), &refused); got.code == 0 && open != "a=" {
				t.Errorf("%d of %q: got %+.100v", n, open, got)
			}
		}
		for _, script := range []string{
			"echo $((" + strings.Repeat("(", n) + "1" + strings.Repeat(")", n) + "))",
			strings.Repeat("(", n) + "true" + strings.Repeat(")", n),
			"echo $((" + strings.Repeat("- ", n) + "1))", "echo $((" + strings.Repeat("~", n) + "1))",
			"echo $((" + strings.Repeat("1+", n) + "1))",
			"echo $((" + strings.Repeat("a=", n) + "1))", "true" + strings.Repeat(" && true", n/8), "true" + strings.Repeat(" | true", n/8),
			"[ " + strings.Repeat("! ", n) + "a ]", "[ " + strings.Repeat(`\( `, n/4) + "a ]", "echo " + strings.Repeat("-+", n),
		} {
			var refused []string
			if got := run(t, dir, script, &refused); got.code != 0 && got.stderr == "" && script[0] != '[' {
				t.Errorf("%d of %.40q: got %+.100v", n, script, got)
			}
		}
	}
}
