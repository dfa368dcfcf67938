package python

import (
	"strings"

	"github.com/pawlhq/pawl/internal/params"
)

// Failure is what user code, or its absence, made go wrong.
type Failure struct {
	// Class is the exception's, such as "ValueError", and Module where that is
	// defined.
	Class, Module string
	// Message is the exception's text, which may be empty.
	Message string
	// Traceback is for people: how Python tells of the exception and of those it
	// comes from, with user code alone. Empty where there was no exception.
	Traceback string
	// File and Line are the last user code that ran; empty and 0 if there was none.
	File string
	Line int
	// Column is set where the file is no Python: there its mistake is.
	Column int
	// EarlyStop says that the code asked for an end of the build that is no
	// failure.
	EarlyStop bool
}

// Error returns the class and the first line of the message.
func (f *Failure) Error() string {
	message, _, _ := strings.Cut(f.Message, "\n")
	switch {
	case f.Class == "":
		return message
	case message == "":
		return f.Class
	}
	return f.Class + ": " + message
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
	return &Failure{
		Class: text("class"), Module: text("module"), Message: text("message"), Traceback: text("traceback"),
		File: text("file"), Line: int(line), Column: int(column), EarlyStop: stop == true,
	}
}
