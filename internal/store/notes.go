package store

import "context"

// Notes keeps short texts under names, for those who work on a store and go on where
// they were. Nothing that users give is among them.
type Notes interface {
	// SetNote puts a text under a name, in place of what is there. An empty text
	// removes it.
	SetNote(ctx context.Context, name, text string) error
	// KeepNote puts a text, which is not empty, under a name unless one is there, and
	// returns what is there then: all who call it get the same.
	KeepNote(ctx context.Context, name, text string) (string, error)
	// Notes returns the texts whose names begin with a prefix, by name.
	Notes(ctx context.Context, prefix string) (map[string]string, error)
}
