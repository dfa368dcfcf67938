package filter

import (
	"fmt"
	"math"
	"math/big"
	"strings"

	"github.com/pawlhq/pawl/internal/template/value"
)

// filterJSON prints JSON with sorted keys, safe in HTML.
func filterJSON(w *value.Work, v any, a *value.Arguments) (any, error) {
	indent := "none"
	if given := a.Opt("indent", nil); given != nil {
		indent = indentation(&value.Arguments{Positional: []any{given}}, "indent", nil)
	}
	if err := a.Done(); err != nil {
		return nil, err
	}
	json := &jsonWriter{Work: w, indent: indent}
	if err := json.write(v, 0); err != nil {
		return nil, err
	}
	return json.b.String(), nil
}

// jsonWriter writes what Python's json.dumps gives, with sorted keys.
type jsonWriter struct {
	*value.Work
	b      strings.Builder
	indent string // "none": all on one line
}

func (w *jsonWriter) write(v any, level int) error {
	if err := w.Enter(); err != nil {
		return err
	}
	defer w.Leave()
	if err := w.Spend(1); err != nil {
		return err
	}
	switch v := v.(type) {
	case nil:
		w.b.WriteString("null")
	case bool:
		w.b.WriteString(strings.ToLower(value.BoolText(v)))
	case float64:
		w.b.WriteString(jsonFloat(v))
	case int64, *big.Int:
		return value.WriteScalar(&w.b, v)
	case string:
		w.string(v)
	case *value.List:
		return w.list(v.Items, level)
	case value.Tuple:
		return w.list(v, level)
	case value.Group:
		return w.list([]any{v.Key, v.List}, level)
	case *value.Dict:
		return w.dict(v, level)
	default:
		return value.Saidf("Object of type %s is not JSON serializable", value.KindName(v))
	}
	return nil
}

func jsonFloat(f float64) string {
	switch {
	case math.IsNaN(f):
		return "NaN"
	case math.IsInf(f, 1):
		return "Infinity"
	case math.IsInf(f, -1):
		return "-Infinity"
	}
	return value.FloatText(f)
}

// string writes a string in ASCII, without what HTML would read.
func (w *jsonWriter) string(text string) {
	w.b.WriteByte('"')
	for _, c := range text {
		switch {
		case c == '"' || c == '\\':
			w.b.WriteByte('\\')
			w.b.WriteRune(c)
		case c == '\n':
			w.b.WriteString(`\n`)
		case c == '\r':
			w.b.WriteString(`\r`)
		case c == '\t':
			w.b.WriteString(`\t`)
		case c == '\b':
			w.b.WriteString(`\b`)
		case c == '\f':
			w.b.WriteString(`\f`)
		case c > 0xffff:
			c -= 0x10000
			fmt.Fprintf(&w.b, `\u%04x\u%04x`, 0xd800+c>>10, 0xdc00+c&0x3ff)
		case c < ' ' || c > '~' || strings.ContainsRune("<>&'", c):
			fmt.Fprintf(&w.b, `\u%04x`, c)
		default:
			w.b.WriteRune(c)
		}
	}
	w.b.WriteByte('"')
}

func (w *jsonWriter) line(level int) {
	if w.indent != "none" {
		w.b.WriteString("\n" + strings.Repeat(w.indent, level))
	}
}

func (w *jsonWriter) comma() {
	if w.indent == "none" {
		w.b.WriteString(", ")
		return
	}
	w.b.WriteByte(',')
}

func (w *jsonWriter) list(items []any, level int) error {
	if len(items) == 0 {
		w.b.WriteString("[]")
		return nil
	}
	w.b.WriteByte('[')
	for i, item := range items {
		if i > 0 {
			w.comma()
		}
		w.line(level + 1)
		if err := w.write(item, level+1); err != nil {
			return err
		}
		if err := w.SpendTimes(len(w.indent), level); err != nil {
			return err
		}
	}
	w.line(level)
	w.b.WriteByte(']')
	return nil
}

func (w *jsonWriter) dict(d *value.Dict, level int) error {
	if len(d.Keys) == 0 {
		w.b.WriteString("{}")
		return nil
	}
	pairs, err := w.Viewed(&value.View{Name: "items", Of: d})
	if err != nil {
		return err
	}
	if pairs, err = w.Sorted(pairs, d.Keys, false); err != nil {
		return err
	}
	w.b.WriteByte('{')
	for i, pair := range pairs {
		if i > 0 {
			w.comma()
		}
		w.line(level + 1)
		if err := w.key(pair.(value.Tuple)[0]); err != nil {
			return err
		}
		w.b.WriteString(": ")
		if err := w.write(pair.(value.Tuple)[1], level+1); err != nil {
			return err
		}
		if err := w.SpendTimes(len(w.indent), level); err != nil {
			return err
		}
	}
	w.line(level)
	w.b.WriteByte('}')
	return nil
}

func (w *jsonWriter) key(k any) error {
	switch k := k.(type) {
	case string:
		w.string(k)
		return nil
	case nil, bool, int64, *big.Int, float64:
		w.b.WriteByte('"')
		defer w.b.WriteByte('"')
		return w.write(k, 0)
	}
	return fmt.Errorf("keys must be str, int, float, bool or None, not %s", value.KindName(k))
}
