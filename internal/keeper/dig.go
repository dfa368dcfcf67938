package keeper

import (
	"crypto/md5" //nolint:gosec // it tells contents apart, as Ploomber does
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"github.com/pawlhq/pawl/internal/params"
	pythonhost "github.com/pawlhq/pawl/internal/python"
	"github.com/pawlhq/pawl/internal/source/python"
	"github.com/pawlhq/pawl/operator"
)

// Keys of a task of a .dig file.
const (
	productKey   = "_product"
	upstreamKey  = "_upstream"
	resourcesKey = "_resources"
	outerKey     = "_outer_upstream"
)

// tracked are the keys with an underscore that change what a task does.
var tracked = []string{"_env", "_workdir"}

// readDig reads what a task of a .dig file says of its products: what it does
// is its command, for `py>` the text of the function, and what with are its own
// keys.
func readDig(t *operator.Task) (*making, error) {
	paths, err := pathsOf(t, productKey)
	if err != nil {
		return nil, err
	}
	m := &making{products: filesAt(paths)}
	upstream, err := t.Local.MapOr(upstreamKey, params.Map{})
	if err != nil {
		return nil, err
	}
	if upstream.Len() == 0 { // what the task that made this one is made of
		if upstream, err = t.Params.MapOr(outerKey, params.Map{}); err != nil {
			return nil, err
		}
	}
	for name, v := range upstream.All() {
		if v == nil {
			m.unknown = name
			continue
		}
		paths, err := absolute(t, name, v)
		if err != nil {
			return nil, err
		}
		m.needs = append(m.needs, need{name, filesAt(paths)})
		for _, path := range paths { // names of tasks mean nothing to the others
			m.madeOf = m.madeOf.Set(shown(t, path), nil)
		}
	}
	m.params = params.Of("operator", t.Type)
	for key, v := range t.Local.All() {
		if !strings.HasPrefix(key, "_") {
			m.params = m.params.Set(key, v)
		}
	}
	for _, key := range tracked {
		if v, ok := t.Local.Get(key); ok {
			m.params = m.params.Set(key, v)
		}
	}
	if err := m.take(t); err != nil {
		return nil, err
	}
	return m, m.resources(t)
}

func filesAt(paths []string) []Product {
	list := make([]Product, len(paths))
	for i, path := range paths {
		list[i].Product = pythonhost.Product{Class: pythonhost.FileClass, Path: path}
	}
	return list
}

// take reads what the task does.
func (m *making) take(t *operator.Task) error {
	command, err := t.Params.StringOr("_command", "")
	if err != nil { // it is no text: its value counts
		v, _ := t.Params.Get("_command")
		command = params.Literal(v)
	}
	m.code = command
	if t.Type != "py" {
		return nil
	}
	f, text, err := functionOf(t.Workdir, command)
	if err != nil || f == nil {
		return err
	}
	m.code, m.language = f.Source(text), "py"
	for _, p := range f.Params {
		if v, ok := t.Params.Get(p.Name); ok && !m.params.Has(p.Name) {
			m.params = m.params.Set(p.Name, v)
		}
	}
	return nil
}

// functionOf finds the text of the function "package.module.name" below a
// folder; nil if it is elsewhere.
func functionOf(dir, dotted string) (*python.Function, string, error) {
	parts := strings.Split(dotted, ".")
	if len(parts) < 2 {
		return nil, "", nil
	}
	module := filepath.Join(append([]string{dir}, parts[:len(parts)-1]...)...)
	for _, path := range []string{module + ".py", filepath.Join(module, "__init__.py")} {
		text, err := os.ReadFile(path)
		if errors.Is(err, fs.ErrNotExist) {
			continue
		}
		if err != nil {
			return nil, "", err
		}
		if f := lastFunction(string(text), parts[len(parts)-1]); f != nil {
			return f, string(text), nil
		}
	}
	return nil, "", nil
}

// lastFunction finds a function in the text of a module; nil if it is not there.
func lastFunction(text, name string) *python.Function {
	return last(python.Functions(text), name)
}

// last returns the last function of a name, which is the one that counts; nil if
// there is none.
func last(functions []python.Function, name string) *python.Function {
	for i := len(functions) - 1; i >= 0; i-- {
		if functions[i].Name == name {
			return &functions[i]
		}
	}
	return nil
}

// resources adds the digests of files whose content counts.
func (m *making) resources(t *operator.Task) error {
	if !t.Local.Has(resourcesKey) {
		return nil
	}
	paths, err := pathsOf(t, resourcesKey)
	if err != nil {
		return err
	}
	var digests params.Map
	for _, path := range paths {
		digest, err := digestOf(path)
		if err != nil {
			return fmt.Errorf("%s: %w", resourcesKey, err)
		}
		digests = digests.Set(shown(t, path), digest)
	}
	m.params = m.params.Set(resourcesKey, digests)
	return nil
}

// shown is a path as it was written.
func shown(t *operator.Task, path string) string {
	if rel, err := filepath.Rel(t.Workdir, path); err == nil && filepath.IsLocal(rel) {
		return filepath.ToSlash(rel)
	}
	return path
}

func digestOf(path string) (string, error) {
	f, err := os.Open(path)
	if err != nil {
		return "", err
	}
	defer func() { _ = f.Close() }() // it was only read
	sum := md5.New()                 //nolint:gosec // see above
	if _, err := io.Copy(sum, f); err != nil {
		return "", err
	}
	return hex.EncodeToString(sum.Sum(nil)), nil
}

// pathsOf returns the paths that a key of the task names.
func pathsOf(t *operator.Task, key string) ([]string, error) {
	v, _ := t.Local.Get(key)
	return absolute(t, key, v)
}

// absolute returns the paths in a value, which is one, or a list or map of them.
func absolute(t *operator.Task, name string, v params.Value) ([]string, error) {
	var paths []string
	switch v := v.(type) {
	case string:
		path := filepath.FromSlash(v)
		if strings.TrimSpace(path) == "" {
			return nil, fmt.Errorf("%s is an empty path", name)
		}
		if !filepath.IsAbs(path) {
			path = filepath.Join(t.Workdir, path)
		}
		return []string{filepath.Clean(path)}, nil
	case []params.Value:
		for _, item := range v {
			more, err := absolute(t, name, item)
			if err != nil {
				return nil, err
			}
			paths = append(paths, more...)
		}
	case params.Map:
		for _, item := range v.All() {
			more, err := absolute(t, name, item)
			if err != nil {
				return nil, err
			}
			paths = append(paths, more...)
		}
	default:
		return nil, fmt.Errorf("%s needs paths, not %s", name, params.Literal(v))
	}
	return paths, nil
}
