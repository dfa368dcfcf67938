package build

import "bytes"

// SameTasks reports whether two outlines have the same tasks, wherever their
// pipelines are.
func SameTasks(a, b *Outline) bool { return bytes.Equal(a.append(nil), b.append(nil)) }
