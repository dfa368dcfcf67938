package notebook

import (
	"fmt"
	"strings"
	"unicode"

	"github.com/pawlhq/pawl/internal/document"
	"github.com/pawlhq/pawl/internal/params"
)

// header is what a text begins with: a line for the shell, one with an
// encoding, and YAML between lines of three dashes.
type header struct {
	meta params.Map // what is below the key jupyter
	raw  []string   // the lines of other keys, dashes included; they are a cell
	next int        // the first line behind it
	open int        // the line of the dashes that begin it, -1 without YAML
}

// readHeader reads the header of lines, each of which begins with prefix.
func readHeader(name string, lines []string, prefix string) (header, error) {
	h := header{open: -1}
	at := 0
	if len(lines) > 0 && strings.HasPrefix(lines[0], "#!") {
		at++
	}
	if at < len(lines) && prefix != "" && isEncoding(lines[at]) {
		at++
	}
	h.next = at
	var jupyter, other []string
	inJupyter, closed := false, false
	for ; at < len(lines) && strings.HasPrefix(lines[at], prefix); at++ {
		l := strings.TrimPrefix(strings.TrimPrefix(lines[at], prefix), " ")
		if prefix == "" {
			l = lines[at]
		}
		if dashes := strings.TrimRightFunc(l, unicode.IsSpace) == "---"; dashes && h.open >= 0 {
			closed = true
			break
		} else if dashes {
			h.open = at
			continue
		}
		if h.open < 0 {
			if !isBlank(l) {
				break
			}
			continue
		}
		if key, isKey := strings.CutPrefix(strings.TrimSpace(l), "jupyter"); isKey && strings.TrimSpace(key) == ":" && l[0] == 'j' {
			inJupyter = true
		} else if l != "" && !unicode.IsSpace(rune(l[0])) {
			inJupyter = false
		}
		if inJupyter {
			jupyter = append(jupyter, l)
		} else {
			other = append(other, l)
		}
	}
	if !closed {
		h.open = -1
		return h, nil
	}
	h.next = at + 1
	if h.next < len(lines) && isBlank(uncomment(lines[h.next:h.next+1], prefix)[0]) {
		h.next++
	}
	if len(other) > 0 {
		h.raw = append(append([]string{"---"}, other...), "---")
	}
	if len(jupyter) == 0 {
		return h, nil
	}
	// The lines before keep their place, so that errors name the right ones.
	all, err := document.ReadParams(name, []byte(strings.Repeat("\n", at-len(jupyter))+strings.Join(jupyter, "\n")))
	if err != nil {
		return h, fmt.Errorf("read header of notebook: %w", err)
	}
	h.meta = mapAt(all, "jupyter")
	return h, nil
}

// isEncoding tells whether a comment line names the encoding of the file.
func isEncoding(l string) bool {
	return strings.HasPrefix(strings.TrimLeft(l, " \t\f"), "#") && (strings.Contains(l, "coding:") || strings.Contains(l, "coding="))
}

// mapAt returns the map that m holds at a path, or an empty one.
func mapAt(m params.Map, path ...string) params.Map {
	v, _ := m.At(path...)
	out, _ := v.(params.Map)
	return out
}

// textAt returns the text that m holds at a path, or "".
func textAt(m params.Map, path ...string) string {
	v, _ := m.At(path...)
	out, _ := v.(string)
	return out
}
