package operator

import (
	"fmt"
	"maps"
	"slices"
)

// Registry holds operators by name. The zero value is empty and ready to use.
// Fill it before use: lookups are safe for concurrent use once registration
// is over.
type Registry struct{ specs map[string]Spec }

// Register adds operators. A name that is taken, or a spec without a name or
// an operator, is a mistake in the program and panics.
func (r *Registry) Register(specs ...Spec) {
	if r.specs == nil {
		r.specs = make(map[string]Spec)
	}
	for _, s := range specs {
		if s.Name == "" || s.Operator == nil {
			panic(fmt.Sprintf("operator %q: a spec needs a name and an operator", s.Name))
		}
		if _, taken := r.specs[s.Name]; taken {
			panic(fmt.Sprintf("operator %q is registered twice", s.Name))
		}
		r.specs[s.Name] = s
	}
}

// Lookup returns the operator of that name.
func (r *Registry) Lookup(name string) (Spec, bool) {
	s, ok := r.specs[name]
	return s, ok
}

// Names returns the names of all operators, sorted.
func (r *Registry) Names() []string { return slices.Sorted(maps.Keys(r.specs)) }
