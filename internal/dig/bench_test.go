package dig_test

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"testing"
	"testing/fstest"

	"github.com/pawlhq/pawl/internal/dig"
)

// manyTasks returns a file of about 110 bytes for each of n tasks.
func manyTasks(n int) []byte {
	var b bytes.Buffer
	b.WriteString("timezone: UTC\nschedule:\n  daily>: \"07:00:00\"\n")
	for i := range n {
		fmt.Fprintf(&b, "+task_%05d:\n  sh>: echo ${session_date} %d\n  _retry: 3\n  _export:\n    key: value_%d\n    list: [1, 2, %d]\n", i, i, i, i)
	}
	return b.Bytes()
}

func BenchmarkLoadCold(b *testing.B) {
	src := manyTasks(10_000)
	project := fstest.MapFS{"big.dig": {Data: src}}
	b.SetBytes(int64(len(src)))
	for b.Loop() {
		if _, err := dig.LoadProject(project, "."); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkLoadCached(b *testing.B) {
	dir, cache := b.TempDir(), b.TempDir()
	if err := os.WriteFile(filepath.Join(dir, "big.dig"), manyTasks(10_000), 0o644); err != nil {
		b.Fatal(err)
	}
	if _, err := dig.LoadProjectCached(dir, dir, cache); err != nil {
		b.Fatal(err)
	}
	for b.Loop() {
		if _, err := dig.LoadProjectCached(dir, dir, cache); err != nil {
			b.Fatal(err)
		}
	}
}
