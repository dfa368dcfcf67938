package workflow

import (
	"slices"
	"strings"

	"github.com/pawlhq/pawl/internal/document"
	"github.com/pawlhq/pawl/internal/model"
	"github.com/pawlhq/pawl/internal/params"
)

// MemoKey is the key of a task whose results are taken over by others that are given
// the same.
const MemoKey = "_memo"

// Memo says what the results of a task follow from. The zero value is for tasks that
// are run each time.
type Memo struct {
	// On is set for tasks that take over results.
	On bool
	// Version stands for the code; empty takes the code itself, where it can be read.
	Version string
	// Inputs are the names of the parameters that count, besides the configuration.
	// Nil means all that the task may read.
	Inputs []string
	// Files are paths of files, and of folders, whose content counts.
	Files []string
	// IfMissing lets neither code nor configuration count, and of parameters and files
	// only those that are named.
	IfMissing bool
}

// memoKeys are those of its value.
var memoKeys = []string{"version", "inputs", "files", "if_missing"}

// MemoOf reads the value of MemoKey as it is written: true, false, or a map of
// version, inputs, files and if_missing. Anything else is Invalid. What has
// expressions is not looked at.
func MemoOf(v params.Value) (m Memo, err error) { return MemoNamed(MemoKey, v) }

// MemoNamed is MemoOf of a value that a definition has under another key.
func MemoNamed(name string, v params.Value) (m Memo, err error) {
	switch v := v.(type) {
	case nil:
		return m, nil
	case bool:
		return Memo{On: v}, nil
	case params.Map:
		m.On = true
		for key, v := range v.All() {
			if err := m.read(key, v); err != nil {
				return Memo{}, model.Errorf(model.Invalid, "%s: %s: %w", name, key, err)
			}
		}
		return m, nil
	}
	if unevaluated(v) {
		return m, nil
	}
	return m, model.Errorf(model.Invalid, "%s must be true, false or a mapping such as {version: 2}, not %s", name, params.AppendJSON(nil, v))
}

// unevaluated reports whether a value has expressions; a mere $ is none.
func unevaluated(v params.Value) bool {
	return strings.Contains(string(params.AppendJSON(nil, v)), "${")
}

// read reads one key.
func (m *Memo) read(key string, v params.Value) (err error) {
	switch known := slices.Contains(memoKeys, key); {
	case known && unevaluated(v):
		return nil
	case key == "version":
		text, isText := v.(string)
		if _, isNumber := params.ToInt(v); !isText && isNumber {
			text, isText = string(params.AppendJSON(nil, v)), true
		}
		if m.Version = text; !isText || strings.TrimSpace(text) == "" {
			return model.Errorf(model.Invalid, "%s is no version: write a text or a whole number", params.AppendJSON(nil, v))
		}
	case key == "inputs":
		if m.Inputs, err = texts(v); m.Inputs == nil {
			m.Inputs = []string{}
		}
		return err
	case key == "files":
		m.Files, err = texts(v)
		return err
	case key == "if_missing":
		only, ok := v.(bool)
		if m.IfMissing = only; !ok {
			return model.Errorf(model.Invalid, "%s is neither true nor false", params.AppendJSON(nil, v))
		}
	default:
		hint := document.DidYouMean(key, memoKeys)
		if hint == "" {
			hint = "the keys are " + strings.Join(memoKeys, ", ")
		}
		return model.Errorf(model.Invalid, "there is no such key").WithHint("%s", hint)
	}
	return nil
}

// texts reads a text that is not empty, or a list of such.
func texts(v params.Value) (list []string, err error) {
	items, isList := v.([]params.Value)
	if !isList {
		items = []params.Value{v}
	}
	for _, item := range items {
		text, ok := item.(string)
		if !ok || strings.TrimSpace(text) == "" {
			return nil, model.Errorf(model.Invalid, "%s is no name", params.AppendJSON(nil, item))
		}
		list = append(list, text)
	}
	return list, nil
}
