//go:build unix && !linux && !darwin

package process

import "iter"

// processes knows of none.
func processes() iter.Seq[*other] { return func(func(*other) bool) {} }
