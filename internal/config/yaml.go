package config

import (
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"

	"github.com/pawlhq/pawl/internal/document"
	"github.com/pawlhq/pawl/internal/params"
)

// verbatim is the section whose values are what they are in YAML, for tasks.
const verbatim = "params"

// structure takes over the settings of a YAML file. What can't be had is a fault,
// and everything else is set.
type structure struct {
	to   *Config
	path string
	env  func(string) string
	set  map[string]*document.Node // by key, to find what is there twice
	free params.Map                // the verbatim section

	section, name place // of what is being read
}

// readYAML takes over the settings of a YAML text. Its sections are mappings whose
// keys, joined by dots, are those of settings.
func (c *Config) readYAML(path, text string, env func(string) string) error {
	plain := func(scalar string) (params.Value, bool) {
		return nil, scalar == "" || scalar == "~" || scalar == "null"
	}
	root, err := document.Format{Scalars: plain}.Parse(path, []byte(text))
	if err != nil || root.IsNull() {
		return unseen(err)
	}
	if root.Kind() != document.Mapping {
		return document.Errors{root.Errorf("the file must be a mapping of sections, not %s", root.What())}
	}
	typed, err := document.ReadParams(path, []byte(text))
	if err != nil {
		return unseen(err)
	}
	s := &structure{to: c, path: path, env: env, set: make(map[string]*document.Node)}
	free, _ := typed.Get(verbatim)
	s.free, _ = free.(params.Map)
	for _, e := range root.Entries() {
		s.section, s.name = placed(e.Errorf("")), placed(e.Errorf(""))
		switch {
		case e.Value.IsNull(): // everything in it is commented out
		case e.Key == verbatim && e.Value.Kind() == document.Mapping:
			s.parameters(verbatim, e.Value, nil)
		default:
			s.value(e.Key, e.Value)
		}
	}
	return nil
}

// unseen returns an error of what is no YAML without the lines that it is about: nobody
// knows what in them is a secret.
func unseen(err error) error {
	var list document.Errors
	if err == nil || !list.Take(err) {
		return err
	}
	hidden := make(document.Errors, len(list))
	for i, e := range list {
		of := *e
		of.Source = ""
		hidden[i] = &of
	}
	return hidden
}

func (s *structure) fault(key string, e *document.Error) {
	e.Source = placed(e).alone("").source
	s.to.faults = append(s.to.faults, fault{key, e})
}

// placed is where an error points to.
func placed(e *document.Error) place { return place{e.Pos, e.Source} }

// value takes over what is below a key.
func (s *structure) value(key string, n *document.Node) {
	switch {
	case n.IsNull():
		s.fault(key, n.Errorf("%s has no value", key).Hint("leave it out, or give it one"))
	case n.Kind() == document.List:
		s.list(key, n)
	case n.Kind() == document.Scalar:
		text, _ := n.Text()
		s.put(key, n, Setting{Value: text})
	default:
		if set, is := s.reference(key, n); is {
			if set != nil {
				s.put(key, n, *set)
			}
			return
		}
		for _, e := range n.Entries() {
			s.name = placed(e.Errorf(""))
			s.value(key+"."+e.Key, e.Value)
		}
	}
}

// list takes over texts, which settings have with commas between them.
func (s *structure) list(key string, n *document.Node) {
	var texts []string
	whole := Setting{listed: true}
	for _, item := range n.Items() {
		one := &Setting{}
		text, ok := item.Text()
		if item.Kind() == document.Mapping {
			one, ok = s.reference(key, item)
			if one == nil {
				continue // which is told already
			}
			text, whole.Concealed = one.Value, whole.Concealed || one.Concealed
		}
		switch {
		case !ok:
			s.fault(key, item.Errorf("an item of %s must be a text, not %s", key, item.What()))
		case strings.Contains(text, ","):
			s.fault(key, item.Errorf("an item of %s can't have a comma, which stands between items", key))
		default:
			texts = append(texts, text)
		}
	}
	whole.Value = strings.Join(texts, ",")
	s.put(key, n, whole)
}

// put sets a key.
func (s *structure) put(key string, n *document.Node, one Setting) {
	if first := s.set[key]; first != nil {
		again := n.Errorf("%s is there already, in line %d", key, first.Pos().Line)
		again.Source = upTo(again.Source, again.Column)
		s.fault(key, again)
		return
	}
	s.set[key] = n
	at := n.Pos()
	one.structured, one.value, one.name, one.section = true, placed(n.Errorf("")), s.name, s.section
	from := fmt.Sprintf("%s:%d:%d", at.File, at.Line, at.Column)
	if one.Origin != "" {
		from += ", from " + one.Origin
	}
	one.Origin = from
	s.to.put(key, one)
}

// parameters takes over the values of the verbatim section: mappings in which only
// their ends are settings.
func (s *structure) parameters(key string, n *document.Node, path []string) {
	for _, e := range n.Entries() {
		below, at := key+"."+e.Key, append(path[:len(path):len(path)], e.Key)
		if e.Value.Kind() == document.Mapping && len(e.Value.Entries()) > 0 {
			s.parameters(below, e.Value, at)
			continue
		}
		if e.Value.IsNull() {
			continue // as if it was not there
		}
		one := Setting{}
		one.Value, _ = e.Value.Text()
		if typed, _ := s.free.At(at...); typed != any(one.Value) {
			one.typed = typed
		}
		if e.Value.Kind() != document.Scalar {
			one.Value = string(params.AppendJSON(nil, one.typed))
		}
		s.put(below, e.Value, one)
	}
}

// Words of a mapping that says where a value is.
const (
	inEnv  = "env"
	inFile = "file"
)

// reference reports whether a mapping only says where the value is, and returns
// that, or nothing if it can't be had, which is a fault then. Sections themselves
// are none.
func (s *structure) reference(key string, n *document.Node) (one *Setting, is bool) {
	if len(n.Entries()) != 1 {
		return nil, false
	}
	e := n.Entries()[0]
	name, ok := e.Value.Text()
	switch {
	case !ok || !strings.Contains(key, "."):
		return nil, false
	case e.Key == inEnv:
		value := s.env(name)
		if value == "" {
			s.fault(key, e.Value.Errorf("%s: the environment variable %s is not set", key, name))
			return nil, true
		}
		return &Setting{Value: value, Origin: "$" + name}, true
	case e.Key == inFile:
		value, err := s.content(name)
		if err != nil {
			s.fault(key, e.Value.Errorf("%s: %v", key, err))
			return nil, true
		}
		return &Setting{Value: value, Origin: name, Concealed: true}, true
	}
	return nil, false
}

// longestValue bounds what a file with one value may have, in bytes.
const longestValue = 1 << 20

// content returns what is in a file, whose path counts from the folder of the
// configuration, without the end of its last line.
func (s *structure) content(name string) (string, error) {
	path := name
	if !filepath.IsAbs(path) {
		path = filepath.Join(filepath.Dir(s.path), name)
	}
	f, err := os.Open(path)
	if err != nil {
		return "", err
	}
	text, err := io.ReadAll(io.LimitReader(f, longestValue+1))
	if err := errors.Join(err, f.Close()); err != nil {
		return "", err
	}
	if len(text) > longestValue {
		return "", fmt.Errorf("%s has more than %d bytes", path, longestValue)
	}
	return strings.TrimSuffix(strings.TrimSuffix(string(text), "\n"), "\r"), nil
}
