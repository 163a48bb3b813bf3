package client_test

import (
	"strings"
	"testing"

	"github.com/dockercmd/toolkit/client"
)

func TestImageAllowed(t *testing.T) {
	t.Parallel()
	hex := strings.Repeat("a", 64)
	pin, other := "@sha256:"+hex, "@sha256:"+strings.Repeat("b", 64)
	tests := []struct {
		patterns  string
		reference string
		want      bool
	}{
		{"", "busybox", true},
		{"busybox", "busybox", true},
		{"busybox", "docker.io/library/busybox:1.36", true},
		{"docker.io/library/busybox:1.36", "busybox:1.36", true},
		{"busybox:1.36", "index.docker.io/busybox:1.36", true},
		{"busybox:1.36", "busybox:1.37", false},
		{"busybox:1.36", "busybox", false},
		{"busybox:latest", "busybox", true},
		{"busybox:1.*", "busybox:1.37", true},
		{"busybox:1.36", "busybox:1.36" + pin, false}, // docker would take what the digest says
		{"busybox", "busybox:1.36" + pin, true},
		{"busybox" + pin, "busybox" + pin, true},
		{"busybox:1.36" + pin, "busybox" + pin, true},
		{"busybox" + pin, "busybox" + other, false},
		{"busybox" + pin, "busybox:latest", false},
		{"busybox", "team/busybox", false},
		{"busybox", "evil.com/library/busybox", false},
		{"team/*", "team/app:1", true},
		{"team/*", "team/sub/app", false},
		{"team/*", "app", false},
		{"team/**", "team/sub/app", true},
		{"team/**", "team2/app", false},
		{"*/*", "evil.com/app", false},
		{"*/*", "Evil/app", false}, // for docker a host
		{"trusted.com/*", "trusted.com/app", true},
		{"trusted.com/*", "TRUSTED.com/app", true},
		{"trusted.com/*", "trusted.com.evil/app", false},
		{"trusted.com/*", "trusted.com:5000/app", false},
		{"trusted.com", "trusted.com/evil", false},
		{"trusted.com/**", "trusted.com/a/b/c", true},
		{"trusted.com/**", "trusted.comevil.com/a", false},
		{"*.trusted.com/**", "a.trusted.com/x", true},
		{"*.trusted.com/**", "a.b.trusted.com/x", false},
		{"*.trusted.com/**", "eviltrusted.com/x", false},
		{"trusted.*/x", "trusted.evil.net/x", false},
		{".trusted.com/x", "evil.trusted.com/x", false},
		{"team//x", "team/evil/x", false},
		{"registry:5000/**", "registry:5000/app", true},
		{"registry:5000/**", "registry:5001/app", false},
		{"localhost/**", "localhost/app", true},
		{"[::1]:5000/app", "[::1]:5000/app", true},
		{"[::1]:5000/app", "[::2]:5000/app", false},
		{"[::1]:5000/app", "x.y:5000/app", false},
		{"**", "x.y:5000/a/b/c", true},
		{"**", "busybox" + pin, true},
		{"docker.io/**", "busybox", true},
		{"docker.io/**", "evil.com/busybox", false},
		{"alpine busybox", "busybox", true},
		{"alpine busybox", "debian", false},
	}
	for _, tt := range tests {
		t.Run(tt.patterns+" "+tt.reference, func(t *testing.T) {
			t.Parallel()
			got, err := client.ImageAllowed(strings.Fields(tt.patterns), tt.reference)
			if got != tt.want || err != nil {
				t.Errorf("got %v, %v, want %v", got, err, tt.want)
			}
		})
	}
	for _, bad := range []struct {
		patterns  []string
		reference string
	}{
		{[]string{"busybox", "[a"}, "busybox"}, {[]string{""}, "busybox"}, {[]string{"a b"}, "busybox"}, {[]string{"team/[a"}, "busybox"},
		{nil, "UPPER"}, {nil, hex}, {[]string{"**"}, "sha256:" + hex}, {nil, ""}, {nil, "--all-tags"},
	} {
		if got, err := client.ImageAllowed(bad.patterns, bad.reference); got || err == nil {
			t.Errorf("%q of %q: got %v, %v, want an error", bad.reference, bad.patterns, got, err)
		}
	}
}

// FuzzImageAllowed checks that a reference allows itself and no other host, and that a list allows no more than its parts.
func FuzzImageAllowed(f *testing.F) {
	f.Add("busybox:1.36", "team/*")
	f.Add("a.b:5000/c/d@sha256:"+strings.Repeat("a", 64), "*.b:5000/**")
	f.Add("[::1]:5000/app", "**")
	f.Fuzz(func(t *testing.T, reference, pattern string) {
		if _, err := client.ImageAllowed(nil, reference); err != nil {
			if ok, _ := client.ImageAllowed([]string{pattern}, reference); ok {
				t.Errorf("%q is no reference, and yet allowed", reference)
			}
			return
		}
		itself := reference
		if before, digest, ok := strings.Cut(reference, "@"); ok && strings.LastIndex(before, ":") > strings.LastIndex(before, "/") {
			itself = before[:strings.LastIndex(before, ":")] + "@" + digest
		}
		if ok, err := client.ImageAllowed([]string{itself}, reference); err != nil || !ok {
			t.Errorf("%q does not allow itself: %v", reference, err)
		}
		if ok, _ := client.ImageAllowed([]string{pattern}, "evil.example/"+strings.Repeat("a", 9)); ok &&
			!strings.ContainsAny(pattern, "*?[") && !strings.HasPrefix(strings.ToLower(pattern), "evil.example/") {
			t.Errorf("%q allows another host", pattern)
		}
	})
}
