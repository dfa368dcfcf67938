// Package resume keeps what earlier local runs of a session finished, in
// files that Digdag's local runs read and write too: a folder for each
// session time, in it one YAML file for each task that succeeded.
package resume

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/pawlhq/pawl/internal/document"
	"github.com/pawlhq/pawl/internal/params"
)

// Status is a folder with a subfolder for each session time.
type Status struct{ Path string }

// timeLayout is how a session time names its folder.
const timeLayout = "20060102T150405-0700"

// Session returns the folder of one session time, which is written in its zone.
func (s Status) Session(t time.Time) Folder {
	return Folder{filepath.Join(s.Path, t.Format(timeLayout))}
}

// Last returns the latest session time that has a result of the workflow
// whose root task has the given name. ok is false when there is none.
func (s Status) Last(root string) (t time.Time, ok bool, err error) {
	entries, err := os.ReadDir(s.Path)
	if errors.Is(err, fs.ErrNotExist) {
		return time.Time{}, false, nil
	}
	if err != nil {
		return time.Time{}, false, err
	}
	slices.SortFunc(entries, func(a, b os.DirEntry) int { return strings.Compare(b.Name(), a.Name()) })
	for _, e := range entries {
		at, err := time.Parse(timeLayout, e.Name())
		if err != nil || !e.IsDir() {
			continue // not one of ours
		}
		has, err := Folder{filepath.Join(s.Path, e.Name())}.has(root)
		if err != nil {
			return time.Time{}, false, err
		}
		if has && (!ok || at.After(t)) {
			t, ok = at, true
		}
	}
	return t, ok, nil
}

// Folder holds the results of one session.
type Folder struct{ Path string }

// Result is what a successful task gave.
type Result struct {
	Export, Store params.Map
	Reset         []string
	// Subtasks is the configuration of the tasks that it generated.
	Subtasks params.Map
}

const extension = ".yml"

// has reports whether a task below the root with that name has a result.
func (f Folder) has(root string) (bool, error) {
	entries, err := os.ReadDir(f.Path)
	if err != nil {
		return false, err
	}
	return slices.ContainsFunc(entries, func(e os.DirEntry) bool {
		_, ok := taskOf(e.Name(), root)
		return ok
	}), nil
}

// taskOf returns the task that a file's name tells of, if it is the root or
// below it. The end of a long name is missing.
func taskOf(file, root string) (name string, ok bool) {
	name, ok = strings.CutSuffix(file, extension)
	long := len(root) > maxName-digestSize
	if long {
		root = root[:maxName-digestSize]
	}
	rest, in := strings.CutPrefix(name, root)
	return name, ok && in && (long || rest == "" || rest[0] == '+' || rest[0] == '^')
}

// Results are what earlier runs of a session left of one workflow.
type Results struct {
	// Finished are those of tasks that succeeded, by full name.
	Finished map[string]Result
	// Damaged are the errors of files that can't be read, by the name of the
	// task as the file's name tells it. It counts as not finished.
	Damaged map[string]error
}

// Load returns the results of the workflow whose root task has the given name.
// The files of others are left alone. A folder that does not exist is empty.
func (f Folder) Load(root string) (Results, error) {
	entries, err := os.ReadDir(f.Path)
	if errors.Is(err, fs.ErrNotExist) {
		return Results{}, nil
	}
	if err != nil {
		return Results{}, err
	}
	rs := Results{Finished: make(map[string]Result, len(entries)), Damaged: make(map[string]error)}
	for _, e := range entries {
		task, ok := taskOf(e.Name(), root)
		if !ok || e.IsDir() {
			continue
		}
		name, r, success, err := read(filepath.Join(f.Path, e.Name()))
		switch {
		case err != nil:
			rs.Damaged[task] = err
		case success:
			rs.Finished[name] = r
		}
	}
	return rs, nil
}

func read(path string) (name string, r Result, success bool, err error) {
	text, err := os.ReadFile(path)
	if err != nil {
		return "", Result{}, false, err
	}
	doc, err := document.Format{Scalars: scalar}.Parse(path, text)
	if err != nil { // which would be taken for a mistake in a definition
		return "", Result{}, false, fmt.Errorf("%s: it is no YAML", path)
	}
	m := doc.Map()
	name, err = m.String("fullName")
	if err != nil {
		return "", Result{}, false, fmt.Errorf("%s: %w", path, err)
	}
	state, err := m.StringOr("state", "")
	if err != nil || !strings.EqualFold(state, "success") {
		return name, Result{}, false, err
	}
	r, err = decode(m)
	if err != nil {
		return "", Result{}, false, fmt.Errorf("%s: %w", path, err)
	}
	return name, r, true, nil
}

// scalar reads plain text as whoever wrote it meant it: numbers and words of
// JSON are that, all else is text. The dialect of .dig files would turn the
// number 0.5 into text.
func scalar(text string) (params.Value, bool) {
	if text == "" || text == "~" {
		return nil, true
	}
	v, err := params.ParseJSON([]byte(text))
	return v, err == nil
}

func decode(m params.Map) (Result, error) {
	result, err := m.MapOr("result", params.Map{})
	if err != nil {
		return Result{}, err
	}
	var r Result
	for _, field := range []struct {
		key string
		to  *params.Map
	}{{"subtaskConfig", &r.Subtasks}, {"exportParams", &r.Export}, {"storeParams", &r.Store}} {
		if *field.to, err = result.MapOr(field.key, params.Map{}); err != nil {
			return Result{}, err
		}
	}
	reset, err := result.ListOr("resetStoreParams", nil)
	if err != nil {
		return Result{}, err
	}
	for _, v := range reset {
		if key, ok := params.ToString(v); ok {
			r.Reset = append(r.Reset, key)
		}
	}
	return r, nil
}

// Save writes the result of one task. The file appears whole or not at all.
func (f Folder) Save(name string, r Result) error {
	if err := os.MkdirAll(f.Path, 0o755); err != nil {
		return err
	}
	path := filepath.Join(f.Path, fileName(name))
	part := path + ".part"
	if err := os.WriteFile(part, encode(name, r), 0o644); err != nil {
		return err
	}
	return os.Rename(part, path)
}

// encode writes YAML of which every value is JSON, so that no text needs
// another quoting.
func encode(name string, r Result) []byte {
	reset := make([]params.Value, len(r.Reset))
	for i, key := range r.Reset {
		reset[i] = key
	}
	b := []byte("fullName: ")
	b = params.AppendJSON(b, name)
	b = append(b, "\nstate: success\nresult:\n"...)
	for _, field := range []struct {
		key   string
		value params.Value
	}{
		{"subtaskConfig", r.Subtasks}, {"exportParams", r.Export},
		{"resetStoreParams", reset}, {"storeParams", r.Store}, {"report", params.Of("inputs", []any{}, "outputs", []any{})},
	} {
		b = append(b, "  "...)
		b = append(b, field.key...)
		b = append(b, ": "...)
		b = params.AppendJSON(b, field.value)
		b = append(b, '\n')
	}
	return b
}

// maxName is what file systems allow for a name, less the extension of a file
// that is being written.
const maxName = 255 - len(extension) - len(".part")

// digestSize is how much of a long name is left out for its digest.
const digestSize = 33

// fileName is the name of a task's file. Names too long for a file system end
// in a digest; the file itself has the whole name.
func fileName(name string) string {
	if len(name) > maxName {
		sum := sha256.Sum256([]byte(name))
		name = name[:maxName-digestSize] + "~" + hex.EncodeToString(sum[:16])
	}
	return name + extension
}
