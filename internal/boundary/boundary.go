// Package boundary is where code of users is called: however that ends, what comes
// of it is an error that says what went wrong, and where in the user's code.
//
// It knows neither tasks nor operators.
package boundary

import (
	"errors"
	"fmt"
	"path"
	"path/filepath"
	"runtime"
	"strings"

	"github.com/pawlhq/pawl/internal/params"
)

// Panic is a panic of user code. Errors that were panicked with are found below it.
type Panic struct {
	value any
	// Frames are the user's calls that led to it, innermost first.
	Frames []runtime.Frame
}

func (p *Panic) Error() string { return "panic: " + Text(p.value) }

// Unwrap returns the value if it is an error.
func (p *Panic) Unwrap() error {
	err, _ := p.value.(error)
	return err
}

// ErrGoexit says that user code has ended its goroutine.
var ErrGoexit = errors.New("the function has ended its goroutine by runtime.Goexit")

// Recovered returns the error for what was recovered. It is called by the deferred
// function that did so.
func Recovered(v any) *Panic { return &Panic{v, users(callers())} }

// Call calls f in a goroutine of its own and returns what comes of it: a *Panic, or
// ErrGoexit, where f does not return. Goroutines that f starts are its own affair.
func Call[T any](f func() (T, error)) (T, error) {
	type outcome struct {
		result T
		err    error
	}
	ended := make(chan outcome, 1)
	go func() { // which is waited for
		o := outcome{err: ErrGoexit}
		defer func() {
			if v := recover(); v != nil {
				o = outcome{err: Recovered(v)}
			}
			ended <- o
		}()
		result, err := f()
		o = outcome{result, err}
	}()
	o := <-ended
	return o.result, o.err
}

// Text returns the text of an error, or of another value, also of one whose
// methods panic.
func Text(v any) string { return fmt.Sprintf("%v", v) }

// maxFrames bounds how deep into a stack a panic is described.
const maxFrames = 64

// callers returns the calls between a panic and who has recovered it, innermost
// first.
func callers() []runtime.Frame {
	pcs := make([]uintptr, maxFrames)
	stack := runtime.CallersFrames(pcs[:runtime.Callers(3, pcs)])
	var calls []runtime.Frame
	for thrown, more := false, true; more; {
		var f runtime.Frame
		f, more = stack.Next()
		switch {
		case f.Function == "runtime.gopanic":
			thrown, calls = true, calls[:0] // one that comes of another is told of by that
		case thrown && !strings.HasPrefix(f.Function, "runtime."):
			calls = append(calls, f)
		}
	}
	return calls
}

// users leaves out what calls user code and is not of the user. If nothing is left,
// the fault is pawl's, and all of it is shown.
func users(calls []runtime.Frame) []runtime.Frame {
	for i, f := range calls {
		if ours(f) {
			if i > 0 {
				return calls[:i]
			}
			break
		}
	}
	return calls
}

const module = "github.com/pawlhq/pawl"

// home is the folder of the module's source, as frames have it.
var home = func() string {
	_, file, _, _ := runtime.Caller(0)
	return path.Dir(path.Dir(path.Dir(file)))
}()

// ours reports whether a call is of a function of pawl. One that is generic may have the
// name of the user's that it is made for, but has its file.
func ours(f runtime.Frame) bool {
	if path.Dir(f.File) == home && !strings.HasSuffix(f.File, "_test.go") {
		return true
	}
	rest, ok := strings.CutPrefix(f.Function, module)
	return ok && (strings.HasPrefix(rest, ".") || strings.HasPrefix(rest, "/internal/") && !strings.Contains(rest, "_test.") ||
		strings.HasPrefix(rest, "/operator."))
}

// Traceback is how the frames of a panic are shown to people.
func (p *Panic) Traceback() string {
	var b strings.Builder
	for _, f := range p.Frames {
		fmt.Fprintf(&b, "%s\n\t%s:%d\n", f.Function, f.File, f.Line)
	}
	return b.String()
}

// Describe returns what is known of an error besides its text, as keys of a
// failure: its class, what it comes from and, of a panic, where it happened.
func Describe(err error) params.Map {
	m := params.Map{}
	var p *Panic
	if errors.As(err, &p) {
		calls := make([]string, len(p.Frames))
		for i, f := range p.Frames {
			calls[i] = fmt.Sprintf("%s (%s:%d)", f.Function, filepath.Base(f.File), f.Line)
		}
		m = params.Of("class", "panic", "traceback", p.Traceback(), "stacktrace", strings.Join(calls, ", "))
		if len(p.Frames) > 0 {
			m = m.Set("file", p.Frames[0].File).Set("line", int64(p.Frames[0].Line))
		}
		if err = p.Unwrap(); err == nil {
			return m
		}
		return m.Set("cause", params.Of("class", class(err), "message", Text(err)))
	}
	m = params.Of("class", class(err))
	if errors.Unwrap(err) != nil {
		last := root(err)
		m = m.Set("cause", params.Of("class", class(last), "message", Text(last)))
	}
	return m
}

// class is the type of the first error in a chain that has one of its own.
func class(err error) string {
	for e := err; e != nil; e = errors.Unwrap(e) {
		switch name := fmt.Sprintf("%T", e); name {
		case "*fmt.wrapError", "*fmt.wrapErrors", "*errors.errorString", "*errors.joinError":
		default:
			return name
		}
	}
	return "error"
}

// root is the last error of a chain.
func root(err error) error {
	for {
		next := errors.Unwrap(err)
		if next == nil {
			return err
		}
		err = next
	}
}
