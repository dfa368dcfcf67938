package params

import "slices"

// builder collects entries for a map at the cost of a slice.
type builder struct {
	entries []entry
	marks   []uint16 // one for each block of entries
}

func newBuilder(size int) *builder {
	return &builder{entries: make([]entry, 0, size)}
}

func (b *builder) add(key string, v Value) {
	b.addMarked(key, v, TemplatedValue(v))
}

func (b *builder) addMarked(key string, v Value, templated bool) {
	i := len(b.entries) % blockSize
	if i == 0 {
		b.marks = append(b.marks, 0)
	}
	b.entries = append(b.entries, entry{key, v})
	last := len(b.marks) - 1
	b.marks[last] = mark(b.marks[last], i, templated)
}

// replace gives the i-th entry that was added another value.
func (b *builder) replace(i int, v Value, templated bool) {
	b.entries[i].value = v
	b.marks[i/blockSize] = mark(b.marks[i/blockSize], i%blockSize, templated)
}

// build returns the map of what was added: of equal keys the position of the
// first and the value of the last. The builder is used up.
func (b *builder) build() Map {
	if len(b.entries) == 0 {
		return Map{}
	}
	return b.buildIn(new(root))
}

// buildIn is build of at least one entry with memory for a root.
func (b *builder) buildIn(r *root) Map {
	r.live, r.slots = uint32(len(b.entries)), uint32(len(b.entries))
	if len(b.entries) <= blockSize {
		if hasTwins(b.entries) {
			return b.fold()
		}
		r.top = node{templated: b.marks[0], entries: b.entries}
		return Map{r}
	}
	refs := refsOf(b.entries)
	if refsHaveTwins(refs, b.entries) {
		return b.fold()
	}
	r.index = newIndex(refs, topShift)
	level := b.leaves()
	for ; len(level) > 1; r.height++ {
		level = parents(level)
	}
	r.top = *level[0]
	return Map{r}
}

// hasTwins tells whether two of a few entries have the same key.
func hasTwins(entries []entry) bool {
	for i, e := range entries {
		for _, earlier := range entries[:i] {
			if earlier.key == e.key {
				return true
			}
		}
	}
	return false
}

// refsHaveTwins tells the same from sorted references to the entries.
func refsHaveTwins(refs []uint64, entries []entry) bool {
	for i, r := range refs {
		for _, next := range refs[i+1:] {
			if next>>32 != r>>32 {
				break
			}
			if entries[uint32(next)].key == entries[uint32(r)].key {
				return true
			}
		}
	}
	return false
}

func (b *builder) fold() Map {
	var m Map
	for i, e := range b.entries {
		m = m.set(e.key, e.value, b.marks[i/blockSize]>>(i%blockSize)&1 != 0)
	}
	return m
}

func (b *builder) leaves() []*node {
	var out []*node
	for block := range slices.Chunk(b.entries, blockSize) {
		// Cloned, so that one surviving leaf does not keep all others alive.
		out = append(out, &node{templated: b.marks[len(out)], entries: slices.Clone(block)})
	}
	return out
}

func parents(level []*node) []*node {
	var out []*node
	for kids := range slices.Chunk(level, blockSize) {
		n := &node{kids: slices.Clone(kids)}
		for i, kid := range kids {
			n.templated = mark(n.templated, i, kid.templated != 0)
		}
		out = append(out, n)
	}
	return out
}
