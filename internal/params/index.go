package params

import (
	"hash/maphash"
	"slices"
)

// index finds slots by key: a trie over the bits of a 32-bit hash, 16 ways at
// each level. A nil index is empty.
//
// A reference packs hash and slot, the hash in the upper half, so that sorting
// references groups them by any prefix of the hash.
type index struct {
	refs []uint64           // of a leaf, sorted
	kids *[blockSize]*index // of a node above
}

const (
	leafSize = 32             // references in a leaf before it splits
	topShift = 64 - blockBits // of the hash's first bits in a reference
	endShift = 32 - blockBits // beyond the last bits of the hash
)

// seed differs from process to process, which protects against keys made to
// collide; the order of a map never depends on it.
var seed = maphash.MakeSeed()

func hash(key string) uint32 {
	return uint32(maphash.String(seed, key))
}

func ref(key string, slot uint32) uint64 {
	return uint64(hash(key))<<32 | uint64(slot)
}

// refsOf returns sorted references to entries in slots 0 and up.
func refsOf(entries []entry) []uint64 {
	refs := make([]uint64, len(entries))
	for i, e := range entries {
		refs[i] = ref(e.key, uint32(i))
	}
	slices.Sort(refs)
	return refs
}

// newIndex takes sorted references, which it keeps.
func newIndex(refs []uint64, shift int) *index {
	if len(refs) <= leafSize || shift == endShift {
		return &index{refs: refs}
	}
	kids := new([blockSize]*index)
	for len(refs) > 0 {
		i, n := refs[0]>>shift%blockSize, 1
		for n < len(refs) && refs[n]>>shift%blockSize == i {
			n++
		}
		kids[i] = newIndex(refs[:n:n], shift-blockBits)
		refs = refs[n:]
	}
	return &index{kids: kids}
}

// candidates returns references among which are all of hash h.
func (x *index) candidates(h uint32) []uint64 {
	for shift := topShift - 32; x != nil; shift -= blockBits {
		if x.kids == nil {
			return x.refs
		}
		x = x.kids[h>>shift%blockSize]
	}
	return nil
}

func (x *index) with(ref uint64, shift int) *index {
	if x == nil {
		return &index{refs: []uint64{ref}}
	}
	if x.kids == nil {
		at, _ := slices.BinarySearch(x.refs, ref)
		return newIndex(slices.Insert(slices.Clip(x.refs), at, ref), shift)
	}
	kids, i := *x.kids, ref>>shift%blockSize
	kids[i] = kids[i].with(ref, shift-blockBits)
	return &index{kids: &kids}
}

// without returns the index without ref, which it must hold.
func (x *index) without(ref uint64, shift int) *index {
	if x.kids == nil {
		at, _ := slices.BinarySearch(x.refs, ref)
		return &index{refs: slices.Concat(x.refs[:at], x.refs[at+1:])}
	}
	kids, i := *x.kids, ref>>shift%blockSize
	kids[i] = kids[i].without(ref, shift-blockBits)
	return &index{kids: &kids}
}
