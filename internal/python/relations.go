package python

import (
	"context"
	"fmt"

	"github.com/pawlhq/pawl/internal/params"
)

// Action is what is done with a product that Python knows.
type Action string

// What can be done with products.
const (
	// Fetch gives the metadata, or nothing where there is none.
	Fetch Action = "fetch"
	// Save stores metadata.
	Save Action = "save"
	// Exists tells whether it is there.
	Exists Action = "exists"
	// Delete deletes it, if it is there.
	Delete Action = "delete"
)

// Relation is a product with the client by which it is reached, and the
// metadata to be saved.
type Relation struct {
	Product  Product
	Client   *Call
	Metadata params.Map
}

// State is what came of an action for one product.
type State struct {
	// Metadata is what was fetched, if HasMetadata says that there is any.
	Metadata    params.Map
	HasMetadata bool
	// Exists is what was asked by that action.
	Exists bool
	// Err is a *Failure.
	Err error
}

// Products does the same with each of some products, and returns what came of
// it in the same order. One that fails does not keep the others back.
func (h *Host) Products(ctx context.Context, a Action, relations []Relation) ([]State, error) {
	if len(relations) == 0 {
		return nil, nil
	}
	list := make([]params.Value, len(relations))
	for i, r := range relations {
		m := params.Of("product", r.Product.value())
		if r.Client != nil {
			m = m.Set("client", r.Client.value())
		}
		if a == Save {
			m = m.Set("metadata", r.Metadata)
		}
		list[i] = m
	}
	v, err := h.ask(ctx, "products", h.config.Cwd, params.Of("action", string(a), "products", list))
	if err != nil {
		return nil, err
	}
	answers, _ := v.([]params.Value)
	if len(answers) != len(relations) {
		return nil, fmt.Errorf("Python answered for %d products of %d", len(answers), len(relations)) //nolint:staticcheck // a name
	}
	states := make([]State, len(answers))
	for i, answer := range answers {
		states[i] = stateOf(reader{answer})
	}
	return states, nil
}

func stateOf(r reader) State {
	if f, ok := r.get("error").(params.Map); ok {
		return State{Err: failureOf(f)}
	}
	var s State
	s.Metadata, s.HasMetadata = r.get("value").(params.Map)
	s.Exists = r.truth("value")
	return s
}
