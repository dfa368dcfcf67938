package store

import (
	"context"
	"slices"

	"github.com/pawlhq/pawl/internal/engine"
	"github.com/pawlhq/pawl/internal/facts"
	"github.com/pawlhq/pawl/internal/model"
)

// Facts finds what tasks have told. A commit keeps the facts that are among its
// events; they outlive their attempts, and are deleted with their project.
type Facts interface {
	// ListFacts returns facts that match, the latest first, with pages as those of
	// ListAttempts. Where no index leads to them, it looks at a bounded number of
	// facts: a page may be short, or empty, and have a cursor even so.
	ListFacts(ctx context.Context, f FactFilter, page Page) ([]Fact, string, error)
	// ListProducts returns the products of a project that tasks have told of, in order
	// of their keys. Its cost depends on how often those of the page were made, and
	// not on all others.
	ListProducts(ctx context.Context, f ProductFilter, page Page) ([]ProductEntry, string, error)
	// ListPartitions does so for the partitions of a product, in order of their names.
	ListPartitions(ctx context.Context, f ProductFilter, page Page) ([]ProductEntry, string, error)
	// ForgetProduct deletes what was told of a product, and returns how many facts
	// that were. It is NotFound where there are none.
	ForgetProduct(ctx context.Context, project model.ProjectID, key string) (int, error)
}

// Fact is a fact as it is kept.
type Fact struct {
	facts.Fact
	// ID orders facts that were told at the same instant.
	ID int64
	// Project, Workflow and Session, which is the key of the session, are those of the
	// attempt, which may be gone.
	Project  model.ProjectID
	Workflow string
	Session  string
	Attempt  model.AttemptID
	// Seq is the number of the event among those of the attempt.
	Seq int64
	// Task is the full name of the task.
	Task string
	Try  int32
	At   model.Instant
	// Failed says that the try did not end well.
	Failed bool
}

// FactOf returns the fact of an event, if it is one.
func FactOf(e *engine.Event) (f Fact, ok bool) {
	if e.Kind != engine.ProductMade && e.Kind != engine.Expected {
		return f, false
	}
	f = Fact{Attempt: e.Attempt, Seq: e.Seq, Task: e.Name, Try: e.Try, At: e.At}
	f.Fact, f.Failed = facts.FromData(e.Data)
	return f, true
}

// FactKind says what a fact is about.
type FactKind uint8

// Kinds of facts.
const (
	AnyFact FactKind = iota
	OfProduct
	OfExpectation
)

// Kind returns that of a fact.
func (f *Fact) Kind() FactKind {
	if f.Product != "" {
		return OfProduct
	}
	return OfExpectation
}

// Name returns the key of the product, or the name of the expectation.
func (f *Fact) Name() string { return f.Product + f.Expectation }

// Mark returns the place of a fact in a list.
func (f *Fact) Mark() Mark { return Mark{Time: f.At, ID: f.ID} }

// FactFilter selects facts; zero fields match all.
type FactFilter struct {
	// Projects, if not nil, are the only ones.
	Projects []model.ProjectID
	Kind     FactKind
	// Name is the key of a product, or the name of an expectation.
	Name      string
	Partition string
	Attempt   model.AttemptID
	Workflow  string
	// Task is the full name of a task.
	Task string
	// Broken selects expectations that do not hold, and Met those that do.
	Broken, Met bool
	// From is the first instant, and Until the one after the last.
	From, Until model.Instant
}

// Matches reports whether f selects a fact.
func (f *FactFilter) Matches(e *Fact) bool {
	switch {
	case f.Projects != nil && !slices.Contains(f.Projects, e.Project),
		f.Kind != AnyFact && f.Kind != e.Kind(),
		f.Name != "" && f.Name != e.Name(),
		f.Partition != "" && f.Partition != e.Partition,
		f.Attempt != 0 && f.Attempt != e.Attempt,
		f.Workflow != "" && f.Workflow != e.Workflow,
		f.Task != "" && f.Task != e.Task,
		f.Broken && (e.Kind() != OfExpectation || e.OK),
		f.Met && (e.Kind() != OfExpectation || !e.OK),
		e.At < f.From, f.Until != 0 && e.At >= f.Until:
		return false
	}
	return true
}

// FactsAtOnce is how many facts a page looks at where no index leads to those that
// match.
const FactsAtOnce = 10_000

// ProductFilter says which products, or which partitions of a product, are listed.
type ProductFilter struct {
	Project model.ProjectID
	// Key is the product whose partitions are listed.
	Key string
	// Prefix is what keys, or names of partitions, begin with.
	Prefix string
}

// ProductEntry is a product, or a partition of one, as it stands in a list.
type ProductEntry struct {
	// Name is its key, or the name of the partition.
	Name string
	// Count is how many facts of it are kept, and Last the newest of them.
	Count int64
	Last  Fact
}

// UnknownProduct is the NotFound of a product that nobody has told of.
func UnknownProduct(key string) error {
	return model.Errorf(model.NotFound, "no task has told of a product %q", key).WithHint("`pawl products` lists those that there are")
}
