package expr

import (
	"iter"

	"github.com/pawlhq/pawl/internal/params"
)

// scope is what names stand for.
type scope interface {
	get(name string) (params.Value, bool)
	// names iterates over all names in order.
	names() iter.Seq[string]
}

// mapScope is a map as a scope.
type mapScope struct{ m params.Map }

func (s mapScope) get(name string) (params.Value, bool) { return s.m.Get(name) }
func (s mapScope) names() iter.Seq[string]              { return s.m.Keys() }
