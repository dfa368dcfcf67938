// Package values keeps what tasks hand on that is no parameter: outputs that are
// large, or no JSON. Among the parameters, a small reference stands for one, so
// that it is handed on, taken over and resumed from like any other, and is read
// by those tasks alone that use it.
//
// The package says how outputs are named and written. Where they are is for an
// object store; it knows no runs, and nobody who makes or reads outputs.
package values

import (
	"bytes"
	"context"
	"encoding"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"path"
	"strconv"
	"strings"

	"github.com/pawlhq/pawl/internal/blob"
	"github.com/pawlhq/pawl/internal/model"
)

// Output names one output of one try. No other has the same name anywhere.
type Output struct {
	// Run is the key of the run that made it, and Process what that is a run of.
	Run     string `json:"run,omitempty"`
	Process string `json:"process,omitempty"`
	// Session is unique to the run, whichever database it is in, and Attempt the
	// one of its attempts that made the output.
	Session string `json:"session"`
	Attempt int64  `json:"attempt"`
	// Step is the path of the step, Task its number in the attempt, and Try which
	// try of it this is.
	Step string `json:"step"`
	Task int64  `json:"task"`
	Try  int    `json:"try"`
	// Name is that of the output, and Item which one of a collection; "" for one
	// alone.
	Name string `json:"name"`
	Item string `json:"item,omitempty"`
	// Type is that of the value, for people.
	Type string `json:"type,omitempty"`
	// Version says what the output was made of, where that is known: all of a version
	// and a name are the same.
	Version string `json:"version,omitempty"`
}

// longestName bounds the names of outputs and items, in bytes.
const longestName = 80

// Check refuses names that can't be kept.
func (o *Output) Check() error {
	for _, name := range []string{o.Name, o.Item} {
		if len(name) > longestName {
			return model.Errorf(model.Invalid, "the name of an output, or of an item, has %d bytes, and at most %d are allowed", len(name), longestName)
		}
	}
	if o.Name == "" {
		return model.Errorf(model.Invalid, "an output needs a name")
	}
	if strings.Contains(o.Session, "/") || o.Session == "." || o.Session == ".." {
		return model.Errorf(model.Invalid, "%q is no session that has outputs", o.Session)
	}
	return nil
}

// Key is where an output is in object storage, below the folder of its attempt.
func (o *Output) Key() string {
	kind := outputKey
	if o.Type == pickled {
		kind = pickleKey
	}
	key := path.Join(folderOf(o.Attempt), o.Session, fmt.Sprintf("%d.%d", o.Task, o.Try), string(kind)+escaped(o.Name))
	if o.Item != "" {
		key += "/" + string(itemKey) + escaped(o.Item)
	}
	return key
}

// checkKey refuses what is the key neither of an output nor of a file.
func checkKey(key string) error {
	if strings.HasPrefix(key, fileFolder) {
		return checkFileKey(key)
	}
	parts := strings.Split(key, "/")
	if len(parts) == 4 || len(parts) == 5 && itemKey.within(parts[4]) {
		task, try, _ := strings.Cut(parts[2], ".")
		if isNumber(parts[0]) && isNumber(task) && isNumber(try) && parts[1] != "" && parts[1] != "." && parts[1] != ".." && (outputKey.within(parts[3]) || pickleKey.within(parts[3])) {
			return nil
		}
	}
	return model.Errorf(model.Invalid, "%q is no key of an output", key)
}

func isNumber(text string) bool {
	n, err := strconv.ParseInt(text, 10, 64)
	return err == nil && strconv.FormatInt(n, 10) == text
}

// mark begins the part of a key that has a name.
type mark string

const (
	outputKey mark = "o-"
	itemKey   mark = "i-"
	// pickleKey is for what a task has pickled. A reference may come from anybody, and
	// with it the form that it speaks of: who loads pickles believes the key alone,
	// below which only tasks have written, in this form.
	pickleKey mark = "p-"
)

// pickled is the type of outputs that were.
const pickled = "pickle"

func (m mark) within(part string) bool {
	return strings.HasPrefix(part, string(m)) && len(part) > len(m)
}

// escaped is a name as one part of a key.
func escaped(name string) string { return strings.NewReplacer("%", "%25", "/", "%2F").Replace(name) }

func folderOf(attempt int64) string { return strconv.FormatInt(attempt, 10) }

// Manager keeps outputs in object storage. It is safe for concurrent use.
type Manager struct {
	// Blobs is where they are. Required.
	Blobs blob.Store
	// Prefix is what their keys begin with: "" or a text that ends with a slash.
	Prefix string
	// home is where those of one database are among those of others.
	home Home
}

// Home says where the outputs of one database are among those of others that are kept in
// the same place. The zero value is the place itself.
type Home struct {
	// Name is the folder of the outputs. It is no number, as those of attempts are.
	Name string
	// Former is the newest attempt that may have outputs in the place itself, where those
	// of all databases were. Zero is none.
	Former model.AttemptID
}

// at returns where what has a key is kept.
func (m *Manager) at(key string) string { return m.Prefix + path.Join(m.home.Name, key) }

// places returns where what has a key may be: outputs have stayed where they were.
func (m *Manager) places(key string) []string {
	if m.home.Name == "" || m.home.Former == 0 {
		return []string{m.at(key)}
	}
	return []string{m.at(key), m.Prefix + key}
}

// Store keeps a value. Bytes and texts are written as they are, what writes itself
// (encoding.BinaryMarshaler) as it does, and everything else as JSON. What is
// there is never replaced: the code is Conflict.
func (m *Manager) Store(ctx context.Context, o Output, value any) error {
	content, err := encode(value)
	if err != nil {
		return model.Errorf(model.Invalid, "output %s can't be written: %w", o.Name, err)
	}
	return m.Put(ctx, o, bytes.NewReader(content), int64(len(content)))
}

// Put is Store for what is written already.
func (m *Manager) Put(ctx context.Context, o Output, body io.Reader, size int64) error {
	if err := o.Check(); err != nil {
		return err
	}
	return m.put(ctx, o, o.Key(), body, size)
}

func (m *Manager) put(ctx context.Context, o Output, key string, body io.Reader, size int64) error {
	err := m.Blobs.Put(ctx, m.at(key), body, blob.PutOptions{Size: size, IfAbsent: true})
	if model.CodeOf(err) == model.Conflict {
		return model.Errorf(model.Conflict, "output %s of %s is kept already", o.Name, o.Step).
			WithHint("a try keeps each output once; items of a collection have names of their own")
	}
	return err
}

// Load reads a value into what a pointer points to, of the type that was stored.
// The code is NotFound if it is not there, or not any more.
func (m *Manager) Load(ctx context.Context, o Output, into any) error {
	if err := o.Check(); err != nil {
		return err
	}
	r, _, err := m.Blobs.Get(ctx, m.at(o.Key()))
	if err != nil {
		if model.CodeOf(err) == model.NotFound {
			return Missing(o)
		}
		return err
	}
	content, err := io.ReadAll(r)
	if err = errors.Join(err, r.Close()); err != nil {
		return err
	}
	if err := decode(content, into); err != nil {
		return model.Errorf(model.Invalid, "output %s of %s can't be read as %T: %w", o.Name, o.Step, into, err)
	}
	return nil
}

// Missing is the error of an output that is not there.
func Missing(o Output) error {
	return model.Errorf(model.NotFound, "output %s of %s is not there any more", o.Name, o.Step).
		WithHint("outputs are deleted with the attempt that made them, here %d", o.Attempt)
}

// Has reports whether a value is there, whole.
func (m *Manager) Has(ctx context.Context, o Output) (bool, error) {
	if err := o.Check(); err != nil {
		return false, err
	}
	_, err := m.Blobs.Stat(ctx, m.at(o.Key()))
	if model.CodeOf(err) == model.NotFound {
		return false, nil
	}
	return err == nil, err
}

// Remove deletes all outputs of an attempt.
func (m *Manager) Remove(ctx context.Context, attempt int64) error {
	err := m.removeBelow(ctx, m.at(folderOf(attempt))+"/")
	if err == nil && m.home.Name != "" && attempt <= int64(m.home.Former) {
		err = m.removeBelow(ctx, m.Prefix+folderOf(attempt)+"/")
	}
	return err
}

func (m *Manager) removeBelow(ctx context.Context, prefix string) error {
	for after := ""; ; {
		list, err := m.Blobs.List(ctx, prefix, after, blob.MaxLimit)
		if err != nil {
			return err
		}
		for _, o := range list {
			if err := m.Blobs.Delete(ctx, o.Key); err != nil {
				return err
			}
			after = o.Key
		}
		if len(list) < blob.MaxLimit {
			return nil
		}
	}
}

// Close closes the object storage.
func (m *Manager) Close() error { return m.Blobs.Close() }

func encode(value any) ([]byte, error) {
	switch v := value.(type) {
	case []byte:
		return v, nil
	case string:
		return []byte(v), nil
	case encoding.BinaryMarshaler:
		return v.MarshalBinary()
	}
	return json.Marshal(value)
}

func decode(content []byte, into any) error {
	switch p := into.(type) {
	case *[]byte:
		*p = content
		return nil
	case *string:
		*p = string(content)
		return nil
	case encoding.BinaryUnmarshaler:
		return p.UnmarshalBinary(content)
	}
	return json.Unmarshal(content, into)
}
