// Package value has the values of templates. They behave as Python's: how they
// compare, add up, print and are formatted, and which methods they have. Values
// that the language makes, such as macros, are Objects, of which the package
// knows no more. It does no I/O, and what one rendering may take is bounded.
package value
