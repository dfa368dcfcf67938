package feed

import (
	"strconv"
	"strings"

	"github.com/pawlhq/pawl/internal/model"
	"github.com/pawlhq/pawl/internal/params"
)

// path leads to places in a value.
type path []step

// step is one piece of a path: a key of maps, an index of lists, or all
// elements of lists.
type step struct {
	key   string
	index int // -1 for a key
	all   bool
}

// parsePath reads a path such as `.orders[*].id`, `[0]` or `["a.b"].c`; "" leads
// to the value itself.
func parsePath(text string) (path, error) {
	var p path
	for rest := text; rest != ""; {
		var s step
		var ok bool
		switch rest[0] {
		case '.':
			s, rest, ok = parseName(rest[1:])
		case '[':
			s, rest, ok = parseBracket(rest[1:])
		}
		if !ok {
			return nil, model.Errorf(model.Invalid, "%q is not a path", text).WithHint(`a path is like .orders[*].id, .lines[0] or ["a.b"].c`)
		}
		p = append(p, s)
	}
	return p, nil
}

func parseName(text string) (step, string, bool) {
	end := strings.IndexAny(text, ".[")
	if end < 0 {
		end = len(text)
	}
	return step{key: text[:end], index: -1}, text[end:], end > 0
}

func parseBracket(text string) (step, string, bool) {
	if strings.HasPrefix(text, `"`) {
		quoted, err := strconv.QuotedPrefix(text)
		if err != nil {
			return step{}, "", false
		}
		key, err := strconv.Unquote(quoted)
		rest, closed := strings.CutPrefix(text[len(quoted):], "]")
		return step{key: key, index: -1}, rest, err == nil && closed
	}
	inside, rest, closed := strings.Cut(text, "]")
	if inside == "*" {
		return step{index: -1, all: true}, rest, closed
	}
	n, err := strconv.ParseUint(inside, 10, 31)
	return step{index: int(n)}, rest, closed && err == nil
}

// find appends the values that the path leads to. Null is none.
func (p path) find(dst []params.Value, v params.Value) []params.Value {
	if v == nil {
		return dst
	}
	if len(p) == 0 {
		return append(dst, v)
	}
	switch s := p[0]; v := v.(type) {
	case params.Map:
		if s.index < 0 && !s.all {
			sub, _ := v.Get(s.key)
			return p[1:].find(dst, sub)
		}
	case []params.Value:
		switch {
		case s.all:
			for _, e := range v {
				dst = p[1:].find(dst, e)
			}
		case s.index >= 0 && s.index < len(v):
			return p[1:].find(dst, v[s.index])
		}
	}
	return dst
}
