package operator

import "github.com/pawlhq/pawl/internal/facts"

// Fact is one thing that a task tells of its work: that it has made a product, or
// whether something holds that it expects.
type Fact = facts.Fact

// Facts takes what a task tells while it runs. What was told counts however the try
// ends, unless its process is lost. It is safe for concurrent use.
type Facts interface {
	// Tell takes a fact. One that is none is an error with the code Invalid, one that
	// is too much with the code Exhausted.
	Tell(f Fact) error
	// Made reports whether the task has told that it has made a product.
	Made(product string) bool
	// File returns the absolute path of a file that is not there yet: what a program
	// writes to it, a fact in JSON on each line, is told when the try ends.
	File() string
}

// FactsVariable names the environment variable that has the path of Facts.File.
const FactsVariable = "PAWL_FACTS"
