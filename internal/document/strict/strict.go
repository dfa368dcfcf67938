// Package strict reads documents of which every part must be right: what is not known
// or not of its kind is an error with its place and, where there is one, the name that
// was likely meant. All mistakes are collected. It knows no language.
package strict

import (
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/pawlhq/pawl/internal/document"
	"github.com/pawlhq/pawl/internal/model"
	"github.com/pawlhq/pawl/internal/params"
)

// Reader collects what is wrong, and goes on. The zero value is ready to use.
type Reader struct{ Errs document.Errors }

// Fail notes a mistake.
func (r *Reader) Fail(e *document.Error) { r.Errs.Add(e) }

// Wrong notes an error that has no place, at one.
func (r *Reader) Wrong(at *document.Node, err error) {
	r.Fail(at.Errorf("%v", err).Hint("%s", model.HintsOf(err)))
}

// Mapping returns the entries of what must be a mapping.
func (r *Reader) Mapping(at *document.Node, what string) []document.Entry {
	if at.Kind() != document.Mapping {
		r.Fail(at.Errorf("%s must be a mapping, not %s", what, at.What()))
	}
	return at.Entries()
}

// Known refuses keys that the language does not have there, and returns the others.
func (r *Reader) Known(entries []document.Entry, of string, keys []string) map[string]document.Entry {
	found := make(map[string]document.Entry, len(entries))
	for _, e := range entries {
		if !slices.Contains(keys, e.Key) {
			r.Fail(e.Errorf("%s does not have the key %q", of, e.Key).Hint("%s", Hint(e.Key, keys)))
			continue
		}
		found[e.Key] = e
	}
	return found
}

// Hint asks for the key that may have been meant, or lists those that there are.
func Hint(name string, known []string) string {
	if near := document.DidYouMean(name, known); near != "" {
		return near
	}
	return "there are " + strings.Join(known, ", ")
}

// Text reads a text that is written as it is.
func (r *Reader) Text(e document.Entry) string {
	text, ok := e.Value.Text()
	if !ok || text == "" {
		r.Fail(e.Value.Errorf("%s must be a text, not %s", e.Key, e.Value.What()))
	}
	return text
}

// Fixed reads a text that is needed before expressions are evaluated.
func (r *Reader) Fixed(e document.Entry) string {
	text := r.Text(e)
	r.Unevaluated(e, text)
	return text
}

// Unevaluated refuses an expression where none is evaluated.
func (r *Reader) Unevaluated(e document.Entry, v params.Value) bool {
	if params.TemplatedValue(v) {
		r.Fail(e.Value.Errorf("%s is read before expressions are evaluated, so it can't be %s", e.Key, brief(v)))
		return false
	}
	return true
}

func brief(v params.Value) string { return string(params.AppendJSON(nil, v)) }

// Choice reads one of some words.
func (r *Reader) Choice(e document.Entry, words []string) string {
	text, _ := e.Value.Text()
	if !slices.Contains(words, text) {
		r.Fail(e.Value.Errorf("%s must be one of %s, not %s", e.Key, strings.Join(words, ", "), e.Value.What()).
			Hint("%s", document.DidYouMean(text, words)))
	}
	return text
}

// Boolean reads true or false.
func (r *Reader) Boolean(e document.Entry) bool {
	is, ok := e.Value.Value().(bool)
	if !ok {
		r.Fail(e.Value.Errorf("%s must be true or false, not %s", e.Key, e.Value.What()))
	}
	return is
}

// Integer reads a whole number of at least the least.
func (r *Reader) Integer(e document.Entry, least int64) int {
	n, ok := e.Value.Value().(int64)
	switch {
	case !r.Unevaluated(e, e.Value.Value()):
	case !ok || n > 1<<31-1 || n < -1<<31:
		r.Fail(e.Value.Errorf("%s must be a whole number, not %s", e.Key, e.Value.What()))
	case n < least:
		r.Fail(e.Value.Errorf("%s must be at least %d, not %d", e.Key, least, n))
	}
	return int(n)
}

// longest bounds durations.
const longest = 10 * 365 * 24 * time.Hour

// Duration reads a number of seconds, or a text such as "1h30m" or "2d".
func (r *Reader) Duration(e document.Entry) time.Duration {
	v := e.Value.Value()
	if !r.Unevaluated(e, v) {
		return 0
	}
	d, ok := ParseDuration(v)
	if !ok || d < 0 || d > longest {
		r.Fail(e.Value.Errorf("%s must be a duration, not %s", e.Key, e.Value.What()).
			Hint("write a number of seconds, or a text such as 90s, 10m, 1h30m or 2d"))
		return 0
	}
	return d
}

// ParseDuration reads a number of seconds, or a text such as "1h30m" or "2d".
func ParseDuration(v params.Value) (time.Duration, bool) {
	switch v := v.(type) {
	case int64:
		if v > int64(longest/time.Second) {
			return 0, false
		}
		return time.Duration(v) * time.Second, true
	case float64:
		return time.Duration(v * float64(time.Second)), v <= longest.Seconds()
	case string:
		if days, ok := strings.CutSuffix(v, "d"); ok {
			n, err := strconv.ParseUint(days, 10, 16)
			return time.Duration(n) * 24 * time.Hour, err == nil
		}
		d, err := time.ParseDuration(v)
		return d, err == nil
	}
	return 0, false
}

// Texts reads a text or a list of texts, each with its place.
func (r *Reader) Texts(e document.Entry) []*document.Node {
	items := []*document.Node{e.Value}
	if e.Value.Kind() == document.List {
		items = e.Value.Items()
	}
	var list []*document.Node
	for _, item := range items {
		if text, ok := item.Text(); !ok || strings.TrimSpace(text) == "" {
			r.Fail(item.Errorf("%s needs texts, not %s", e.Key, item.What()))
			continue
		}
		list = append(list, item)
	}
	return list
}
