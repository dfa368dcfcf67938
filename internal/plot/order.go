package plot

import (
	"cmp"
	"slices"
)

// order chooses the order of the cells of each layer so that few edges
// cross: it sorts layer after layer by the mean place of the neighbours, down
// and up in turn, and keeps the best of what it saw.
func (s *sheet) order() {
	s.firstOrder()
	rounds := 24
	if len(s.cells) > 5000 {
		rounds = 6
	}
	best, least := s.snapshot(), s.crossings()
	for round := 0; round < rounds && least > 0; round++ {
		if round%2 == 0 {
			s.sortDown()
		} else {
			s.sortUp()
		}
		if len(s.cells) <= 2000 {
			s.swapNeighbours()
		}
		if n := s.crossings(); n < least {
			best, least = s.snapshot(), n
		}
	}
	for i := range best {
		s.setLayer(i, best[i])
	}
}

// firstOrder appends the cells to their layers as a walk down the edges
// meets them.
func (s *sheet) firstOrder() {
	depth := 0
	for i := range s.cells {
		depth = max(depth, s.cells[i].layer)
	}
	s.layers = make([][]int, depth+1)
	seen := make([]bool, len(s.cells))
	var visit func(int)
	visit = func(c int) {
		if seen[c] {
			return
		}
		seen[c] = true
		layer := s.cells[c].layer
		s.cells[c].pos = len(s.layers[layer])
		s.layers[layer] = append(s.layers[layer], c)
		for _, d := range s.cells[c].down {
			visit(d)
		}
	}
	for c := range s.cells {
		if len(s.cells[c].up) == 0 {
			visit(c)
		}
	}
}

func (s *sheet) snapshot() [][]int {
	copied := make([][]int, len(s.layers))
	for i := range s.layers {
		copied[i] = slices.Clone(s.layers[i])
	}
	return copied
}

func (s *sheet) setLayer(i int, cells []int) {
	s.layers[i] = cells
	for pos, c := range cells {
		s.cells[c].pos = pos
	}
}

func (s *sheet) sortDown() {
	for i := 1; i < len(s.layers); i++ {
		s.sortLayer(i, func(c *cell) []int { return c.up })
	}
}

func (s *sheet) sortUp() {
	for i := len(s.layers) - 2; i >= 0; i-- {
		s.sortLayer(i, func(c *cell) []int { return c.down })
	}
}

// sortLayer sorts a layer by the mean place of the neighbours on one side. A
// cell without any keeps its place as far as it can.
func (s *sheet) sortLayer(i int, neighbours func(*cell) []int) {
	type ranked struct {
		cell int
		mean float64
	}
	row := make([]ranked, len(s.layers[i]))
	for pos, c := range s.layers[i] {
		mean, sum := float64(pos), 0
		if near := neighbours(&s.cells[c]); len(near) > 0 {
			for _, n := range near {
				sum += s.cells[n].pos
			}
			mean = float64(sum) / float64(len(near))
		}
		row[pos] = ranked{c, mean}
	}
	slices.SortStableFunc(row, func(a, b ranked) int { return cmp.Compare(a.mean, b.mean) })
	for pos, r := range row {
		s.layers[i][pos] = r.cell
		s.cells[r.cell].pos = pos
	}
}

// swapNeighbours exchanges two cells that stand side by side wherever that
// alone removes crossings.
func (s *sheet) swapNeighbours() {
	for _, row := range s.layers {
		for pos := range len(row) - 1 {
			a, b := &s.cells[row[pos]], &s.cells[row[pos+1]]
			as, bs := s.pairCrossings(a.up, b.up)
			ad, bd := s.pairCrossings(a.down, b.down)
			if bs+bd < as+ad {
				row[pos], row[pos+1] = row[pos+1], row[pos]
				a.pos, b.pos = pos+1, pos
			}
		}
	}
}

// pairCrossings counts how often edges to left and edges to right cross if
// their owners stand in this order, and if they stand the other way round.
func (s *sheet) pairCrossings(left, right []int) (asIs, swapped int) {
	for _, l := range left {
		for _, r := range right {
			switch {
			case s.cells[l].pos > s.cells[r].pos:
				asIs++
			case s.cells[l].pos < s.cells[r].pos:
				swapped++
			}
		}
	}
	return asIs, swapped
}

// crossings counts the pairs of edges that cross.
func (s *sheet) crossings() int {
	n := 0
	for i := range len(s.layers) - 1 {
		n += s.layerCrossings(i)
	}
	return n
}

// layerCrossings counts the crossings below layer i as the inversions in the
// sequence of lower ends, with a binary indexed tree.
func (s *sheet) layerCrossings(i int) int {
	counts := make([]int, len(s.layers[i+1])+1)
	crossings, added := 0, 0
	var ends []int
	for _, c := range s.layers[i] {
		ends = ends[:0]
		for _, d := range s.cells[c].down {
			ends = append(ends, s.cells[d].pos)
		}
		for _, end := range ends {
			notRight := 0
			for j := end + 1; j > 0; j -= j & -j {
				notRight += counts[j]
			}
			crossings += added - notRight
		}
		for _, end := range ends {
			for j := end + 1; j < len(counts); j += j & -j {
				counts[j]++
			}
		}
		added += len(ends)
	}
	return crossings
}
