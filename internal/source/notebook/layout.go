package notebook

import (
	"strings"

	"github.com/pawlhq/pawl/internal/params"
)

// layout is how JSON is spread over lines: all on one, or each value on a line
// of its own that is indented by some units.
type layout struct{ newline, unit string }

// layoutOf returns the layout of a JSON text by its second line.
func layoutOf(src string) layout {
	_, rest, ok := strings.Cut(src, "{")
	body := strings.TrimLeft(rest, " \t\r\n")
	blank := rest[:len(rest)-len(body)]
	at := strings.IndexByte(blank, '\n')
	if !ok || at < 0 {
		return layout{}
	}
	return layout{newline: blank[:at+1], unit: blank[strings.LastIndexByte(blank, '\n')+1:]}
}

// line returns what begins a line at a depth.
func (l layout) line(depth int) string {
	if l.newline == "" {
		return ""
	}
	return l.newline + strings.Repeat(l.unit, depth)
}

// text returns v in the layout, its first line being at a depth.
func (l layout) text(v params.Value, depth int) string {
	return string(l.append(nil, v, depth))
}

func (l layout) append(b []byte, v params.Value, depth int) []byte {
	switch v := v.(type) {
	case params.Map:
		n := 0
		b = append(b, '{')
		for k, e := range v.All() {
			b = l.next(b, n, depth)
			b = append(params.AppendJSON(b, k), ':')
			if l.newline != "" {
				b = append(b, ' ')
			}
			b = l.append(b, e, depth+1)
			n++
		}
		return l.end(b, '}', n, depth)
	case []params.Value:
		b = append(b, '[')
		for i, e := range v {
			b = l.append(l.next(b, i, depth), e, depth+1)
		}
		return l.end(b, ']', len(v), depth)
	}
	return params.AppendJSON(b, v)
}

// next begins the i-th element of what is at a depth.
func (l layout) next(b []byte, i, depth int) []byte {
	if i > 0 {
		b = append(b, ',')
	}
	return append(b, l.line(depth+1)...)
}

// end closes brackets around n elements.
func (l layout) end(b []byte, closing byte, n, depth int) []byte {
	if n > 0 {
		b = append(b, l.line(depth)...)
	}
	return append(b, closing)
}
