package sensor

import (
	"fmt"
	"strings"
	"unicode/utf8"

	"github.com/pawlhq/pawl/internal/document"
	"github.com/pawlhq/pawl/internal/model"
	"github.com/pawlhq/pawl/internal/params"
)

// Bounds of an answer.
const (
	MaxRequests = 1000
	MaxCursor   = 64 << 10
	MaxRunKey   = 200
)

// Answer is what an evaluation comes to.
type Answer struct {
	Requests []Request
	// Cursor replaces the one that there is, unless it is nil.
	Cursor *string
	// Skip says why there are no requests; may be empty.
	Skip string
	// Printed is what the evaluation printed beside its answer, also if it failed.
	Printed string
	// Hide masks the secrets that the evaluation has read, also if it failed. Nil is for
	// one that reads none.
	Hide func(text string) string
}

// Request asks for a run.
type Request struct {
	// Key makes the request one of a kind: the same is never carried out twice. A
	// request without a key always is.
	Key    string
	Params params.Map
	Tags   model.Tags
}

var (
	answerKeys  = []string{"requests", "cursor", "skip"}
	requestKeys = []string{"run_key", "params", "tags"}
)

// ParseOutput reads the answer in what a program printed: its last line that is not
// blank, as JSON. A program that printed nothing skips. Errors have the code Invalid.
func ParseOutput(text string) (Answer, error) {
	line := strings.TrimSpace(text)
	if i := strings.LastIndexByte(line, '\n'); i >= 0 {
		line = strings.TrimSpace(line[i+1:])
	}
	if line == "" {
		return Answer{}, nil
	}
	v, err := params.ParseJSON([]byte(line))
	if err != nil {
		return Answer{}, model.Errorf(model.Invalid, "the last line that the sensor printed is no JSON: %.100q", line).
			WithHint(`print a line such as {"requests": [{"run_key": "a"}], "cursor": "a"}, or nothing at all, as the last one`)
	}
	return ParseAnswer(v)
}

// ParseAnswer reads an answer: a mapping with requests, cursor and skip, or a list,
// which are the requests, or null, which skips. Errors have the code Invalid.
func ParseAnswer(v params.Value) (a Answer, err error) {
	switch v := v.(type) {
	case nil:
		return a, nil
	case []params.Value:
		err = a.requests(v)
	case params.Map:
		for key, of := range v.All() {
			if err = a.read(key, of); err != nil {
				break
			}
		}
	default:
		err = model.Errorf(model.Invalid, "the sensor answered %s, and is to answer a mapping or a list of requests", shortened(v))
	}
	if err == nil && a.Skip != "" && len(a.Requests) > 0 {
		err = model.Errorf(model.Invalid, "the sensor answered both requests and a reason to skip")
	}
	if err != nil {
		return Answer{}, err
	}
	return a, nil
}

func (a *Answer) read(key string, v params.Value) error {
	switch key {
	case "requests":
		list, ok := v.([]params.Value)
		if !ok && v != nil {
			return model.Errorf(model.Invalid, "requests must be a list, not %s", shortened(v))
		}
		return a.requests(list)
	case "cursor":
		if v == nil {
			return nil
		}
		text, ok := params.ToString(v)
		if !ok {
			return model.Errorf(model.Invalid, "cursor must be a text, not %s", shortened(v)).
				WithHint("write what it is to remember as JSON in a text")
		}
		if len(text) > MaxCursor {
			return model.Errorf(model.Invalid, "the cursor has %d bytes, and at most %d are allowed", len(text), MaxCursor)
		}
		if err := storable("cursor", text); err != nil {
			return err
		}
		a.Cursor = &text
	case "skip":
		if v == nil {
			return nil
		}
		text, ok := params.ToString(v)
		if !ok {
			return model.Errorf(model.Invalid, "skip must be a text, not %s", shortened(v))
		}
		a.Skip = strings.ToValidUTF8(text, "")
	default:
		return unknown("the answer of a sensor", key, answerKeys)
	}
	return nil
}

func (a *Answer) requests(list []params.Value) error {
	if len(list) > MaxRequests {
		return model.Errorf(model.Invalid, "the sensor asked for %d runs at once, and at most %d are allowed", len(list), MaxRequests).
			WithHint("ask for some, move the cursor up to them, and ask for the others the next time")
	}
	for i, v := range list {
		r, err := request(v)
		if err != nil {
			return model.Errorf(model.Invalid, "request %d: %w", i+1, err)
		}
		a.Requests = append(a.Requests, r)
	}
	return nil
}

func request(v params.Value) (r Request, err error) {
	m, ok := v.(params.Map)
	if !ok {
		return r, model.Errorf(model.Invalid, "a request must be a mapping, not %s", shortened(v))
	}
	for key, v := range m.All() {
		switch key {
		case "run_key":
			err = r.key(v)
		case "params":
			if r.Params, ok = v.(params.Map); !ok && v != nil {
				err = model.Errorf(model.Invalid, "params must be a mapping, not %s", shortened(v))
			}
		case "tags":
			err = r.tags(v)
		default:
			err = unknown("a request", key, requestKeys)
		}
		if err != nil {
			return r, err
		}
	}
	return r, nil
}

func (r *Request) key(v params.Value) error {
	if v == nil {
		return nil
	}
	text, ok := params.ToString(v)
	if !ok {
		return model.Errorf(model.Invalid, "run_key must be a text, not %s", shortened(v))
	}
	if len(text) > MaxRunKey {
		return model.Errorf(model.Invalid, "the run_key has %d bytes, and at most %d are allowed", len(text), MaxRunKey)
	}
	r.Key = text
	return storable("run_key", text)
}

// storable refuses a text that no database keeps.
func storable(what, text string) error {
	if strings.ContainsRune(text, 0) || !utf8.ValidString(text) {
		return model.Errorf(model.Invalid, "%s must be a text without null characters, not %q", what, text[:min(len(text), 60)])
	}
	return nil
}

func (r *Request) tags(v params.Value) error {
	m, ok := v.(params.Map)
	if !ok {
		if v == nil {
			return nil
		}
		return model.Errorf(model.Invalid, "tags must be a mapping, not %s", shortened(v))
	}
	r.Tags = make(model.Tags, m.Len())
	for name, v := range m.All() {
		text, ok := params.ToString(v)
		if !ok {
			return model.Errorf(model.Invalid, "the tag %q must be a text, not %s", name, shortened(v))
		}
		r.Tags[name] = text
	}
	return r.Tags.Check()
}

func unknown(what, key string, known []string) error {
	err := model.Errorf(model.Invalid, "%s has no key %q", what, key)
	if near := document.DidYouMean(key, known); near != "" {
		return err.WithHint("%s", near)
	}
	return err.WithHint("it has the keys %s", strings.Join(known, ", "))
}

func shortened(v params.Value) string {
	return fmt.Sprintf("%.60s", params.AppendJSON(nil, v))
}

// Given returns the parameters that an evaluation gets: those of the sensor and what
// is known of it. A text that is not known yet is empty.
func (s *Sensor) Given(cursor, lastKey, lastTick string) params.Map {
	return s.Params.Merge(params.Of("cursor", cursor, "last_run_key", lastKey, "last_tick", lastTick))
}

// SessionKey is the key of the session that a request with a run key starts.
func SessionKey(runKey string) string { return "sensor:" + runKey }
