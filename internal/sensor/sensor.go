// Package sensor reads what a definition says of its sensor, and what the evaluation of
// one answers: pure, and without knowing who evaluates, where, or when.
//
// A sensor looks at the world now and then and asks for runs of its workflow. What it
// has seen up to now is its cursor, a text of its own that it is given back the next
// time.
package sensor

import (
	"strings"
	"time"

	"github.com/pawlhq/pawl/internal/document"
	"github.com/pawlhq/pawl/internal/model"
	"github.com/pawlhq/pawl/internal/params"
	"github.com/pawlhq/pawl/internal/schedule"
	"github.com/pawlhq/pawl/internal/workflow"
)

// Sensor is what a definition says.
type Sensor struct {
	// Operator evaluates Command: sh, py, or Program.
	Operator, Command string
	// With are more options of the operator.
	With params.Map
	// Every is the least time from one evaluation to the next.
	Every time.Duration
	// Timeout is how long one may take.
	Timeout time.Duration
	// Params are given to what is evaluated, and to each run unless it asks for others.
	Params params.Map
}

// Program is the operator of sensors that are functions of a program.
const Program = "go"

// Defaults and bounds of a sensor.
const (
	DefaultEvery   = 30 * time.Second
	DefaultTimeout = 60 * time.Second
	MaxTimeout     = time.Hour
)

var (
	operators = []string{"sh", python, Program}
	// shown are the keys that people write.
	shown = []string{"sh>", "py>", "every", "timeout", "with", "params"}
)

// Key is that of the section in a definition.
const Key = "sensor"

// Parse reads the section of a definition. Errors have the code Invalid.
func Parse(section params.Map) (*Sensor, error) {
	s, _, err := parse(section)
	return s, err
}

// Check returns what is wrong with a section, and the key in it that is to blame,
// which is empty where it is the whole.
func Check(section params.Map) (key string, err error) {
	_, key, err = parse(section)
	return key, err
}

func parse(section params.Map) (*Sensor, string, error) {
	s := &Sensor{Every: DefaultEvery, Timeout: DefaultTimeout}
	for key, v := range section.All() {
		if err := s.read(key, v); err != nil {
			return nil, key, err
		}
	}
	switch {
	case s.Operator == "":
		return nil, "", model.Errorf(model.Invalid, "a sensor needs sh> or py>, which says what is evaluated")
	case s.Every < time.Second:
		return nil, "every", model.Errorf(model.Invalid, "every of a sensor must be a second or more")
	case s.Timeout < time.Second || s.Timeout > MaxTimeout:
		return nil, "timeout", model.Errorf(model.Invalid, "timeout of a sensor must be from a second to an hour")
	}
	return s, "", nil
}

func (s *Sensor) read(key string, v params.Value) (err error) {
	switch key {
	case "every":
		s.Every, err = duration(key, v)
	case "timeout":
		s.Timeout, err = duration(key, v)
	case "with":
		s.With, err = mapping(key, v)
	case "params":
		s.Params, err = mapping(key, v)
	default:
		err = s.readCommand(key, v)
	}
	return err
}

func (s *Sensor) readCommand(key string, v params.Value) error {
	name := strings.TrimSuffix(key, ">")
	known := false
	for _, o := range operators {
		known = known || o == name
	}
	if !known {
		err := model.Errorf(model.Invalid, "a sensor has no key %q", key)
		if near := document.DidYouMean(key, shown); near != "" {
			return err.WithHint("%s", near)
		}
		return err.WithHint("it has the keys %s", strings.Join(shown, ", "))
	}
	if s.Operator != "" {
		return model.Errorf(model.Invalid, "a sensor evaluates one thing, not both %s> and %s", s.Operator, key)
	}
	text, ok := v.(string)
	if !ok || strings.TrimSpace(text) == "" {
		return model.Errorf(model.Invalid, "%s of a sensor must be a text that is not empty", key)
	}
	s.Operator, s.Command = name, text
	return nil
}

func duration(key string, v params.Value) (time.Duration, error) {
	text, ok := params.ToString(v)
	if !ok {
		return 0, model.Errorf(model.Invalid, "%s of a sensor must be a time such as 30s", key)
	}
	d, err := schedule.ParseDuration(text)
	if err != nil {
		return 0, model.Errorf(model.Invalid, "%s of a sensor: %w", key, err)
	}
	return d, nil
}

func mapping(key string, v params.Value) (params.Map, error) {
	m, ok := v.(params.Map)
	if !ok && v != nil {
		return m, model.Errorf(model.Invalid, "%s of a sensor must be a mapping", key)
	}
	return m, nil
}

// Node is the action that evaluates the sensor.
func (s *Sensor) Node() (*workflow.Node, error) {
	config := s.With.Merge(params.Of("_type", s.Operator, "_command", s.Command))
	if s.Operator == python {
		config = config.Set("_answer", answerKey)
	}
	n := &workflow.Node{Name: "+sensor", Operator: s.Operator, Config: config}
	return n, n.Finish()
}

// python is the operator whose functions return their answer, which is stored under
// answerKey.
const (
	python    = "py"
	answerKey = "answer"
)

// Answer reads what the action of Node has printed and stored. Secrets are masked by hide
// in what is printed already, and here in errors.
func (s *Sensor) Answer(output string, stored params.Map, hide func(string) string) (Answer, error) {
	if s.Operator != python {
		return ParseOutput(output)
	}
	v, _ := stored.Get(answerKey)
	a, err := ParseAnswer(v)
	if err != nil {
		// An error may quote the half of a secret, so it is one about masked values.
		if _, err = ParseAnswer(masked(v, hide)); err == nil {
			err = model.Errorf(model.Invalid, "what is secret in the answer of the sensor can't be a part of it")
		}
	}
	return a, err
}

// masked returns a value without the secrets in its texts.
func masked(v params.Value, hide func(string) string) params.Value {
	switch v := v.(type) {
	case []params.Value:
		list := make([]params.Value, len(v))
		for i, one := range v {
			list[i] = masked(one, hide)
		}
		return list
	case params.Map:
		var m params.Map
		for key, one := range v.All() {
			m = m.Set(hide(key), masked(one, hide))
		}
		return m
	case string:
		return hide(v)
	}
	if text := string(params.AppendJSON(nil, v)); hide(text) != text {
		return hide(text)
	}
	return v
}

// Printed returns what the action of Node has printed, of which output went to standard
// output, without the line that is its answer.
func (s *Sensor) Printed(all, output string) string {
	line := strings.TrimSpace(output)
	line = line[strings.LastIndexByte(line, '\n')+1:]
	if s.Operator == python || line == "" {
		return all
	}
	i := strings.LastIndex(all, line)
	if i < 0 {
		return all
	}
	return all[:i] + strings.TrimLeft(all[i+len(line):], "\r\n")
}

// longest is the longest that a sensor is left alone because it fails.
const longest = time.Hour

// Next says when a sensor is evaluated again whose last evaluations failed so often in
// a row: the wait doubles with each, up to an hour.
func (s *Sensor) Next(now time.Time, failures int) time.Time {
	wait := s.Every
	for range failures {
		if wait >= longest {
			break
		}
		wait = min(2*wait, longest)
	}
	return now.Add(wait)
}
