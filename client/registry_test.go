package client_test

import (
	"archive/tar"
	"bytes"
	"compress/gzip"
	"crypto/rand"
	"crypto/sha256"
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
)

// registry is a small registry on this machine, from which the engine pulls for real. It holds one image under every name.
type registry struct {
	host     string // and port
	manifest []byte
	blobs    map[string][]byte // by digest

	mu    sync.Mutex
	fault func(w http.ResponseWriter, r *http.Request) bool // answers itself
	pulls int                                               // questions for the manifest by its tag
}

func digest(b []byte) string { return fmt.Sprintf("sha256:%x", sha256.Sum256(b)) }

func newRegistry(t *testing.T) *registry {
	t.Helper()
	var layer, packed bytes.Buffer
	content := rand.Text() // an image of its own
	archive := tar.NewWriter(&layer)
	archive.WriteHeader(&tar.Header{Name: "f", Mode: 0o644, Size: int64(len(content))})
	archive.Write([]byte(content))
	archive.Close()
	zip := gzip.NewWriter(&packed)
	zip.Write(layer.Bytes())
	zip.Close()
	config := fmt.Appendf(nil, `{"architecture":"amd64","os":"linux","config":{"Cmd":["/f"]},"rootfs":{"type":"layers","diff_ids":[%q]}}`, digest(layer.Bytes()))
	g := &registry{blobs: map[string][]byte{digest(config): config, digest(packed.Bytes()): packed.Bytes()}}
	g.manifest = fmt.Appendf(nil, `{"schemaVersion":2,"mediaType":"application/vnd.docker.distribution.manifest.v2+json",`+
		`"config":{"mediaType":"application/vnd.docker.container.image.v1+json","size":%d,"digest":%q},`+
		`"layers":[{"mediaType":"application/vnd.docker.image.rootfs.diff.tar.gzip","size":%d,"digest":%q}]}`,
		len(config), digest(config), packed.Len(), digest(packed.Bytes()))
	s := httptest.NewServer(g)
	t.Cleanup(s.Close)
	g.host = strings.TrimPrefix(s.URL, "http://")
	return g
}

func (g *registry) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	g.mu.Lock()
	fault := g.fault
	_, ref, isManifest := strings.Cut(r.URL.Path, "/manifests/")
	if isManifest && !strings.HasPrefix(ref, "sha256:") {
		g.pulls++
	}
	g.mu.Unlock()
	if fault != nil && fault(w, r) {
		return
	}
	_, blob, _ := strings.Cut(r.URL.Path, "/blobs/")
	switch {
	case r.URL.Path == "/v2/":
		w.Write([]byte("{}"))
	case isManifest && ref != "nosuch":
		w.Header().Set("Content-Type", "application/vnd.docker.distribution.manifest.v2+json")
		w.Header().Set("Docker-Content-Digest", digest(g.manifest))
		w.Write(g.manifest)
	case g.blobs[blob] != nil:
		w.Write(g.blobs[blob])
	default:
		refuse(w, http.StatusNotFound, "MANIFEST_UNKNOWN", "manifest unknown")
	}
}

// refuse answers as registries do.
func refuse(w http.ResponseWriter, status int, code, message string) {
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	json.NewEncoder(w).Encode(map[string]any{"errors": []any{map[string]string{"code": code, "message": message}}})
}

func (g *registry) fail(fault func(w http.ResponseWriter, r *http.Request) bool) {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.fault = fault
}
