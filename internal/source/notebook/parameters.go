package notebook

import (
	"errors"
	"fmt"

	"github.com/pawlhq/pawl/internal/params"
	"github.com/pawlhq/pawl/internal/source/python"
)

// Parameters is the cell that says what a task needs and makes.
type Parameters struct {
	Found bool // whether there is one
	Cell  int  // its index
	Text  string
	Line  int // where Text begins in the file, counted from 1; 0 if that can't be said
}

// Parameters returns the parameters cell: the first with that tag.
func (n *Notebook) Parameters() Parameters {
	i := n.tagged(tagParameters)
	if i < 0 {
		return Parameters{}
	}
	return Parameters{Found: true, Cell: i, Text: n.Cells[i].Text, Line: n.Cells[i].Line}
}

// ErrNoParameters says that no cell is tagged parameters.
var ErrNoParameters = errors.New(`no cell has the tag "parameters"`)

// Upstream returns the names that the parameters cell assigns to upstream, each
// once, in order; none for None. It is an error if there is no such cell, no
// such assignment, or a value that is not None, a list, tuple, set or map.
func (n *Notebook) Upstream() ([]string, error) {
	v, found, err := n.variable("upstream")
	if err != nil {
		return nil, err
	}
	if !found {
		return nil, errors.New("the parameters cell assigns nothing to upstream: add upstream = None, or the names of tasks as a list")
	}
	var names []any
	switch v := v.(type) {
	case nil:
	case []params.Value:
		names = v
	case params.Map:
		for k := range v.Keys() {
			names = append(names, k)
		}
	default:
		return nil, fmt.Errorf("upstream must be None or a list of names of tasks, and not %s", python.Repr(v))
	}
	var out []string
	for _, e := range names {
		name, ok := e.(string)
		if !ok {
			return nil, fmt.Errorf("upstream must hold names of tasks, and not %s", python.Repr(e))
		}
		if !contains(out, name) {
			out = append(out, name)
		}
	}
	return out, nil
}

// Product returns what the parameters cell assigns to product: a text, a list
// or a map. It is an error if there is no such cell or value.
func (n *Notebook) Product() (params.Value, error) {
	v, found, err := n.variable("product")
	switch {
	case err != nil:
		return nil, err
	case !found || v == nil:
		return nil, errors.New("the parameters cell assigns nothing to product: add the path of what the task makes")
	}
	return v, nil
}

// variable returns what the parameters cell assigns to name.
func (n *Notebook) variable(name string) (v params.Value, found bool, err error) {
	p := n.Parameters()
	if !p.Found {
		return nil, false, ErrNoParameters
	}
	if n.Language() == "r" {
		v, found, err = rVariable(p.Text, name)
	} else {
		v, found, err = python.Variable(p.Text, name)
	}
	var computed *python.ComputedError
	if errors.As(err, &computed) && p.Line > 0 {
		inFile := *computed
		inFile.Line += p.Line - 1
		return nil, false, &inFile
	}
	if err != nil {
		return nil, false, fmt.Errorf("parameters cell: %w", err)
	}
	return v, found, nil
}
