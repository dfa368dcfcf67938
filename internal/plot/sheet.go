package plot

// Distances in pixels.
const (
	nodeGap  = 30 // between two boxes of a layer
	bendGap  = 16 // beside an edge that passes through a layer
	layerGap = 40 // between two layers, at least
)

// sheet is a connected part of one level of the picture: boxes side by side
// in layers, and the edges between them. The steps of its layout are in the
// files layers.go, order.go and coordinates.go.
type sheet struct {
	cells  []cell
	links  []link
	layers [][]int // cells of each layer, from left to right
	tops   []int   // y of the upper edge of each layer
	ends   []int   // y of the lower edge of each layer
	width  int
}

// cell is a box, or the place where a long edge passes through a layer.
type cell struct {
	w, h  int
	bend  bool
	link  int // of a bend
	layer int
	pos   int // index in its layer
	x, y  int // of the centre
	up    []int
	down  []int // neighbours in the layers above and below
}

// link is an edge. Its ends are cells; it leads upwards if following the
// edges back to from would make a circle.
type link struct {
	from, to int
	flipped  bool
	chain    []int // all cells it passes, from top to bottom, ends included
	label    int   // the bend that keeps room for its label, or -1
	labelW   int
}

// top and bottom are the ends of l in the direction of the layout.
func (l *link) top() int {
	if l.flipped {
		return l.to
	}
	return l.from
}

func (l *link) bottom() int {
	if l.flipped {
		return l.from
	}
	return l.to
}

// span is how many layers l must cross at least: a label takes one of its own.
func (l *link) span() int {
	if l.labelW > 0 {
		return 2
	}
	return 1
}

// layout places all cells. The upper left corner of the sheet is 0, 0.
func (s *sheet) layout() {
	s.breakCircles()
	s.assignLayers()
	s.addBends()
	s.order()
	s.placeX()
	s.placeY()
}

func (s *sheet) height() int { return s.ends[len(s.ends)-1] }
