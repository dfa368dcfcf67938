package plot

import "math"

// placeX moves the cells of each layer towards the middle of their
// neighbours, layer after layer, down and up in turn.
func (s *sheet) placeX() {
	m := mover{sheet: s, x: make([]float64, len(s.cells))}
	rounds := 40
	if len(s.cells) > 5000 {
		rounds = 4
	}
	for _, row := range s.layers {
		m.pack(row)
	}
	for range rounds {
		for i := 1; i < len(s.layers); i++ {
			m.move(i, true, false)
		}
		for i := len(s.layers) - 2; i >= 0; i-- {
			m.move(i, false, true)
		}
	}
	for range rounds {
		m.findMiddles()
		for i := range s.layers {
			m.move(i, true, true)
		}
	}
	m.round()
	s.snap()
}

// gap is the room between two cells of a layer.
func gap(a, b *cell) int {
	if a.bend || b.bend {
		return bendGap
	}
	return nodeGap
}

// distance is how far apart the centres of two neighbours must be at least.
func distance(a, b *cell) int { return (a.w+1)/2 + (b.w+1)/2 + gap(a, b) }

// mover holds the centres while they move.
type mover struct {
	*sheet
	x []float64
	// middles are the mean places of the bends of each link, once the long
	// edges are to become straight.
	middles []float64
}

// findMiddles makes bends want to stand below each other.
func (m *mover) findMiddles() {
	m.middles = make([]float64, len(m.links))
	for i := range m.links {
		chain := m.links[i].chain
		if len(chain) == 2 {
			continue
		}
		for _, c := range chain[1 : len(chain)-1] {
			m.middles[i] += m.x[c] / float64(len(chain)-2)
		}
	}
}

// pack puts the cells of a layer side by side.
func (m *mover) pack(row []int) {
	for i := 1; i < len(row); i++ {
		m.x[row[i]] = m.x[row[i-1]] + float64(distance(&m.cells[row[i-1]], &m.cells[row[i]]))
	}
}

// pull is how strongly an edge between a and b wants to be straight. Parts
// of one long edge want it most.
func pull(a, b *cell) float64 {
	switch {
	case a.bend && b.bend:
		return 8
	case a.bend || b.bend:
		return 2
	default:
		return 1
	}
}

// move moves the cells of a layer as near to the mean of their neighbours as
// their order and sizes allow: a weighted least squares fit. Cells that would
// overlap merge into a block, which goes to the mean of what its members want.
func (m *mover) move(layer int, up, down bool) {
	type block struct {
		want, weight float64
		cells        int
	}
	var (
		row     = m.layers[layer]
		offsets = make([]float64, len(row))
		blocks  = make([]block, 0, len(row))
	)
	for i, c := range row {
		if i > 0 {
			offsets[i] = offsets[i-1] + float64(distance(&m.cells[row[i-1]], &m.cells[c]))
		}
		want, weight := m.wish(c, up, down)
		b := block{want - offsets[i], weight, 1}
		for len(blocks) > 0 && blocks[len(blocks)-1].want > b.want {
			a := blocks[len(blocks)-1]
			blocks = blocks[:len(blocks)-1]
			total := a.weight + b.weight
			b = block{(a.want*a.weight + b.want*b.weight) / total, total, a.cells + b.cells}
		}
		blocks = append(blocks, b)
	}
	i := 0
	for _, b := range blocks {
		for range b.cells {
			m.x[row[i]] = b.want + offsets[i]
			i++
		}
	}
}

// wish returns where c wants to be and how much.
func (m *mover) wish(c int, up, down bool) (x, weight float64) {
	if m.middles != nil && m.cells[c].bend {
		return m.middles[m.cells[c].link], 1000
	}
	sum := 0.0
	add := func(near []int) {
		for _, n := range near {
			w := pull(&m.cells[c], &m.cells[n])
			sum += w * m.x[n]
			weight += w
		}
	}
	if up {
		add(m.cells[c].up)
	}
	if down {
		add(m.cells[c].down)
	}
	if weight == 0 {
		return m.x[c], 0.01
	}
	return sum / weight, weight
}

// round fixes whole pixels, from 0 on, without letting cells overlap.
func (m *mover) round() {
	left := math.Inf(1)
	for _, row := range m.layers {
		first := row[0]
		left = min(left, m.x[first]-float64((m.cells[first].w+1)/2))
	}
	for _, row := range m.layers {
		for i, c := range row {
			m.cells[c].x = int(math.Round(m.x[c] - left))
			if i > 0 {
				before := &m.cells[row[i-1]]
				m.cells[c].x = max(m.cells[c].x, before.x+distance(before, &m.cells[c]))
			}
		}
		last := &m.cells[row[len(row)-1]]
		m.width = max(m.width, last.x+(last.w+1)/2)
	}
}

// snapRange is up to how far a box moves to get an edge straight.
const snapRange = 12

// snap moves boxes that stand nearly below or above a neighbour right there,
// if there is room and no other neighbour stands straight already.
func (s *sheet) snap() {
	for _, row := range s.layers {
		for pos, c := range row {
			if s.cells[c].bend {
				continue
			}
			x := s.nearest(c)
			if pos > 0 && x < s.cells[row[pos-1]].x+distance(&s.cells[row[pos-1]], &s.cells[c]) {
				continue
			}
			if pos < len(row)-1 && x > s.cells[row[pos+1]].x-distance(&s.cells[c], &s.cells[row[pos+1]]) {
				continue
			}
			if half := (s.cells[c].w + 1) / 2; x >= half && x+half <= s.width {
				s.cells[c].x = x
			}
		}
	}
}

// nearest returns the place of the neighbour of c that is the least out of
// line, if it is in range, else the place of c.
func (s *sheet) nearest(c int) int {
	x, least := s.cells[c].x, snapRange+1
	for _, near := range [][]int{s.cells[c].up, s.cells[c].down} {
		for _, n := range near {
			if off := max(s.cells[n].x-s.cells[c].x, s.cells[c].x-s.cells[n].x); off < least {
				x, least = s.cells[n].x, off
			}
		}
	}
	return x
}

// placeY stacks the layers. The gap below a layer grows with the longest way
// that an edge goes sideways in it.
func (s *sheet) placeY() {
	y := 0
	for _, row := range s.layers {
		height, sideways := 0, 0
		for _, c := range row {
			height = max(height, s.cells[c].h)
			for _, d := range s.cells[c].down {
				sideways = max(sideways, s.cells[d].x-s.cells[c].x, s.cells[c].x-s.cells[d].x)
			}
		}
		for _, c := range row {
			s.cells[c].y = y + height/2
		}
		s.tops = append(s.tops, y)
		s.ends = append(s.ends, y+height)
		y += height + layerGap + min(sideways/10, 2*layerGap)
	}
}
