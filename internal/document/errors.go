package document

import (
	"cmp"
	"errors"
	"fmt"
	"slices"
	"strings"
	"unicode"

	"github.com/pawlhq/pawl/internal/model"
)

// Error is a fault at a place in a document.
type Error struct {
	Pos     // zero if the fault was not written anywhere
	Message string
	Hints   []string // what to do about it; may be empty
	Source  string   // the line that Pos points into
	// Moot says that it is about a part that could not be read, of which the fault is
	// told already. Lists don't take it.
	Moot bool
}

// Hint adds a hint, unless it is empty, and returns e.
func (e *Error) Hint(format string, args ...any) *Error {
	if hint := fmt.Sprintf(format, args...); hint != "" {
		e.Hints = append(e.Hints, hint)
	}
	return e
}

// Error returns the message after its position, on one line.
func (e *Error) Error() string {
	switch {
	case e.File == "":
		return e.Message
	case e.Line == 0:
		return e.File + ": " + e.Message
	}
	return fmt.Sprintf("%s:%d:%d: %s", e.File, e.Line, e.Column, e.Message)
}

// Unwrap returns the error as a *model.Error with the code Invalid.
func (e *Error) Unwrap() error {
	return &model.Error{Code: model.Invalid, Message: e.Message, Hint: strings.Join(e.Hints, "\n")}
}

// Excerpt returns the error as a picture of several lines: message, source
// line, a caret under the column, hints.
func (e *Error) Excerpt() string {
	const indent = "\n    "
	var b strings.Builder
	b.WriteString(e.Error())
	if strings.TrimSpace(e.Source) != "" {
		text, caret := picture(e.Source, e.Column)
		b.WriteString(indent + text + indent + caret + "^")
	}
	for _, h := range e.Hints {
		b.WriteString(indent + h)
	}
	return b.String()
}

// excerptReach is how far an excerpt shows a line to both sides of the column.
const excerptReach = 100

// picture returns the line as it can be shown and what to put before a caret so
// that it stands under the column. Tabs are kept in both, so that they line up
// however wide they are.
func picture(line string, column int) (text, caret string) {
	runes := []rune(line)
	at := min(max(column-1, 0), len(runes))
	from, to := max(0, at-excerptReach), min(len(runes), at+excerptReach)
	var head, tail string
	if from > 0 {
		head = "..."
	}
	if to < len(runes) {
		tail = "..."
	}
	text = head + strings.Map(printable, string(runes[from:to])) + tail
	return text, strings.Map(blank, head+string(runes[from:at]))
}

func printable(r rune) rune {
	if r == '\t' || unicode.IsPrint(r) {
		return r
	}
	return unicode.ReplacementChar
}

func blank(r rune) rune {
	if r == '\t' {
		return r
	}
	return ' '
}

// Errors is a list of faults.
type Errors []*Error

// MaxErrors is how many faults a list collects; nobody reads more.
const MaxErrors = 100

// Add appends a fault, unless it is moot or the list is full.
func (list *Errors) Add(e *Error) {
	if !e.Moot && !list.Full() {
		*list = append(*list, e)
	}
}

// Full tells whether the list takes no more faults.
func (list Errors) Full() bool { return len(list) >= MaxErrors }

// Take appends the faults that err is made of, if it is an *Error or Errors, and
// tells whether it is.
func (list *Errors) Take(err error) bool {
	var many Errors
	var one *Error
	switch {
	case errors.As(err, &many):
	case errors.As(err, &one):
		many = Errors{one}
	default:
		return false
	}
	for _, e := range many {
		list.Add(e)
	}
	return true
}

// Err returns the list sorted, or nil if it is empty.
func (list Errors) Err() error {
	if len(list) == 0 {
		return nil
	}
	return list.Sorted()
}

// ErrOr returns the list as Err does, or the given error if it is empty.
func (list Errors) ErrOr(other error) error {
	if err := list.Err(); err != nil {
		return err
	}
	return other
}

// Sorted returns the list ordered by file, line and column, each fault once.
// Faults at one place stay in the order in which they were found.
func (list Errors) Sorted() Errors {
	sorted := slices.Clone(list)
	slices.SortStableFunc(sorted, func(a, b *Error) int {
		return cmp.Or(cmp.Compare(a.File, b.File), cmp.Compare(a.Line, b.Line), cmp.Compare(a.Column, b.Column))
	})
	return slices.CompactFunc(sorted, func(a, b *Error) bool {
		return a.Pos == b.Pos && a.Message == b.Message
	})
}

// Elsewhere returns the faults at places where no known one is: what reads a value that
// is wrong already has little to add.
func (list Errors) Elsewhere(known Errors) Errors {
	return slices.DeleteFunc(slices.Clone(list), func(e *Error) bool {
		return slices.ContainsFunc(known, func(k *Error) bool { return k.Pos == e.Pos })
	})
}

// Error returns the errors one a line.
func (list Errors) Error() string { return list.join((*Error).Error, "\n") }

// Excerpt returns the excerpts of all errors.
func (list Errors) Excerpt() string { return list.join((*Error).Excerpt, "\n\n") }

func (list Errors) join(form func(*Error) string, sep string) string {
	texts := make([]string, len(list))
	for i, e := range list {
		texts[i] = form(e)
	}
	return strings.Join(texts, sep)
}

// Unwrap returns the errors for errors.Is and errors.As.
func (list Errors) Unwrap() []error {
	errs := make([]error, len(list))
	for i, e := range list {
		errs[i] = e
	}
	return errs
}
