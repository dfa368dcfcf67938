package project

import (
	"context"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"time"
)

// ReadOptions say how the workflows of an archive are read.
type ReadOptions struct {
	// Dir is where it is unpacked to be looked at. Defaults to that of the system
	// for temporary files.
	Dir string
	// Limits bound what it may unpack to. Required; AnySize does not.
	Limits Limits
	// Now is what {{now}} is in pipelines.
	Now time.Time
}

// depth is how many folders an archive is unpacked below the one made for it:
// more than pipelines look up to find where they are, and than ".." in a path
// lead out of by mistake.
const depth = 10

// ReadArchive is Read for an archive whose files are unpacked again wherever a
// task runs: its pipelines don't know where they are (see pipeline.Portable),
// and reading them looks at nothing but what is in it. Errors are those of
// Unpack, too.
func ReadArchive(ctx context.Context, archive io.Reader, o ReadOptions) (*Contents, error) {
	return unpacked(archive, o, func(dir string, in surroundings) (*Contents, error) { return read(ctx, dir, in) })
}

// ReadPipelines is ReadArchive for the pipelines alone.
func ReadPipelines(ctx context.Context, archive io.Reader, o ReadOptions) (*Contents, error) {
	return unpacked(archive, o, func(dir string, in surroundings) (*Contents, error) {
		var r reader
		if err := r.pipelines(ctx, os.DirFS(dir), in); err != nil {
			return nil, err
		}
		return &r.contents, r.errs.Err()
	})
}

// unpacked reads an archive that is unpacked for that.
func unpacked(archive io.Reader, o ReadOptions, read func(dir string, in surroundings) (*Contents, error)) (*Contents, error) {
	made, err := os.MkdirTemp(o.Dir, "push-")
	if err != nil {
		return nil, fmt.Errorf("make folder to read an archive: %w", err)
	}
	defer func() { _ = removeAll(made) }() // what can't be removed does no harm
	bounds, err := filepath.EvalSymlinks(made)
	if err != nil {
		return nil, fmt.Errorf("make folder to read an archive: %w", err)
	}
	dir := filepath.Join(bounds, strings.Repeat("in/", depth))
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return nil, fmt.Errorf("make folder to read an archive: %w", err)
	}
	if err := Unpack(archive, dir, o.Limits); err != nil {
		return nil, err
	}
	return read(dir, elsewhere(dir, bounds, o.Now))
}
