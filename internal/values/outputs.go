package values

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"math/rand/v2"
	"os"
	"strings"
	"sync"
	"time"

	"github.com/pawlhq/pawl/internal/model"
	"github.com/pawlhq/pawl/internal/params"
	"github.com/pawlhq/pawl/operator"
)

// Outputs keeps files as outputs of tasks that are programs, each project's apart
// from those of others. Its manager is opened when it is first needed. It is safe
// for concurrent use.
type Outputs struct {
	// Folder is where the manager keeps them, if it is one of this machine: as long
	// as there is none, nothing was kept, and nothing is looked for to be deleted.
	Folder string
	// Home returns where they are among those of other databases; nil if there are
	// none.
	Home func(context.Context) (Home, error)

	open func() (*Manager, error)

	mu     sync.Mutex
	opened *Manager
}

// NewOutputs returns what keeps outputs by the manager that open returns. A failure
// to open it may be over for the next who needs it.
func NewOutputs(open func() (*Manager, error)) *Outputs { return &Outputs{open: open} }

func (f *Outputs) manager(ctx context.Context) (*Manager, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.opened != nil {
		return f.opened, nil
	}
	var home Home
	if f.Home != nil {
		var err error
		if home, err = f.Home(ctx); err != nil {
			return nil, fmt.Errorf("find the outputs of the database: %w", err)
		}
	}
	m, err := f.open()
	if err != nil {
		return nil, fmt.Errorf("keep outputs of tasks: %w", err)
	}
	m.home = home
	f.opened = m
	return m, nil
}

// Close closes the manager, if it was opened. It comes after all other calls.
func (f *Outputs) Close() error {
	if f == nil || f.opened == nil {
		return nil
	}
	return f.opened.Close()
}

// Of returns what keeps and finds the outputs of the tasks of one project.
func (f *Outputs) Of(project model.ProjectID) Shelf { return Shelf{f, project} }

// Shelf is what one project has. What stands for an output among parameters does
// not say whose it is: a key that somebody has made up, or got to know, leads to
// nothing in another project.
type Shelf struct {
	of      *Outputs
	project model.ProjectID
}

var _ operator.Outputs = Shelf{}

// place is where what a key names is.
func (s Shelf) place(key string) string {
	folder, rest, _ := strings.Cut(key, "/")
	return fmt.Sprintf("%s/p%d/%s", folder, s.project, rest)
}

// goodFor is how long URLs of outputs are good: longer than nearly all tasks run.
const goodFor = 24 * time.Hour

// Keep implements operator.Outputs.
func (s Shelf) Keep(ctx context.Context, t *operator.Task, k operator.Kept) (operator.Value, error) {
	m, err := s.of.manager(ctx)
	if err != nil {
		return nil, err
	}
	o := Output{
		Session: t.Session, Attempt: int64(t.ID.Attempt), Task: int64(t.ID.Task), Try: int(t.ID.Try),
		Step: t.Name, Name: k.Name, Item: k.Item, Type: k.Form,
	}
	key, what, check := o.Key(), k.Name, o.Check
	if k.Key != "" {
		key, what, check = k.Key, "file "+k.Key, func() error { return checkFileKey(k.Key) }
	}
	if err := check(); err != nil {
		return nil, fmt.Errorf("keep %s: %w", what, err)
	}
	of, err := os.Open(k.File)
	if err != nil {
		return nil, fmt.Errorf("keep %s: %w", what, err)
	}
	info, err := of.Stat()
	if err == nil {
		err = m.put(ctx, o, s.place(key), of, info.Size())
	}
	if err = errors.Join(err, of.Close()); err != nil {
		return nil, fmt.Errorf("keep %s: %w", what, err)
	}
	stands := params.Of("key", key, "step", o.Step, "name", o.Name, "type", o.Type, "size", info.Size())
	if t.Version != "" && k.Key == "" {
		stands = stands.Set(VersionKey, t.Version)
	}
	return params.Of(operator.OutputKey, stands), nil
}

// VersionKey is the key of a reference that has its version.
const VersionKey = "version"

// Has reports whether what stands for an output leads to one that is there.
func (s Shelf) Has(ctx context.Context, v operator.Map) (bool, error) {
	key, ok := operator.OutputOf(v)
	if !ok || checkKey(key) != nil {
		return false, nil
	}
	m, err := s.of.manager(ctx)
	if err != nil {
		return false, err
	}
	place, err := s.locate(ctx, m, key)
	return place != "", err
}

// Find implements operator.Outputs.
func (s Shelf) Find(ctx context.Context, v operator.Map, prefix string) (operator.Place, error) {
	key, ok := operator.OutputOf(v)
	if !ok || checkKey(key) != nil {
		return operator.Place{}, model.Errorf(model.Invalid, "this stands for no output: %s", params.AppendJSON(nil, v))
	}
	m, err := s.of.manager(ctx)
	if err != nil {
		return operator.Place{}, err
	}
	switch at, err := s.locate(ctx, m, key); {
	case err != nil:
		return operator.Place{}, err
	case at == "":
		return operator.Place{}, missing(v)
	default:
		return m.find(ctx, at, prefix)
	}
}

// locate returns where what a key names is; "" where it is not there.
func (s Shelf) locate(ctx context.Context, m *Manager, key string) (string, error) {
	places := m.places(s.place(key))
	if checkFileKey(key) == nil {
		places = append(places, m.Prefix+key) // a program in Go has written it, for all
	}
	for _, place := range places {
		_, err := m.Blobs.Stat(ctx, place)
		if err == nil || model.CodeOf(err) != model.NotFound {
			return place, err
		}
	}
	return "", nil
}

// find says where an object can be read that is there.
func (m *Manager) find(ctx context.Context, key, prefix string) (operator.Place, error) {
	if local, ok := m.Blobs.(interface {
		Path(key string) (string, error)
	}); ok {
		path, err := local.Path(key)
		return operator.Place{Path: path}, err
	}
	url, err := m.Blobs.SignGet(ctx, key, goodFor)
	if err != nil || url != "" {
		return operator.Place{URL: url}, err
	}
	path, err := m.copy(ctx, key, prefix)
	return operator.Place{Path: path}, err
}

// missing is the error of a reference to what is not there any more.
func missing(v params.Map) error {
	of, _ := v.MapOr(operator.OutputKey, params.Map{})
	what, _ := of.StringOr("key", "")
	name, _ := of.StringOr("name", "")
	if step, _ := of.StringOr("step", ""); name != "" && step != "" {
		what = "output " + name + " of " + step
	}
	return model.Errorf(model.NotFound, "%s is not here", what).
		WithHint("outputs are deleted with the attempt that made them, and other projects have none of them; several machines need a bucket or a folder that they share")
}

// copy writes an object to a file whose path begins with prefix.
func (m *Manager) copy(ctx context.Context, key, prefix string) (path string, err error) {
	r, _, err := m.Blobs.Get(ctx, key)
	if err != nil {
		return "", err
	}
	defer func() { err = errors.Join(err, r.Close()) }()
	path = fmt.Sprintf("%s%d", prefix, rand.Uint64())
	f, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return "", err
	}
	_, err = io.Copy(f, r)
	return path, errors.Join(err, f.Close())
}

// Remove deletes all outputs of an attempt.
func (f *Outputs) Remove(ctx context.Context, attempt model.AttemptID) error {
	if f.Folder != "" {
		if _, err := os.Stat(f.Folder); errors.Is(err, fs.ErrNotExist) {
			return nil
		}
	}
	m, err := f.manager(ctx)
	if err != nil {
		return err
	}
	return m.Remove(ctx, int64(attempt))
}
