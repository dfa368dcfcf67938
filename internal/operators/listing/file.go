package listing

import (
	"bufio"
	"bytes"
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"iter"
	"os"
	"path/filepath"
	"slices"

	"github.com/pawlhq/pawl/internal/model"
	"github.com/pawlhq/pawl/internal/params"
	"github.com/pawlhq/pawl/operator"
)

// maxLine is how long a line of JSON may be.
const maxLine = 16 << 20

// lines yields the items of a file, which is opened when they are asked for.
func (s *source) lines(t *operator.Task) (iter.Seq2[params.Value, error], error) {
	name := filepath.FromSlash(s.file)
	if !filepath.IsAbs(name) {
		name = filepath.Join(t.Workdir, name)
	}
	if rel, err := filepath.Rel(t.Project, name); err != nil || !filepath.IsLocal(rel) {
		return nil, model.Errorf(model.Invalid, "file %s must not be outside of project path", s.file)
	}
	parse := jsonLines
	if s.format == formats[1] {
		parse = csvRows
	}
	return func(yield func(params.Value, error) bool) {
		f, err := os.Open(name)
		if err != nil {
			yield(nil, model.Errorf(model.Invalid, "read items: %w", err))
			return
		}
		defer func() { _ = f.Close() }() // it was only read
		for v, err := range parse(f) {
			if err != nil {
				err = model.Errorf(model.Invalid, "%s: %w", s.file, err)
			}
			if !yield(v, err) || err != nil {
				return
			}
		}
	}, nil
}

// jsonLines yields the JSON value of each line that is not empty.
func jsonLines(r io.Reader) iter.Seq2[params.Value, error] {
	return func(yield func(params.Value, error) bool) {
		lines := bufio.NewScanner(r)
		lines.Buffer(nil, maxLine)
		n := 0
		for lines.Scan() {
			n++
			if len(bytes.TrimSpace(lines.Bytes())) == 0 {
				continue
			}
			v, err := params.ParseJSON(lines.Bytes())
			if err != nil {
				err = fmt.Errorf("line %d: %w", n, err)
			}
			if !yield(v, err) || err != nil {
				return
			}
		}
		if err := lines.Err(); err != nil {
			yield(nil, fmt.Errorf("line %d: %w", n+1, err))
		}
	}
}

// csvRows yields a map of texts for each row but the first, which has the names.
func csvRows(r io.Reader) iter.Seq2[params.Value, error] {
	return func(yield func(params.Value, error) bool) {
		rows := csv.NewReader(r)
		rows.ReuseRecord = true
		first, err := rows.Read()
		if errors.Is(err, io.EOF) {
			return
		}
		names := append([]string(nil), first...)
		for i, name := range names {
			if slices.Contains(names[:i], name) {
				yield(nil, fmt.Errorf("line 1: two columns have the name %q, of which an item can have one", name))
				return
			}
		}
		for err == nil {
			var row []string
			if row, err = rows.Read(); err != nil {
				break
			}
			var m params.Map
			for i, name := range names {
				m = m.Set(name, row[i])
			}
			if !yield(m, nil) {
				return
			}
		}
		if !errors.Is(err, io.EOF) {
			yield(nil, err)
		}
	}
}
