package template

import (
	"errors"
	"fmt"
	"math"
	"math/big"
	"strconv"
	"strings"
)

func filterInt(_ *state, v any, a *arguments) (any, error) {
	missing := a.opt("default", int64(0))
	base := a.optInt("base", 10)
	if err := a.done(); err != nil {
		return nil, err
	}
	if text, ok := v.(string); ok {
		if i, err := parseInt(text, base); err == nil {
			return i, nil
		}
		f, err := parseFloat(text)
		if err != nil || math.IsInf(f, 0) || math.IsNaN(f) {
			return missing, nil //nolint:nilerr // the default is for what is no number
		}
		v = f
	}
	if u, ok := v.(undefined); ok {
		return nil, u.fail()
	}
	n, ok := toNumber(v)
	switch {
	case !ok:
		return missing, nil
	case !n.isFloat:
		return integer(n.big()), nil
	case math.IsInf(n.float, 0):
		return nil, errors.New("cannot convert float infinity to integer")
	case math.IsNaN(n.float):
		return missing, nil
	}
	i, _ := big.NewFloat(n.float).Int(nil)
	return integer(i), nil
}

func filterFloat(_ *state, v any, a *arguments) (any, error) {
	missing := a.opt("default", 0.0)
	if err := a.done(); err != nil {
		return nil, err
	}
	if text, ok := v.(string); ok {
		if f, err := parseFloat(text); err == nil {
			return f, nil
		}
		return missing, nil
	}
	if u, ok := v.(undefined); ok {
		return nil, u.fail()
	}
	if n, ok := toNumber(v); ok {
		return n.asFloat()
	}
	return missing, nil
}

func filterRound(_ *state, v any, a *arguments) (any, error) {
	precision := a.optInt("precision", 0)
	way := a.optText("method", "common")
	if err := a.done(); err != nil {
		return nil, err
	}
	if u, ok := v.(undefined); ok {
		return nil, u.fail()
	}
	n, ok := toNumber(v)
	if !ok {
		return nil, fmt.Errorf("type %s doesn't define __round__ method", kindName(v))
	}
	switch way {
	case "common":
		return roundHalfEven(n, precision)
	case "ceil", "floor":
		f, err := n.asFloat()
		if err != nil {
			return nil, err
		}
		scale := math.Pow(10, float64(precision))
		if f *= scale; way == "ceil" {
			return math.Ceil(f) / scale, nil
		}
		return math.Floor(f) / scale, nil
	}
	return nil, errors.New("method must be common, ceil or floor")
}

// roundHalfEven rounds what the float is exactly, as Python does.
func roundHalfEven(n number, precision int) (any, error) {
	if !n.isFloat {
		if precision >= 0 {
			return integer(n.big()), nil
		}
		if precision < -400 {
			return int64(0), nil
		}
		unit := new(big.Int).Exp(big.NewInt(10), big.NewInt(int64(-precision)), nil)
		q, r := new(big.Int).DivMod(n.big(), unit, new(big.Int))
		if c := r.Lsh(r, 1).Cmp(unit); c > 0 || c == 0 && q.Bit(0) == 1 {
			q.Add(q, big.NewInt(1))
		}
		return integer(q.Mul(q, unit)), nil
	}
	if math.IsInf(n.float, 0) || math.IsNaN(n.float) || precision > 323 {
		return n.float, nil
	}
	if precision < -308 {
		return math.Copysign(0, n.float), nil
	}
	if precision >= 0 {
		f, _ := strconv.ParseFloat(strconv.FormatFloat(n.float, 'f', precision, 64), 64) // it was formatted here
		return f, nil
	}
	scale := math.Pow(10, float64(-precision))
	return math.RoundToEven(n.float/scale) * scale, nil
}

func filterFileSize(_ *state, v any, a *arguments) (any, error) {
	binary := a.flag("binary")
	if err := a.done(); err != nil {
		return nil, err
	}
	if u, ok := v.(undefined); ok {
		return nil, u.fail()
	}
	var bytes float64
	var err error
	if text, ok := v.(string); ok {
		bytes, err = parseFloat(text)
	} else if n, ok := toNumber(v); ok {
		bytes, err = n.asFloat()
	} else {
		err = fmt.Errorf("filesizeformat() needs a number, not %s", kindName(v))
	}
	if err != nil {
		return nil, err
	}
	base, suffix := 1000.0, "B"
	if binary {
		base, suffix = 1024, "iB"
	}
	if bytes == 1 {
		return "1 Byte", nil
	}
	if bytes < base {
		return fmt.Sprintf("%.0f Bytes", math.Trunc(bytes)), nil
	}
	prefixes := "kMGTPEZY"
	if binary {
		prefixes = "KMGTPEZY"
	}
	unit := base * base
	for i := range prefixes {
		if bytes < unit || i == len(prefixes)-1 {
			return fmt.Sprintf("%.1f %c%s", base*bytes/unit, prefixes[i], suffix), nil
		}
		unit *= base
	}
	return nil, errors.New("unreachable")
}

// filterJSON prints JSON with sorted keys, safe in HTML.
func filterJSON(s *state, v any, a *arguments) (any, error) {
	indent := "none"
	if given := a.opt("indent", nil); given != nil {
		indent = (&arguments{positional: []any{given}}).indentation("indent", nil)
	}
	if err := a.done(); err != nil {
		return nil, err
	}
	w := &jsonWriter{state: s, indent: indent}
	if err := w.write(v, 0); err != nil {
		return nil, err
	}
	return w.b.String(), nil
}

// jsonWriter writes what Python's json.dumps gives, with sorted keys.
type jsonWriter struct {
	*state
	b      strings.Builder
	indent string // "none": all on one line
}

func (w *jsonWriter) write(v any, level int) error {
	if err := w.enter(); err != nil {
		return err
	}
	defer w.leave()
	if err := w.spend(1); err != nil {
		return err
	}
	switch v := v.(type) {
	case nil:
		w.b.WriteString("null")
	case bool:
		w.b.WriteString(strings.ToLower(boolText(v)))
	case float64:
		w.b.WriteString(jsonFloat(v))
	case int64, *big.Int:
		return writeScalar(&w.b, v)
	case string:
		w.string(v)
	case *list:
		return w.list(v.items, level)
	case Tuple:
		return w.list(v, level)
	case group:
		return w.list([]any{v.key, v.list}, level)
	case *dict:
		return w.dict(v, level)
	default:
		return saidf("Object of type %s is not JSON serializable", kindName(v))
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
	return floatText(f)
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
		if err := w.spendTimes(len(w.indent), level); err != nil {
			return err
		}
	}
	w.line(level)
	w.b.WriteByte(']')
	return nil
}

func (w *jsonWriter) dict(d *dict, level int) error {
	if len(d.keys) == 0 {
		w.b.WriteString("{}")
		return nil
	}
	pairs, err := w.viewed(&view{"items", d})
	if err != nil {
		return err
	}
	if pairs, err = w.sorted(pairs, d.keys, false); err != nil {
		return err
	}
	w.b.WriteByte('{')
	for i, pair := range pairs {
		if i > 0 {
			w.comma()
		}
		w.line(level + 1)
		if err := w.key(pair.(Tuple)[0]); err != nil {
			return err
		}
		w.b.WriteString(": ")
		if err := w.write(pair.(Tuple)[1], level+1); err != nil {
			return err
		}
		if err := w.spendTimes(len(w.indent), level); err != nil {
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
	return fmt.Errorf("keys must be str, int, float, bool or None, not %s", kindName(k))
}
