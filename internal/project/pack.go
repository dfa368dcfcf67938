package project

import (
	"archive/tar"
	"compress/gzip"
	"errors"
	"fmt"
	"io"
	"os"
	"time"

	"github.com/pawlhq/pawl/internal/model"
)

// PackOptions say how a folder becomes an archive.
type PackOptions struct {
	// CopyOutgoingSymlinks puts the files into the archive that links to the
	// outside of the project lead to. Otherwise such links are errors.
	CopyOutgoingSymlinks bool
	// Archiving is called before each file, in the goroutine of Pack, with its
	// name, which has slashes, and for a symbolic link with where it leads.
	// May be nil.
	Archiving func(name, link string)
	// Name returns what a file is called in the archive, "" for one that it does
	// not have. Names have slashes. Nil keeps all files and names.
	Name func(name string) string
}

// Pack writes the files of a project's folder to w as a tar archive compressed
// by gzip. It leaves out files and folders whose names start with a dot, what
// .digdagignore excludes, and InstanceFile. Symbolic links within the project become
// relative.
//
// The archive has only files and links, sorted by name, and of their metadata
// only the permissions: equal content gives equal bytes. Errors in what the
// folder holds have the code Invalid.
func Pack(dir string, w io.Writer, options PackOptions) error {
	found, err := survey(dir, options.CopyOutgoingSymlinks)
	if err != nil {
		return err
	}
	zipped := gzip.NewWriter(w)
	archive := tar.NewWriter(zipped)
	for _, m := range found {
		if options.Name != nil {
			if m.name = options.Name(m.name); m.name == "" {
				continue
			}
		}
		if options.Archiving != nil {
			options.Archiving(m.name, m.link)
		}
		if err := m.write(archive); err != nil {
			return fmt.Errorf("archive %s: %w", m.name, err)
		}
	}
	if err := errors.Join(archive.Close(), zipped.Close()); err != nil {
		return fmt.Errorf("write archive: %w", err)
	}
	return nil
}

// member is a file or symbolic link to be archived.
type member struct {
	name string // in the archive
	path string // on disk; empty for a link
	link string // where a link leads, relative to its folder
}

// epoch is the time of every member.
var epoch = time.Unix(0, 0)

func (m member) write(archive *tar.Writer) (err error) {
	if m.link != "" {
		return archive.WriteHeader(&tar.Header{
			Typeflag: tar.TypeSymlink, Name: m.name, Linkname: m.link, Mode: 0o777, ModTime: epoch,
		})
	}
	f, err := os.Open(m.path)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, f.Close()) }()
	info, err := f.Stat()
	if err != nil {
		return err
	}
	header := &tar.Header{
		Typeflag: tar.TypeReg, Name: m.name, Size: info.Size(), Mode: int64(info.Mode().Perm()), ModTime: epoch,
	}
	if err := archive.WriteHeader(header); err != nil {
		return err
	}
	n, err := io.Copy(archive, io.LimitReader(f, info.Size()))
	if err == nil && n < info.Size() {
		return model.Errorf(model.Conflict, "the file shrank while it was read")
	}
	return err
}
