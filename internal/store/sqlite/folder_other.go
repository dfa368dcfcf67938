//go:build !unix

package sqlite

// syncFolder does nothing: elsewhere folders are not synced.
func syncFolder(string) error { return nil }
