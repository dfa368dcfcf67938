// Package plot draws graphs of tasks: as an SVG picture, as a page that holds
// the picture, and as text for Graphviz and Mermaid.
//
// It lays a graph out by itself, in layers from top to bottom, and needs no
// installed program. It is pure: the same graph gives the same bytes. It knows
// nothing of workflows, attempts or stores; callers translate what they have
// into a Graph.
package plot

// Graph is what to draw. Nodes and edges are drawn in the order given, as far
// as the layout leaves a choice.
type Graph struct {
	// Title names the picture. May be empty.
	Title string
	Nodes []Node
	Edges []Edge
	// Legend explains the colours of the states in use. Pages have one anyway.
	Legend bool
}

// Node is a box, or a frame around other nodes if one of them names it as its
// Group.
type Node struct {
	// ID identifies the node in the graph. It must not be empty.
	ID string
	// Label is the text of the box; the ID stands in for an empty one. A long
	// label is shortened, its full text shows on hovering.
	Label string
	// Detail is a second, smaller line. May be empty.
	Detail string
	// Group is the ID of the node that encloses this one, or empty.
	Group string
	// Kind says in one word what the node does, such as the name of an
	// operator. May be empty.
	Kind string
	// State chooses the colours and the sign of the node: one of success,
	// failed, running, open, waiting, skipped, blocked, cancelled, stopped,
	// not_reached, outdated and up_to_date. Any other state is drawn in
	// neutral colours.
	State string
}

// Edge is an arrow. An edge that enters or leaves a group from outside is
// drawn between the boxes that stand side by side; an edge between a group
// and a node inside it is not drawn.
type Edge struct {
	From, To string
	// Label is written beside the arrow. May be empty.
	Label  string
	Dashed bool
}

func (n Node) label() string {
	if n.Label == "" {
		return n.ID
	}
	return n.Label
}

// detail is the second line of the box of n.
func (n Node) detail() string {
	if n.Kind == "" || n.Detail == "" {
		return n.Kind + n.Detail
	}
	return n.Kind + " · " + n.Detail
}

// hover is the text shown when the pointer rests on n.
func (n Node) hover() string {
	s := n.label()
	if d := n.detail(); d != "" {
		s += "\n" + d
	}
	if n.State != "" {
		s += "\n" + n.State
	}
	return s
}
