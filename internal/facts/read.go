package facts

import (
	"bufio"
	"bytes"
	"errors"
	"io"
	"slices"

	"github.com/pawlhq/pawl/internal/model"
	"github.com/pawlhq/pawl/internal/params"
)

// Parse reads a fact as programs write it, an object in JSON, and checks it.
func Parse(text []byte) (Fact, error) {
	m, err := parse(text)
	if err != nil {
		return Fact{}, err
	}
	return FromMap(m)
}

func parse(text []byte) (params.Map, error) {
	v, err := params.ParseJSON(text)
	if err != nil {
		return params.Map{}, model.Errorf(model.Invalid, "it is no JSON: %w", err)
	}
	m, ok := v.(params.Map)
	if !ok {
		return m, model.Errorf(model.Invalid, "%.100s is no object", text)
	}
	return m, nil
}

// known are the names that a fact may have, of a product and of an expectation.
var known = [2][]string{
	{productKey, partitionKey, metadataKey, tagsKey},
	{expectationKey, okKey, severityKey, metadataKey, tagsKey},
}

// FromMap reads a fact as Parse does.
func FromMap(m params.Map) (f Fact, err error) {
	names := known[0]
	if m.Has(expectationKey) {
		names = known[1]
	}
	for key := range m.Keys() {
		if slices.Contains(names, key) {
			continue
		}
		return f, unknown("a fact", key, slices.Concat(known[0], known[1], []string{failureKey}))
	}
	var severity string
	for _, t := range []struct {
		key string
		to  *string
	}{{productKey, &f.Product}, {partitionKey, &f.Partition}, {expectationKey, &f.Expectation}, {severityKey, &severity}} {
		if *t.to, err = m.StringOr(t.key, ""); err != nil {
			return f, model.Errorf(model.Invalid, "%w", err)
		}
	}
	f.Severity = Severity(severity)
	if f.Expectation != "" {
		v, _ := m.Get(okKey)
		ok, is := v.(bool)
		if !is {
			return f, model.Errorf(model.Invalid, "the expectation %q needs %q, which is true or false", f.Expectation, okKey)
		}
		f.OK = ok
	}
	if f.Metadata, err = m.MapOr(metadataKey, params.Map{}); err != nil {
		return f, model.Errorf(model.Invalid, "%w", err)
	}
	tags, err := m.MapOr(tagsKey, params.Map{})
	if err != nil {
		return f, model.Errorf(model.Invalid, "%w", err)
	}
	for name, v := range tags.All() {
		text, ok := params.ToString(v)
		if !ok {
			return f, model.Errorf(model.Invalid, "the tag %s is to be a text, not %s", name, params.AppendJSON(nil, v))
		}
		if f.Tags == nil {
			f.Tags = make(model.Tags)
		}
		f.Tags[name] = text
	}
	return f.Checked()
}

// Told gathers what a try tells, within its limits. It is not safe for concurrent
// use.
type Told struct {
	facts   []Fact
	bytes   int
	failure *Failure
}

// Failure returns what the try has said last of why it fails, or nil.
func (t *Told) Failure() *Failure { return t.failure }

// take reads a line: a fact, or why the task fails.
func (t *Told) take(text []byte) error {
	m, err := parse(text)
	if err != nil {
		return err
	}
	if v, ok := m.Get(failureKey); ok && m.Len() == 1 {
		failure, err := failureOf(v)
		if err == nil {
			t.failure = failure
		}
		return err
	}
	f, err := FromMap(m)
	if err != nil {
		return err
	}
	return t.Add(f)
}

// Add adds a fact.
func (t *Told) Add(f Fact) error {
	f, err := f.Checked()
	if err != nil {
		return err
	}
	if len(t.facts) == MaxCount {
		return model.Errorf(model.Exhausted, "the task tells more than %d facts", MaxCount)
	}
	size := len(params.AppendBinary(nil, f.Data()))
	if t.bytes+size > MaxBytes {
		return model.Errorf(model.Exhausted, "what the task tells has more than %d bytes, with that of %q", MaxBytes, f.name())
	}
	t.facts, t.bytes = append(t.facts, f), t.bytes+size
	return nil
}

// maxText is how many bytes of a file are looked at: facts are shorter as they are
// kept.
const maxText = 4 * MaxBytes

// Read takes lines, of which each has a fact, or why the task fails, up to the first that can't be
// read. An empty line has none.
func (t *Told) Read(from io.Reader) error {
	limited := &io.LimitedReader{R: from, N: maxText + 1}
	lines := bufio.NewReader(limited)
	for number := 1; ; number++ {
		line, err := lines.ReadBytes('\n')
		if text := bytes.TrimSpace(line); len(text) > 0 {
			if problem := t.take(text); problem != nil && (limited.N > 0 || err == nil) {
				return model.Errorf(model.CodeOf(problem), "line %d of PAWL_FACTS: %w", number, problem)
			}
		}
		switch {
		case errors.Is(err, io.EOF) && limited.N == 0:
			return model.Errorf(model.Exhausted, "PAWL_FACTS has more than %d bytes", maxText)
		case errors.Is(err, io.EOF):
			return nil
		case err != nil:
			return err
		}
	}
}

// All returns the facts in the order in which they were told.
func (t *Told) All() []Fact { return t.facts }

// Broken returns the first fact that fails the task, or nil.
func (t *Told) Broken() *Fact {
	for i := range t.facts {
		if t.facts[i].Breaks() {
			return &t.facts[i]
		}
	}
	return nil
}
