package plot

import (
	"cmp"
	"slices"
)

// labelHeight is the room for the label of an edge.
const labelHeight = 18

// maxBends bounds the cells that long edges may add to a sheet. What goes
// beyond it is drawn as one curve behind the boxes: a picture with so many
// long edges is not read edge by edge.
const maxBends = 60_000

// breakCircles flips edges so that no circle is left. Only edges that lead
// back to where the walk came from are flipped.
func (s *sheet) breakCircles() {
	out := make([][]int, len(s.cells))
	for i, l := range s.links {
		out[l.from] = append(out[l.from], i)
	}
	const unseen, entered, left = 0, 1, 2
	state := make([]uint8, len(s.cells))
	var visit func(int)
	visit = func(c int) {
		state[c] = entered
		for _, i := range out[c] {
			l := &s.links[i]
			switch state[l.to] {
			case unseen:
				visit(l.to)
			case entered:
				l.flipped = true
			}
		}
		state[c] = left
	}
	for c := range s.cells {
		if state[c] == unseen {
			visit(c)
		}
	}
}

// assignLayers puts every cell below all that lead to it, as high as
// possible, then lowers cells whose edges get shorter by it.
func (s *sheet) assignLayers() {
	in, out := make([][]*link, len(s.cells)), make([][]*link, len(s.cells))
	for i := range s.links {
		l := &s.links[i]
		in[l.bottom()] = append(in[l.bottom()], l)
		out[l.top()] = append(out[l.top()], l)
	}
	sorted := topological(in, out)
	for _, c := range sorted {
		for _, l := range out[c] {
			below := &s.cells[l.bottom()]
			below.layer = max(below.layer, s.cells[c].layer+l.span())
		}
	}
	for _, c := range slices.Backward(sorted) {
		if len(out[c]) <= len(in[c]) {
			continue
		}
		lowest := s.cells[out[c][0].bottom()].layer - out[c][0].span()
		for _, l := range out[c][1:] {
			lowest = min(lowest, s.cells[l.bottom()].layer-l.span())
		}
		s.cells[c].layer = lowest
	}
}

// topological returns the cells so that each comes after all that lead to it.
func topological(in, out [][]*link) []int {
	waiting := make([]int, len(in))
	var sorted []int
	for c := range in {
		waiting[c] = len(in[c])
		if waiting[c] == 0 {
			sorted = append(sorted, c)
		}
	}
	for next := 0; next < len(sorted); next++ {
		for _, l := range out[sorted[next]] {
			c := l.bottom()
			waiting[c]--
			if waiting[c] == 0 {
				sorted = append(sorted, c)
			}
		}
	}
	return sorted
}

// addBends gives every edge a cell in each layer that it passes through, the
// short edges first, and links neighbours.
func (s *sheet) addBends() {
	byLength := make([]int, len(s.links))
	bends := make([]int, len(s.links))
	for i := range s.links {
		l := &s.links[i]
		byLength[i] = i
		bends[i] = s.cells[l.bottom()].layer - s.cells[l.top()].layer - 1
	}
	slices.SortStableFunc(byLength, func(a, b int) int { return cmp.Compare(bends[a], bends[b]) })
	left := maxBends
	for _, i := range byLength {
		l := &s.links[i]
		l.label = -1
		if bends[i] > left {
			l.chain = []int{l.top(), l.bottom()}
			continue
		}
		left -= bends[i]
		s.route(i, bends[i])
	}
}

// route leads a link through new cells in the layers between its ends.
func (s *sheet) route(link, bends int) {
	l := &s.links[link]
	l.chain = make([]int, 0, bends+2)
	l.chain = append(l.chain, l.top())
	for i := range bends {
		bend := cell{bend: true, link: link, layer: s.cells[l.top()].layer + 1 + i}
		if l.labelW > 0 && i == bends/2 {
			bend.w, bend.h = l.labelW, labelHeight
			l.label = len(s.cells)
		}
		l.chain = append(l.chain, len(s.cells))
		s.cells = append(s.cells, bend)
	}
	l.chain = append(l.chain, l.bottom())
	for i, c := range l.chain[1:] {
		above := l.chain[i]
		s.cells[above].down = append(s.cells[above].down, c)
		s.cells[c].up = append(s.cells[c].up, above)
	}
}
