package memo

import (
	"fmt"
	"strings"

	"github.com/pawlhq/pawl/internal/params"
	"github.com/pawlhq/pawl/operator"
)

// output is what stands for an output, or a file, among parameters.
type output struct{ of params.Map }

// outputIn reads what stands for an output: of a program by its key, of a process in Go
// by what names it.
func outputIn(v params.Map) (o output, ok bool) {
	if v.Len() != 1 || !v.Has(operator.OutputKey) {
		return o, false
	}
	of, err := v.MapOr(operator.OutputKey, params.Map{})
	return output{of}, err == nil && (of.Has("key") || of.Has("session"))
}

func (o output) text(key string) string {
	v, _ := o.of.StringOr(key, "") // what is no text is none of ours
	return v
}

// canonical returns what an output was made of, and which of those of its task it is.
// A file, which nobody changes, is itself.
func (o output) canonical() (text []byte, why string) {
	version, key := o.text("version"), o.text("key")
	if strings.HasPrefix(key, "files/") {
		return appendText([]byte("file"), key), ""
	}
	if version == "" {
		return nil, fmt.Sprintf("output %s of %s, which is not memoised", o.text("name"), o.text("step"))
	}
	which := appendText(appendText(nil, o.text("name")), o.text("item"))
	if parts := strings.SplitN(key, "/", 4); len(parts) == 4 { // the rest names output and item
		which = []byte(parts[3])
	}
	return appendText(appendText([]byte("output"), version), string(which)), ""
}

// outputs calls each with what stands for an output anywhere in a value.
func outputs(v params.Value, each func(params.Map) error) error {
	switch v := v.(type) {
	case params.Map:
		if _, ok := outputIn(v); ok {
			return each(v)
		}
		for _, e := range v.All() {
			if err := outputs(e, each); err != nil {
				return err
			}
		}
	case []params.Value:
		for _, e := range v {
			if err := outputs(e, each); err != nil {
				return err
			}
		}
	}
	return nil
}
