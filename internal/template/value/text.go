package value

import (
	"errors"
	"fmt"
	"math"
	"math/big"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/pawlhq/pawl/internal/params"
)

// texted is an object that prints as a text, but not within other values.
type texted interface {
	Object
	Text() string
}

// RuneCount is how many characters a text has.
func RuneCount(s string) int { return utf8.RuneCountInString(s) }

// Str returns what {{ v }} prints.
func (w *Work) Str(v any) (string, error) {
	switch v := v.(type) {
	case string:
		return v, nil
	case Undefined:
		if v.Strict {
			return "", v.Fail()
		}
		return "", nil
	case texted:
		return v.Text(), nil
	}
	var b strings.Builder
	err := w.writeRepr(&b, v)
	return b.String(), err
}

// writeRepr writes what Python's repr gives.
func (w *Work) writeRepr(b *strings.Builder, v any) error {
	if err := w.Enter(); err != nil {
		return err
	}
	defer w.Leave()
	before := b.Len()
	if err := w.writeAny(b, v); err != nil {
		return err
	}
	return w.Spend(1 + b.Len() - before)
}

func (w *Work) writeAny(b *strings.Builder, v any) error {
	switch v := v.(type) {
	case nil, bool, int64, *big.Int, float64, string:
		return WriteScalar(b, v)
	case *List:
		return w.writeItems(b, "[", v.Items, "]")
	case Tuple:
		if len(v) == 1 {
			return w.writeItems(b, "(", v, ",)")
		}
		return w.writeItems(b, "(", v, ")")
	case Group:
		return w.writeItems(b, "(", []any{v.Key, v.List}, ")")
	case *Dict:
		return w.writeDict(b, v)
	case *View:
		items, err := w.Viewed(v)
		if err != nil {
			return err
		}
		return w.writeItems(b, "dict_"+v.Name+"([", items, "])")
	case Interval:
		fmt.Fprintf(b, "range(%d, %d", v.Start, v.Stop)
		if v.Step != 1 {
			fmt.Fprintf(b, ", %d", v.Step)
		}
		b.WriteByte(')')
		return nil
	case Undefined:
		b.WriteString("Undefined")
		return nil
	case *Namespace:
		b.WriteString("<Namespace ")
		defer b.WriteByte('>')
		return w.writeDict(b, &v.Dict)
	case Object:
		return v.Write(w, b)
	case *Iterator:
		return fmt.Errorf("a %s can't be printed; add |list or |join", v.Name)
	case *method:
		return fmt.Errorf("method '%s' can't be printed; add () to call it", v.name)
	case fmt.Stringer:
		b.WriteString(v.String())
		return nil
	}
	return Unprintable(v)
}

// Unprintable refuses a value that has no text.
func Unprintable(v any) error { return fmt.Errorf("'%s' object can't be printed", KindName(v)) }

// WriteScalar writes what Python's repr gives for what holds no other values.
func WriteScalar(b *strings.Builder, v any) error {
	switch v := v.(type) {
	case nil:
		b.WriteString("None")
	case bool:
		b.WriteString(BoolText(v))
	case int64:
		b.WriteString(strconv.FormatInt(v, 10))
	case *big.Int:
		text := v.String()
		if len(text) > maxDigits {
			return Saidf("Exceeds the limit (%d digits) for integer string conversion", maxDigits)
		}
		b.WriteString(text)
	case float64:
		b.WriteString(FloatText(v))
	case string:
		b.WriteString(Repr(v))
	}
	return nil
}

// maxDigits is how long an integer can be that is printed.
const maxDigits = 4300

// BoolText prints a bool as Python does.
func BoolText(v bool) string {
	if v {
		return "True"
	}
	return "False"
}

func (w *Work) writeItems(b *strings.Builder, open string, items []any, end string) error {
	b.WriteString(open)
	for i, item := range items {
		if i > 0 {
			b.WriteString(", ")
		}
		if err := w.writeRepr(b, item); err != nil {
			return err
		}
	}
	b.WriteString(end)
	return nil
}

func (w *Work) writeDict(b *strings.Builder, d *Dict) error {
	b.WriteByte('{')
	for i, k := range d.Keys {
		if i > 0 {
			b.WriteString(", ")
		}
		if err := w.writeRepr(b, k); err != nil {
			return err
		}
		b.WriteString(": ")
		if err := w.writeRepr(b, d.Values[i]); err != nil {
			return err
		}
	}
	b.WriteByte('}')
	return nil
}

// Repr returns a scalar as Python's repr, and another value by its kind.
func Repr(v any) string {
	if text, ok := v.(string); ok {
		return quoted(text)
	}
	var b strings.Builder
	if err := WriteScalar(&b, v); err != nil || b.Len() == 0 {
		return "a " + KindName(v)
	}
	return b.String()
}

func quoted(text string) string {
	quote := '\''
	if strings.Contains(text, "'") && !strings.Contains(text, `"`) {
		quote = '"'
	}
	var b strings.Builder
	b.WriteRune(quote)
	for _, c := range text {
		switch {
		case c == quote || c == '\\':
			b.WriteByte('\\')
			b.WriteRune(c)
		case c == '\n':
			b.WriteString(`\n`)
		case c == '\r':
			b.WriteString(`\r`)
		case c == '\t':
			b.WriteString(`\t`)
		case c == ' ' || unicode.IsPrint(c):
			b.WriteRune(c)
		case c < 0x100:
			fmt.Fprintf(&b, `\x%02x`, c)
		case c < 0x10000:
			fmt.Fprintf(&b, `\u%04x`, c)
		default:
			fmt.Fprintf(&b, `\U%08x`, c)
		}
	}
	b.WriteRune(quote)
	return b.String()
}

// FloatText prints a float as Python does.
func FloatText(f float64) string {
	switch {
	case math.IsNaN(f):
		return "nan"
	case math.IsInf(f, 1):
		return "inf"
	case math.IsInf(f, -1):
		return "-inf"
	}
	return string(params.AppendPythonFloat(nil, f))
}

// ParseInt reads what Python's int(text, base) reads.
func ParseInt(text string, base int) (any, error) {
	fail := fmt.Errorf("invalid literal for int() with base %d: %s", base, Repr(text))
	digits := strings.TrimFunc(text, IsSpace)
	sign := ""
	if digits != "" && (digits[0] == '-' || digits[0] == '+') {
		sign, digits = digits[:1], digits[1:]
	}
	if len(digits) > 2 && digits[0] == '0' {
		prefix := map[byte]int{'x': 16, 'X': 16, 'o': 8, 'O': 8, 'b': 2, 'B': 2}[digits[1]]
		if prefix != 0 && (base == prefix || base == 0) {
			base, digits = prefix, strings.TrimPrefix(digits[2:], "_")
		}
	}
	if base == 0 {
		base = 10
		if len(digits) > 1 && digits[0] == '0' && strings.Trim(digits, "0_") != "" {
			return nil, fail
		}
	}
	clean := strings.ReplaceAll(digits, "_", "")
	if clean == "" || clean[0] == '+' || clean[0] == '-' || digits[0] == '_' || digits[len(digits)-1] == '_' ||
		strings.Contains(digits, "__") || len(clean) > maxDigits || base < 2 || base > 36 {
		return nil, fail
	}
	i, ok := new(big.Int).SetString(sign+clean, base)
	if !ok {
		return nil, fail
	}
	return Integer(i), nil
}

// ParseFloat reads what Python's float(text) reads.
func ParseFloat(text string) (float64, error) {
	fail := fmt.Errorf("could not convert string to float: %s", Repr(text))
	clean := strings.ToLower(strings.TrimFunc(text, IsSpace))
	body := strings.TrimLeft(clean, "+-")
	if len(clean)-len(body) > 1 || strings.HasPrefix(body, "0x") || strings.HasPrefix(body, "0b") || strings.HasPrefix(body, "0o") ||
		strings.HasPrefix(body, "_") || strings.HasSuffix(body, "_") || strings.Contains(body, "__") {
		return 0, fail
	}
	f, err := strconv.ParseFloat(strings.ReplaceAll(clean, "_", ""), 64)
	if err != nil && !errors.Is(err, strconv.ErrRange) {
		return 0, fail
	}
	return f, nil
}

// IsSpace tells what Python's str.isspace does.
func IsSpace(c rune) bool {
	return unicode.IsSpace(c) || c >= 0x1c && c <= 0x1f
}

// IsWord tells what \w matches.
func IsWord(c rune) bool {
	return c == '_' || unicode.IsLetter(c) || unicode.IsNumber(c)
}

// Upper also changes the letters that become several.
func Upper(text string) string {
	text = strings.ToUpper(text)
	if strings.ContainsAny(text, "ßﬀﬁﬂﬃﬄﬅﬆ") {
		text = strings.NewReplacer("ß", "SS", "ﬀ", "FF", "ﬁ", "FI", "ﬂ", "FL", "ﬃ", "FFI", "ﬄ", "FFL", "ﬅ", "ST", "ﬆ", "ST").Replace(text)
	}
	return text
}

// Capitalize is what capitalize() gives.
func Capitalize(text string) string {
	for i, c := range text {
		return string(unicode.ToTitle(c)) + strings.ToLower(text[i+len(string(c)):])
	}
	return text
}
