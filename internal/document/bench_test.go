package document_test

import (
	"bytes"
	"fmt"
	"testing"

	"github.com/pawlhq/pawl/internal/document"
	"go.yaml.in/yaml/v4"
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

// BenchmarkLibrary is the part of BenchmarkParse that is not ours.
func BenchmarkLibrary(b *testing.B) {
	src := manyTasks(10_000)
	b.SetBytes(int64(len(src)))
	for b.Loop() {
		var n yaml.Node
		if err := yaml.Load(src, &n); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkParse(b *testing.B) {
	src := manyTasks(10_000)
	b.SetBytes(int64(len(src)))
	for b.Loop() {
		if _, err := (document.Format{Scalars: document.Digdag}).Parse("big.dig", src); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkValue(b *testing.B) {
	n, err := document.Format{Scalars: document.Digdag}.Parse("big.dig", manyTasks(10_000))
	if err != nil {
		b.Fatal(err)
	}
	for b.Loop() {
		n.Value()
	}
}
