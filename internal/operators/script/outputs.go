package script

import (
	"bytes"
	"context"
	_ "embed"
	"fmt"
	"os"
	"path/filepath"
	"sync"

	"github.com/pawlhq/pawl/internal/operators/command"
	"github.com/pawlhq/pawl/internal/params"
	library "github.com/pawlhq/pawl/internal/python"
	"github.com/pawlhq/pawl/operator"
)

// pawlModule is the text of the module that hands outputs on.
//
//go:embed pawl.py
var pawlModule string

// pawlText is the module as JSON, with what all modules of that name have.
var pawlText = sync.OnceValue(func() []byte { return params.AppendJSON(nil, library.Guest()+"\n\n"+pawlModule) })

// outputs is how a call hands on what is no parameter. The zero value hands on
// nothing.
type outputs struct {
	of     operator.Outputs
	prefix string // begins the names of files that the program leaves
	// left tells that there may be such files.
	left bool
}

// newOutputs returns how a call of a Python hands outputs on.
func (c *call) newOutputs() outputs {
	if c.Services.Outputs == nil {
		return outputs{}
	}
	return outputs{of: c.Services.Outputs, prefix: command.NewScratch(c.Task, "py").Path("output-")}
}

// input returns what the runner reads: the parameters, the module for outputs, and
// where those can be read for which parameters stand.
func (o *outputs) input(ctx context.Context, c *call) ([]byte, error) {
	text := c.input()
	used := o.of != nil && bytes.Contains(text, []byte(`"`+operator.OutputKey+`"`))
	text = append(text[:len(text)-1], `,"pawl":{"folder":`...)
	text = append(params.AppendJSON(text, o.prefix), `,"source":`...)
	text = append(append(text, pawlText()...), '}')
	if used {
		places := params.Map{}
		o.left = true
		if err := o.find(ctx, c.Params, &places); err != nil {
			return nil, err
		}
		text = params.AppendJSON(append(text, `,"values":`...), places)
	}
	return append(text, '}'), nil
}

// find adds the places of all outputs that stand in a value.
func (o *outputs) find(ctx context.Context, v params.Value, places *params.Map) error {
	switch v := v.(type) {
	case []params.Value:
		for _, item := range v {
			if err := o.find(ctx, item, places); err != nil {
				return err
			}
		}
	case params.Map:
		key, ok := operator.OutputOf(v)
		if ok && !places.Has(key) {
			p, err := o.of.Find(ctx, v, o.prefix)
			if err != nil {
				return err
			}
			place := params.Of("path", p.Path)
			if p.URL != "" {
				place = params.Of("url", p.URL)
			}
			*places = places.Set(key, place)
		}
		for _, item := range v.All() {
			if ok {
				break
			}
			if err := o.find(ctx, item, places); err != nil {
				return err
			}
		}
	}
	return nil
}

// keep keeps the outputs of a call that has ended well, and adds the parameters
// that stand for them to its result.
func (o *outputs) keep(ctx context.Context, t *operator.Task, output []byte, r *operator.Result) error {
	if o.of == nil || !bytes.Contains(output, []byte(`"outputs"`)) {
		return nil
	}
	o.left = true
	written, err := parseMap(output)
	if err != nil {
		return err
	}
	list, err := written.ListOr("outputs", nil)
	if err != nil {
		return err
	}
	items := make(map[string]params.Map)
	for _, v := range list {
		one, ok := v.([]params.Value)
		if !ok || len(one) != 5 {
			return fmt.Errorf("the program has left an output that is none: %s", params.AppendJSON(nil, v))
		}
		var words [5]string
		for i, word := range one {
			words[i], _ = params.ToString(word)
		}
		name, item := words[0], words[1]
		ref, err := o.of.Keep(ctx, t, operator.Kept{Name: name, Item: item, Form: words[2], File: words[3], Key: words[4]})
		switch {
		case err != nil:
			return err
		case one[0] == nil: // a file, whose handle the task gives on itself
		case one[1] == nil:
			r.Store = r.Store.Set(name, ref)
		default:
			items[name] = items[name].Set(item, ref)
			r.Store = r.Store.Set(name, items[name])
		}
	}
	return nil
}

// remove removes the files that the program has left.
func (o *outputs) remove() {
	if o.of == nil || !o.left {
		return
	}
	left, _ := filepath.Glob(escaped(o.prefix) + "*") // it fails for bad patterns only
	for _, file := range left {
		_ = os.Remove(file) // what stays is swept with the folder
	}
}

// escaped is a path as a pattern for itself.
func escaped(path string) string {
	var b bytes.Buffer
	for _, r := range path {
		switch r {
		case '*', '?', '[':
			fmt.Fprintf(&b, "[%c]", r)
		default:
			b.WriteRune(r)
		}
	}
	return b.String()
}
