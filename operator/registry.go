package operator

import (
	"fmt"
	"maps"
	"slices"

	"github.com/pawlhq/pawl/internal/document"
	"github.com/pawlhq/pawl/internal/model"
)

// Registry holds operators by name. The zero value is empty and ready to use.
// Fill it before use: lookups are safe for concurrent use once registration
// is over.
type Registry struct {
	specs map[string]Spec
	later map[string]bool
}

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

// Expect notes names of operators that users may rightly look for. Those that
// are not registered are said to be missing, not to be mistaken.
func (r *Registry) Expect(names ...string) {
	if r.later == nil {
		r.later = make(map[string]bool)
	}
	for _, name := range names {
		r.later[name] = true
	}
}

// Unknown returns what to say of a name that is not registered.
func (r *Registry) Unknown(name string) error {
	if r.later[name] {
		return model.Errorf(model.Invalid, "pawl does not have the operator %q yet", name)
	}
	err := model.Errorf(model.Invalid, "unknown operator %q", name)
	if near := document.DidYouMean(name, r.Names()); near != "" {
		return err.WithHint("%s", near)
	}
	return err
}

// Names returns the names of all operators, sorted.
func (r *Registry) Names() []string { return slices.Sorted(maps.Keys(r.specs)) }
