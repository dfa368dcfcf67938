// Package pyfork forks tasks from a Python that has started, so that a small
// one costs a few milliseconds.
//
// The package knows how such a Python, a template, makes children, hands them
// their files, and is told of their end. What a child does is up to the program
// that the template is started with. It is for Linux only: elsewhere a fork does
// not leave all libraries in working order, or there is none.
package pyfork

import "errors"

var (
	// ErrCold says that no child was made for a request: the task has to be run,
	// and was not run, in a process of its own.
	ErrCold = errors.New("no child was forked")
	// ErrLost says that the end of a child is not known: the template that had
	// forked it has ended before.
	ErrLost = errors.New("the process that started it has ended")
)

// MaxRequest is the length of the longest request; what is longer must travel
// in a file.
const MaxRequest = 100 << 10
