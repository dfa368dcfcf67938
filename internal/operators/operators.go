// Package operators puts all operators of the program together. Each family has
// a folder of its own.
package operators

import (
	"github.com/pawlhq/pawl/internal/dig"
	"github.com/pawlhq/pawl/internal/operators/flow"
	"github.com/pawlhq/pawl/internal/operators/httpop"
	"github.com/pawlhq/pawl/internal/operators/listing"
	"github.com/pawlhq/pawl/internal/operators/notify"
	"github.com/pawlhq/pawl/internal/operators/pipeline"
	"github.com/pawlhq/pawl/internal/operators/script"
	"github.com/pawlhq/pawl/internal/operators/shell"
	"github.com/pawlhq/pawl/internal/operators/signal"
	"github.com/pawlhq/pawl/internal/operators/value"
	"github.com/pawlhq/pawl/internal/pawlfile"
	"github.com/pawlhq/pawl/internal/python/pool"
	"github.com/pawlhq/pawl/operator"
)

// All returns all operators of the program, and what ends the interpreters that
// they keep warm. Those of pipelines take theirs from the pool, which stays.
func All(pool *pool.Pool) (all *operator.Registry, end func() error) {
	python := script.NewPython()
	var r operator.Registry
	r.Register(flow.Specs(flow.Files{Read: pawlfile.ReadConfig, Fit: pawlfile.Fit})...)
	r.Register(shell.Spec(), python.Spec(), script.Ruby())
	r.Register(httpop.Specs(dig.ReadConfig)...)
	r.Register(listing.Specs()...)
	r.Register(value.Specs()...)
	r.Register(notify.Specs()...)
	r.Register(signal.Specs()...)
	r.Register(pipeline.New(pool).Specs()...)
	r.Expect(dig.Operators()...)
	return &r, python.Close
}
