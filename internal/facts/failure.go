package facts

import (
	"math"
	"slices"
	"strings"
	"time"

	"github.com/pawlhq/pawl/internal/document"
	"github.com/pawlhq/pawl/internal/model"
	"github.com/pawlhq/pawl/internal/params"
)

// Failure is what a program says of why it fails. It counts if the program does fail.
type Failure struct {
	// Message says what went wrong, if Label does not.
	Message string
	// Said are its label, description and metadata, as far as it has them.
	Said params.Map
	// Again is how it wants to be tried again, or nil.
	Again *Again
}

// Again is when and how often code wants to be tried again.
type Again struct {
	After time.Duration
	// Most is how often it may be tried again, all in all.
	Most int
}

// Names in the form of a failure.
const (
	failureKey     = "failure"
	labelKey       = "label"
	descriptionKey = "description"
	messageKey     = "message"
	retryKey       = "retry"
)

// longest is the longest time to the next try.
const longest = 365 * 24 * time.Hour

// AgainOf reads when code wants to be tried again: `after` in seconds and `most`.
func AgainOf(m params.Map) *Again {
	v, _ := m.Get("after")
	seconds, _ := params.ToFloat(v)
	most, _ := m.Int("most")
	seconds = min(max(seconds, 0), longest.Seconds())
	return &Again{After: time.Duration(seconds * float64(time.Second)), Most: int(min(max(most, 0), math.MaxInt32))}
}

// Text says what went wrong in one line.
func (f *Failure) Text() string {
	label, _ := f.Said.StringOr(labelKey, "")
	description, _ := f.Said.StringOr(descriptionKey, "")
	if label == "" {
		label = f.Message
	}
	return strings.Join(slices.DeleteFunc([]string{label, description}, func(s string) bool { return s == "" }), ": ")
}

// failureOf reads a failure; null takes back what was said before.
func failureOf(v params.Value) (*Failure, error) {
	if v == nil {
		return nil, nil
	}
	m, ok := v.(params.Map)
	if !ok {
		return nil, model.Errorf(model.Invalid, "a failure is an object or null, not %s", params.AppendJSON(nil, v))
	}
	f := new(Failure)
	names := []string{labelKey, descriptionKey, metadataKey, messageKey, retryKey}
	for key, v := range m.All() {
		var err error
		switch key {
		case labelKey, descriptionKey, messageKey:
			text, is := v.(string)
			if !is {
				err = model.Errorf(model.Invalid, "the %s of a failure is a text, not %s", key, params.AppendJSON(nil, v))
			}
			if key == messageKey {
				f.Message = text
			} else {
				f.Said = f.Said.Set(key, text)
			}
		case metadataKey:
			f.Said = f.Said.Set(key, v)
		case retryKey:
			f.Again, err = retryOf(v)
		default:
			return nil, unknown("a failure", key, names)
		}
		if err != nil {
			return nil, err
		}
	}
	if f.Text() == "" && f.Again == nil {
		return nil, model.Errorf(model.Invalid, "a failure needs a label, a message or a retry")
	}
	return f, nil
}

// retryOf reads when and how often to try again; false is for never.
func retryOf(v params.Value) (*Again, error) {
	if v == false {
		return new(Again), nil
	}
	m, ok := v.(params.Map)
	if !ok {
		return nil, model.Errorf(model.Invalid, `the retry of a failure is false, or {"after": SECONDS, "most": TIMES}, not %s`, params.AppendJSON(nil, v))
	}
	for key, v := range m.All() {
		if key != "after" && key != "most" {
			return nil, unknown("the retry of a failure", key, []string{"after", "most"})
		}
		if n, is := params.ToFloat(v); !is || n < 0 || key == "most" && n != math.Trunc(n) {
			return nil, model.Errorf(model.Invalid, "%s of the retry of a failure can't be %s", key, params.AppendJSON(nil, v))
		}
	}
	if !m.Has("most") {
		return nil, model.Errorf(model.Invalid, "the retry of a failure needs most: how often to try again")
	}
	return AgainOf(m), nil
}

// unknown refuses a name that there is not.
func unknown(what, key string, names []string) error {
	e := model.Errorf(model.Invalid, "%s has no %q", what, key)
	if hint := document.DidYouMean(key, names); hint != "" {
		return e.WithHint("%s", hint)
	}
	return e
}
