package scripts

import (
	"io/fs"
	"os"
	"path/filepath"
	"strconv"
	"testing"
	"time"

	"al.essio.dev/pkg/shellescape"

	"github.com/dockercmd/toolkit/quote"
)

// plainCommand returns a docker line of 45 words of which none needs a quote, as in most lines.
func plainCommand() Command {
	argv := []string{"docker", "run"}
	for i := range 40 {
		argv = append(argv, "--volume=/var/lib/app/"+strconv.Itoa(i)+":/data:ro")
	}
	return Command{Argv: append(argv, "busybox", "sleep", "60"), Comment: "benchmark"}
}

// BenchmarkQuote reports how many times longer shellescape takes for the same line.
func BenchmarkQuote(b *testing.B) {
	argv := plainCommand().Argv
	var ours, theirs time.Duration
	for b.Loop() {
		start := time.Now()
		quote.Line(argv)
		ours += time.Since(start)
		start = time.Now()
		shellescape.QuoteCommand(argv)
		theirs += time.Since(start)
	}
	b.ReportMetric(float64(theirs)/float64(ours), "shellescape/ours")
}

func BenchmarkRenderCommand(b *testing.B) {
	c := plainCommand()
	b.ReportAllocs()
	for b.Loop() {
		if _, err := c.Bytes(); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkRenderWorker(b *testing.B) {
	w := Worker{Env: map[string]string{"HOME": "/tmp", "OPTS": "-a -b"}, Umask: new(fs.FileMode(0o27)), Argv: plainCommand().Argv}
	b.ReportAllocs()
	for b.Loop() {
		if _, err := w.Bytes(); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkParseCommand(b *testing.B) {
	data, err := plainCommand().Bytes()
	if err != nil {
		b.Fatal(err)
	}
	b.ReportAllocs()
	for b.Loop() {
		if _, err := ParseCommand(data); err != nil {
			b.Fatal(err)
		}
	}
}

// BenchmarkWrite compares a whole replacement with os.WriteFile, which truncates in place, and the same with Sync.
func BenchmarkWrite(b *testing.B) {
	d, synced := tempDir(b), tempDir(b)
	synced.Sync = true
	data, err := plainCommand().Bytes()
	if err != nil {
		b.Fatal(err)
	}
	naive := filepath.Join(b.TempDir(), "run.sh")
	ways := []func() error{
		func() error { return os.WriteFile(naive, data, 0o600) },
		func() error { return second(d.Write("run.sh", data, 0o600)) },
		func() error { return second(synced.Write("run.sh", data, 0o600)) },
	}
	spent := make([]time.Duration, len(ways))
	for b.Loop() {
		for i, way := range ways {
			start := time.Now()
			if err := way(); err != nil {
				b.Fatal(err)
			}
			spent[i] += time.Since(start)
		}
	}
	b.ReportMetric(float64(spent[1])/float64(spent[0]), "ours/os.WriteFile")
	b.ReportMetric(float64(spent[2])/float64(spent[1]), "synced/ours")
}
