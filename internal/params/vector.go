package params

// A block of the vector and of the index has 16 places: small enough to copy at
// every change, large enough to keep the trees flat.
const (
	blockBits = 4
	blockSize = 1 << blockBits
)

// entry is one key with its value.
type entry struct {
	key   string
	value Value
}

// absent is the value of an entry that was deleted.
type absent struct{}

// node is a block of the vector: a leaf has entries, a node above has kids.
type node struct {
	templated uint16 // bit i: entries[i], or something below kids[i], is templated
	entries   []entry
	kids      []*node
}

// with returns the node with e at slot, which may be the first one after the
// last. The height of a leaf is 0.
func (n *node) with(slot uint32, height uint8, e entry, templated bool) node {
	i := place(slot, height)
	if height == 0 {
		return node{templated: mark(n.templated, i, templated), entries: replace(n.entries, i, e)}
	}
	var kid *node
	if i < len(n.kids) {
		kid = n.kids[i]
	} else {
		kid = &node{}
	}
	next := kid.with(slot, height-1, e, templated)
	return node{templated: mark(n.templated, i, next.templated != 0), kids: replace(n.kids, i, &next)}
}

// walk visits entries in order until yield is false, and tells whether it never
// was. With onlyTemplated it enters only what holds templated values.
func (n *node) walk(onlyTemplated bool, yield func(e *entry, templated bool) bool) bool {
	for i := range n.entries {
		e, templated := &n.entries[i], n.templated>>i&1 != 0
		if onlyTemplated && !templated || e.value == (absent{}) {
			continue
		}
		if !yield(e, templated) {
			return false
		}
	}
	for i, kid := range n.kids {
		if onlyTemplated && n.templated>>i&1 == 0 {
			continue
		}
		if !kid.walk(onlyTemplated, yield) {
			return false
		}
	}
	return true
}

// place returns where slot is found in a node of that height.
func place(slot uint32, height uint8) int {
	return int(slot >> (blockBits * height) % blockSize)
}

func mark(bits uint16, i int, on bool) uint16 {
	if on {
		return bits | 1<<i
	}
	return bits &^ (1 << i)
}

// replace returns a copy of s with v at i, which may be its length.
func replace[T any](s []T, i int, v T) []T {
	out := make([]T, max(len(s), i+1))
	copy(out, s)
	out[i] = v
	return out
}

func (r *root) entry(slot uint32) *entry {
	n := &r.top
	for h := r.height; h > 0; h-- {
		n = n.kids[place(slot, h)]
	}
	return &n.entries[slot%blockSize]
}

// find returns the slot of key.
func (r *root) find(key string) (uint32, bool) {
	if r.index == nil {
		for i := range r.top.entries {
			if r.top.entries[i].key == key {
				return uint32(i), true
			}
		}
		return 0, false
	}
	h := hash(key)
	for _, ref := range r.index.candidates(h) {
		if slot := uint32(ref); uint32(ref>>32) == h && r.entry(slot).key == key {
			return slot, true
		}
	}
	return 0, false
}

// grow makes room for key after the last slot of a root not yet shared.
func (r *root) grow(key string) {
	if r.slots == 1<<(blockBits*(uint32(r.height)+1)) {
		old := r.top
		r.top = node{templated: mark(0, 0, old.templated != 0), kids: []*node{&old}}
		if r.index == nil {
			r.index = newIndex(refsOf(old.entries), topShift)
		}
		r.height++
	}
	if r.index != nil {
		r.index = r.index.with(ref(key, r.slots), topShift)
	}
	r.slots++
	r.live++
}

// compact returns a map of the entries that are present.
func (r *root) compact() Map { return r.builder(0).build() }

// builder returns one that has the entries that are present, and room for more.
func (r *root) builder(more int) *builder {
	b := newBuilder(int(r.live) + more)
	r.top.walk(false, func(e *entry, templated bool) bool {
		b.addMarked(e.key, e.value, templated)
		return true
	})
	return b
}

func (m Map) walk(onlyTemplated bool, yield func(e *entry, templated bool) bool) {
	if m.root != nil {
		m.root.top.walk(onlyTemplated, yield)
	}
}
