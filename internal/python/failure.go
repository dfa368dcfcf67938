package python

import (
	"slices"
	"strings"

	"github.com/pawlhq/pawl/internal/facts"
	"github.com/pawlhq/pawl/internal/params"
)

// Failure is what user code, or its absence, made go wrong.
type Failure struct {
	// Class is the exception's, such as "ValueError", and Module where that is
	// defined.
	Class, Module string
	// Message is the exception's text, which may be empty.
	Message string
	// Place says where in a notebook it was raised, for people. Empty elsewhere.
	Place string
	// Traceback is for people: how Python tells of the exception and of those it
	// comes from, with user code alone. Empty where there was no exception.
	Traceback string
	// File and Line are the last user code that ran; empty and 0 if there was none.
	File string
	Line int
	// Column is set where the file is no Python: there its mistake is.
	Column int
	// Said is what the code has said itself with its failure: a label, a description
	// and metadata, each of which may be missing.
	Said params.Map
	// Again is how the code wants to be tried again, or nil.
	Again *Again
	// EarlyStop says that the code asked for an end of the build that is no
	// failure.
	EarlyStop bool
}

// Again is when and how often code wants to be tried again.
type Again = facts.Again

// AgainOf reads what code has asked for of an error, or returns nil.
func AgainOf(reason params.Map) *Again {
	m, err := reason.MapAt("again")
	if err != nil {
		return nil
	}
	return facts.AgainOf(m)
}

// Error returns the place, the class and the first line of the message.
func (f *Failure) Error() string {
	message, _, _ := strings.Cut(f.Message, "\n")
	parts := []string{f.Place, f.Class, message}
	return strings.Join(slices.DeleteFunc(parts, func(s string) bool { return s == "" }), ": ")
}

func failureOf(m params.Map) *Failure {
	text := func(key string) string {
		v, _ := m.Get(key)
		s, _ := v.(string)
		return s
	}
	v, _ := m.Get("line")
	line, _ := v.(int64)
	v, _ = m.Get("column")
	column, _ := v.(int64)
	stop, _ := m.Get("stop")
	var said params.Map
	for _, key := range []string{"label", "description", "metadata"} {
		if v, ok := m.Get(key); ok {
			said = said.Set(key, v)
		}
	}
	return &Failure{
		Class: text("class"), Module: text("module"), Message: text("message"), Place: text("place"), Traceback: text("traceback"),
		File: text("file"), Line: int(line), Column: int(column), EarlyStop: stop == true, Said: said, Again: AgainOf(m),
	}
}
