package plot

import (
	"math"
	"slices"
)

// Sizes in pixels.
const (
	margin     = 20  // around the picture
	padding    = 14  // inside a frame
	titleH     = 24  // room for the title of a frame
	nodeH      = 34  // a box with one line
	nodeH2     = 48  // a box with two lines
	nodeMinW   = 72  // the narrowest box
	textMax    = 240 // the widest text of a box
	signW      = 30  // room left of the text, with the sign of a state
	textPad    = 14  // room beside the text
	detailGap  = 10  // between the title of a frame and its detail
	boldWider  = 108 // per cent: how wide a bold text is
	partGap    = 30  // between parts that no edge connects
	rowMin     = 1000
	rowStretch = 2.2 // width to height of a level, when parts are wrapped
)

// box is where a node is drawn: its upper left corner and its size, and how
// far from the left edge its content starts if it is a frame.
type box struct{ x, y, w, h, inset int }

// point is a place on the way of an edge.
type point struct{ x, y int }

// route is how an arrow is drawn.
type route struct {
	arrow
	// points is the way from one end to the other. Neighbours with the same x
	// are joined by a straight line, others by a curve that starts and ends
	// vertically. An edge from a node to itself has none.
	points []point
	// labelled says that the arrow has a label, and there is its centre.
	labelled bool
	labelAt  point
}

// picture is a finished layout. Corners and points are relative to the inner
// corner of the frame around them.
type picture struct {
	*tree
	boxes         []box
	routes        map[int][]route
	width, height int
}

// lay draws up the layout of g.
func lay(g Graph) (*picture, error) {
	t, err := newTree(g)
	if err != nil {
		return nil, err
	}
	p := &picture{tree: t, boxes: make([]box, len(t.nodes)), routes: make(map[int][]route)}
	w, h := p.level(root)
	p.width, p.height = w+2*margin, h+2*margin
	return p, nil
}

// level places the children of parent and returns the size of the whole.
func (p *picture) level(parent int) (w, h int) {
	for _, n := range p.children[parent] {
		p.boxes[n] = p.measure(n)
	}
	return p.arrange(parent, p.parts(parent))
}

// measure returns the size of n, after laying out what it encloses.
func (p *picture) measure(n int) box {
	label, detail := p.texts(n)
	labelW, detailW := textWidth(label, labelSize), textWidth(detail, detailSize)
	left := textLeft(p.nodes[n])
	if p.group(n) {
		title := labelW * boldWider / 100
		if detail != "" {
			title += detailGap + detailW
		}
		w, h := p.level(n)
		b := box{w: max(w+2*padding, left+title+textPad), h: h + titleH + 2*padding}
		b.inset = (b.w - w) / 2
		return b
	}
	b := box{w: max(nodeMinW, left+max(labelW, detailW)+textPad), h: nodeH}
	if detail != "" {
		b.h = nodeH2
	}
	return b
}

// textLeft is where the text of a box starts: right of the sign, if there is
// one.
func textLeft(n Node) int {
	if lookOf(n.State).sign == "" {
		return textPad
	}
	return signW
}

// texts returns the lines of the box of n, shortened if need be.
func (p *picture) texts(n int) (label, detail string) {
	node := p.nodes[n]
	return shorten(oneLine(node.label()), labelSize, textMax), shorten(oneLine(node.detail()), detailSize, textMax)
}

// labelWidth is the room for the label of an edge.
func labelWidth(label string) int {
	return textWidth(shorten(oneLine(label), detailSize, textMax), detailSize) + 8
}

// part is a set of siblings that edges connect, laid out by themselves.
type part struct {
	sheet
	members []int // the node of each cell that is not a bend
	arrows  []arrow
}

// parts splits the children of parent into what edges connect.
func (p *picture) parts(parent int) []*part {
	children := p.children[parent]
	leader := make(map[int]int, len(children))
	find := func(n int) int {
		for leader[n] != n {
			leader[n] = leader[leader[n]]
			n = leader[n]
		}
		return n
	}
	for _, n := range children {
		leader[n] = n
	}
	for _, a := range p.edges[parent] {
		leader[find(a.from)] = find(a.to)
	}
	var parts []*part
	of := make(map[int]*part)
	cellOf := make(map[int]int, len(children))
	for _, n := range children {
		q := of[find(n)]
		if q == nil {
			q = &part{}
			of[find(n)] = q
			parts = append(parts, q)
		}
		cellOf[n] = len(q.cells)
		q.members = append(q.members, n)
		q.cells = append(q.cells, cell{w: p.boxes[n].w, h: p.boxes[n].h})
	}
	for _, a := range p.edges[parent] {
		q := of[find(a.from)]
		if a.from == a.to {
			continue
		}
		l := link{from: cellOf[a.from], to: cellOf[a.to]}
		if a.label != "" {
			l.labelW = labelWidth(a.label)
		}
		q.links = append(q.links, l)
		q.arrows = append(q.arrows, a)
	}
	return parts
}

// arrange lays out the parts and sets them in rows.
func (p *picture) arrange(parent int, parts []*part) (width, height int) {
	area, widest := 0, 0
	for _, q := range parts {
		q.layout()
		area += (q.width + partGap) * (q.height() + partGap)
		widest = max(widest, q.width)
	}
	limit := max(rowMin, widest, int(math.Sqrt(float64(area)*rowStretch)))
	x, y, rowHeight := 0, 0, 0
	for _, q := range parts {
		if x > 0 && x+q.width > limit {
			x, y, rowHeight = 0, y+rowHeight+partGap, 0
		}
		p.put(parent, q, point{x, y})
		width = max(width, x+q.width)
		rowHeight = max(rowHeight, q.height())
		x += q.width + partGap
	}
	for _, a := range p.edges[parent] {
		if a.from == a.to {
			p.routes[parent] = append(p.routes[parent], route{arrow: a})
		}
	}
	return width, y + rowHeight
}

// put writes the places of a part that stands at the given corner.
func (p *picture) put(parent int, q *part, at point) {
	for i, n := range q.members {
		c, b := &q.cells[i], &p.boxes[n]
		b.x, b.y = at.x+c.x-(c.w+1)/2, at.y+c.y-c.h/2
	}
	for i := range q.links {
		p.routes[parent] = append(p.routes[parent], q.trace(i, at))
	}
}

// trace returns the way of the i-th link of q.
func (q *part) trace(i int, at point) route {
	l := &q.links[i]
	r := route{arrow: q.arrows[i]}
	for j, n := range l.chain {
		c := &q.cells[n]
		enter, leave := q.tops[c.layer], q.ends[c.layer]
		if j > 0 {
			r.points = append(r.points, point{c.x + at.x, enter + at.y})
		}
		if !c.bend {
			edge := c.y - c.h/2
			if j == 0 {
				edge += c.h
			}
			r.points = append(r.points, point{c.x + at.x, edge + at.y})
		}
		if j < len(l.chain)-1 {
			r.points = append(r.points, point{c.x + at.x, leave + at.y})
		}
		if n == l.label {
			r.labelled, r.labelAt = true, point{c.x + at.x, (enter+leave)/2 + at.y}
		}
	}
	r.points = slices.Compact(r.points)
	if l.flipped {
		slices.Reverse(r.points)
	}
	return r
}
