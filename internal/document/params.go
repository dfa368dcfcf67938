package document

import (
	"errors"
	"path"
	"strings"
	"unicode/utf8"

	"github.com/pawlhq/pawl/internal/params"
)

// ReadParams reads a file of parameters: JSON if its name ends in ".json", else
// YAML in the dialect of .dig files. It must hold a mapping; an empty file has
// no parameters. Every error is Errors.
func ReadParams(name string, src []byte) (params.Map, error) {
	if strings.EqualFold(path.Ext(name), ".json") {
		return readJSON(name, src)
	}
	n, err := Format{Scalars: Digdag}.Parse(name, src)
	if err != nil {
		return params.Map{}, err
	}
	if n.Kind() != Mapping && !n.IsNull() {
		return params.Map{}, Errors{n.Errorf("parameters must be a mapping, not %s", n.What())}
	}
	return n.Map(), nil
}

func readJSON(name string, src []byte) (params.Map, error) {
	f := &file{name: name, source: string(src)}
	v, err := params.ParseJSON(src)
	var syntax *params.SyntaxError
	if errors.As(err, &syntax) {
		return params.Map{}, Errors{f.at(syntax.Offset).Errorf("%s", syntax.Reason)}
	}
	m, ok := v.(params.Map)
	if !ok {
		return params.Map{}, Errors{f.at(0).Errorf("parameters must be a JSON object, not %s", Of(v).What())}
	}
	return m, nil
}

// at returns the place of a byte.
func (f *file) at(offset int) place {
	before := splitLines(f.source[:min(offset, len(f.source))])
	last := before[len(before)-1]
	return place{file: f, line: int32(len(before)), column: int32(utf8.RuneCountInString(last) + 1)}
}
