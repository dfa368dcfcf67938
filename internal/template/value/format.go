package value

import (
	"errors"
	"fmt"
	"math/big"
	"strconv"
	"strings"
)

// formatArgs gives out the arguments of str.format.
type formatArgs struct {
	*Arguments
	auto   int
	manual bool
}

// format computes text.format(...).
func (w *Work) format(text string, a *Arguments) (any, error) {
	args := &formatArgs{Arguments: a}
	out, err := w.formatText(text, args, 2)
	if err != nil {
		return nil, err
	}
	a.next, a.Named = len(a.Positional), nil // arguments may be left over
	return out, nil
}

// formatText replaces the fields of a text, which may nest so many levels.
func (w *Work) formatText(text string, args *formatArgs, levels int) (string, error) {
	if levels == 0 {
		return "", Said("Max string recursion exceeded")
	}
	var b strings.Builder
	for text != "" {
		i := strings.IndexAny(text, "{}")
		if i < 0 {
			break
		}
		b.WriteString(text[:i])
		brace := text[i]
		text = text[i+1:]
		if strings.HasPrefix(text, string(brace)) {
			b.WriteByte(brace)
			text = text[1:]
			continue
		}
		if brace == '}' {
			return "", Said("Single '}' encountered in format string")
		}
		end := fieldEnd(text)
		if end < 0 {
			return "", Said("Single '{' encountered in format string")
		}
		out, err := w.formatField(text[:end], args, levels)
		if err != nil {
			return "", err
		}
		b.WriteString(out)
		text = text[end+1:]
	}
	b.WriteString(text)
	return b.String(), w.Spend(b.Len())
}

func fieldEnd(text string) int {
	depth := 1
	for i := range len(text) {
		switch text[i] {
		case '{':
			depth++
		case '}':
			if depth--; depth == 0 {
				return i
			}
		}
	}
	return -1
}

// cutField separates the name of a field from ":" or "!" and what follows.
func cutField(field string) (name, format string) {
	inBrackets := false
	for i := range len(field) {
		switch c := field[i]; {
		case c == '[' || c == ']':
			inBrackets = c == '['
		case (c == ':' || c == '!') && !inBrackets:
			return field[:i], field[i:]
		}
	}
	return field, ""
}

func (w *Work) formatField(field string, args *formatArgs, levels int) (string, error) {
	name, format := cutField(field)
	v, err := w.fieldValue(name, args)
	if err != nil {
		return "", err
	}
	if strings.HasPrefix(format, "!") {
		if len(format) < 2 || len(format) > 2 && format[2] != ':' {
			return "", errors.New("expected ':' after conversion specifier")
		}
		if v, err = w.convert(format[1], v); err != nil {
			return "", err
		}
		format = format[2:]
	}
	if format = strings.TrimPrefix(format, ":"); strings.Contains(format, "{") {
		if format, err = w.formatText(format, args, levels-1); err != nil {
			return "", err
		}
	}
	return w.formatValue(v, format)
}

func (w *Work) convert(how byte, v any) (any, error) {
	switch how {
	case 's':
		return w.Str(v)
	case 'r', 'a':
		var b strings.Builder
		err := w.writeRepr(&b, v)
		return b.String(), err
	}
	return nil, Saidf("Unknown conversion specifier '%c'", how)
}

// fieldValue looks up "0", "name", "a.b" or "a[0]".
func (w *Work) fieldValue(name string, args *formatArgs) (any, error) {
	end := strings.IndexAny(name, ".[")
	if end < 0 {
		end = len(name)
	}
	v, err := args.argument(name[:end])
	if err != nil {
		return nil, err
	}
	for rest := name[end:]; rest != ""; {
		var key string
		bracket := rest[0] == '['
		if bracket {
			i := strings.IndexByte(rest, ']')
			if i < 0 {
				return nil, Said("Missing ']' in format string")
			}
			key, rest = rest[1:i], rest[i+1:]
		} else {
			key = rest[1:]
			if i := strings.IndexAny(key, ".["); i >= 0 {
				key, rest = key[:i], key[i:]
			} else {
				rest = ""
			}
		}
		if v, err = w.fieldPart(v, key, bracket); err != nil {
			return nil, err
		}
	}
	return v, nil
}

// fieldPart returns an item or attribute, which must exist.
func (w *Work) fieldPart(v any, key string, item bool) (any, error) {
	var k any = key
	if n, err := strconv.ParseInt(key, 10, 64); err == nil && item {
		k = n
	}
	var out any
	ok := false
	var err error
	if item {
		out, ok, err = w.Find(v, k)
	} else {
		out, ok = w.Member(v, key)
	}
	if err != nil {
		return nil, err
	}
	if !ok {
		return nil, fmt.Errorf("%s has no %s", ObjectName(v), Repr(k))
	}
	return out, nil
}

func (f *formatArgs) argument(name string) (any, error) {
	i, err := strconv.Atoi(name)
	switch {
	case name == "":
		if f.manual {
			return nil, errors.New("cannot switch from manual field specification to automatic field numbering")
		}
		i = f.auto
		f.auto++
	case err == nil:
		if f.auto > 0 {
			return nil, errors.New("cannot switch from automatic field numbering to manual field specification")
		}
		f.manual = true
	default:
		for _, n := range f.Named {
			if n.Name == name {
				return n.Value, nil
			}
		}
		return nil, Saidf("KeyError: %s", Repr(name))
	}
	if i < 0 || i >= len(f.Positional) {
		return nil, Saidf("Replacement index %d out of range for positional args tuple", i)
	}
	return f.Positional[i], nil
}

// formatValue computes format(v, text).
func (w *Work) formatValue(v any, text string) (string, error) {
	if text == "" {
		return w.Str(v)
	}
	if u, ok := v.(Undefined); ok && u.Strict {
		return "", u.Fail()
	}
	f, err := parseSpec(text)
	if err != nil {
		return "", err
	}
	switch v := v.(type) {
	case string:
		if f.verb != 0 && f.verb != 's' {
			return "", Saidf("Unknown format code '%c' for object of type 'str'", f.verb)
		}
		if f.sign != 0 || f.grouping != 0 || f.align == '=' || f.alternate {
			return "", errors.New("format is not allowed in string format specifier")
		}
		if f.zero && f.fill == "" {
			f.fill = "0"
		}
		f.defaults('<', " ")
		return w.padText(f, v)
	case bool, int64, *big.Int:
		n, _ := ToNumber(v)
		return w.formatInt(f, n)
	case float64:
		return w.formatReal(f, v)
	}
	return "", fmt.Errorf("unsupported format string passed to %s.__format__", KindName(v))
}

func (f *spec) defaults(align byte, fill string) {
	if f.align == 0 {
		f.align = align
	}
	if f.fill == "" {
		f.fill = fill
	}
}

// parseSpec reads [[fill]align][sign][#][0][width][grouping][.precision][type].
func parseSpec(text string) (*spec, error) {
	f := &spec{precision: -1}
	invalid := Saidf("Invalid format specifier")
	isAlign := func(i int) bool { return i < len(text) && strings.IndexByte("<>^=", text[i]) >= 0 }
	for i := range text {
		if i > 0 && isAlign(i) {
			f.fill, f.align, text = text[:i], text[i], text[i+1:]
		}
		if i > 0 {
			break
		}
	}
	if f.align == 0 && isAlign(0) {
		f.align, text = text[0], text[1:]
	}
	flag := func(set string) byte {
		if text == "" || strings.IndexByte(set, text[0]) < 0 {
			return 0
		}
		c := text[0]
		text = text[1:]
		return c
	}
	if f.sign = flag("+- "); f.sign == '-' {
		f.sign = 0
	}
	f.alternate = flag("#") != 0
	f.zero = flag("0") != 0
	var err error
	if f.width, text, err = leadingNumber(text); err != nil {
		return nil, err
	}
	f.grouping = flag(",_")
	if flag(".") != 0 {
		before := text
		if f.precision, text, err = leadingNumber(text); err != nil || before == text {
			return nil, Said("Format specifier missing precision")
		}
	}
	if len(text) > 1 {
		return nil, invalid
	}
	if text != "" {
		f.verb = text[0]
	}
	return f, nil
}

func (w *Work) formatInt(f *spec, n Number) (string, error) {
	base, prefix := 10, ""
	switch f.verb {
	case 0, 'd', 'n':
	case 'x', 'X':
		base, prefix = 16, "0"+string(f.verb)
	case 'o':
		base, prefix = 8, "0o"
	case 'b':
		base, prefix = 2, "0b"
	case 'c':
		f.defaults('<', " ")
		return w.align(f, string(rune(n.small)))
	case 'e', 'E', 'f', 'F', 'g', 'G', '%':
		x, err := n.AsFloat()
		if err != nil {
			return "", err
		}
		return w.formatReal(f, x)
	default:
		return "", Saidf("Unknown format code '%c' for object of type 'int'", f.verb)
	}
	if f.precision >= 0 {
		return "", Said("Precision not allowed in integer format specifier")
	}
	digits := new(big.Int).Abs(n.Big()).Text(base)
	if f.verb == 'X' {
		digits = strings.ToUpper(digits)
	}
	if !f.alternate {
		prefix = ""
	}
	return w.grouped(f, n.Big().Sign() < 0, prefix, digits, "")
}

func (w *Work) formatReal(f *spec, x float64) (string, error) {
	plain := &spec{precision: f.precision, verb: f.verb, alternate: f.alternate}
	suffix := ""
	switch f.verb {
	case '%':
		plain.verb, suffix = 'f', "%"
		x *= 100
	case 0:
		if f.precision < 0 {
			text := FloatText(x)
			return w.groupedReal(f, strings.HasPrefix(text, "-"), strings.TrimPrefix(text, "-"), "")
		}
		plain.verb = 'g'
		text, err := w.formatFloat(plain, x)
		if err == nil && strings.Trim(text, "-0123456789") == "" && len(strings.TrimPrefix(text, "-")) < max(f.precision, 1) {
			text += ".0" // without a type, a float stays one
		}
		if err != nil {
			return "", err
		}
		return w.groupedReal(f, strings.HasPrefix(text, "-"), strings.TrimPrefix(text, "-"), "")
	case 'e', 'E', 'f', 'F', 'g', 'G':
	case 'n':
		plain.verb = 'g'
	default:
		return "", Saidf("Unknown format code '%c' for object of type 'float'", f.verb)
	}
	text, err := w.formatFloat(plain, x)
	if err != nil {
		return "", err
	}
	return w.groupedReal(f, strings.HasPrefix(text, "-"), strings.TrimPrefix(text, "-"), suffix)
}

func (w *Work) groupedReal(f *spec, negative bool, text, suffix string) (string, error) {
	i := strings.IndexFunc(text, func(c rune) bool { return c < '0' || c > '9' })
	if i < 0 {
		i = len(text)
	}
	return w.grouped(f, negative, "", text[:i], text[i:]+suffix)
}

// grouped puts separators between digits and the number in its field.
func (w *Work) grouped(f *spec, negative bool, prefix, digits, tail string) (string, error) {
	sign := ""
	if negative {
		sign = "-"
	} else if f.sign != 0 {
		sign = string(f.sign)
	}
	if f.zero && f.align == 0 {
		f.align = '='
		if f.fill == "" {
			f.fill = "0"
		}
	}
	f.defaults('>', " ")
	head := sign + prefix
	size := 3
	if f.grouping == '_' && strings.IndexByte("xXob", f.verb) >= 0 && f.verb != 0 {
		size = 4
	}
	if f.align == '=' {
		width := f.width - len(head) - len(tail)
		if err := w.Spend(max(width, 0)); err != nil {
			return "", err
		}
		if f.fill == "0" {
			return head + groupDigits(digits, f.grouping, size, width) + tail, nil
		}
		digits = groupDigits(digits, f.grouping, size, 0)
		return head + strings.Repeat(f.fill, max(0, width-len(digits))) + digits + tail, nil
	}
	return w.align(f, head+groupDigits(digits, f.grouping, size, 0)+tail)
}

// groupDigits separates groups of digits, with zeros up to a width.
func groupDigits(digits string, separator byte, size, width int) string {
	if separator == 0 {
		return strings.Repeat("0", max(0, width-len(digits))) + digits
	}
	var groups []string
	length := -1
	for digits != "" || length < width {
		i := max(0, len(digits)-size)
		group := digits[i:]
		digits = digits[:i]
		if digits == "" {
			if missing := min(size-len(group), width-length-1-len(group)); missing > 0 {
				group = strings.Repeat("0", missing) + group
			}
			if group == "" {
				group = "0"
			}
		}
		groups = append([]string{group}, groups...)
		length += 1 + len(group)
	}
	return strings.Join(groups, string(separator))
}
