package filter

import (
	"errors"
	"slices"
	"strconv"
	"strings"

	"github.com/pawlhq/pawl/internal/template/value"
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
		return func(w *value.Work, v any, a *value.Arguments) (any, error) {
			items, err := w.Elements(v)
			if err != nil {
				return nil, err
			}
			return value.NewList(slices.Clone(items)), a.Done()
		}
	case "map":
		return filterMap
	case "max":
		return func(w *value.Work, v any, a *value.Arguments) (any, error) { return extreme(w, v, a, ">") }
	case "min":
		return func(w *value.Work, v any, a *value.Arguments) (any, error) { return extreme(w, v, a, "<") }
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
func getterOf(w *value.Work, path, missing any) getter {
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
			if v, err = w.Item(v, part); err != nil {
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
func itemsOf(w *value.Work, v any, a *value.Arguments) ([]any, error) {
	if err := a.Done(); err != nil {
		return nil, err
	}
	return w.Elements(v)
}

// keysOf returns what items are compared by.
func keysOf(items []any, get getter, caseSensitive bool) ([]any, error) {
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

func filterBatch(w *value.Work, v any, a *value.Arguments) (any, error) {
	size := a.Int("linecount")
	fill := a.Opt("fill_with", nil)
	items, err := itemsOf(w, v, a)
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
			if err := w.Spend(size - len(batch)); err != nil {
				return nil, err
			}
			for len(batch) < size {
				batch = append(batch, fill)
			}
		}
		out = append(out, value.NewList(batch))
	}
	return &value.Iterator{Name: "generator", Items: out}, nil
}

func filterSlice(w *value.Work, v any, a *value.Arguments) (any, error) {
	count := a.Int("slices")
	fill := a.Opt("fill_with", nil)
	items, err := itemsOf(w, v, a)
	if err != nil {
		return nil, err
	}
	if count == 0 {
		return nil, value.DivisionByZero("//")
	}
	if err := w.Spend(max(count, 0)); err != nil {
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
		out = append(out, value.NewList(part))
	}
	return &value.Iterator{Name: "generator", Items: out}, nil
}

func filterGroupBy(w *value.Work, v any, a *value.Arguments) (any, error) {
	attribute := a.Need("attribute")
	missing := a.Opt("default", nil)
	caseSensitive := a.Flag("case_sensitive")
	items, err := itemsOf(w, v, a)
	if err != nil {
		return nil, err
	}
	get := getterOf(w, attribute, missing)
	keys, err := keysOf(items, get, caseSensitive)
	if err != nil {
		return nil, err
	}
	if items, err = w.Sorted(items, keys, false); err != nil {
		return nil, err
	}
	if keys, err = w.Sorted(keys, keys, false); err != nil {
		return nil, err
	}
	var groups []any
	for start := 0; start < len(items); {
		end := start + 1
		for ; end < len(items); end++ {
			if ok, err := w.Equal(keys[start], keys[end]); err != nil {
				return nil, err
			} else if !ok {
				break
			}
		}
		key, err := get(items[start])
		if err != nil {
			return nil, err
		}
		groups = append(groups, value.Group{Key: key, List: value.NewList(items[start:end:end])})
		start = end
	}
	return value.NewList(groups), nil
}

func filterJoin(w *value.Work, v any, a *value.Arguments) (any, error) {
	d := a.Opt("d", "")
	attribute := a.Opt("attribute", nil)
	if err := a.Done(); err != nil {
		return nil, err
	}
	separator, err := w.Str(d)
	if err != nil {
		return nil, err
	}
	items, err := w.Elements(v)
	if err != nil {
		return nil, err
	}
	get := getterOf(w, attribute, nil)
	var b strings.Builder
	for i, item := range items {
		if item, err = get(item); err != nil {
			return nil, err
		}
		text, err := w.Str(item)
		if err != nil {
			return nil, err
		}
		if i > 0 {
			b.WriteString(separator)
		}
		b.WriteString(text)
		if err := w.Spend(len(separator) + len(text)); err != nil {
			return nil, err
		}
	}
	return b.String(), nil
}

func filterMap(w *value.Work, v any, a *value.Arguments) (any, error) {
	if empty, err := isEmpty(v); empty || err != nil {
		return &value.Iterator{Name: "generator"}, err
	}
	apply, err := mapping(w, a)
	if err != nil {
		return nil, err
	}
	items, err := w.Elements(v)
	if err != nil {
		return nil, err
	}
	out := make([]any, len(items))
	for i, item := range items {
		if out[i], err = apply(item); err != nil {
			return nil, err
		}
	}
	return &value.Iterator{Name: "generator", Items: out}, w.Spend(len(out))
}

// isEmpty tells whether there is nothing to go through.
func isEmpty(v any) (bool, error) {
	ok, err := value.Truth(v)
	return !ok, err
}

// mapping returns what the arguments of map ask for.
func mapping(w *value.Work, a *value.Arguments) (getter, error) {
	if len(a.Positional) == 0 {
		attribute, ok := a.TakeNamed("attribute")
		if !ok {
			return nil, errors.New("map requires a filter argument")
		}
		missing, _ := a.TakeNamed("default")
		if len(a.Named) > 0 {
			return nil, value.Saidf("Unexpected keyword argument %s", value.Repr(a.Named[0].Name))
		}
		return getterOf(w, attribute, missing), nil
	}
	name, ok := a.Positional[0].(string)
	if !ok {
		return nil, value.Said("No filter named " + value.Repr(a.Positional[0]) + ".")
	}
	return func(v any) (any, error) { return Apply(w, name, v, a.Rest(1)) }, nil
}

// selecting makes select and its relatives: they keep items whose test gives
// the wanted result.
func selecting(want, byAttribute bool) filterFunc {
	return func(w *value.Work, v any, a *value.Arguments) (any, error) {
		if empty, err := isEmpty(v); empty || err != nil {
			return &value.Iterator{Name: "generator"}, err
		}
		get, skip := getterOf(w, nil, nil), 0
		if byAttribute {
			if len(a.Positional) == 0 {
				return nil, value.Said("Missing parameter for attribute name")
			}
			get, skip = getterOf(w, a.Positional[0], nil), 1
		}
		items, err := w.Elements(v)
		if err != nil {
			return nil, err
		}
		var kept []any
		for _, item := range items {
			v, err := get(item)
			if err != nil {
				return nil, err
			}
			ok, err := selected(w, v, a, skip)
			if err != nil {
				return nil, err
			}
			if ok == want {
				kept = append(kept, item)
			}
		}
		return &value.Iterator{Name: "generator", Items: kept}, w.Spend(len(items))
	}
}

// selected applies the test that the arguments name, or looks at the truth.
func selected(w *value.Work, v any, a *value.Arguments, skip int) (bool, error) {
	if len(a.Positional) <= skip {
		return value.Truth(v)
	}
	name, ok := a.Positional[skip].(string)
	if !ok {
		return false, value.Saidf("No test named %s.", value.Repr(a.Positional[skip]))
	}
	return Test(w, name, v, a.Rest(skip+1))
}

// extreme returns the first item that no other one beats.
func extreme(w *value.Work, v any, a *value.Arguments, op string) (any, error) {
	caseSensitive := a.Flag("case_sensitive")
	attribute := a.Opt("attribute", nil)
	items, err := itemsOf(w, v, a)
	if err != nil {
		return nil, err
	}
	if len(items) == 0 {
		return w.Undefined("No aggregated item, sequence was empty.", ""), nil
	}
	keys, err := keysOf(items, getterOf(w, attribute, nil), caseSensitive)
	if err != nil {
		return nil, err
	}
	best := 0
	for i := range items {
		if i == 0 {
			continue
		}
		if ok, err := w.CompareOp(op, keys[i], keys[best]); err != nil {
			return nil, err
		} else if ok {
			best = i
		}
	}
	return items[best], nil
}

func filterReverse(w *value.Work, v any, a *value.Arguments) (any, error) {
	if err := a.Done(); err != nil {
		return nil, err
	}
	if text, ok := v.(string); ok {
		runes := []rune(text)
		slices.Reverse(runes)
		return string(runes), w.Spend(len(text))
	}
	if u, ok := v.(value.Undefined); ok && u.Strict {
		return nil, u.Fail()
	}
	items, err := w.Elements(v)
	if err != nil {
		return nil, errors.New("argument must be iterable")
	}
	items = slices.Clone(items)
	slices.Reverse(items)
	if _, ok := v.(*value.Iterator); ok {
		return value.NewList(items), nil
	}
	return &value.Iterator{Name: value.KindName(v) + "_reverseiterator", Items: items}, nil
}

func filterSort(w *value.Work, v any, a *value.Arguments) (any, error) {
	reverse := a.Flag("reverse")
	caseSensitive := a.Flag("case_sensitive")
	attribute := a.Opt("attribute", nil)
	items, err := itemsOf(w, v, a)
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
		key := make(value.Tuple, len(paths))
		for j, path := range paths {
			part, err := getterOf(w, path, nil)(item)
			if err != nil {
				return nil, err
			}
			key[j] = ignoreCase(part, caseSensitive)
		}
		keys[i] = key
	}
	items, err = w.Sorted(items, keys, reverse)
	return value.NewList(items), err
}

func filterSum(w *value.Work, v any, a *value.Arguments) (any, error) {
	attribute := a.Opt("attribute", nil)
	total := a.Opt("start", int64(0))
	if err := a.Done(); err != nil {
		return nil, err
	}
	if _, ok := total.(string); ok {
		return nil, errors.New("sum() can't sum strings [use ''.join(seq) instead]")
	}
	items, err := w.Elements(v)
	if err != nil {
		return nil, err
	}
	get := getterOf(w, attribute, nil)
	for _, item := range items {
		if item, err = get(item); err != nil {
			return nil, err
		}
		if total, err = w.Binary("+", total, item); err != nil {
			return nil, err
		}
	}
	return total, nil
}

func filterUnique(w *value.Work, v any, a *value.Arguments) (any, error) {
	caseSensitive := a.Flag("case_sensitive")
	attribute := a.Opt("attribute", nil)
	items, err := itemsOf(w, v, a)
	if err != nil {
		return nil, err
	}
	keys, err := keysOf(items, getterOf(w, attribute, nil), caseSensitive)
	if err != nil {
		return nil, err
	}
	seen := map[any]bool{}
	var out []any
	for i, item := range items {
		hash, err := w.Hash(keys[i])
		if err != nil {
			return nil, err
		}
		if !seen[hash] {
			seen[hash] = true
			out = append(out, item)
		}
	}
	return &value.Iterator{Name: "generator", Items: out}, w.Spend(len(items))
}
