package params_test

import (
	"strconv"
	"testing"

	"github.com/pawlhq/pawl/internal/params"
)

const many = 100_000

func BenchmarkGet(b *testing.B) {
	for _, n := range []int{4, 16, 1000, many} {
		m, key := numbered(n), "k"+strconv.Itoa(n-1)
		b.Run(strconv.Itoa(n), func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				m.Get(key)
			}
		})
	}
}

func BenchmarkSet(b *testing.B) {
	for _, n := range []int{4, 16, 1000, many} {
		m, key := numbered(n), "k"+strconv.Itoa(n/2)
		b.Run("existing/"+strconv.Itoa(n), func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				m.Set(key, "v")
			}
		})
		b.Run("new/"+strconv.Itoa(n), func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				m.Set("new", "v")
			}
		})
	}
}

func BenchmarkMerge(b *testing.B) {
	large := numbered(many)
	for name, over := range map[string]params.Map{
		"existing": params.Of("k5", "v"),
		"new":      params.Of("new", "v"),
	} {
		b.Run("1 "+name+" into 100k", func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				large.Merge(over)
			}
		})
	}
	small := numbered(40)
	b.Run("12 new into 40", func(b *testing.B) {
		b.ReportAllocs()
		over := params.Of("a", 1, "b", 2, "c", 3, "d", 4, "e", 5, "f", 6, "g", 7, "h", 8, "i", 9, "j", 10, "l", 11, "m", 12)
		for b.Loop() {
			small.Merge(over)
		}
	})
	b.Run("100k into 1", func(b *testing.B) {
		b.ReportAllocs()
		one := params.Of("k5", "v")
		for b.Loop() {
			one.Merge(large)
		}
	})
}

func BenchmarkTemplatedEntries(b *testing.B) {
	m := numbered(many).Set("k10", "$").Set("k50000", "$").Set("k99999", "$")
	b.ReportAllocs()
	for b.Loop() {
		n := 0
		for range m.TemplatedEntries() {
			n++
		}
		if n != 3 {
			b.Fatal(n)
		}
	}
}

func BenchmarkAll(b *testing.B) {
	m := numbered(many)
	b.ReportAllocs()
	for b.Loop() {
		for range m.All() {
		}
	}
}

func BenchmarkForms(b *testing.B) {
	object := params.Of("name", "value", "n", 12, "f", 1.5, "list", []any{"a", "b"}, "map", params.Of("x", true, "y", nil))
	var m params.Map
	for i := range 1000 {
		m = m.Set("key_"+strconv.Itoa(i), object)
	}
	text, binary := params.AppendJSON(nil, m), params.AppendBinary(nil, m)
	for name, run := range map[string]func() int{
		"ParseJSON":    func() int { _, _ = params.ParseJSON(text); return len(text) },
		"AppendJSON":   func() int { return len(params.AppendJSON(nil, m)) },
		"DecodeBinary": func() int { _, _, _ = params.DecodeBinary(binary); return len(binary) },
		"AppendBinary": func() int { return len(params.AppendBinary(nil, m)) },
	} {
		b.Run(name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				b.SetBytes(int64(run()))
			}
		})
	}
}
