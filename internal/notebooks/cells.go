package notebooks

import (
	operators "github.com/pawlhq/pawl/internal/operators/pipeline"
	"github.com/pawlhq/pawl/internal/pipeline"
)

// Cell is what an editor shows in a file besides what stands there.
type Cell struct {
	File
	// Task is the one of the file's tasks whose parameters are shown.
	Task string
	// Code assigns them.
	Code string
	// Err tells why there is no code.
	Err error
}

// Cells returns the cell of each notebook and script, in the order of Files.
// Unlike Inject it is for ScriptRunner, too, and one file that can't be read
// does not keep back the others. See Inject for priority.
func Cells(p *pipeline.Pipeline, priority string) ([]Cell, error) {
	preferred, err := prefer(p, priority)
	if err != nil {
		return nil, err
	}
	configs, err := configurations(p)
	if err != nil {
		return nil, err
	}
	files := Files(p)
	cells := make([]Cell, len(files))
	for i, f := range files {
		c := Cell{File: f, Task: preferred[f.Path]}
		if c.Task == "" {
			c.Task = f.Tasks[0].Name
		}
		given, err := operators.Injected(configs[c.Task])
		if err != nil {
			return nil, err
		}
		if nb, err := Read(f.Path); err != nil {
			c.Err = err
		} else {
			c.Code, c.Err = nb.Assignments(given)
		}
		cells[i] = c
	}
	return cells, nil
}

// Products returns the paths of all files that the tasks of a file make.
func (f File) Products() []string {
	var paths []string
	for _, t := range f.Tasks {
		for _, p := range t.Products {
			if p.Path != "" {
				paths = append(paths, p.Path)
			}
		}
	}
	return paths
}
