// Package python reads Python source text without running it: which functions a
// module defines, which upstream products a function asks for, what it imports,
// what a literal means, and whether two texts differ in more than form.
//
// It works on tokens, not on a syntax tree, so text that Python would refuse
// gives some answer and never an error. It does no I/O and knows nothing of
// notebooks, tasks or interpreters.
package python
