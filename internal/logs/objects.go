package logs

import "github.com/pawlhq/pawl/internal/blob"

// Objects are a place for logs among objects. Whoever opened the store closes it.
type Objects struct {
	Store blob.Store
	// Prefix is the folder of the logs. It may be empty.
	Prefix string
}
