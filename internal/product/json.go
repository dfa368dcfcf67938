package product

import (
	"encoding/json"
	"fmt"
	"math"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/pawlhq/pawl/internal/params"
)

// AppendJSON appends v as Python's json.dumps writes it by default: ASCII alone,
// ", " and ": " between parts, floats in the shortest form that Python reads back,
// NaN and Infinity as such. A byte that is not UTF-8 becomes U+FFFD.
func AppendJSON(dst []byte, v params.Value) []byte {
	switch v := v.(type) {
	case nil:
		return append(dst, "null"...)
	case bool:
		return strconv.AppendBool(dst, v)
	case int64:
		return strconv.AppendInt(dst, v, 10)
	case float64:
		return appendFloat(dst, v)
	case json.Number:
		return append(dst, v...)
	case string:
		return appendString(dst, v)
	case []params.Value:
		dst = append(dst, '[')
		for i, e := range v {
			if i > 0 {
				dst = append(dst, ", "...)
			}
			dst = AppendJSON(dst, e)
		}
		return append(dst, ']')
	case params.Map:
		return appendMap(dst, v)
	}
	return appendString(dst, fmt.Sprint(v)) // no params.Value
}

func appendMap(dst []byte, m params.Map) []byte {
	dst = append(dst, '{')
	first := true
	for key, v := range m.All() {
		if !first {
			dst = append(dst, ", "...)
		}
		first = false
		dst = append(appendString(dst, key), ": "...)
		dst = AppendJSON(dst, v)
	}
	return append(dst, '}')
}

func appendFloat(dst []byte, f float64) []byte {
	switch {
	case math.IsNaN(f):
		return append(dst, "NaN"...)
	case math.IsInf(f, 1):
		return append(dst, "Infinity"...)
	case math.IsInf(f, -1):
		return append(dst, "-Infinity"...)
	}
	return params.AppendPythonFloat(dst, f)
}

func appendString(dst []byte, s string) []byte {
	dst = append(dst, '"')
	clean := 0 // s[clean:i] needs no change
	for i := 0; i < len(s); {
		c := s[i]
		if ' ' <= c && c <= '~' && c != '"' && c != '\\' {
			i++
			continue
		}
		dst = append(dst, s[clean:i]...)
		size := 1
		if c < utf8.RuneSelf {
			dst = appendControl(dst, c)
		} else {
			var r rune
			r, size = decodeRune(s[i:])
			dst = appendRune(dst, r)
		}
		i += size
		clean = i
	}
	return append(append(dst, s[clean:]...), '"')
}

func appendControl(dst []byte, c byte) []byte {
	const special, letters = "\"\\\b\f\n\r\t", `"\bfnrt`
	if i := strings.IndexByte(special, c); i >= 0 {
		return append(dst, '\\', letters[i])
	}
	return appendUnit(dst, uint16(c))
}

func appendRune(dst []byte, r rune) []byte {
	if r < 0x10000 {
		return appendUnit(dst, uint16(r))
	}
	r -= 0x10000
	return appendUnit(appendUnit(dst, uint16(0xD800+r>>10)), uint16(0xDC00+r&0x3FF))
}

func appendUnit(dst []byte, u uint16) []byte {
	const hex = "0123456789abcdef"
	return append(dst, '\\', 'u', hex[u>>12], hex[u>>8&15], hex[u>>4&15], hex[u&15])
}

// decodeRune is utf8.DecodeRuneInString, but it knows the lone surrogates that
// appendSurrogate wrote.
func decodeRune(s string) (rune, int) {
	r, size := utf8.DecodeRuneInString(s)
	if r == utf8.RuneError && size == 1 && len(s) >= 3 && s[0] == 0xED && s[1]&0xE0 == 0xA0 && s[2]&0xC0 == 0x80 {
		return 0xD000 | rune(s[1]&0x3F)<<6 | rune(s[2]&0x3F), 3
	}
	return r, size
}

// appendSurrogate keeps half of a surrogate pair, which Python's texts may have,
// in the bytes that UTF-8 would have for it.
func appendSurrogate(dst []byte, r rune) []byte {
	return append(dst, 0xE0|byte(r>>12), 0x80|byte(r>>6)&0xBF, 0x80|byte(r)&0xBF)
}
