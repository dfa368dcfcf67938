package template

import (
	"errors"
	"fmt"
	"math"
	"math/big"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"
)

func runeCount(s string) int { return utf8.RuneCountInString(s) }

// str returns what {{ v }} prints.
func (s *state) str(v any) (string, error) {
	switch v := v.(type) {
	case string:
		return v, nil
	case undefined:
		if v.strict {
			return "", v.fail()
		}
		return "", nil
	case *module:
		return v.text, nil
	}
	var b strings.Builder
	err := s.writeRepr(&b, v)
	return b.String(), err
}

// writeRepr writes what Python's repr gives.
func (s *state) writeRepr(b *strings.Builder, v any) error {
	if err := s.enter(); err != nil {
		return err
	}
	defer s.leave()
	before := b.Len()
	if err := s.writeAny(b, v); err != nil {
		return err
	}
	return s.spend(1 + b.Len() - before)
}

func (s *state) writeAny(b *strings.Builder, v any) error {
	switch v := v.(type) {
	case nil, bool, int64, *big.Int, float64, string:
		return writeScalar(b, v)
	case *list:
		return s.writeItems(b, "[", v.items, "]")
	case Tuple:
		if len(v) == 1 {
			return s.writeItems(b, "(", v, ",)")
		}
		return s.writeItems(b, "(", v, ")")
	case group:
		return s.writeItems(b, "(", []any{v.key, v.list}, ")")
	case *dict:
		return s.writeDict(b, v)
	case *view:
		items, err := s.viewed(v)
		if err != nil {
			return err
		}
		return s.writeItems(b, "dict_"+v.name+"([", items, "])")
	case interval:
		fmt.Fprintf(b, "range(%d, %d", v.start, v.stop)
		if v.step != 1 {
			fmt.Fprintf(b, ", %d", v.step)
		}
		b.WriteByte(')')
		return nil
	case undefined:
		b.WriteString("Undefined")
		return nil
	case *macro:
		b.WriteString("<Macro " + v.shown() + ">")
		return nil
	case *namespace:
		b.WriteString("<Namespace ")
		defer b.WriteByte('>')
		return s.writeDict(b, &v.dict)
	case *loop:
		fmt.Fprintf(b, "<LoopContext %d/%d>", v.at+1, len(v.items))
		return nil
	case *module:
		return fmt.Errorf("an imported template has no text inside other values")
	case *iterator:
		return fmt.Errorf("a %s can't be printed; add |list or |join", v.name)
	case *method:
		return fmt.Errorf("method '%s' can't be printed; add () to call it", v.name)
	case fmt.Stringer:
		b.WriteString(v.String())
		return nil
	}
	return fmt.Errorf("'%s' object can't be printed", kindName(v))
}

func writeScalar(b *strings.Builder, v any) error {
	switch v := v.(type) {
	case nil:
		b.WriteString("None")
	case bool:
		b.WriteString(boolText(v))
	case int64:
		b.WriteString(strconv.FormatInt(v, 10))
	case *big.Int:
		text := v.String()
		if len(text) > maxDigits {
			return saidf("Exceeds the limit (%d digits) for integer string conversion", maxDigits)
		}
		b.WriteString(text)
	case float64:
		b.WriteString(floatText(v))
	case string:
		b.WriteString(repr(v))
	}
	return nil
}

// maxDigits is how long an integer can be that is printed.
const maxDigits = 4300

func boolText(v bool) string {
	if v {
		return "True"
	}
	return "False"
}

func (s *state) writeItems(b *strings.Builder, open string, items []any, end string) error {
	b.WriteString(open)
	for i, item := range items {
		if i > 0 {
			b.WriteString(", ")
		}
		if err := s.writeRepr(b, item); err != nil {
			return err
		}
	}
	b.WriteString(end)
	return nil
}

func (s *state) writeDict(b *strings.Builder, d *dict) error {
	b.WriteByte('{')
	for i, k := range d.keys {
		if i > 0 {
			b.WriteString(", ")
		}
		if err := s.writeRepr(b, k); err != nil {
			return err
		}
		b.WriteString(": ")
		if err := s.writeRepr(b, d.values[i]); err != nil {
			return err
		}
	}
	b.WriteByte('}')
	return nil
}

// repr returns a scalar as Python's repr, and another value by its kind.
func repr(v any) string {
	if text, ok := v.(string); ok {
		return quoted(text)
	}
	var b strings.Builder
	if err := writeScalar(&b, v); err != nil || b.Len() == 0 {
		return "a " + kindName(v)
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

// floatText prints the shortest text that gives the float again, as Python does.
func floatText(f float64) string {
	switch {
	case math.IsNaN(f):
		return "nan"
	case math.IsInf(f, 1):
		return "inf"
	case math.IsInf(f, -1):
		return "-inf"
	}
	if a := math.Abs(f); a != 0 && (a < 1e-4 || a >= 1e16) {
		return strconv.FormatFloat(f, 'e', -1, 64)
	}
	text := strconv.FormatFloat(f, 'f', -1, 64)
	if !strings.Contains(text, ".") {
		text += ".0"
	}
	return text
}

// parseInt reads what Python's int(text, base) reads.
func parseInt(text string, base int) (any, error) {
	fail := fmt.Errorf("invalid literal for int() with base %d: %s", base, repr(text))
	digits := strings.TrimFunc(text, isSpace)
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
	return integer(i), nil
}

// parseFloat reads what Python's float(text) reads.
func parseFloat(text string) (float64, error) {
	fail := fmt.Errorf("could not convert string to float: %s", repr(text))
	clean := strings.ToLower(strings.TrimFunc(text, isSpace))
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
