package picture

import (
	"github.com/pawlhq/pawl/internal/pipeline"
	"github.com/pawlhq/pawl/internal/plot"
)

// States of tasks of pipelines.
const (
	Outdated = "outdated"
	Current  = "up_to_date"
)

// Pipeline returns the graph of a pipeline's tasks. The functions say the state
// of the task with that number, and the second line of its box, such as its
// products.
func Pipeline(p *pipeline.Pipeline, state func(i int) string, detail func(i int) string) plot.Graph {
	g := plot.Graph{Title: p.Name, Legend: true}
	for i, t := range p.Tasks {
		g.Nodes = append(g.Nodes, plot.Node{ID: t.Name, Kind: string(t.Class), State: state(i), Detail: detail(i)})
		for _, u := range t.Upstream {
			g.Edges = append(g.Edges, plot.Edge{From: u.Task, To: t.Name})
		}
	}
	return g
}
