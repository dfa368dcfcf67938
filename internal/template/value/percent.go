package value

import (
	"errors"
	"fmt"
	"math"
	"math/big"
	"strconv"
	"strings"
)

// spec is how a value is formatted, by % or by str.format.
type spec struct {
	fill      string
	align     byte // '<', '>', '^', '=', or 0
	sign      byte // '+', ' ', or 0
	alternate bool
	zero      bool
	width     int
	grouping  byte // ',', '_', or 0
	precision int  // -1: none
	verb      byte // or 0
}

// percentArgs gives out the operands of %.
type percentArgs struct {
	items []any
	next  int
	spare bool // a value may be left over, as it has items
	named *Dict
}

func (p *percentArgs) take() (any, error) {
	if p.next >= len(p.items) {
		return nil, errors.New("not enough arguments for format string")
	}
	p.next++
	return p.items[p.next-1], nil
}

// Percent computes text % v.
func (w *Work) Percent(text string, v any) (any, error) {
	p := &percentArgs{items: []any{v}}
	switch v := v.(type) {
	case Tuple:
		p = &percentArgs{items: v}
	case *Dict:
		p.named, p.spare = v, true
	case *List, Interval, Undefined:
		p.spare = true
	}
	var b strings.Builder
	for text != "" {
		i := strings.IndexByte(text, '%')
		if i < 0 {
			break
		}
		b.WriteString(text[:i])
		rest, err := w.directive(&b, text[i+1:], p)
		if err != nil {
			return nil, err
		}
		text = rest
	}
	b.WriteString(text)
	if p.next < len(p.items) && !p.spare {
		return nil, errors.New("not all arguments converted during string formatting")
	}
	return b.String(), w.Spend(b.Len())
}

// directive formats what follows a %, and returns the rest.
func (w *Work) directive(b *strings.Builder, text string, p *percentArgs) (rest string, err error) {
	f := spec{fill: " ", align: '>', precision: -1}
	var v any
	named := strings.HasPrefix(text, "(")
	if named {
		if v, text, err = p.takeNamed(text); err != nil {
			return "", err
		}
	}
	text = f.flags(text)
	if f.width, text, err = f.number(text, p); err != nil {
		return "", err
	}
	if f.width < 0 {
		f.width, f.align = -f.width, '<'
	}
	if strings.HasPrefix(text, ".") {
		if f.precision, text, err = f.number(text[1:], p); err != nil {
			return "", err
		}
		f.precision = max(f.precision, 0)
	}
	text = strings.TrimLeft(text, "hlL")
	if text == "" {
		return "", errors.New("incomplete format")
	}
	f.verb = text[0]
	rest = text[1:]
	if f.verb == '%' {
		b.WriteByte('%')
		return rest, nil
	}
	if !named {
		if v, err = p.take(); err != nil {
			return "", err
		}
	}
	out, err := w.percentValue(&f, v)
	if err != nil {
		return "", err
	}
	b.WriteString(out)
	return rest, w.Spend(len(out))
}

// takeNamed returns the operand that text begins with in parentheses.
func (p *percentArgs) takeNamed(text string) (v any, rest string, err error) {
	if p.named == nil {
		return nil, "", errors.New("format requires a mapping")
	}
	depth := 0
	for i := range len(text) {
		switch text[i] {
		case '(':
			depth++
		case ')':
			depth--
		}
		if depth == 0 {
			v, ok := p.named.get(text[1:i])
			if !ok {
				return nil, "", Saidf("KeyError: %s", Repr(text[1:i]))
			}
			return v, text[i+1:], nil
		}
	}
	return nil, "", errors.New("incomplete format key")
}

func (f *spec) flags(text string) (rest string) {
	for i := range len(text) {
		switch text[i] {
		case '-':
			f.align = '<'
		case '+':
			f.sign = '+'
		case ' ':
			if f.sign == 0 {
				f.sign = ' '
			}
		case '#':
			f.alternate = true
		case '0':
			f.zero = true
		default:
			return text[i:]
		}
	}
	return ""
}

// number reads a width or precision, which may be an operand.
func (f *spec) number(text string, p *percentArgs) (n int, rest string, err error) {
	if strings.HasPrefix(text, "*") {
		v, err := p.take()
		if err != nil {
			return 0, "", err
		}
		n, err := ToInt(v)
		if err != nil || n > maxWidth || n < -maxWidth {
			return 0, "", errors.New("* wants int")
		}
		return n, text[1:], nil
	}
	return leadingNumber(text)
}

// maxWidth is how wide or precise a format can be.
const maxWidth = 1 << 20

func leadingNumber(text string) (n int, rest string, err error) {
	i := 0
	for ; i < len(text) && text[i] >= '0' && text[i] <= '9'; i++ {
		if n = 10*n + int(text[i]-'0'); n > maxWidth {
			return 0, "", errors.New("width or precision is too large")
		}
	}
	return n, text[i:], nil
}

func (w *Work) percentValue(f *spec, v any) (string, error) {
	switch f.verb {
	case 's', 'r', 'a':
		text, err := w.Str(v)
		if f.verb != 's' {
			var b strings.Builder
			err = w.writeRepr(&b, v)
			text = b.String()
		}
		if err != nil {
			return "", err
		}
		f.zero = false
		return w.padText(f, text)
	case 'c':
		text, ok := v.(string)
		if n, isNumber := ToNumber(v); isNumber && !n.IsFloat && n.small >= 0 && n.small < 0x110000 && n.large == nil {
			text, ok = string(rune(n.small)), true
		}
		if !ok || RuneCount(text) != 1 {
			return "", errors.New("%c requires int or char")
		}
		return w.padText(f, text)
	}
	if u, ok := v.(Undefined); ok {
		return "", u.Fail()
	}
	n, ok := ToNumber(v)
	switch f.verb {
	case 'd', 'i', 'u':
		if !ok {
			return "", fmt.Errorf("%%%c format: a real number is required, not %s", f.verb, KindName(v))
		}
		return w.percentInt(f, n)
	case 'x', 'X', 'o':
		if !ok || n.IsFloat {
			return "", fmt.Errorf("%%%c format: an integer is required, not %s", f.verb, KindName(v))
		}
		return w.percentInt(f, n)
	case 'e', 'E', 'f', 'F', 'g', 'G':
		if !ok {
			return "", fmt.Errorf("must be real number, not %s", KindName(v))
		}
		x, err := n.AsFloat()
		if err != nil {
			return "", err
		}
		return w.formatFloat(f, x)
	}
	return "", fmt.Errorf("unsupported format character '%c' (0x%x)", f.verb, f.verb)
}

func (w *Work) percentInt(f *spec, n Number) (string, error) {
	if n.IsFloat {
		if math.IsInf(n.Float, 0) || math.IsNaN(n.Float) {
			return "", errors.New("cannot convert float to integer")
		}
		i, _ := big.NewFloat(n.Float).Int(nil)
		n = Number{large: i}
	}
	base, prefix := 10, ""
	switch f.verb {
	case 'x', 'X':
		base, prefix = 16, "0x"
	case 'o':
		base, prefix = 8, "0o"
	}
	digits := new(big.Int).Abs(n.Big()).Text(base)
	if len(digits) < f.precision {
		digits = strings.Repeat("0", f.precision-len(digits)) + digits
	}
	if f.alternate {
		digits = prefix + digits
	}
	if f.verb == 'X' {
		digits = strings.ToUpper(digits)
	}
	return w.padNumber(f, n.Big().Sign() < 0, digits)
}

// formatFloat formats with one of the verbs e, f, g and their upper case.
func (w *Work) formatFloat(f *spec, x float64) (string, error) {
	precision := f.precision
	if precision < 0 {
		precision = 6
	}
	if err := w.Spend(precision); err != nil {
		return "", err
	}
	negative := math.Signbit(x) && !math.IsNaN(x)
	x = math.Abs(x)
	var text string
	switch verb := f.verb | 0x20; {
	case math.IsInf(x, 0):
		text = "inf"
	case math.IsNaN(x):
		text = "nan"
	case verb == 'g':
		text = generalFloat(x, max(precision, 1), f.alternate)
	default:
		text = strconv.FormatFloat(x, verb, precision, 64)
		if f.alternate && precision == 0 {
			text += "."
		}
	}
	if f.verb&0x20 == 0 {
		text = strings.ToUpper(text)
	}
	return w.padNumber(f, negative, text)
}

// generalFloat formats with so many significant digits.
func generalFloat(x float64, digits int, alternate bool) string {
	text := strconv.FormatFloat(x, 'e', digits-1, 64)
	mantissa, exponent, _ := strings.Cut(text, "e")
	e, _ := strconv.Atoi(exponent) // FormatFloat wrote it
	if e >= -4 && e < digits {
		mantissa, exponent = strconv.FormatFloat(x, 'f', digits-1-e, 64), ""
	}
	if !alternate && strings.Contains(mantissa, ".") {
		mantissa = strings.TrimRight(strings.TrimRight(mantissa, "0"), ".")
	}
	if exponent != "" {
		return mantissa + "e" + exponent
	}
	return mantissa
}

// padText cuts text to the precision and widens it to the width.
func (w *Work) padText(f *spec, text string) (string, error) {
	if f.precision >= 0 && f.precision < RuneCount(text) {
		text = string([]rune(text)[:f.precision])
	}
	return w.align(f, text)
}

// align puts text in a field.
func (w *Work) align(f *spec, text string) (string, error) {
	n := f.width - RuneCount(text)
	if n <= 0 {
		return text, nil
	}
	if err := w.SpendTimes(len(f.fill), n); err != nil {
		return "", err
	}
	before := 0
	switch f.align {
	case '>', '=':
		before = n
	case '^':
		before = n / 2
	}
	return strings.Repeat(f.fill, before) + text + strings.Repeat(f.fill, n-before), nil
}

// padNumber adds the sign, and zeros or blanks.
func (w *Work) padNumber(f *spec, negative bool, digits string) (string, error) {
	sign := ""
	if negative {
		sign = "-"
	} else if f.sign != 0 {
		sign = string(f.sign)
	}
	if f.zero && f.align != '<' {
		prefix := ""
		if f.alternate && len(digits) > 1 && digits[0] == '0' && strings.IndexByte("xXobOB", digits[1]) >= 0 {
			prefix, digits = digits[:2], digits[2:]
		}
		if n := f.width - len(sign) - len(prefix) - len(digits); n > 0 {
			if err := w.Spend(n); err != nil {
				return "", err
			}
			digits = strings.Repeat("0", n) + digits
		}
		digits = prefix + digits
	}
	return w.align(f, sign+digits)
}
