package plot

import (
	"slices"
	"testing"

	"github.com/pawlhq/pawl/internal/prop"
	"pgregory.net/rapid"
)

// randomSheet draws a sheet with edges between neighbouring layers only.
func randomSheet(t *rapid.T) *sheet {
	s := &sheet{}
	var above []int
	for layer := range rapid.IntRange(2, 5).Draw(t, "layers") {
		var row []int
		for range rapid.IntRange(1, 12).Draw(t, "cells") {
			row = append(row, len(s.cells))
			s.cells = append(s.cells, cell{w: 10, layer: layer})
		}
		for range rapid.IntRange(0, 30).Draw(t, "edges") {
			if above == nil {
				break
			}
			a, b := rapid.SampledFrom(above).Draw(t, "a"), rapid.SampledFrom(row).Draw(t, "b")
			s.cells[a].down = append(s.cells[a].down, b)
			s.cells[b].up = append(s.cells[b].up, a)
		}
		above = row
	}
	return s
}

// countCrossings compares all pairs of edges.
func countCrossings(s *sheet) int {
	n := 0
	for i, a := range s.cells {
		for j, b := range s.cells {
			if i == j || a.layer != b.layer || a.pos >= b.pos {
				continue
			}
			for _, p := range a.down {
				for _, q := range b.down {
					if s.cells[p].pos > s.cells[q].pos {
						n++
					}
				}
			}
		}
	}
	return n
}

// leastCrossings returns the fewest crossings of the first order and of what
// the next rounds of sorting make of it.
func leastCrossings(t *rapid.T, s *sheet) int {
	s.firstOrder()
	least := countCrossings(s)
	for round := range 8 {
		if round%2 == 0 {
			s.sortDown()
		} else {
			s.sortUp()
		}
		s.swapNeighbours()
		n := countCrossings(s)
		if counted := s.crossings(); counted != n {
			t.Fatalf("%d crossings counted, want %d", counted, n)
		}
		least = min(least, n)
	}
	return least
}

func TestOrderKeepsTheBestOfItsRounds(t *testing.T) {
	t.Parallel()
	prop.Check(t, func(t *rapid.T) {
		s := randomSheet(t)
		least := leastCrossings(t, &sheet{cells: slices.Clone(s.cells)})
		s.order()
		if n := countCrossings(s); n > least {
			t.Fatalf("%d crossings, want %d or fewer", n, least)
		}
		for i, row := range s.layers {
			for pos, c := range row {
				if s.cells[c].pos != pos || s.cells[c].layer != i {
					t.Fatalf("cell %d stands in layer %d at %d but says %d, %d", c, i, pos, s.cells[c].layer, s.cells[c].pos)
				}
			}
		}
	})
}

func TestOrderDisentanglesALadder(t *testing.T) {
	t.Parallel()
	// Cells 0-3 above 4-7, each joined to the one farthest from it.
	s := &sheet{}
	for i := range 8 {
		s.cells = append(s.cells, cell{w: 10, layer: i / 4})
	}
	for a := range 4 {
		b := 7 - a
		s.cells[a].down, s.cells[b].up = []int{b}, []int{a}
	}
	s.layers = [][]int{{0, 1, 2, 3}, {4, 5, 6, 7}}
	for _, row := range s.layers {
		for pos, c := range row {
			s.cells[c].pos = pos
		}
	}
	if n := s.crossings(); n != 6 {
		t.Fatalf("%d crossings at first, want 6", n)
	}
	s.sortDown()
	if n := s.crossings(); n != 0 {
		t.Errorf("%d crossings left, want none", n)
	}
}
