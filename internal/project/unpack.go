package project

import (
	"archive/tar"
	"compress/gzip"
	"errors"
	"fmt"
	"io"
	"os"

	"github.com/pawlhq/pawl/internal/model"
)

// Unpack extracts a tar archive compressed by gzip into an empty folder, whoever
// made the archive. Nothing outside of the folder is touched, and
// memory and disk do not depend on what the archive claims to be.
//
// Entries may be files, folders, hard links to files before them, and symbolic
// links that stay in the folder; folders may be missing. Files and folders get
// their permissions, of which their owner keeps what he needs to use them. No
// name may come twice. After the end of the archive there may be zeros only.
//
// An archive that breaks a rule is Invalid; one that does for its size is so
// with the error of TooLarge. If the archive can't be read, that error is
// returned. A file that is in the way is a Conflict. In all these cases the
// folder holds some of the files.
func Unpack(archive io.Reader, dir string, limits Limits) (err error) {
	root, err := os.OpenRoot(dir)
	if err != nil {
		return fmt.Errorf("unpack archive: %w", err)
	}
	defer func() { err = errors.Join(err, root.Close()) }()
	src := &source{reader: archive}
	x := &extractor{root: root, limits: limits, left: limits.Bytes, kinds: map[string]byte{}}
	err = x.extract(src)
	if src.err != nil {
		return fmt.Errorf("read archive: %w", src.err)
	}
	return err
}

// source tells faults of reading from faults of what is read.
type source struct {
	reader io.Reader
	err    error
}

func (s *source) Read(p []byte) (int, error) {
	n, err := s.reader.Read(p)
	if err != nil && err != io.EOF {
		s.err = err
	}
	return n, err
}

func (x *extractor) extract(archive io.Reader) error {
	zipped, err := gzip.NewReader(archive)
	if err != nil {
		return broken("gzip", err)
	}
	stream := &capped{r: zipped, left: x.limits.stream(), limit: x.limits.Bytes}
	entries := tar.NewReader(stream)
	for {
		header, err := entries.Next()
		if err == io.EOF {
			break
		}
		if err != nil {
			return broken("tar", err)
		}
		if err := x.entry(header, entries); err != nil {
			return err
		}
	}
	if err := onlyZeros(stream); err != nil {
		return err
	}
	return x.finish()
}

// broken is the error for an archive that can't be read because of what it is.
func broken(format string, err error) error {
	var known *model.Error
	if errors.As(err, &known) {
		return err
	}
	return model.Errorf(model.Invalid, "the archive is not a valid %s file: %w", format, err)
}

// onlyZeros reads an archive to its end, which also checks its checksum.
func onlyZeros(r io.Reader) error {
	buf := make([]byte, 16*block)
	for {
		n, err := r.Read(buf)
		for _, b := range buf[:n] {
			if b != 0 {
				return model.Errorf(model.Invalid, "there is data after the end of the archive")
			}
		}
		if err == io.EOF {
			return nil
		}
		if err != nil {
			return broken("gzip", err)
		}
	}
}
