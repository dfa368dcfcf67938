package server

import (
	"bytes"
	"io"
	"path"

	"github.com/pawlhq/pawl/internal/model"
	"github.com/pawlhq/pawl/internal/params"
	"github.com/pawlhq/pawl/internal/picture"
	"github.com/pawlhq/pawl/internal/picture/outline"
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

// drawing is how a picture is drawn, and sent.
type drawing struct {
	kind string
	draw func(io.Writer, plot.Graph) error
	// policy is what a browser may do with it.
	policy string
}

// drawings are the kinds of pictures by the ends of their names.
var drawings = map[string]drawing{
	".svg":  {"image/svg+xml", plot.SVG, "default-src 'none'; style-src 'unsafe-inline'"},
	".html": {"text/html", plot.HTML, "default-src 'none'; style-src 'unsafe-inline'; script-src 'unsafe-inline'; img-src data:"},
	".dot":  {"text/vnd.graphviz", plot.DOT, "default-src 'none'"},
	".mmd":  {"text/plain", plot.Mermaid, "default-src 'none'"},
}

func getGraph(c *call) (any, error) {
	w, err := c.pathWorkflow()
	if err != nil {
		return nil, err
	}
	if n := w.Definition.Root.Size(); n > maxDrawn {
		return nil, model.Errorf(model.Invalid, "the workflow has %d tasks, and at most %d are drawn", n, maxDrawn)
	}
	var b bytes.Buffer
	d := drawings[path.Ext(c.r.URL.Path)]
	if err := d.draw(&b, picture.Of(w.Definition)); err != nil {
		return nil, err
	}
	c.w.Header().Set("Content-Security-Policy", d.policy)
	return whole{kind: d.kind, body: b.Bytes()}, nil
}

func getOutline(c *call) (any, error) {
	w, err := c.pathWorkflow()
	if err != nil {
		return nil, err
	}
	return whole{kind: "text/plain", body: []byte(outline.Text(w.Definition))}, nil
}
