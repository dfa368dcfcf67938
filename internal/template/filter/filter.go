// Package filter has the filters and tests of Jinja2: what stands behind "|" and
// "is". It knows values, and neither the language nor where values are from.
package filter

import (
	"fmt"
	"math/big"
	"strings"

	"github.com/pawlhq/pawl/internal/template/value"
)

// filterFunc is a filter of a value.
type filterFunc func(w *value.Work, v any, a *value.Arguments) (any, error)

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

// Problem tells what is wrong with the name of a filter, or "".
func Problem(name string) string {
	switch name {
	case "pprint", "random", "striptags", "urlize", "wordwrap", "xmlattr":
		return fmt.Sprintf("filter %s is not supported", value.Repr(name))
	}
	if filterNamed(name) == nil {
		return fmt.Sprintf("No filter named %s.", value.Repr(name))
	}
	return ""
}

// Apply returns what a filter makes of a value.
func Apply(w *value.Work, name string, v any, a *value.Arguments) (any, error) {
	fn := filterNamed(name)
	if fn == nil {
		return nil, value.Said(Problem(name))
	}
	a.Callee = name
	return fn(w, v, a)
}

func filterAbs(_ *value.Work, v any, a *value.Arguments) (any, error) {
	if u, ok := v.(value.Undefined); ok {
		return nil, u.Fail()
	}
	n, ok := value.ToNumber(v)
	switch {
	case !ok:
		return nil, fmt.Errorf("bad operand type for abs(): '%s'", value.KindName(v))
	case n.IsFloat:
		return max(n.Float, -n.Float), a.Done()
	}
	return value.Integer(new(big.Int).Abs(n.Big())), a.Done()
}

// filterAttr gives an attribute, but no item.
func filterAttr(w *value.Work, v any, a *value.Arguments) (any, error) {
	name := a.Text("name")
	if err := a.Done(); err != nil {
		return nil, err
	}
	if u, ok := v.(value.Undefined); ok {
		return nil, u.Fail()
	}
	if m, ok := w.Member(v, name); ok {
		return m, nil
	}
	switch v.(type) {
	case *value.Namespace, value.Attributes:
		if item, ok, err := w.Find(v, name); ok || err != nil {
			return item, err
		}
	}
	return w.Undefined(fmt.Sprintf("%s has no attribute %s", value.Repr(value.ObjectName(v)), value.Repr(name)), ""), nil
}

func filterDefault(_ *value.Work, v any, a *value.Arguments) (any, error) {
	other := a.Opt("default_value", "")
	boolean := a.Flag("boolean")
	if err := a.Done(); err != nil {
		return nil, err
	}
	if isUndefined(v) {
		return other, nil
	}
	if boolean {
		if ok, err := value.Truth(v); !ok || err != nil {
			return other, err
		}
	}
	return v, nil
}

func filterDictsort(w *value.Work, v any, a *value.Arguments) (any, error) {
	caseSensitive := a.Flag("case_sensitive")
	by := a.OptText("by", "key")
	reverse := a.Flag("reverse")
	if err := a.Done(); err != nil {
		return nil, err
	}
	if by != "key" && by != "value" {
		return nil, value.Said(`You can only sort by either "key" or "value"`)
	}
	if u, ok := v.(value.Undefined); ok {
		return nil, u.Fail()
	}
	d, ok := v.(*value.Dict)
	if !ok {
		return nil, fmt.Errorf("'%s' object has no attribute 'items'", value.KindName(v))
	}
	pairs, err := w.Viewed(&value.View{Name: "items", Of: d})
	if err != nil {
		return nil, err
	}
	from := d.Keys
	if by == "value" {
		from = d.Values
	}
	keys := make([]any, len(from))
	for i, k := range from {
		keys[i] = ignoreCase(k, caseSensitive)
	}
	pairs, err = w.Sorted(pairs, keys, reverse)
	return value.NewList(pairs), err
}

// ignoreCase returns what a value is compared by.
func ignoreCase(v any, caseSensitive bool) any {
	if text, ok := v.(string); ok && !caseSensitive {
		return strings.ToLower(text)
	}
	return v
}

func filterFirst(w *value.Work, v any, a *value.Arguments) (any, error) {
	if err := a.Done(); err != nil {
		return nil, err
	}
	if r, ok := v.(value.Interval); ok && r.Len() > 0 {
		return r.At(0), nil
	}
	if i, ok := v.(*value.Iterator); ok && len(i.Items) > 0 {
		first := i.Items[0]
		i.Items = i.Items[1:]
		return first, nil
	}
	items, err := w.Elements(v)
	if err != nil {
		return nil, err
	}
	if len(items) == 0 {
		return w.Undefined("No first item, sequence was empty.", ""), nil
	}
	return items[0], nil
}

func filterLast(w *value.Work, v any, a *value.Arguments) (any, error) {
	if err := a.Done(); err != nil {
		return nil, err
	}
	if r, ok := v.(value.Interval); ok && r.Len() > 0 {
		return r.At(r.Len() - 1), nil
	}
	if i, ok := v.(*value.Iterator); ok {
		return nil, fmt.Errorf("'%s' object is not reversible", i.Name)
	}
	items, err := w.Elements(v)
	if err != nil {
		return nil, err
	}
	if len(items) == 0 {
		return w.Undefined("No last item, sequence was empty.", ""), nil
	}
	return items[len(items)-1], nil
}

func filterLength(w *value.Work, v any, a *value.Arguments) (any, error) {
	n, err := w.Length(v)
	if err != nil {
		return nil, err
	}
	return int64(n), a.Done()
}

func filterItems(w *value.Work, v any, a *value.Arguments) (any, error) {
	if err := a.Done(); err != nil {
		return nil, err
	}
	switch v := v.(type) {
	case value.Undefined:
		return &value.Iterator{Name: "generator"}, nil
	case *value.Dict:
		items, err := w.Viewed(&value.View{Name: "items", Of: v})
		return &value.Iterator{Name: "generator", Items: items}, err
	}
	return nil, value.Said("Can only get item pairs from a mapping.")
}

// indentation reads a number of blanks, or a text.
func indentation(a *value.Arguments, name string, missing any) string {
	v := a.Opt(name, missing)
	if text, ok := v.(string); ok {
		return text
	}
	n, err := value.ToInt(v)
	if err != nil {
		a.Fail(err)
	}
	if n = max(n, 0); n > maxIndent {
		a.Fail(fmt.Errorf("indentation is larger than %d", maxIndent))
		n = 0
	}
	return strings.Repeat(" ", n)
}

const maxIndent = 10000
