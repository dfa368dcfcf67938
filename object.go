package pawl

import (
	"bytes"
	"encoding/json"
	"strings"
)

// object is an object in JSON whose members are looked at without reading them.
type object struct {
	list []member
	// index finds members of large objects.
	index map[string]int
}

type member struct {
	name string
	text []byte
}

// large is from how many members on an index is of use.
const large = 16

// members returns the members of an object that json.Marshal has written; null,
// and what is no object, has none.
func members(text []byte) (o object) {
	if len(text) == 0 || text[0] != '{' {
		return o
	}
	for rest := text[1:]; rest[0] != '}'; {
		rest = bytes.TrimPrefix(rest, []byte{','})
		end := valueEnd(rest)
		name := string(rest[1 : end-1])
		if strings.Contains(name, `\`) {
			_ = json.Unmarshal(rest[:end], &name) // which json.Marshal has written
		}
		rest = rest[end+1:] // and the colon
		end = valueEnd(rest)
		o.list = append(o.list, member{name, rest[:end]})
		rest = rest[end:]
	}
	if len(o.list) >= large {
		o.index = make(map[string]int, len(o.list))
		for i, m := range o.list {
			o.index[m.name] = i
		}
	}
	return o
}

// valueEnd returns the length of the value that text begins with.
func valueEnd(text []byte) int {
	depth, quoted := 0, false
	for i := 0; i < len(text); i++ {
		switch c := text[i]; {
		case quoted && c == '\\':
			i++
		case c == '"':
			quoted = !quoted
			if !quoted && depth == 0 {
				return i + 1
			}
		case quoted:
		case c == '{' || c == '[':
			depth++
		case c == '}' || c == ']':
			if depth == 0 {
				return i
			}
			if depth--; depth == 0 {
				return i + 1
			}
		case c == ',' && depth == 0:
			return i
		}
	}
	return len(text)
}

// all yields the members in order.
func (o object) all(yield func(string, []byte) bool) {
	for _, m := range o.list {
		if !yield(m.name, m.text) {
			return
		}
	}
}

// get returns the member with a name.
func (o object) get(name string) ([]byte, bool) {
	if o.index != nil {
		i, ok := o.index[name]
		if !ok {
			return nil, false
		}
		return o.list[i].text, true
	}
	for _, m := range o.list {
		if m.name == name {
			return m.text, true
		}
	}
	return nil, false
}
