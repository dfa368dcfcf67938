package pawl

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"reflect"
	"time"

	"github.com/pawlhq/pawl/internal/blob/file"
	"github.com/pawlhq/pawl/internal/blob/memory"
	"github.com/pawlhq/pawl/internal/host"
	"github.com/pawlhq/pawl/internal/store"
	"github.com/pawlhq/pawl/internal/values"
	"github.com/pawlhq/pawl/operator"
)

// Output says which output of which step an IOManager is to store or to load: of
// the run that made it, whichever run asks for it now. No two are the same
// anywhere.
type Output = values.Output

// IOManager keeps outputs of steps that are too large for parameters, or no JSON:
// in memory, in files, in a bucket, in tables of a database. Its methods are called
// concurrently, with the context of a step's function where one calls, so that Log
// works.
//
// A manager may implement IOChecker and IORemover, too. Whoever makes one closes it
// after the engine, if it is to be closed. pawltest has a suite for managers.
type IOManager interface {
	// Store keeps a value. It must be there as a whole or not at all, whenever the
	// program dies, and never take the place of another: the same output is an
	// error.
	Store(ctx context.Context, o Output, value any) error
	// Load reads a value into what a pointer points to, which has the type of the
	// value that was stored. What is not there is ErrNotFound.
	Load(ctx context.Context, o Output, into any) error
}

// IOChecker is a manager that knows what it has.
type IOChecker interface {
	// Has reports whether an output can be loaded.
	Has(ctx context.Context, o Output) (bool, error)
}

// IORemover is a manager that deletes the outputs of runs that are deleted, by
// Config.KeepRuns or Run.Delete.
type IORemover interface {
	// Remove deletes all that an attempt has stored. It is no error if there is
	// nothing.
	Remove(ctx context.Context, attempt int64) error
}

// MemoryIO returns a manager that keeps outputs in memory: for tests, and for runs
// in memory.
func MemoryIO() IOManager { return &values.Manager{Blobs: memory.New(time.Now)} }

// FileIO returns a manager that keeps outputs in a folder, which is made if it is
// missing. Programs that share a database share the folder, too. Package bucket
// has one that keeps them in object storage.
func FileIO(folder string) (IOManager, error) {
	of, err := file.Open(folder)
	if err != nil {
		return nil, fmt.Errorf("open outputs: %w", err)
	}
	return &values.Manager{Blobs: of}, nil
}

// Value is a field of a run's parameters that stands for an output of a step: the
// parameters have a reference, and a step that uses the value loads it. The zero
// Value stands for none.
//
//	type Report struct {
//		Rows pawl.Value[[]Row]
//	}
//
//	func load(ctx context.Context, r *Report) (err error) {
//		r.Rows, err = pawl.KeepValue(ctx, "rows", rows)
//		return err
//	}
//
// A run that goes on after a failure has the Values of steps that are not run
// again, as they were kept.
type Value[T any] struct{ of *kept }

// kept is an output with the manager that has it.
type kept struct {
	IO string `json:"io,omitempty"`
	Output
}

// reference is how a Value stands among parameters.
type reference struct {
	Value *kept `json:"$value"`
}

// IsZero reports whether the Value stands for nothing.
func (v Value[T]) IsZero() bool { return v.of == nil }

// Output returns which output the Value stands for.
func (v Value[T]) Output() Output {
	if v.of == nil {
		return Output{}
	}
	return v.of.Output
}

// MarshalJSON implements json.Marshaler.
func (v Value[T]) MarshalJSON() ([]byte, error) {
	if v.of == nil {
		return []byte("null"), nil
	}
	return json.Marshal(reference{v.of})
}

// UnmarshalJSON implements json.Unmarshaler.
func (v *Value[T]) UnmarshalJSON(text []byte) error {
	var r *reference
	if err := json.Unmarshal(text, &r); err != nil {
		return err
	}
	if v.of = nil; r == nil {
		return nil
	}
	if r.Value == nil {
		return errors.New("it is no reference to an output")
	}
	v.of = r.Value
	return nil
}

// KeepOption says more of an output.
type KeepOption func(*kept)

// By has another manager of Config.IO keep the output than the one named "".
func By(manager string) KeepOption { return func(k *kept) { k.IO = manager } }

// ForItem tells the output from others of the same name and step: those of other items
// of a collection.
func ForItem(name string) KeepOption { return func(k *kept) { k.Item = name } }

// KeepValue keeps a value as an output of the step whose function calls it, and returns
// what stands for it among the parameters. A try keeps each name once.
func KeepValue[T any](ctx context.Context, name string, value T, options ...KeepOption) (Value[T], error) {
	t := taskOf(ctx)
	if t == nil {
		return Value[T]{}, errors.New("KeepValue is for functions of steps: the context is none of theirs")
	}
	k := &kept{Output: outputOf(ctx, t)}
	k.Name, k.Type = name, reflect.TypeFor[T]().String()
	for _, option := range options {
		option(k)
	}
	if err := k.Check(); err != nil {
		return Value[T]{}, Permanent(err)
	}
	m, err := managerOf(ctx, k.IO)
	if err != nil {
		return Value[T]{}, err
	}
	if err := m.Store(ctx, k.Output, value); err != nil {
		return Value[T]{}, fmt.Errorf("keep %s: %w", name, explained(err))
	}
	return Value[T]{k}, nil
}

// outputOf names what a task makes, but for the output.
func outputOf(ctx context.Context, t *operator.Task) Output {
	return Output{
		Run: host.Key(ctx), Process: host.Workflow(t.Name), Session: t.Session, Attempt: int64(t.ID.Attempt),
		Step: host.Path(t.Name), Task: int64(t.ID.Task), Try: int(t.ID.Try), Version: t.Version,
	}
}

// Load reads the value. It is called by functions of steps; elsewhere there is
// LoadFrom.
func (v Value[T]) Load(ctx context.Context) (T, error) {
	return v.load(ctx, func(name string) (IOManager, error) { return managerOf(ctx, name) })
}

// LoadFrom reads the value of a run of an engine.
func (v Value[T]) LoadFrom(ctx context.Context, e *Engine) (T, error) {
	return v.load(ctx, e.manager)
}

func (v Value[T]) load(ctx context.Context, manager func(string) (IOManager, error)) (value T, err error) {
	if v.of == nil {
		return value, errors.New("the Value stands for nothing: no step has kept it")
	}
	m, err := manager(v.of.IO)
	if err != nil {
		return value, err
	}
	if err := m.Load(ctx, v.of.Output, &value); err != nil {
		return value, fmt.Errorf("load %s of %s: %w", v.of.Name, v.of.Step, explained(err))
	}
	return value, nil
}

// engineKey finds the engine in the context of a step's function.
type engineKey struct{}

func managerOf(ctx context.Context, name string) (IOManager, error) {
	e, ok := ctx.Value(engineKey{}).(*Engine)
	if !ok {
		return nil, errors.New("the context is none of a step's function; LoadFrom works elsewhere")
	}
	return e.manager(name)
}

// manager returns a manager of the configuration.
func (e *Engine) manager(name string) (IOManager, error) {
	if m, ok := e.cfg.IO[name]; ok {
		return m, nil
	}
	if name == "" {
		return nil, Permanent(errors.New(`no manager keeps outputs: Config.IO has none named ""`))
	}
	return nil, Permanent(fmt.Errorf("Config.IO has no manager %q", name))
}

// removeOutputs deletes what deleted attempts have kept, and said. What can't be deleted is
// logged, as nobody else knows of it.
func (e *Engine) removeOutputs(ctx context.Context, p *store.Pruned) {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), removeWithin)
	defer cancel()
	e.removeLogs(ctx, p.Attempts)
	for name, m := range e.cfg.IO {
		r, ok := m.(IORemover)
		if !ok {
			continue
		}
		for _, id := range p.Attempts {
			if err := r.Remove(ctx, int64(id)); err != nil {
				e.cfg.Log.Error("can't delete the outputs of a deleted attempt", "attempt", int64(id), "io", name, "error", err)
			}
		}
	}
}

// removeWithin bounds how long it takes to delete the outputs of what one
// transaction deleted.
const removeWithin = 30 * time.Second
