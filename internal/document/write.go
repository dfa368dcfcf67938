package document

import (
	"regexp"
	"strings"
	"sync"

	"github.com/pawlhq/pawl/internal/params"
)

// AppendYAML writes a map in block style, indented. Text is quoted as in JSON
// unless it can only be read as that text.
func AppendYAML(b []byte, m params.Map, indent string) []byte {
	for key, v := range m.All() {
		b = append(b, indent...)
		b = appendText(b, key)
		b = append(b, ':')
		b = appendYAMLValue(b, v, indent)
	}
	return b
}

// appendYAMLValue writes what follows a colon or a dash.
func appendYAMLValue(b []byte, v params.Value, indent string) []byte {
	switch v := v.(type) {
	case params.Map:
		if v.Len() > 0 {
			return AppendYAML(append(b, '\n'), v, indent+"  ")
		}
	case []params.Value:
		if len(v) > 0 {
			b = append(b, '\n')
			for _, item := range v {
				b = append(b, indent...)
				b = append(b, '-')
				if m, ok := item.(params.Map); ok && m.Len() > 0 { // its first key stands beside the dash
					rest := AppendYAML(nil, m, indent+"  ")
					b = append(append(b, ' '), rest[len(indent)+2:]...)
					continue
				}
				b = appendYAMLValue(b, item, indent+"  ")
			}
			return b
		}
	case string:
		return append(appendText(append(b, ' '), v), '\n')
	}
	b = params.AppendJSON(append(b, ' '), v)
	return append(b, '\n')
}

// plainText is text that no dialect of YAML takes for anything else.
var plainText = sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(`^[+^]?[A-Za-z_][A-Za-z0-9_./-]*>?$`) })

// words that some dialect of YAML does not take for text.
var words = map[string]bool{
	"true": true, "false": true, "yes": true, "no": true, "on": true, "off": true,
	"null": true, "y": true, "n": true,
}

func appendText(b []byte, s string) []byte {
	if plainText().MatchString(s) && !words[strings.ToLower(s)] {
		return append(b, s...)
	}
	return params.AppendJSON(b, s)
}
