package runner

import (
	"encoding/json"
	"errors"
	"maps"
	"reflect"
	"slices"
	"strings"

	"github.com/pawlhq/pawl/internal/document"
	"github.com/pawlhq/pawl/internal/model"
)

// ReadOptions reads the options of an order into a struct whose fields have their
// names as tags for JSON. A name that the struct does not have, or a value that is
// none of the field, is Invalid.
func (o *Order) ReadOptions(into any) error {
	if len(o.Options) == 0 {
		return nil
	}
	var given map[string]json.RawMessage
	if err := json.Unmarshal(o.Options, &given); err != nil {
		return model.Errorf(model.Invalid, "_runner: the options of a runner are no mapping")
	}
	known := OptionNames(into)
	for _, name := range slices.Sorted(maps.Keys(given)) {
		if !slices.Contains(known, name) {
			return model.Errorf(model.Invalid, "_runner: the runner has no option %q for tasks", name).
				WithHint("%s", nearOrAll(name, known))
		}
	}
	err := json.Unmarshal(o.Options, into)
	if wrong, ok := errors.AsType[*json.UnmarshalTypeError](err); ok {
		return model.Errorf(model.Invalid, "_runner: %s can't be a %s", wrong.Field, wrong.Value)
	}
	return err
}

// OptionNames are the names of options that a struct, or a pointer to one, takes.
func OptionNames(of any) (names []string) {
	t := reflect.TypeOf(of)
	if t.Kind() == reflect.Pointer {
		t = t.Elem()
	}
	for f := range t.Fields() {
		name, _, _ := strings.Cut(f.Tag.Get("json"), ",")
		names = append(names, name)
	}
	return names
}

func nearOrAll(name string, known []string) string {
	if near := document.DidYouMean(name, known); near != "" {
		return near
	}
	if len(known) == 0 {
		return ""
	}
	return "there are: " + strings.Join(known, ", ")
}
