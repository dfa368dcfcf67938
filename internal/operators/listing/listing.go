// Package listing holds the operator that lists the items of a collection: those of a
// list, of a file, or of a query. It reads its source once, item by item.
package listing

import (
	"context"
	"iter"
	"strings"

	"github.com/pawlhq/pawl/internal/document"
	"github.com/pawlhq/pawl/internal/model"
	"github.com/pawlhq/pawl/internal/params"
	"github.com/pawlhq/pawl/internal/workflow"
	"github.com/pawlhq/pawl/operator"
)

// Keys of a source.
const (
	listKey     = "list"
	fileKey     = "file"
	formatKey   = "format"
	queryKey    = "query"
	databaseKey = "database"
	idKey       = "id"
)

// Keys are the parameters that the operator reads.
func Keys() []string { return []string{listKey, fileKey, formatKey, queryKey, databaseKey, idKey} }

// Specs returns the operator.
func Specs() []operator.Spec {
	return []operator.Spec{{Name: workflow.ItemsOperator, Operator: operator.Func(list), Check: check, Needs: needs, Keys: Keys()}}
}

// source is where items come from.
type source struct {
	// kind is the key that says what it is.
	kind         string
	list         []params.Value
	file, format string
	query, db    string
	id           string
}

// list yields the items of its source.
func list(ctx context.Context, t *operator.Task) (operator.Result, error) {
	s, err := read(t.Local)
	if err != nil {
		return operator.Result{}, err
	}
	var values iter.Seq2[params.Value, error]
	switch s.kind {
	case listKey:
		values = each(s.list)
	case fileKey:
		values, err = s.lines(t)
	default:
		values, err = s.rows(ctx, t)
	}
	if err != nil {
		return operator.Result{}, err
	}
	return operator.Result{Each: keyed(values, s.id)}, nil
}

// read reads which source a task has.
func read(m params.Map) (s source, err error) {
	var kinds []string
	for _, kind := range []string{listKey, fileKey, queryKey} {
		if v, _ := m.Get(kind); v != nil {
			kinds = append(kinds, kind)
		}
	}
	switch len(kinds) {
	case 0:
		return s, model.Errorf(model.Invalid, "a source of items is one of %s, %s and %s", listKey, fileKey, queryKey)
	case 1:
	default:
		return s, model.Errorf(model.Invalid, "items can't come from a %s and a %s", kinds[0], kinds[1])
	}
	s.kind = kinds[0]
	if err := s.belongs(m); err != nil {
		return s, err
	}
	if s.id, err = m.StringOr(idKey, ""); err != nil {
		return s, err
	}
	switch s.kind {
	case listKey:
		s.list, err = m.ParseList(listKey)
	case fileKey:
		err = s.readFile(m)
	default:
		if v, _ := m.Get(databaseKey); v == nil {
			return s, model.Errorf(model.Invalid, "a query needs a %s", databaseKey).
				WithHint("give %s: a postgres:// address, or the name of a SQLite file", databaseKey)
		}
		if s.query, err = m.String(queryKey); err == nil {
			s.db, err = m.String(databaseKey)
		}
	}
	return s, err
}

// belongs makes sure that no key of another kind of source is there.
func (s *source) belongs(m params.Map) error {
	for key, kind := range map[string]string{formatKey: fileKey, databaseKey: queryKey} {
		if m.Has(key) && s.kind != kind {
			return model.Errorf(model.Invalid, "%s has no effect without %s", key, kind)
		}
	}
	return nil
}

// formats are those of files.
var formats = []string{"jsonl", "csv"}

func (s *source) readFile(m params.Map) (err error) {
	if s.file, err = m.String(fileKey); err != nil {
		return err
	}
	if s.format, err = m.StringOr(formatKey, ""); err != nil {
		return err
	}
	switch lower := strings.ToLower(s.file); {
	case s.format != "":
		for _, f := range formats {
			if s.format == f {
				return nil
			}
		}
		return model.Errorf(model.Invalid, "%s must be jsonl or csv, not %q", formatKey, s.format).
			WithHint("%s", document.DidYouMean(s.format, formats))
	case strings.HasSuffix(lower, ".jsonl"), strings.HasSuffix(lower, ".ndjson"), params.TemplatedValue(s.file):
		s.format = formats[0]
	case strings.HasSuffix(lower, ".csv"):
		s.format = formats[1]
	default:
		return model.Errorf(model.Invalid, "the name of %s does not say what it has", s.file).
			WithHint("give %s: jsonl or %s: csv", formatKey, formatKey)
	}
	return nil
}

// check sees what is wrong with a source before it is read.
func check(d *operator.Draft) {
	d.Read(func(m params.Map) error { _, err := read(m); return err }, Keys()...)
	if name, ok := d.Text(fileKey); ok && d.Missing(name) {
		d.Warn(fileKey, model.Errorf(model.Invalid, "there is no file %s now", name))
	}
	if db, ok := d.Text(databaseKey); ok {
		if _, err := schemeOf(db); err != nil {
			d.Fail(databaseKey, err)
		}
	}
}

func each(list []params.Value) iter.Seq2[params.Value, error] {
	return func(yield func(params.Value, error) bool) {
		for _, v := range list {
			if !yield(v, nil) {
				return
			}
		}
	}
}

// keyed gives each item the text that is found in it under a path, or itself if it
// is short and simple.
func keyed(values iter.Seq2[params.Value, error], id string) iter.Seq2[operator.Item, error] {
	path := params.SplitPath(id)
	return func(yield func(operator.Item, error) bool) {
		n := 0
		for v, err := range values {
			var key string
			if err == nil {
				key, err = keyOf(v, id, path, n)
			}
			if !yield(operator.Item{Key: key, Value: v}, err) || err != nil {
				return
			}
			n++
		}
	}
}

// maxKey is how long the text of an item may be that is its key, too.
const maxKey = 100

func keyOf(v params.Value, id string, path []string, n int) (string, error) {
	m, isMap := v.(params.Map)
	if id == "" {
		if _, isList := v.([]params.Value); isMap || isList || v == nil {
			return "", nil
		}
		text, _ := params.ToString(v)
		if len(text) > maxKey {
			return "", nil
		}
		return text, nil
	}
	if isMap {
		if at, ok := m.At(path...); ok {
			if text, ok := params.ToString(at); ok {
				return text, nil
			}
		}
	}
	return "", model.Errorf(model.Invalid, "item %d has no text or number under its id %q", n, id)
}
