package plot_test

import (
	"bytes"
	"fmt"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"github.com/pawlhq/pawl/internal/plot"
	"github.com/pawlhq/pawl/internal/prop"
)

// nodes draws random nodes, some of them nested.
func nodes(t *rapid.T) []plot.Node {
	list := make([]plot.Node, rapid.IntRange(1, 40).Draw(t, "nodes"))
	for i := range list {
		list[i] = plot.Node{
			ID:     fmt.Sprint("n", i),
			Label:  rapid.StringN(0, 40, -1).Draw(t, "label"),
			Detail: rapid.SampledFrom([]string{"", "detail", strings.Repeat("long ", 30)}).Draw(t, "detail"),
			State:  rapid.SampledFrom([]string{"", "success", "failed", "strange"}).Draw(t, "state"),
		}
		if i > 0 && rapid.IntRange(0, 2).Draw(t, "nested") == 0 {
			list[i].Group = list[rapid.IntRange(0, i-1).Draw(t, "group")].ID
		}
	}
	return list
}

// edges draws random edges. With siblings they join nodes of one group, from
// earlier to later ones, so that no circle arises.
func edges(t *rapid.T, nodes []plot.Node, siblings bool) []plot.Edge {
	var list []plot.Edge
	for range rapid.IntRange(0, 2*len(nodes)).Draw(t, "edges") {
		a := rapid.IntRange(0, len(nodes)-1).Draw(t, "a")
		b := rapid.IntRange(0, len(nodes)-1).Draw(t, "b")
		if siblings && (a >= b || nodes[a].Group != nodes[b].Group) {
			continue
		}
		list = append(list, plot.Edge{
			From: nodes[a].ID, To: nodes[b].ID,
			Label:  rapid.SampledFrom([]string{"", "", "ok"}).Draw(t, "label"),
			Dashed: rapid.Bool().Draw(t, "dashed"),
		})
	}
	return list
}

func checkBoxes(t *rapid.T, g plot.Graph, d drawing) {
	if len(d.boxes) != len(g.Nodes) {
		t.Fatalf("%d boxes for %d nodes", len(d.boxes), len(g.Nodes))
	}
	for i, n := range g.Nodes {
		box := d.boxes[n.ID]
		if !d.page.encloses(box, 20) {
			t.Errorf("%s at %v is not on the page %v or too near its edge", n.ID, box, d.page)
		}
		if n.Group != "" && !d.boxes[n.Group].encloses(box, 14) {
			t.Errorf("%s at %v is not inside %s at %v", n.ID, box, n.Group, d.boxes[n.Group])
		}
		for _, other := range g.Nodes[:i] {
			if other.Group == n.Group && box.near(d.boxes[other.ID], 30) {
				t.Errorf("%s at %v is too near to %s at %v", n.ID, box, other.ID, d.boxes[other.ID])
			}
		}
	}
}

func TestEdgesOfAnAcyclicGraphLeadDownAndAroundBoxes(t *testing.T) {
	t.Parallel()
	prop.Check(t, func(t *rapid.T) {
		g := plot.Graph{Nodes: nodes(t)}
		g.Edges = edges(t, g.Nodes, true)
		d := svg(t, g)
		checkBoxes(t, g, d)
		for _, e := range d.edges {
			from, to := d.boxes[e.from], d.boxes[e.to]
			if e.path[0].y != float64(from.y+from.h) || e.tip().y != float64(to.y) {
				t.Errorf("edge %s-%s from y=%v to y=%v does not join the boxes %v and %v", e.from, e.to, e.path[0].y, e.tip().y, from, to)
			}
			if e.tip().y <= e.path[0].y {
				t.Errorf("edge %s-%s leads up", e.from, e.to)
			}
			for _, n := range g.Nodes {
				if n.Group == groupOf(g, e.from) && crosses(e, d.boxes[n.ID]) {
					t.Errorf("edge %s-%s runs through %s", e.from, e.to, n.ID)
				}
			}
		}
	})
}

func groupOf(g plot.Graph, id string) string {
	for _, n := range g.Nodes {
		if n.ID == id {
			return n.Group
		}
	}
	return ""
}

func crosses(e drawnEdge, box rect) bool {
	for _, p := range e.path {
		if p.x > float64(box.x) && p.x < float64(box.x+box.w) && p.y > float64(box.y) && p.y < float64(box.y+box.h) {
			return true
		}
	}
	return false
}

func TestAnyGraphIsDrawnWithoutOverlaps(t *testing.T) {
	t.Parallel()
	prop.Check(t, func(t *rapid.T) {
		g := plot.Graph{Nodes: nodes(t)}
		g.Edges = edges(t, g.Nodes, false)
		checkBoxes(t, g, svg(t, g))
	})
}

func TestSameGraphGivesSameBytes(t *testing.T) {
	t.Parallel()
	prop.Check(t, func(t *rapid.T) {
		g := plot.Graph{Nodes: nodes(t)}
		g.Edges = edges(t, g.Nodes, false)
		var first, second bytes.Buffer
		for _, b := range []*bytes.Buffer{&first, &second} {
			for _, f := range formats {
				if err := f.write(b, g); err != nil {
					t.Fatalf("%s: %v", f.name, err)
				}
			}
		}
		if !bytes.Equal(first.Bytes(), second.Bytes()) {
			t.Error("two drawings of one graph differ")
		}
	})
}

func chain(n int) plot.Graph {
	var g plot.Graph
	for i := range n {
		g.Nodes = append(g.Nodes, plot.Node{ID: fmt.Sprint(i)})
		if i > 0 {
			g.Edges = append(g.Edges, plot.Edge{From: fmt.Sprint(i - 1), To: fmt.Sprint(i)})
		}
	}
	return g
}

func TestChainIsAStraightLine(t *testing.T) {
	t.Parallel()
	d := svg(t, chain(20))
	for _, e := range d.edges {
		if e.path[0].x != e.tip().x {
			t.Errorf("edge %s-%s goes from x=%v to x=%v", e.from, e.to, e.path[0].x, e.tip().x)
		}
	}
}

func TestBoxStandsJustAboveWhatItLeadsTo(t *testing.T) {
	t.Parallel()
	g := chain(6)
	g.Nodes = append(g.Nodes, plot.Node{ID: "x"})
	g.Edges = append(g.Edges, plot.Edge{From: "x", To: "5"})
	d := svg(t, g)
	if x, neighbour := d.boxes["x"], d.boxes["4"]; x.y != neighbour.y {
		t.Errorf("box at y=%d, want it beside the one at y=%d", x.y, neighbour.y)
	}
}

func TestCircleKeepsAllItsEdges(t *testing.T) {
	t.Parallel()
	g := chain(4)
	g.Edges = append(g.Edges, plot.Edge{From: "3", To: "0"}, plot.Edge{From: "2", To: "2"})
	d := svg(t, g)
	up := 0
	for _, e := range d.edges {
		if e.tip().y < e.path[0].y {
			up++
			if e.from != "3" || e.to != "0" {
				t.Errorf("edge %s-%s leads up", e.from, e.to)
			}
		}
	}
	if len(d.edges) != 5 || up != 1 {
		t.Errorf("%d edges, %d of them up, want 5 and 1", len(d.edges), up)
	}
}

func TestEdgesBetweenLevelsJoinTheOutermostBoxes(t *testing.T) {
	t.Parallel()
	d := svg(t, plot.Graph{
		Nodes: []plot.Node{
			{ID: "a"}, {ID: "b", Group: "a"}, {ID: "c", Group: "b"},
			{ID: "x"}, {ID: "y", Group: "x"}, {ID: "z", Group: "a"},
		},
		Edges: []plot.Edge{
			{From: "c", To: "y"}, {From: "b", To: "x"}, // both are a to x
			{From: "c", To: "z"}, // is b to z
			{From: "a", To: "c"}, // leads inside
		},
	})
	var got []string
	for _, e := range d.edges {
		got = append(got, e.from+e.to)
	}
	if s := strings.Join(got, " "); s != "ax bz" {
		t.Errorf("edges drawn: %s, want ax bz", s)
	}
}

func TestUnconnectedNodesFormRows(t *testing.T) {
	t.Parallel()
	var g plot.Graph
	for i := range 400 {
		g.Nodes = append(g.Nodes, plot.Node{ID: fmt.Sprint(i)})
	}
	page := svg(t, g).page
	if ratio := float64(page.w) / float64(page.h); ratio < 1 || ratio > 4 {
		t.Errorf("page of %d by %d pixels, want about twice as wide as high", page.w, page.h)
	}
}

func TestMoreLongEdgesThanCanBeRoutedAreStillDrawn(t *testing.T) {
	t.Parallel()
	const size = 76 // which makes 70,300 bends
	g := chain(size)
	for i := range size {
		for j := i + 2; j < size; j++ {
			g.Edges = append(g.Edges, plot.Edge{From: fmt.Sprint(i), To: fmt.Sprint(j)})
		}
	}
	d := svg(t, g)
	if len(d.edges) != size*(size-1)/2 {
		t.Errorf("%d edges drawn, want all %d", len(d.edges), size*(size-1)/2)
	}
	for i := range size - 1 {
		a, b := d.boxes[fmt.Sprint(i)], d.boxes[fmt.Sprint(i+1)]
		if a.y+a.h >= b.y {
			t.Fatalf("node %d at %v is not above node %d at %v", i, a, i+1, b)
		}
	}
}

func TestDeepNestingAndLongChainsAreDrawn(t *testing.T) {
	t.Parallel()
	nested := plot.Graph{Nodes: []plot.Node{{ID: "0"}}}
	for i := 1; i < 1000; i++ {
		nested.Nodes = append(nested.Nodes, plot.Node{ID: fmt.Sprint(i), Group: fmt.Sprint(i - 1)})
	}
	for name, g := range map[string]plot.Graph{"nested": nested, "chain": chain(5000)} {
		if d := svg(t, g); len(d.boxes) != len(g.Nodes) {
			t.Errorf("%s: %d boxes for %d nodes", name, len(d.boxes), len(g.Nodes))
		}
	}
}
