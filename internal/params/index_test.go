package params

import (
	"maps"
	"slices"
	"strconv"
	"testing"

	"github.com/pawlhq/pawl/internal/prop"
	"pgregory.net/rapid"
)

// The index is also tested by itself because equal hashes do not occur at will.
func TestIndexHoldsWhatIsPutIn(t *testing.T) {
	t.Parallel()
	hashes := rapid.OneOf(rapid.SampledFrom([]uint32{0, 1, 1 << 31, 0xabcd0000, 0xffffffff}), rapid.Uint32())
	prop.Check(t, func(t *rapid.T) {
		present := map[uint64]bool{}
		var start []uint64
		for slot := range rapid.IntRange(0, 300).Draw(t, "start") {
			r := uint64(hashes.Draw(t, "hash"))<<32 | uint64(slot)
			start, present[r] = append(start, r), true
		}
		slices.Sort(start)
		x := newIndex(start, topShift)
		for slot := range rapid.IntRange(0, 300).Draw(t, "changes") {
			if len(present) > 0 && rapid.Bool().Draw(t, "remove") {
				r := rapid.SampledFrom(slices.Sorted(maps.Keys(present))).Draw(t, "ref")
				x = x.without(r, topShift)
				delete(present, r)
				continue
			}
			r := uint64(hashes.Draw(t, "hash"))<<32 | uint64(1000+slot)
			x = x.with(r, topShift)
			present[r] = true
		}
		for r := range present {
			if !slices.Contains(x.candidates(uint32(r>>32)), r) {
				t.Fatalf("%x is lost", r)
			}
		}
		if n := x.count(); n != len(present) {
			t.Fatalf("the index holds %d references, want %d", n, len(present))
		}
	})
}

func (x *index) count() int {
	if x == nil {
		return 0
	}
	n := len(x.refs)
	if x.kids != nil {
		for _, kid := range x.kids {
			n += kid.count()
		}
	}
	return n
}

func TestKeysOfEqualHashAreDistinct(t *testing.T) {
	t.Parallel()
	seen := map[uint32]string{}
	var a, b string
	for i := 0; b == ""; i++ {
		key := "k" + strconv.Itoa(i)
		if earlier, ok := seen[hash(key)]; ok {
			a, b = earlier, key
		}
		seen[hash(key)] = key
	}
	var m Map
	build := newBuilder(0)
	for i := range 100 {
		m = m.Set("x"+strconv.Itoa(i), int64(i))
		build.add("x"+strconv.Itoa(i), int64(i))
	}
	build.add(a, "a")
	build.add(b, "b")
	for _, m := range []Map{m.Set(a, "a").Set(b, "b"), build.build()} {
		if v, _ := m.Get(a); v != "a" {
			t.Errorf("%s is %v", a, v)
		}
		if v, _ := m.Get(b); v != "b" {
			t.Errorf("%s is %v", b, v)
		}
		if m = m.Delete(a); m.Has(a) || !m.Has(b) {
			t.Error("deleting one of two keys of equal hash goes wrong")
		}
	}
}

func TestDeletedEntriesNeverOutnumberTheOthers(t *testing.T) {
	t.Parallel()
	var m Map
	for i := range 10_000 {
		m = m.Set("k"+strconv.Itoa(i), nil)
		if i >= 100 {
			m = m.Delete("k" + strconv.Itoa(i-100))
		}
		if m.root.slots > 2*m.root.live {
			t.Fatalf("%d slots for %d entries", m.root.slots, m.root.live)
		}
	}
}
