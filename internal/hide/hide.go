// Package hide takes secrets out of words that are shown, logged or put into errors, by what they look like. What is hidden is
// three dots. It hides too much rather than too little: what it makes of a line is for people, and does not run.
package hide

import (
	"regexp"
	"slices"
	"strings"
	"sync"
	"unicode"
)

const dots = "..."

var (
	// keyRE finds a key and its =, or its : in JSON.
	keyRE = sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(`([A-Za-z0-9_.-]+)(?:=|["']\s*:\s*)`) })
	// nextKeyRE finds the end of a value: the next key.
	nextKeyRE = sync.OnceValue(func() *regexp.Regexp {
		return regexp.MustCompile(`["']?[,;&]\s*["']?[A-Za-z0-9_.-]+(?:=|["']\s*:)`)
	})
	// headerRE finds what stands before the secret in an HTTP header.
	headerRE = sync.OnceValue(func() *regexp.Regexp {
		return regexp.MustCompile(`(?i)\b(?:[a-z-]*authorization|[a-z-]*(?:token|key|secret)|(?:set-)?cookie):[ \t]*|\bbearer\s+`)
	})
	// urlRE finds the beginning of a URL: its scheme.
	urlRE = sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(`[A-Za-z][A-Za-z0-9+.-]*://`) })
	envRE = sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(`(?im)^\s*env\s+`) })
)

// IsKey reports whether the name of a key, a variable or a flag says that its value is a secret.
func IsKey(name string) bool {
	parts := strings.FieldsFunc(strings.ToLower(name), func(r rune) bool { return r == '-' || r == '_' || r == '.' })
	if slices.Contains(parts, "pass") || slices.Contains(parts, "pwd") {
		return true
	}
	whole := strings.Join(parts, "")
	return slices.ContainsFunc([]string{
		"password", "passwd", "passphrase", "secret", "token", "credential", "apikey", "accesskey", "privatekey", "authkey", "accountkey",
		"sharedkey", "signature",
	}, func(part string) bool { return strings.Contains(whole, part) })
}

// Text hides, in one word of a command line, the values of keys whose names say that they are secrets, whatever stands in front of
// them and up to the next key; the users of URLs; what a header of HTTP carries; and the variables of a Dockerfile's ENV.
func Text(word string) string {
	if at := envRE().FindStringIndex(word); at != nil {
		return Text(word[:at[0]]) + word[at[0]:at[1]] + variables(word[at[1]:])
	}
	word = URLs(word)
	if at := headerRE().FindStringIndex(word); at != nil {
		word = word[:at[1]] + dots
	}
	var b strings.Builder
	for rest := word; ; {
		at := firstSecret(rest)
		if at < 0 {
			b.WriteString(rest)
			return b.String()
		}
		b.WriteString(rest[:at] + dots)
		end := nextKeyRE().FindStringIndex(rest[at:])
		if end == nil {
			return b.String()
		}
		rest = rest[at+end[0]:]
	}
}

// firstSecret returns where the value of the first secret key begins, or -1.
func firstSecret(text string) int {
	for _, m := range keyRE().FindAllStringSubmatchIndex(text, -1) {
		if IsKey(text[m[2]:m[3]]) {
			return m[1]
		}
	}
	return -1
}

// variables hides the values of an ENV instruction: KEY=value..., or KEY value.
func variables(rest string) string {
	name, _, ok := strings.Cut(rest, "=")
	if !ok || strings.Contains(name, " ") {
		name, _, _ = strings.Cut(rest, " ")
		return Text(name) + " " + dots
	}
	return Text(name) + "=" + dots
}

// Words hides secrets in the words of a command: each as Text does, and the whole word behind a flag whose name says that its value
// is a secret.
func Words(words []string) []string {
	shown := make([]string, len(words))
	for i, w := range words {
		shown[i] = Text(w)
		if i > 0 && strings.HasPrefix(words[i-1], "-") && !strings.Contains(words[i-1], "=") && IsKey(words[i-1]) {
			shown[i] = dots
		}
	}
	return shown
}

// URLs hides the user and password in each URL of a text, and a user alone in one of http, where that is a token. The user of an
// ssh URL stays.
func URLs(text string) string {
	var b strings.Builder
	for {
		at := urlRE().FindStringIndex(text)
		if at == nil {
			return b.String() + text
		}
		b.WriteString(text[:at[1]])
		rest := text[at[1]:]
		if user := userOf(text[at[0]:at[1]], rest); user > 0 {
			b.WriteString(dots)
			rest = rest[user:]
		}
		text = rest
	}
}

// userOf returns the length of what is to be hidden of what stands behind a scheme; 0 is nothing.
func userOf(scheme, rest string) int {
	if i := strings.IndexFunc(rest, unicode.IsSpace); i >= 0 {
		rest = rest[:i]
	}
	if next := urlRE().FindStringIndex(rest); next != nil {
		rest = rest[:next[0]]
	}
	authority := rest
	if i := strings.IndexAny(rest, "/?#"); i >= 0 {
		authority = rest[:i]
	}
	at := strings.LastIndexByte(authority, '@')
	if at < 0 { // a password with a slash, perhaps; a port is digits
		_, port, ok := strings.Cut(authority, ":")
		if !ok || strings.Trim(strings.TrimRight(port, "\"',;.)"), "0123456789") == "" || strings.HasPrefix(authority, "[") {
			return 0
		}
		at = strings.LastIndexByte(rest, '@')
	}
	if at < 0 || !strings.Contains(rest[:at], ":") && !strings.Contains(strings.ToLower(scheme), "http") {
		return 0
	}
	return at
}
