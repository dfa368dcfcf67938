package python

import (
	"encoding/json"
	"fmt"
	"math"
	"strconv"
	"unicode/utf8"

	"github.com/pawlhq/pawl/internal/params"
)

// Repr returns v as a Python expression in the form in which parameters are
// injected into notebooks: double quotes, True, None, float('nan').
func Repr(v params.Value) string {
	return string(appendRepr(nil, v))
}

func appendRepr(b []byte, v params.Value) []byte {
	switch v := v.(type) {
	case nil:
		return append(b, "None"...)
	case bool:
		if v {
			return append(b, "True"...)
		}
		return append(b, "False"...)
	case int64:
		return strconv.AppendInt(b, v, 10)
	case json.Number:
		return append(b, v...)
	case float64:
		return append(b, floatRepr(v)...)
	case string:
		return append(b, Quote(v)...)
	case []params.Value:
		b = append(b, '[')
		for i, e := range v {
			if i > 0 {
				b = append(b, ", "...)
			}
			b = appendRepr(b, e)
		}
		return append(b, ']')
	case params.Map:
		b = append(b, '{')
		n := 0
		for k, e := range v.All() {
			if n++; n > 1 {
				b = append(b, ", "...)
			}
			b = append(append(b, Quote(k)...), ": "...)
			b = appendRepr(b, e)
		}
		return append(b, '}')
	}
	return append(b, "None"...) // params.Value holds nothing else
}

func floatRepr(f float64) string {
	switch {
	case math.IsNaN(f):
		return "float('nan')"
	case math.IsInf(f, 1):
		return "float('inf')"
	case math.IsInf(f, -1):
		return "float('-inf')"
	}
	return floatText(f)
}

// floatText writes a finite float as Python's repr does.
func floatText(f float64) string {
	return string(params.AppendPythonFloat(nil, f))
}

// Quote returns s as a string literal in double quotes with only ASCII in it.
func Quote(s string) string {
	b := append(make([]byte, 0, len(s)+2), '"')
	for i := 0; i < len(s); {
		c := s[i]
		if c < utf8.RuneSelf {
			b = appendEscaped(b, c)
			i++
			continue
		}
		r, n := utf8.DecodeRuneInString(s[i:])
		switch {
		case r < 0x100:
			b = fmt.Appendf(b, `\x%02x`, r)
		case r < 0x10000:
			b = fmt.Appendf(b, `\u%04x`, r)
		default:
			b = fmt.Appendf(b, `\U%08x`, r)
		}
		i += n
	}
	return string(append(b, '"'))
}

func appendEscaped(b []byte, c byte) []byte {
	switch c {
	case '\n':
		return append(b, `\n`...)
	case '\r':
		return append(b, `\r`...)
	case '\t':
		return append(b, `\t`...)
	case '"', '\\':
		return append(b, '\\', c)
	}
	if c < ' ' || c == 0x7f {
		return fmt.Appendf(b, `\x%02x`, c)
	}
	return append(b, c)
}
