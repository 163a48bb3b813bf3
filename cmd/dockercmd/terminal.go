package main

import (
	"io"
	"os"
	"strings"
	"unicode"

	"golang.org/x/sys/unix"
)

// terminal is what a writer's terminal can do.
type terminal struct {
	width, height int
	colour        bool
}

// terminalOf reports whether w is a terminal that can move its cursor. TERM=dumb cannot, and NO_COLOR, set to anything, wants
// no colours (no-color.org).
func terminalOf(w io.Writer) (t terminal, ok bool) {
	f, isFile := w.(*os.File)
	if !isFile || os.Getenv("TERM") == "dumb" {
		return t, false
	}
	size, err := unix.IoctlGetWinsize(int(f.Fd()), unix.TIOCGWINSZ)
	if err != nil {
		return t, false
	}
	t = terminal{int(size.Col), int(size.Row), os.Getenv("NO_COLOR") == ""}
	if t.width == 0 { // a terminal that was never told its size
		t.width, t.height = 80, 24
	}
	return t, true
}

// The colours, as terminals take them.
const (
	inRed      = "\x1b[31m"
	inGreen    = "\x1b[32m"
	inYellow   = "\x1b[33m"
	inBold     = "\x1b[1m"
	inDim      = "\x1b[2m"
	uncoloured = "\x1b[0m"
)

// cut returns a text of at most width characters, all of which can be printed.
func cut(text string, width int) string {
	text = strings.Map(func(r rune) rune {
		if unicode.IsPrint(r) {
			return r
		}
		return ' '
	}, text)
	runes := []rune(text)
	switch {
	case len(runes) <= width:
		return text
	case width < 1:
		return ""
	}
	return string(runes[:width-1]) + "…"
}
