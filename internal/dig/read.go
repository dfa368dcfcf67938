package dig

import (
	"errors"
	"fmt"
	"io/fs"
	"path"
	"slices"
	"strings"

	"github.com/pawlhq/pawl/internal/document"
	"github.com/pawlhq/pawl/internal/model"
	"github.com/pawlhq/pawl/internal/workflow"
)

// maxBytes is the largest file that is read.
const maxBytes = 10 << 20

// maxIncludes is how deep files may include each other.
const maxIncludes = 100

// loader reads the files of a project, each at most once.
type loader struct {
	project fs.FS
	read    func(name string) ([]byte, error)
	docs    map[string]result
	stack   []string // files being read, each included by the one before it
	others  []Other
}

type result struct {
	doc *document.Node
	err error
}

func newLoader(project fs.FS) *loader {
	l := &loader{project: project, docs: map[string]result{}}
	l.read = l.readFile
	return l
}

func (l *loader) readFile(name string) ([]byte, error) {
	info, err := fs.Stat(l.project, name)
	switch {
	case err != nil:
		return nil, err
	case !info.Mode().IsRegular():
		return nil, errors.New("not a regular file")
	case info.Size() > maxBytes:
		return nil, fmt.Errorf("it has %d bytes, the limit is %d", info.Size(), maxBytes)
	}
	return fs.ReadFile(l.project, name)
}

func (l *loader) ignore() (Ignore, error) {
	text, err := l.read(IgnoreFile)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return Ignore{}, model.Errorf(model.Invalid, "read %s: %w", IgnoreFile, err)
	}
	return ParseIgnore(string(text)), nil
}

// workflow reads and compiles a workflow file. Beside document.Errors it returns what
// could be made of the file.
func (l *loader) workflow(file string) (*workflow.Workflow, document.Errors, error) {
	c := compiler{written: true}
	doc, err := l.document(file)
	if err != nil && (doc == nil || !c.errs.Take(err)) {
		return nil, nil, err
	}
	name, err := workflowName(file)
	if err != nil {
		c.errs.Add(&document.Error{Pos: document.Pos{File: file}, Message: err.Error()})
	}
	w := c.file(name, doc)
	if err := c.errs.Err(); err != nil {
		return w, c.warns.Sorted(), err
	}
	if err := w.Finish(); err != nil {
		return nil, nil, model.Errorf(model.Invalid, "%w", err)
	}
	return w, c.warns.Sorted(), nil
}

// document reads a file with what it includes.
func (l *loader) document(file string) (*document.Node, error) {
	if r, ok := l.docs[file]; ok {
		return r.doc, r.err
	}
	if slices.Contains(l.stack, file) {
		return nil, fmt.Errorf("files include each other: %s", strings.Join(append(l.stack, file), " > "))
	}
	if len(l.stack) == maxIncludes {
		return nil, fmt.Errorf("included files nest more than %d deep", maxIncludes)
	}
	l.stack = append(l.stack, file)
	doc, err := l.parse(file)
	l.stack = l.stack[:len(l.stack)-1]
	l.docs[file] = result{doc, err}
	return doc, err
}

func (l *loader) parse(file string) (*document.Node, error) {
	for _, other := range l.others {
		if strings.HasSuffix(file, other.Extension) {
			return other.Read(l.project, file)
		}
	}
	src, err := l.read(file)
	if errors.Is(err, fs.ErrNotExist) || errors.Is(err, fs.ErrInvalid) {
		return nil, model.Errorf(model.NotFound, "file %q does not exist", file).WithHint("%s", l.similar(file))
	}
	if err != nil {
		return nil, fmt.Errorf("read %s: %w", file, err)
	}
	format := document.Format{
		Scalars: document.Digdag,
		Include: l.include,
		Salvage: true,
		Limits:  document.Limits{Bytes: maxBytes},
	}
	return format.Parse(file, src)
}

// include reads the file that an !include names.
func (l *loader) include(name *document.Node) (*document.Node, error) {
	text, _ := name.Text()
	if path.IsAbs(text) || slices.Contains(strings.Split(text, "/"), "..") {
		return nil, name.Errorf("an included file must be in or below the folder of the file that includes it, not %q", text)
	}
	doc, err := l.document(path.Join(path.Dir(name.Pos().File), text))
	if err != nil && model.CodeOf(err) == model.NotFound {
		return nil, name.Errorf("%v", err).Hint("%s", model.HintsOf(err))
	}
	return doc, err
}

// similar asks for a file beside a missing one whose name is nearly the same.
func (l *loader) similar(file string) string {
	entries, err := fs.ReadDir(l.project, path.Dir(file))
	if err != nil {
		return ""
	}
	var names []string
	for _, e := range entries {
		names = append(names, e.Name())
	}
	return document.DidYouMean(path.Base(file), names)
}
