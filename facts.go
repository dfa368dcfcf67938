package pawl

import (
	"context"
	"encoding/json"
	"fmt"
	"iter"
	"maps"
	"time"

	"github.com/pawlhq/pawl/internal/facts"
	"github.com/pawlhq/pawl/internal/host"
	"github.com/pawlhq/pawl/internal/model"
	"github.com/pawlhq/pawl/internal/params"
	"github.com/pawlhq/pawl/internal/store"
)

// Materialize tells that a step has made a product, such as "sales/daily": something
// that stays when its run is over. It counts also if the step fails after that. A
// Partition says which part of it was made, Metadata says more, and Tags tell such facts
// apart. What is no key, or more than 1000 facts of a step, is an error.
func Materialize(ctx context.Context, product string, options ...FactOption) error {
	return tell(ctx, facts.Fact{Product: product}, options)
}

// Expect tells whether what a step expects holds, such as "rows > 0". Where it does not,
// the step goes on, unless it is Required.
func Expect(ctx context.Context, name string, ok bool, options ...FactOption) error {
	return tell(ctx, facts.Fact{Expectation: name, OK: ok}, options)
}

func tell(ctx context.Context, f facts.Fact, options []FactOption) error {
	t := taskOf(ctx)
	if t == nil || t.Facts == nil {
		return fmt.Errorf("tell of %q: only the function of a step does: %w", f.Product+f.Expectation, ErrInvalid)
	}
	of := telling{Fact: f}
	for _, o := range options {
		o.tell(&of)
	}
	if of.err == nil {
		of.err = t.Facts.Tell(of.Fact)
	}
	if of.err != nil {
		return fmt.Errorf("tell of %q: %w", f.Product+f.Expectation, explained(of.err))
	}
	return nil
}

// telling is a fact that is being put together, and what is wrong with it.
type telling struct {
	facts.Fact
	err error
}

// FactOption says more of a fact: a Partition, Metadata, Tags, or Required.
type FactOption interface{ tell(f *telling) }

// Partition is the part of a product that was made, such as "2026-01-01".
type Partition string

func (p Partition) tell(f *telling) { f.Partition = string(p) }

// Required has an expectation that does not hold fail its step, once the function of
// that has returned.
var Required FactOption = required{}

type required struct{}

func (required) tell(f *telling) { f.Severity = facts.Error }

func (t Tags) tell(f *telling) { f.Tags = f.Tags.With(model.Tags(maps.Clone(t))) }

// Metadata says more of a fact: values by name. Texts, numbers and booleans are told as
// such, URL, FilePath, Markdown and Table as what they are, and others as JSON.
type Metadata map[string]any

// Kinds of values in Metadata.
type (
	// URL is an address, with its scheme.
	URL string
	// FilePath is the path of a file.
	FilePath string
	// Markdown is formatted text.
	Markdown string
	// Table is a table of rows.
	Table []map[string]any
)

func (m Metadata) tell(f *telling) {
	for name, v := range m {
		value, err := encode(v)
		if err != nil {
			f.err = fmt.Errorf("metadata %s can't be written as JSON: %w", name, err)
			return
		}
		switch v.(type) {
		case URL:
			value = facts.Of(facts.URL, value)
		case FilePath:
			value = facts.Of(facts.Path, value)
		case Markdown:
			value = facts.Of(facts.Markdown, value)
		case Table:
			value = facts.Of(facts.Table, value)
		default:
			if m, ok := value.(params.Map); ok {
				value = facts.Of(facts.JSON, m)
			}
		}
		f.Metadata = f.Metadata.Set(name, value)
	}
}

// Fact is what a step has told.
type Fact struct {
	// Product is the key of a product that was made, and Partition the part of it; or
	// Expectation is the name of what was expected, and OK whether it held.
	Product, Partition string
	Expectation        string
	OK, Required       bool
	Metadata           Metadata
	Tags               Tags
	// Run is the key of the run, of Process, and Step the path of the step. The run may
	// be gone.
	Run, Process, Step string
	// Attempt is the number of the attempt, and Try that of the try.
	Attempt int64
	Try     int
	At      time.Time
	// Failed says that the try did not end well.
	Failed bool
}

func factOf(f *store.Fact) Fact {
	return Fact{
		Product: f.Product, Partition: f.Partition, Expectation: f.Expectation, OK: f.OK, Required: f.Severity == facts.Error,
		Metadata: metadataOf(f.Metadata), Tags: Tags(f.Tags), Run: f.Session, Process: f.Workflow, Step: host.Path(f.Task),
		Attempt: int64(f.Attempt), Try: int(f.Try), At: f.At.Time(), Failed: f.Failed,
	}
}

// metadataOf returns metadata as it was told.
func metadataOf(m params.Map) Metadata {
	if m.Len() == 0 {
		return nil
	}
	out := make(Metadata, m.Len())
	for name, v := range m.All() {
		kind, value := facts.Entry(v)
		text, _ := value.(string)
		switch kind {
		case facts.URL:
			out[name] = URL(text)
		case facts.Path:
			out[name] = FilePath(text)
		case facts.Markdown:
			out[name] = Markdown(text)
		case facts.Table:
			out[name] = decoded[Table](value)
		case facts.JSON:
			out[name] = decoded[any](value)
		default:
			out[name] = value
		}
	}
	return out
}

// decoded returns a value as the package encoding/json has it.
func decoded[T any](v params.Value) (out T) {
	_ = json.Unmarshal(params.AppendJSON(nil, v), &out) // it was JSON
	return out
}

// FactFilter says which facts Facts yields; zero fields match all.
type FactFilter struct {
	// Product is a key, and Partition one of its partitions; or Expectation is a name.
	Product, Partition, Expectation string
	// Process is the name of a process, and Attempt the number of an attempt.
	Process string
	Attempt int64
	// Broken selects expectations that did not hold.
	Broken bool
	// Since and Until are when they were told: not before Since, and before Until.
	Since, Until time.Time
}

// Facts yields what steps of the project have told, the latest first. Facts outlive
// their runs (Config.KeepFacts). An error is the last that it yields.
func (e *Engine) Facts(ctx context.Context, f FactFilter) iter.Seq2[Fact, error] {
	of := store.FactFilter{
		Projects: []model.ProjectID{e.project}, Partition: f.Partition, Workflow: f.Process, Attempt: model.AttemptID(f.Attempt), Broken: f.Broken,
	}
	switch {
	case f.Product != "":
		of.Kind, of.Name = store.OfProduct, f.Product
	case f.Expectation != "":
		of.Kind, of.Name = store.OfExpectation, f.Expectation
	}
	if !f.Since.IsZero() {
		of.From = model.InstantOf(f.Since)
	}
	if !f.Until.IsZero() {
		of.Until = model.InstantOf(f.Until)
	}
	return each("list facts", func(page store.Page) ([]store.Fact, string, error) { return e.store.ListFacts(ctx, of, page) }, factOf)
}

// Product is a product, or a partition of one, that steps have told of.
type Product struct {
	// Name is its key, or the name of the partition.
	Name string
	// Count is how many facts of it are kept, and Last the newest.
	Count int64
	Last  Fact
}

func productOf(p *store.ProductEntry) Product {
	return Product{Name: p.Name, Count: p.Count, Last: factOf(&p.Last)}
}

// Products yields the products whose keys begin with a prefix, in order of their keys.
func (e *Engine) Products(ctx context.Context, prefix string) iter.Seq2[Product, error] {
	f := store.ProductFilter{Project: e.project, Prefix: prefix}
	return each("list products", func(page store.Page) ([]store.ProductEntry, string, error) { return e.store.ListProducts(ctx, f, page) }, productOf)
}

// Partitions yields the partitions of a product, in order of their names.
func (e *Engine) Partitions(ctx context.Context, product string) iter.Seq2[Product, error] {
	f := store.ProductFilter{Project: e.project, Key: product}
	return each("list partitions", func(page store.Page) ([]store.ProductEntry, string, error) {
		return e.store.ListPartitions(ctx, f, page)
	}, productOf)
}

// ForgetProduct deletes what was told of a product. One that nobody has told of is
// ErrNotFound.
func (e *Engine) ForgetProduct(ctx context.Context, product string) error {
	if _, err := e.store.ForgetProduct(ctx, e.project, product); err != nil {
		return fmt.Errorf("forget a product: %w", explained(err))
	}
	return nil
}

// each yields what a list has in another form.
func each[S, T any](what string, list func(store.Page) ([]S, string, error), form func(*S) T) iter.Seq2[T, error] {
	return func(yield func(T, error) bool) {
		for one, err := range paged(list) {
			if err != nil {
				var none T
				yield(none, fmt.Errorf("%s: %w", what, explained(err)))
				return
			}
			if !yield(form(&one), nil) {
				return
			}
		}
	}
}
