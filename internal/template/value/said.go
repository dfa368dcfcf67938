package value

import "fmt"

// Said is an error in the words of Jinja2 or Python.
type Said string

// Error returns the words.
func (s Said) Error() string { return string(s) }

// Saidf formats an error in the words of Jinja2 or Python.
func Saidf(format string, args ...any) error { return Said(fmt.Sprintf(format, args...)) }
