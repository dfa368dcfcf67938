package python

import "slices"

// Interpreter returns the absolute path of the host's Python.
func (h *Host) Interpreter() string { return h.config.Python }

// Environment returns the environment in which the library can be imported, for
// programs that use it without the host.
func (h *Host) Environment() []string { return slices.Clone(h.env) }
