package console

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"strings"
	"syscall"

	"github.com/pawlhq/pawl/internal/document"
	"github.com/pawlhq/pawl/internal/model"
)

// Exit codes.
const (
	ExitOK          = 0
	ExitFailed      = 1
	ExitUsage       = 2
	ExitNotFound    = 3
	ExitForbidden   = 4
	ExitConflict    = 5
	ExitUnreachable = 6
	ExitInternal    = 7
	// ExitBrokenPipe is what a program ends with that SIGPIPE has killed.
	ExitBrokenPipe = 128 + 13
)

// ExitHelp tells them in the help of a command.
const ExitHelp = `Exit codes:
  0 done · 1 the run failed · 2 wrong usage or definition · 3 not found
  4 not allowed · 5 conflict · 6 not available · 7 internal error
  129, 130, 131, 141 and 143 ended by a signal`

// Quiet is an error whose text was printed already.
type Quiet struct{ Code int }

func (q Quiet) Error() string { return fmt.Sprintf("exit code %d", q.Code) }

// ExitCode follows from the code of the error and from nothing else.
func ExitCode(err error) int {
	switch model.CodeOf(err) {
	case model.Invalid:
		return ExitUsage
	case model.NotFound, model.Gone:
		return ExitNotFound
	case model.Forbidden, model.Unauthenticated:
		return ExitForbidden
	case model.Conflict:
		return ExitConflict
	case model.Unavailable, model.Exhausted:
		return ExitUnreachable
	case model.RunFailed:
		return ExitFailed
	default:
		return ExitInternal
	}
}

// Coded gives an error of the operating system the code and the hint that
// follow from it, unless it has a code.
func Coded(err error) error {
	var known *model.Error
	if errors.As(err, &known) {
		return err
	}
	switch {
	case errors.Is(err, fs.ErrPermission), errors.Is(err, syscall.EROFS):
		return model.Errorf(model.Forbidden, "%w", err).WithHint("check the permissions of the file and of its folder")
	case errors.Is(err, fs.ErrNotExist):
		return model.Errorf(model.NotFound, "%w", err)
	case errors.Is(err, syscall.ENOTDIR), errors.Is(err, syscall.EISDIR), errors.Is(err, fs.ErrExist):
		return model.Errorf(model.Conflict, "%w", err).WithHint("move away what is there, or choose another place")
	case errors.Is(err, syscall.ENOSPC):
		return model.Errorf(model.Unavailable, "%w", err).WithHint("make room on the disk; what was finished is kept")
	}
	return err
}

// Distinct joins errors, those that say the same only once: what ends a run is
// told by each part of it that it has ended.
func Distinct(errs ...error) error {
	var list []error
	said := make(map[string]bool)
	var add func(err error)
	add = func(err error) {
		if joined, ok := err.(interface{ Unwrap() []error }); ok {
			for _, part := range joined.Unwrap() {
				add(part)
			}
			return
		}
		if err != nil && !said[err.Error()] {
			said[err.Error()] = true
			list = append(list, err)
		}
	}
	for _, err := range errs {
		add(err)
	}
	return errors.Join(list...)
}

// PrintError shows an error once, with the lines of a definition that it
// points to and what to do next.
func PrintError(w io.Writer, err error) {
	var definition document.Errors
	if definition.Take(err) {
		_, _ = fmt.Fprintf(w, "%s\n", definition.Excerpt())
		where := "the definitions"
		var in *FileError
		if errors.As(err, &in) {
			where = in.File
		}
		_, _ = fmt.Fprintf(w, "pawl: error: %s in %s\n", Counted(len(definition), "error", "errors"), where)
		return
	}
	_, _ = fmt.Fprintf(w, "pawl: error: %s\n", strings.TrimSpace(err.Error()))
	for hint := range strings.Lines(model.HintsOf(err)) {
		_, _ = fmt.Fprintf(w, "pawl: hint: %s\n", strings.TrimSpace(hint))
	}
}

// FileError is what is wrong in a file that is no definition.
type FileError struct {
	File string
	Err  error
}

func (e *FileError) Error() string { return e.Err.Error() }

func (e *FileError) Unwrap() error { return e.Err }

// Counted is a number of things, which have one name where there is one of them.
func Counted(n int, one, many string) string {
	if n == 1 {
		return "1 " + one
	}
	return fmt.Sprintf("%d %s", n, many)
}
