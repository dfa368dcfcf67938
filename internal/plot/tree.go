package plot

import "fmt"

// root stands for the parent of the nodes that no group encloses.
const root = -1

// tree is a checked graph: nodes are numbers, nested in groups, and every
// edge joins two children of the same parent.
type tree struct {
	nodes    []Node
	parent   []int
	children map[int][]int
	edges    map[int][]arrow // by the parent of both ends
}

// arrow is an edge between siblings.
type arrow struct {
	from, to int
	label    string
	dashed   bool
}

func (t *tree) group(n int) bool { return len(t.children[n]) > 0 }

func newTree(g Graph) (*tree, error) {
	t := &tree{
		nodes:    g.Nodes,
		parent:   make([]int, len(g.Nodes)),
		children: make(map[int][]int),
		edges:    make(map[int][]arrow),
	}
	index := make(map[string]int, len(g.Nodes))
	for i, n := range g.Nodes {
		if n.ID == "" {
			return nil, fmt.Errorf("node %d of the graph has no id", i)
		}
		if _, ok := index[n.ID]; ok {
			return nil, fmt.Errorf("two nodes of the graph have the id %q", n.ID)
		}
		index[n.ID] = i
	}
	if err := t.nest(index); err != nil {
		return nil, err
	}
	depth, err := t.depths()
	if err != nil {
		return nil, err
	}
	return t, t.lift(g.Edges, index, depth)
}

// nest links nodes to the groups that enclose them.
func (t *tree) nest(index map[string]int) error {
	for i, n := range t.nodes {
		t.parent[i] = root
		if n.Group != "" {
			p, ok := index[n.Group]
			if !ok {
				return fmt.Errorf("group %q of node %q is not in the graph", n.Group, n.ID)
			}
			t.parent[i] = p
		}
		t.children[t.parent[i]] = append(t.children[t.parent[i]], i)
	}
	return nil
}

// depths returns how many groups enclose each node.
func (t *tree) depths() ([]int, error) {
	depth := make([]int, len(t.nodes))
	seen := 0
	level := t.children[root]
	for d := 0; len(level) > 0; d++ {
		var next []int
		for _, n := range level {
			depth[n] = d
			next = append(next, t.children[n]...)
		}
		seen += len(level)
		level = next
	}
	if seen == len(t.nodes) {
		return depth, nil
	}
	for i := range t.nodes {
		if depth[i] == 0 && t.parent[i] != root {
			return nil, fmt.Errorf("the groups around node %q enclose each other", t.nodes[i].ID)
		}
	}
	return depth, nil
}

// lift replaces the ends of each edge by those of their ancestors that are
// siblings. Edges that become equal are drawn once.
func (t *tree) lift(edges []Edge, index map[string]int, depth []int) error {
	seen := make(map[arrow]bool, len(edges))
	for _, e := range edges {
		from, ok := index[e.From]
		if !ok {
			return fmt.Errorf("edge from %q to %q: %q is not in the graph", e.From, e.To, e.From)
		}
		to, ok := index[e.To]
		if !ok {
			return fmt.Errorf("edge from %q to %q: %q is not in the graph", e.From, e.To, e.To)
		}
		a := arrow{from: from, to: to, label: e.Label, dashed: e.Dashed}
		if from != to {
			a.from, a.to = t.siblings(from, to, depth)
			if a.from == a.to {
				continue
			}
		}
		if !seen[a] {
			seen[a] = true
			p := t.parent[a.from]
			t.edges[p] = append(t.edges[p], a)
		}
	}
	return nil
}

// siblings returns the ancestors of a and b that share a parent, or the same
// node twice if one of a and b encloses the other.
func (t *tree) siblings(a, b int, depth []int) (int, int) {
	for depth[a] > depth[b] {
		a = t.parent[a]
	}
	for depth[b] > depth[a] {
		b = t.parent[b]
	}
	for t.parent[a] != t.parent[b] {
		a, b = t.parent[a], t.parent[b]
	}
	return a, b
}
