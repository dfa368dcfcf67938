package local

import (
	"io"
	"path/filepath"
	"strings"

	"github.com/pawlhq/pawl/internal/build"
	"github.com/pawlhq/pawl/internal/model"
	"github.com/pawlhq/pawl/internal/picture"
	"github.com/pawlhq/pawl/internal/plot"
)

// backends are the names that Ploomber has for what draws, by the format that
// takes their place.
var backends = map[string]string{"d3": "html", "mermaid": "mermaid", "pygraphviz": "svg"}

// suffixes are those of files of a format.
var suffixes = map[string]string{"svg": ".svg", "html": ".html", "dot": ".dot", "mermaid": ".mmd"}

// formatOfBackend returns the format that a backend of Ploomber stands for.
func formatOfBackend(name string) (string, error) {
	format, ok := backends[name]
	if !ok {
		return "", model.Errorf(model.Invalid, "there is no backend %q", name).
			WithHint("d3 draws a page, mermaid its own text, pygraphviz a picture; --format has more")
	}
	return format, nil
}

// fileOf is the file for something that is made of a pipeline: pipeline.NAME.svg
// for that of pipeline.NAME.yaml.
func (p *opened) fileOf(suffix string) string {
	name := "pipeline"
	if parts := strings.Split(filepath.Base(p.File), "."); p.File != "" && len(parts) > 2 {
		name += "." + parts[1]
	}
	return name + suffix
}

// graph draws a pipeline with what is outdated, and with the products if wanted.
func (p *opened) graph(plan *build.Plan, dir string, products bool) plot.Graph {
	state := func(i int) string {
		if v := plan.Verdicts[i]; v.Code || v.Upstream || plan.Runs(i) {
			return picture.Outdated
		}
		return picture.Current
	}
	detail := func(i int) string {
		if !products {
			return ""
		}
		var names []string
		for _, made := range p.Tasks[i].Products {
			names = append(names, shownProduct(made, dir))
		}
		return strings.Join(names, ", ")
	}
	return picture.Pipeline(p.Pipeline, state, detail)
}

// drawPipeline draws a pipeline in a format, into a file unless another place is
// asked for.
func (o *plotOptions) drawPipeline(p *opened, plan *build.Plan, format string) error {
	g := p.graph(plan, o.World.Dir, o.products)
	if o.output == "" {
		o.output = p.fileOf(suffixes[format])
	}
	return o.draw(func(to io.Writer) error { return plotters[format](to, g) })
}
