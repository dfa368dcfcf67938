package template

import (
	"fmt"
	"math/big"
	"strings"
)

// filterFunc is a filter of a value.
type filterFunc func(s *state, v any, a *arguments) (any, error)

// filterNamed returns a filter of Jinja2, or nil.
func filterNamed(name string) filterFunc {
	if f := textFilter(name); f != nil {
		return f
	}
	if f := listFilter(name); f != nil {
		return f
	}
	switch name {
	case "abs":
		return filterAbs
	case "attr":
		return filterAttr
	case "d", "default":
		return filterDefault
	case "dictsort":
		return filterDictsort
	case "filesizeformat":
		return filterFileSize
	case "first":
		return filterFirst
	case "float":
		return filterFloat
	case "int":
		return filterInt
	case "items":
		return filterItems
	case "count", "length":
		return filterLength
	case "last":
		return filterLast
	case "round":
		return filterRound
	case "tojson":
		return filterJSON
	}
	return nil
}

// filterProblem tells what is wrong with the name of a filter, or "".
func filterProblem(name string) string {
	switch name {
	case "pprint", "random", "striptags", "urlize", "wordwrap", "xmlattr":
		return fmt.Sprintf("filter %s is not supported", repr(name))
	}
	if filterNamed(name) == nil {
		return fmt.Sprintf("No filter named %s.", repr(name))
	}
	return ""
}

func (s *state) filter(name string, v any, a *arguments) (any, error) {
	fn := filterNamed(name)
	if fn == nil {
		return nil, said(filterProblem(name))
	}
	a.fn = name
	return fn(s, v, a)
}

func filterAbs(_ *state, v any, a *arguments) (any, error) {
	if u, ok := v.(undefined); ok {
		return nil, u.fail()
	}
	n, ok := toNumber(v)
	switch {
	case !ok:
		return nil, fmt.Errorf("bad operand type for abs(): '%s'", kindName(v))
	case n.isFloat:
		return max(n.float, -n.float), a.done()
	}
	return integer(new(big.Int).Abs(n.big())), a.done()
}

// filterAttr gives an attribute, but no item.
func filterAttr(s *state, v any, a *arguments) (any, error) {
	name := a.text("name")
	if err := a.done(); err != nil {
		return nil, err
	}
	if u, ok := v.(undefined); ok {
		return nil, u.fail()
	}
	if m, ok := s.member(v, name); ok {
		return m, nil
	}
	switch v.(type) {
	case *namespace, Attributes:
		if item, ok, err := s.find(v, name); ok || err != nil {
			return item, err
		}
	}
	return s.undefined(fmt.Sprintf("%s has no attribute %s", repr(objectName(v)), repr(name)), ""), nil
}

func filterDefault(_ *state, v any, a *arguments) (any, error) {
	other := a.opt("default_value", "")
	boolean := a.flag("boolean")
	if err := a.done(); err != nil {
		return nil, err
	}
	if isUndefined(v) {
		return other, nil
	}
	if boolean {
		if ok, err := truth(v); !ok || err != nil {
			return other, err
		}
	}
	return v, nil
}

func filterDictsort(s *state, v any, a *arguments) (any, error) {
	caseSensitive := a.flag("case_sensitive")
	by := a.optText("by", "key")
	reverse := a.flag("reverse")
	if err := a.done(); err != nil {
		return nil, err
	}
	if by != "key" && by != "value" {
		return nil, said(`You can only sort by either "key" or "value"`)
	}
	if u, ok := v.(undefined); ok {
		return nil, u.fail()
	}
	d, ok := v.(*dict)
	if !ok {
		return nil, fmt.Errorf("'%s' object has no attribute 'items'", kindName(v))
	}
	pairs, err := s.viewed(&view{"items", d})
	if err != nil {
		return nil, err
	}
	from := d.keys
	if by == "value" {
		from = d.values
	}
	keys := make([]any, len(from))
	for i, k := range from {
		keys[i] = ignoreCase(k, caseSensitive)
	}
	pairs, err = s.sorted(pairs, keys, reverse)
	return newList(pairs), err
}

// ignoreCase returns what a value is compared by.
func ignoreCase(v any, caseSensitive bool) any {
	if text, ok := v.(string); ok && !caseSensitive {
		return strings.ToLower(text)
	}
	return v
}

func filterFirst(s *state, v any, a *arguments) (any, error) {
	if err := a.done(); err != nil {
		return nil, err
	}
	if r, ok := v.(interval); ok && r.len() > 0 {
		return r.at(0), nil
	}
	if i, ok := v.(*iterator); ok && len(i.items) > 0 {
		first := i.items[0]
		i.items = i.items[1:]
		return first, nil
	}
	items, err := s.elements(v)
	if err != nil {
		return nil, err
	}
	if len(items) == 0 {
		return s.undefined("No first item, sequence was empty.", ""), nil
	}
	return items[0], nil
}

func filterLast(s *state, v any, a *arguments) (any, error) {
	if err := a.done(); err != nil {
		return nil, err
	}
	if r, ok := v.(interval); ok && r.len() > 0 {
		return r.at(r.len() - 1), nil
	}
	if i, ok := v.(*iterator); ok {
		return nil, fmt.Errorf("'%s' object is not reversible", i.name)
	}
	items, err := s.elements(v)
	if err != nil {
		return nil, err
	}
	if len(items) == 0 {
		return s.undefined("No last item, sequence was empty.", ""), nil
	}
	return items[len(items)-1], nil
}

func filterLength(s *state, v any, a *arguments) (any, error) {
	n, err := s.length(v)
	if err != nil {
		return nil, err
	}
	return int64(n), a.done()
}

func filterItems(s *state, v any, a *arguments) (any, error) {
	if err := a.done(); err != nil {
		return nil, err
	}
	switch v := v.(type) {
	case undefined:
		return &iterator{name: "generator"}, nil
	case *dict:
		items, err := s.viewed(&view{"items", v})
		return &iterator{"generator", items}, err
	}
	return nil, said("Can only get item pairs from a mapping.")
}

// indentation reads a number of blanks, or a text.
func (a *arguments) indentation(name string, missing any) string {
	v := a.opt(name, missing)
	if text, ok := v.(string); ok {
		return text
	}
	n, err := toInt(v)
	if err != nil {
		a.fail(err)
	}
	if n = max(n, 0); n > maxIndent {
		a.fail(fmt.Errorf("indentation is larger than %d", maxIndent))
		n = 0
	}
	return strings.Repeat(" ", n)
}

const maxIndent = 10000
