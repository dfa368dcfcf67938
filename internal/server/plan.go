package server

import (
	"bytes"

	"github.com/pawlhq/pawl/internal/model"
	"github.com/pawlhq/pawl/internal/params"
	"github.com/pawlhq/pawl/internal/picture"
	"github.com/pawlhq/pawl/internal/plot"
	"github.com/pawlhq/pawl/internal/workflow"
)

// restNode is a task of a definition.
type restNode struct {
	Name     string     `json:"name"`
	FullName string     `json:"fullName"`
	IsGroup  bool       `json:"isGroup"`
	Operator optional   `json:"operator"`
	Config   params.Map `json:"config"`
	Children []restNode `json:"children"`
	After    []restEdge `json:"after"`
}

// restEdge says which task another comes after, and on what.
type restEdge struct {
	FullName string   `json:"fullName"`
	On       string   `json:"on"`
	Output   optional `json:"output"`
}

func getPlan(c *call) (any, error) {
	w, err := c.pathWorkflow()
	if err != nil {
		return nil, err
	}
	return struct {
		ID      number   `json:"id"`
		Name    string   `json:"name"`
		Project idName   `json:"project"`
		Tasks   int      `json:"tasks"`
		Root    restNode `json:"root"`
	}{number(w.ID), w.Name, idName{number(w.Project), w.ProjectName}, w.Definition.Root.Size(), nodeOut(w.Definition.Root, "", nil)}, nil
}

// ons are the words for when an edge opens.
var ons = map[workflow.On]string{
	workflow.OnSuccess: "success", workflow.OnDone: "done", workflow.OnOutput: "output",
}

func nodeOut(n *workflow.Node, above string, kin []*workflow.Node) restNode {
	out := restNode{
		Name: n.Name, FullName: above + n.Name, IsGroup: n.IsGroup(), Operator: optional(n.Operator),
		Config: compiled(n), Children: make([]restNode, len(n.Children)), After: make([]restEdge, len(n.After)),
	}
	for i, e := range n.After {
		out.After[i] = restEdge{FullName: above + kin[e.From].Name, On: ons[e.On], Output: optional(e.Output)}
	}
	for i, kid := range n.Children {
		out.Children[i] = nodeOut(kid, out.FullName, n.Children)
	}
	return out
}

// maxDrawn is how many tasks a picture shows. Nobody would find one in more.
const maxDrawn = 2000

func getGraph(c *call) (any, error) {
	w, err := c.pathWorkflow()
	if err != nil {
		return nil, err
	}
	if n := w.Definition.Root.Size(); n > maxDrawn {
		return nil, model.Errorf(model.Invalid, "the workflow has %d tasks, and at most %d are drawn", n, maxDrawn)
	}
	var b bytes.Buffer
	if err := plot.SVG(&b, picture.Of(w.Definition)); err != nil {
		return nil, err
	}
	c.w.Header().Set("Content-Security-Policy", "default-src 'none'; style-src 'unsafe-inline'")
	return whole{kind: "image/svg+xml", body: b.Bytes()}, nil
}
