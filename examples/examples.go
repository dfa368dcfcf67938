// Package examples has the example projects that stand beside it, for a program
// that has no copy of them on disk. It knows nothing of what they mean.
package examples

import "embed"

// Files are the examples, each in a folder, and README.md, which says what each
// shows.
//
//go:embed README.md */*.dig */*.yaml */*.py */*/*.dig */*/*.py */*/*.rb */*/*.csv */*/*.sh
var Files embed.FS
