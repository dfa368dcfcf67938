package value

import "errors"

const (
	// maxEffort bounds one rendering: so many bytes of text or elements of lists
	// that it builds, in all, where each step counts by the time that it takes.
	maxEffort = 1 << 26
	// maxDepth bounds how deep calls, expressions and values are nested.
	maxDepth = 20000
)

// A template that takes too much fails with one of these.
var (
	ErrDepth  = errors.New("template calls itself too often, or a value is nested too deep")
	ErrEffort = errors.New("template takes too much: it repeats or builds more than is allowed")
)

// stepEffort is the effort of looking at one value.
const stepEffort = 4

// Work is what one rendering may still take. Whatever builds values, or goes into
// those that hold others, is its method.
type Work struct {
	strict bool
	effort int64 // what is left
	depth  int
}

// NewWork begins a rendering, in which it may be an error to use what does not
// exist. An effort of 0 is the usual one.
func NewWork(strict bool, effort int64) Work {
	if effort == 0 {
		effort = maxEffort
	}
	return Work{strict: strict, effort: effort}
}

// Spend takes n steps of the effort that is left.
func (w *Work) Spend(n int) error {
	if w.effort -= int64(n); w.effort < 0 {
		w.effort = 0
		return ErrEffort
	}
	return nil
}

// SpendTimes is Spend(size * times) without an overflow.
func (w *Work) SpendTimes(size, times int) error {
	if size > 0 && int64(times) > w.effort/int64(size) {
		return ErrEffort
	}
	return w.Spend(size * times)
}

// Enter goes into a value or an expression.
func (w *Work) Enter() error { return w.Deepen(1) }

// Leave comes back from what was entered.
func (w *Work) Leave() { w.depth-- }

// Deepen goes down levels, or up for a negative number.
func (w *Work) Deepen(levels int) error {
	w.depth += levels
	if w.depth > maxDepth {
		w.depth -= levels
		return ErrDepth
	}
	return nil
}

// Undefined returns a value that does not exist: why, and the name of the
// variable if it is one that is missing.
func (w *Work) Undefined(message, name string) Undefined {
	return Undefined{message, name, w.strict}
}
