package values

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path"
	"strings"
	"sync"

	"github.com/google/uuid"

	"github.com/pawlhq/pawl/internal/blob"
	"github.com/pawlhq/pawl/internal/model"
)

// File is a handle of a file that a FileManager keeps: a small text among
// parameters, by which any step on any machine reads the file. The zero File is
// none.
type File struct{ of *handle }

// handle is how a File stands among parameters: as outputs do.
type handle struct {
	Key   string `json:"key"`
	Type  string `json:"type"`
	Size  int64  `json:"size"`
	Place string `json:"place,omitempty"`
}

// fileType is the type of all files.
const fileType = "file"

// IsZero reports whether the handle is that of no file.
func (f File) IsZero() bool { return f.of == nil }

// String says where the file is: a path, or the bucket and the key.
func (f File) String() string {
	if f.of == nil {
		return ""
	}
	return f.of.Place
}

// Size is the length of the file in bytes.
func (f File) Size() int64 {
	if f.of == nil {
		return 0
	}
	return f.of.Size
}

// fileReference is what stands among parameters.
type fileReference struct {
	Value *handle `json:"$value"`
}

// MarshalJSON implements json.Marshaler.
func (f File) MarshalJSON() ([]byte, error) {
	if f.of == nil {
		return []byte("null"), nil
	}
	return json.Marshal(fileReference{f.of})
}

// UnmarshalJSON implements json.Unmarshaler.
func (f *File) UnmarshalJSON(text []byte) error {
	var r *fileReference
	if err := json.Unmarshal(text, &r); err != nil {
		return err
	}
	if f.of = nil; r == nil {
		return nil
	}
	if r.Value == nil || r.Value.Type != fileType {
		return errors.New("it is no handle of a file")
	}
	if err := checkFileKey(r.Value.Key); err != nil { // it may come from anybody
		return err
	}
	f.of = r.Value
	return nil
}

// FileManager keeps files until somebody deletes them: reports, exports, what
// others are to download. It is safe for concurrent use.
type FileManager struct {
	blobs  blob.Store
	prefix string
	place  func(key string) string

	mu sync.Mutex
	// folder has the copies on this machine, by their keys; "" before the first.
	folder string
	copies map[string]*localCopy
}

// localCopy is a copy of a file, or what is to become one. No two have the same
// path, as one may be made while the one before is deleted.
type localCopy struct {
	once sync.Once
	path string
	err  error
}

// NewFileManager returns a manager that keeps files in a store under keys with a
// prefix; place says where one is, for people.
func NewFileManager(of blob.Store, prefix string, place func(key string) string) *FileManager {
	return &FileManager{blobs: of, prefix: prefix, place: place, copies: make(map[string]*localCopy)}
}

// fileFolder begins the keys of files.
const fileFolder = "files/"

// newFileKey returns a key that no other file has. The extension may begin with a
// dot, or have none.
func newFileKey(ext string) (string, error) {
	key := fileFolder + uuid.NewString()
	if ext = strings.TrimLeft(ext, "."); ext != "" {
		key += "." + ext
	}
	return key, checkFileKey(key)
}

// checkFileKey refuses what is no key of a file.
func checkFileKey(key string) error {
	name, ok := strings.CutPrefix(key, fileFolder)
	id, _, _ := strings.Cut(name, ".")
	parsed, err := uuid.Parse(id)
	if !ok || err != nil || parsed.String() != id || strings.ContainsAny(name, `/\`) || strings.Contains(name, "..") {
		return model.Errorf(model.Invalid, "%q is no name of a file: an extension has neither slashes nor two dots in a row", strings.TrimPrefix(key, fileFolder))
	}
	return nil
}

// Write keeps what a reader has, up to its end. The extension is that of the name,
// such as "csv"; it may be empty. The file is there as a whole or not at all.
func (m *FileManager) Write(ctx context.Context, r io.Reader, ext string) (File, error) {
	f, err := os.CreateTemp("", "pawl-file-") // its length has to be known first
	if err != nil {
		return File{}, fmt.Errorf("write file: %w", err)
	}
	defer os.Remove(f.Name()) //nolint:errcheck // what stays is litter
	size, err := io.Copy(f, blob.Until(ctx, r))
	if err == nil {
		_, err = f.Seek(0, io.SeekStart)
	}
	var h File
	if err == nil {
		h, err = m.write(ctx, f, size, ext)
	}
	return h, errors.Join(err, f.Close())
}

// WriteBytes keeps bytes.
func (m *FileManager) WriteBytes(ctx context.Context, content []byte, ext string) (File, error) {
	return m.write(ctx, bytes.NewReader(content), int64(len(content)), ext)
}

func (m *FileManager) write(ctx context.Context, r io.Reader, size int64, ext string) (File, error) {
	key, err := newFileKey(ext)
	if err != nil {
		return File{}, err
	}
	if err := m.blobs.Put(ctx, m.prefix+key, r, blob.PutOptions{Size: size, IfAbsent: true}); err != nil {
		return File{}, fmt.Errorf("write file: %w", err)
	}
	return File{&handle{Key: key, Type: fileType, Size: size, Place: m.place(m.prefix + key)}}, nil
}

// Read opens a file; the caller closes it. The code is NotFound, pawl.ErrNotFound, if it
// is not there.
func (m *FileManager) Read(ctx context.Context, f File) (io.ReadCloser, error) {
	if f.of == nil {
		return nil, model.Errorf(model.Invalid, "the handle is that of no file")
	}
	r, _, err := m.blobs.Get(ctx, m.prefix+f.of.Key)
	if model.CodeOf(err) == model.NotFound {
		return nil, model.Errorf(model.NotFound, "file %s is not there any more", f)
	}
	return r, err
}

// ReadBytes returns the content of a file.
func (m *FileManager) ReadBytes(ctx context.Context, f File) ([]byte, error) {
	r, err := m.Read(ctx, f)
	if err != nil {
		return nil, err
	}
	content, err := io.ReadAll(r)
	return content, errors.Join(err, r.Close())
}

// Delete deletes a file. It is no error if it is not there.
func (m *FileManager) Delete(ctx context.Context, f File) error {
	if f.of == nil {
		return nil
	}
	return m.blobs.Delete(ctx, m.prefix+f.of.Key)
}

// CopyToTemp returns the path of a copy on this machine, with the extension of the
// file, which is made once and stays until DeleteTemp.
func (m *FileManager) CopyToTemp(ctx context.Context, f File) (string, error) {
	if f.of == nil {
		return "", model.Errorf(model.Invalid, "the handle is that of no file")
	}
	for {
		c := m.localCopy(f.of.Key)
		c.once.Do(func() { c.path, c.err = m.copy(ctx, f) })
		switch {
		case c.err == nil:
			return c.path, nil
		case !errors.Is(c.err, errDeleted):
			m.forget(f.of.Key, c) // the next who asks may have more luck
			return "", c.err
		}
	}
}

// errDeleted is the error of a copy that was deleted before it was made.
var errDeleted = errors.New("the copy was deleted before it was made")

func (m *FileManager) localCopy(key string) *localCopy {
	m.mu.Lock()
	defer m.mu.Unlock()
	c, ok := m.copies[key]
	if !ok {
		c = &localCopy{}
		m.copies[key] = c
	}
	return c
}

func (m *FileManager) forget(key string, c *localCopy) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.copies[key] == c {
		delete(m.copies, key)
	}
}

func (m *FileManager) copy(ctx context.Context, f File) (name string, err error) {
	folder, err := m.temps()
	if err != nil {
		return "", err
	}
	r, err := m.Read(ctx, f)
	if err != nil {
		return "", err
	}
	defer func() { err = errors.Join(err, r.Close()) }()
	id, ext, dotted := strings.Cut(path.Base(f.of.Key), ".")
	if dotted {
		ext = "." + ext
	}
	to, err := os.CreateTemp(folder, id+"-*"+ext)
	if err != nil {
		return "", err
	}
	_, err = io.Copy(to, blob.Until(ctx, r))
	if err = errors.Join(err, to.Close()); err != nil {
		_ = os.Remove(to.Name()) // what stays goes with the folder
		return "", err
	}
	return to.Name(), nil
}

func (m *FileManager) temps() (string, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.folder != "" {
		return m.folder, nil
	}
	folder, err := os.MkdirTemp("", "pawl-files-")
	m.folder = folder
	return folder, err
}

// DeleteTemp deletes the copy of a file on this machine, if there is one.
func (m *FileManager) DeleteTemp(f File) error {
	if f.of == nil {
		return nil
	}
	m.mu.Lock()
	c := m.copies[f.of.Key]
	delete(m.copies, f.of.Key)
	m.mu.Unlock()
	if c == nil {
		return nil
	}
	c.once.Do(func() { c.err = errDeleted }) // and waits for who makes it
	if c.path == "" {
		return nil
	}
	return os.Remove(c.path)
}

// Close deletes all copies on this machine. It comes after all other calls; the
// files stay.
func (m *FileManager) Close() error {
	if m.folder == "" {
		return nil
	}
	return os.RemoveAll(m.folder)
}
