package template

import (
	"errors"
	"slices"
	"strconv"
	"strings"
)

// listFilter returns a filter that works on the items of a value, or nil.
func listFilter(name string) filterFunc {
	switch name {
	case "batch":
		return filterBatch
	case "groupby":
		return filterGroupBy
	case "join":
		return filterJoin
	case "list":
		return func(s *state, v any, a *arguments) (any, error) {
			items, err := s.elements(v)
			if err != nil {
				return nil, err
			}
			return newList(slices.Clone(items)), a.done()
		}
	case "map":
		return filterMap
	case "max":
		return func(s *state, v any, a *arguments) (any, error) { return s.extreme(v, a, ">") }
	case "min":
		return func(s *state, v any, a *arguments) (any, error) { return s.extreme(v, a, "<") }
	case "reject":
		return selecting(false, false)
	case "rejectattr":
		return selecting(false, true)
	case "reverse":
		return filterReverse
	case "select":
		return selecting(true, false)
	case "selectattr":
		return selecting(true, true)
	case "slice":
		return filterSlice
	case "sort":
		return filterSort
	case "sum":
		return filterSum
	case "unique":
		return filterUnique
	}
	return nil
}

// getter looks up an attribute path such as "a.b.0".
type getter func(v any) (any, error)

// getter returns what looks up the path; a default replaces what is missing.
func (s *state) getter(path, missing any) getter {
	var parts []any
	switch path := path.(type) {
	case nil:
	case string:
		for part := range strings.SplitSeq(path, ".") {
			if n, err := strconv.ParseInt(part, 10, 64); err == nil && part[0] != '-' && part[0] != '+' {
				parts = append(parts, n)
			} else {
				parts = append(parts, part)
			}
		}
	default:
		parts = []any{path}
	}
	return func(v any) (any, error) {
		for _, part := range parts {
			var err error
			if v, err = s.item(v, part); err != nil {
				return nil, err
			}
			if isUndefined(v) && missing != nil {
				v = missing
			}
		}
		return v, nil
	}
}

// itemsOf returns what a filter works on, once it has taken all its arguments.
func (s *state) itemsOf(v any, a *arguments) ([]any, error) {
	if err := a.done(); err != nil {
		return nil, err
	}
	return s.elements(v)
}

// keysOf returns what items are compared by.
func (s *state) keysOf(items []any, get getter, caseSensitive bool) ([]any, error) {
	keys := make([]any, len(items))
	for i, item := range items {
		k, err := get(item)
		if err != nil {
			return nil, err
		}
		keys[i] = ignoreCase(k, caseSensitive)
	}
	return keys, nil
}

func filterBatch(s *state, v any, a *arguments) (any, error) {
	size := a.int("linecount")
	fill := a.opt("fill_with", nil)
	items, err := s.itemsOf(v, a)
	if err != nil {
		return nil, err
	}
	if size < 1 {
		return nil, errors.New("batch() needs a size of at least 1")
	}
	var out []any
	for batch := range slices.Chunk(items, size) {
		batch = slices.Clone(batch)
		if fill != nil {
			if err := s.spend(size - len(batch)); err != nil {
				return nil, err
			}
			for len(batch) < size {
				batch = append(batch, fill)
			}
		}
		out = append(out, newList(batch))
	}
	return &iterator{"generator", out}, nil
}

func filterSlice(s *state, v any, a *arguments) (any, error) {
	count := a.int("slices")
	fill := a.opt("fill_with", nil)
	items, err := s.itemsOf(v, a)
	if err != nil {
		return nil, err
	}
	if count == 0 {
		return nil, errDivision("//")
	}
	if err := s.spend(max(count, 0)); err != nil {
		return nil, err
	}
	var out []any
	for i := range max(count, 0) {
		n := len(items) / count
		start := i*n + min(i, len(items)%count)
		if i < len(items)%count {
			n++
		}
		part := slices.Clone(items[start : start+n])
		if fill != nil && i >= len(items)%count {
			part = append(part, fill)
		}
		out = append(out, newList(part))
	}
	return &iterator{"generator", out}, nil
}

func filterGroupBy(s *state, v any, a *arguments) (any, error) {
	attribute := a.need("attribute")
	missing := a.opt("default", nil)
	caseSensitive := a.flag("case_sensitive")
	items, err := s.itemsOf(v, a)
	if err != nil {
		return nil, err
	}
	get := s.getter(attribute, missing)
	keys, err := s.keysOf(items, get, caseSensitive)
	if err != nil {
		return nil, err
	}
	if items, err = s.sorted(items, keys, false); err != nil {
		return nil, err
	}
	if keys, err = s.sorted(keys, keys, false); err != nil {
		return nil, err
	}
	var groups []any
	for start := 0; start < len(items); {
		end := start + 1
		for ; end < len(items); end++ {
			if ok, err := s.equal(keys[start], keys[end]); err != nil {
				return nil, err
			} else if !ok {
				break
			}
		}
		key, err := get(items[start])
		if err != nil {
			return nil, err
		}
		groups = append(groups, group{key, newList(items[start:end:end])})
		start = end
	}
	return newList(groups), nil
}

func filterJoin(s *state, v any, a *arguments) (any, error) {
	d := a.opt("d", "")
	attribute := a.opt("attribute", nil)
	if err := a.done(); err != nil {
		return nil, err
	}
	separator, err := s.str(d)
	if err != nil {
		return nil, err
	}
	items, err := s.elements(v)
	if err != nil {
		return nil, err
	}
	get := s.getter(attribute, nil)
	var b strings.Builder
	for i, item := range items {
		if item, err = get(item); err != nil {
			return nil, err
		}
		text, err := s.str(item)
		if err != nil {
			return nil, err
		}
		if i > 0 {
			b.WriteString(separator)
		}
		b.WriteString(text)
		if err := s.spend(len(separator) + len(text)); err != nil {
			return nil, err
		}
	}
	return b.String(), nil
}

func filterMap(s *state, v any, a *arguments) (any, error) {
	if empty, err := s.isEmpty(v); empty || err != nil {
		return &iterator{name: "generator"}, err
	}
	apply, err := s.mapping(a)
	if err != nil {
		return nil, err
	}
	items, err := s.elements(v)
	if err != nil {
		return nil, err
	}
	out := make([]any, len(items))
	for i, item := range items {
		if out[i], err = apply(item); err != nil {
			return nil, err
		}
	}
	return &iterator{"generator", out}, s.spend(len(out))
}

// isEmpty tells whether there is nothing to go through.
func (s *state) isEmpty(v any) (bool, error) {
	ok, err := truth(v)
	return !ok, err
}

// mapping returns what the arguments of map ask for.
func (s *state) mapping(a *arguments) (getter, error) {
	if len(a.positional) == 0 {
		attribute, ok := a.takeNamed("attribute")
		if !ok {
			return nil, errors.New("map requires a filter argument")
		}
		missing, _ := a.takeNamed("default")
		if len(a.named) > 0 {
			return nil, saidf("Unexpected keyword argument %s", repr(a.named[0].name))
		}
		return s.getter(attribute, missing), nil
	}
	name, ok := a.positional[0].(string)
	if !ok {
		return nil, said("No filter named " + repr(a.positional[0]) + ".")
	}
	return func(v any) (any, error) { return s.filter(name, v, a.rest(1)) }, nil
}

// rest returns the arguments without the first ones, to be used once.
func (a *arguments) rest(from int) *arguments {
	return &arguments{positional: a.positional[from:], named: slices.Clone(a.named)}
}

// selecting makes select and its relatives: they keep items whose test gives
// the wanted result.
func selecting(want, byAttribute bool) filterFunc {
	return func(s *state, v any, a *arguments) (any, error) {
		if empty, err := s.isEmpty(v); empty || err != nil {
			return &iterator{name: "generator"}, err
		}
		get, skip := s.getter(nil, nil), 0
		if byAttribute {
			if len(a.positional) == 0 {
				return nil, said("Missing parameter for attribute name")
			}
			get, skip = s.getter(a.positional[0], nil), 1
		}
		items, err := s.elements(v)
		if err != nil {
			return nil, err
		}
		var kept []any
		for _, item := range items {
			v, err := get(item)
			if err != nil {
				return nil, err
			}
			ok, err := s.selected(v, a, skip)
			if err != nil {
				return nil, err
			}
			if ok == want {
				kept = append(kept, item)
			}
		}
		return &iterator{"generator", kept}, s.spend(len(items))
	}
}

// selected applies the test that the arguments name, or looks at the truth.
func (s *state) selected(v any, a *arguments, skip int) (bool, error) {
	if len(a.positional) <= skip {
		return truth(v)
	}
	name, ok := a.positional[skip].(string)
	if !ok {
		return false, saidf("No test named %s.", repr(a.positional[skip]))
	}
	return s.test(name, v, a.rest(skip+1))
}

// extreme returns the first item that no other one beats.
func (s *state) extreme(v any, a *arguments, op string) (any, error) {
	caseSensitive := a.flag("case_sensitive")
	attribute := a.opt("attribute", nil)
	items, err := s.itemsOf(v, a)
	if err != nil {
		return nil, err
	}
	if len(items) == 0 {
		return s.undefined("No aggregated item, sequence was empty.", ""), nil
	}
	keys, err := s.keysOf(items, s.getter(attribute, nil), caseSensitive)
	if err != nil {
		return nil, err
	}
	best := 0
	for i := range items {
		if i == 0 {
			continue
		}
		if ok, err := s.compareOp(op, keys[i], keys[best]); err != nil {
			return nil, err
		} else if ok {
			best = i
		}
	}
	return items[best], nil
}

func filterReverse(s *state, v any, a *arguments) (any, error) {
	if err := a.done(); err != nil {
		return nil, err
	}
	if text, ok := v.(string); ok {
		runes := []rune(text)
		slices.Reverse(runes)
		return string(runes), s.spend(len(text))
	}
	if u, ok := v.(undefined); ok && u.strict {
		return nil, u.fail()
	}
	items, err := s.elements(v)
	if err != nil {
		return nil, errors.New("argument must be iterable")
	}
	items = slices.Clone(items)
	slices.Reverse(items)
	if _, ok := v.(*iterator); ok {
		return newList(items), nil
	}
	return &iterator{kindName(v) + "_reverseiterator", items}, nil
}

func filterSort(s *state, v any, a *arguments) (any, error) {
	reverse := a.flag("reverse")
	caseSensitive := a.flag("case_sensitive")
	attribute := a.opt("attribute", nil)
	items, err := s.itemsOf(v, a)
	if err != nil {
		return nil, err
	}
	paths := []any{attribute}
	if text, ok := attribute.(string); ok {
		paths = nil
		for path := range strings.SplitSeq(text, ",") {
			paths = append(paths, path)
		}
	}
	keys := make([]any, len(items))
	for i, item := range items {
		key := make(Tuple, len(paths))
		for j, path := range paths {
			part, err := s.getter(path, nil)(item)
			if err != nil {
				return nil, err
			}
			key[j] = ignoreCase(part, caseSensitive)
		}
		keys[i] = key
	}
	items, err = s.sorted(items, keys, reverse)
	return newList(items), err
}

func filterSum(s *state, v any, a *arguments) (any, error) {
	attribute := a.opt("attribute", nil)
	total := a.opt("start", int64(0))
	if err := a.done(); err != nil {
		return nil, err
	}
	if _, ok := total.(string); ok {
		return nil, errors.New("sum() can't sum strings [use ''.join(seq) instead]")
	}
	items, err := s.elements(v)
	if err != nil {
		return nil, err
	}
	get := s.getter(attribute, nil)
	for _, item := range items {
		if item, err = get(item); err != nil {
			return nil, err
		}
		if total, err = s.binary("+", total, item); err != nil {
			return nil, err
		}
	}
	return total, nil
}

func filterUnique(s *state, v any, a *arguments) (any, error) {
	caseSensitive := a.flag("case_sensitive")
	attribute := a.opt("attribute", nil)
	items, err := s.itemsOf(v, a)
	if err != nil {
		return nil, err
	}
	keys, err := s.keysOf(items, s.getter(attribute, nil), caseSensitive)
	if err != nil {
		return nil, err
	}
	seen := map[any]bool{}
	var out []any
	for i, item := range items {
		hash, err := s.hash(keys[i])
		if err != nil {
			return nil, err
		}
		if !seen[hash] {
			seen[hash] = true
			out = append(out, item)
		}
	}
	return &iterator{"generator", out}, s.spend(len(items))
}
