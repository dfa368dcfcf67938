package pawl

import (
	"errors"
	"fmt"
	"reflect"
	"sync"

	"github.com/pawlhq/pawl/internal/host"
	"github.com/pawlhq/pawl/internal/params"
	"github.com/pawlhq/pawl/internal/workflow"
)

// Process is a checked and immutable definition over parameters of type P: a
// struct or a map that encoding/json reads and writes. All runs of it share the
// value; its methods are safe for concurrent use.
type Process[P any] struct{ of *process }

// process is a Process without the type of its parameters.
type process struct {
	name, version string
	steps         []*step
	// functions are those of the steps by their paths.
	functions map[string]function
	// places are the dynamic steps by their paths.
	places map[string]*step
	// definition is the process without anything dynamic.
	definition *workflow.Workflow
	// shape says which parameters it takes.
	shape params.Value
	// callees are the processes that its steps call.
	callees []*process

	mu sync.Mutex
	// made are the definitions with dynamic steps that were asked for.
	made map[string]*workflow.Workflow
}

// Define returns a process of steps that are run one after the other. The error
// has all that is wrong with it, each with the path of its step.
//
// A run keeps the version with which it was started. Whoever changes a process in
// a way that runs under way can't go on with (steps that are added, removed or
// renamed) gives it another version, and goes on to give the old one to Open
// until its runs are over.
func Define[P any](name, version string, steps ...Step[P]) (*Process[P], error) {
	p := &process{name: name, version: version, steps: untyped(steps), made: make(map[string]*workflow.Workflow)}
	c := checker{params: reflect.TypeFor[P]()}
	c.process(p)
	if len(c.faults) > 0 {
		return nil, fmt.Errorf("process %s: %w", name, errors.Join(c.faults...))
	}
	p.functions, p.places = make(map[string]function), make(map[string]*step)
	p.collect("", p.steps)
	w, err := p.compile(nil)
	if err != nil {
		return nil, fmt.Errorf("process %s: %w", name, err)
	}
	p.definition, p.shape = w, shapeOf(c.params)
	return &Process[P]{p}, nil
}

// Must returns p, and panics on an error: it is for processes that are variables
// of packages.
func Must[P any](p *Process[P], err error) *Process[P] {
	if err != nil {
		panic(err)
	}
	return p
}

// Name returns the name of the process.
func (p *Process[P]) Name() string { return p.of.name }

// Version returns the version of the process.
func (p *Process[P]) Version() string { return p.of.version }

// Definition is a Process of any parameters, as Open takes it.
type Definition interface{ definition() *process }

func (p *Process[P]) definition() *process { return p.of }

var _ Definition = (*Process[any])(nil)

// collect notes the functions and the places of steps and of all below them.
func (p *process) collect(above string, steps []*step) {
	for _, s := range steps {
		path := join(above, s.name)
		if s.call != nil {
			p.functions[path] = s.call
		}
		if s.item != nil {
			p.functions[join(path, itemWord)] = s.item
		}
		if s.kind == dynamic {
			p.places[path] = s
		}
		if s.child != nil {
			p.callees = append(p.callees, s.child)
		}
		p.collect(path, s.kids)
		if s.onFailure != nil {
			p.collect(join(path, host.OnFailureWord), []*step{s.onFailure})
		}
		if s.onSuccess != nil {
			p.collect(join(path, host.OnSuccessWord), []*step{s.onSuccess})
		}
		if s.onDeadline != nil {
			p.collect(join(path, host.OnDeadlineWord), []*step{s.onDeadline})
		}
		if s.onStop != nil {
			p.collect(join(path, host.OnStopWord), []*step{s.onStop})
		}
	}
}

// join returns the path of a step below another.
func join(above, name string) string {
	if above == "" {
		return name
	}
	return above + "/" + name
}
