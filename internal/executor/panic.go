package executor

import (
	"fmt"
	"runtime"
	"runtime/debug"
	"strings"
)

// panicError is what a panic becomes.
type panicError struct {
	value any
	// frames are where it happened, innermost first.
	frames string
}

func (e *panicError) Error() string { return fmt.Sprintf("panic: %v", e.value) }

// panicked writes all that is known of a panic to the try's log. It is called
// by the deferred function that caught the panic.
func (r *run) panicked(v any) error {
	err := &panicError{v, frames()}
	_, _ = fmt.Fprintf(&r.out, "%v\n\n%s", err, debug.Stack()) // the error says the most of it
	return err
}

// maxFrames bounds how deep into a stack a panic is described.
const maxFrames = 64

// frames returns the calls, between this package and a panic, that led to it.
func frames() string {
	pcs := make([]uintptr, maxFrames)
	stack := runtime.CallersFrames(pcs[:runtime.Callers(1, pcs)])
	var calls []string
	for thrown, more := false, true; more; {
		var f runtime.Frame
		f, more = stack.Next()
		system := strings.HasPrefix(f.Function, "runtime.")
		switch {
		case thrown && strings.HasSuffix(f.Function, ".(*run).guarded"):
			more = false
		case thrown && !system:
			calls = append(calls, fmt.Sprintf("%s (%s:%d)", f.Function, f.File[strings.LastIndexByte(f.File, '/')+1:], f.Line))
		}
		thrown = thrown || f.Function == "runtime.gopanic"
	}
	return strings.Join(calls, ", ")
}
