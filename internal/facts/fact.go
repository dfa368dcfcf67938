// Package facts is what tasks tell of their work while they run: that they have
// made a product, and whether something holds that they expect. It reads facts as
// people and programs write them, refuses what is none, and gives them the form in
// which events keep them. It is pure.
package facts

import (
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/pawlhq/pawl/internal/model"
	"github.com/pawlhq/pawl/internal/params"
)

// Fact is one thing that a task tells. It is of a product where Product is not
// empty, and else of an expectation.
type Fact struct {
	// Product is the key of a product that was made, such as "sales/daily", and
	// Partition which part of it; empty is for the whole.
	Product, Partition string
	// Expectation is the name of what is expected, such as "rows > 0", and OK whether
	// it holds.
	Expectation string
	OK          bool
	// Severity says what becomes of the task where an expectation does not hold.
	// Empty is Warn.
	Severity Severity
	// Metadata says more, by name: values of the kinds that Kind lists, which are kept
	// as {"type": KIND, "value": VALUE}.
	Metadata params.Map
	// Tags tell facts apart, as those of attempts do.
	Tags model.Tags
}

// Severity is that of an expectation.
type Severity string

// Severities.
const (
	// Warn lets the task go on.
	Warn Severity = "warn"
	// Error fails the try once its code has ended.
	Error Severity = "error"
)

// Breaks reports whether the fact fails the task that tells it.
func (f *Fact) Breaks() bool { return f.Product == "" && !f.OK && f.Severity == Error }

// Limits.
const (
	// MaxName is how many bytes a key, a partition or the name of an expectation has.
	MaxName = 500
	// MaxCount is how many facts a try may tell, and MaxBytes how many bytes they may
	// have together.
	MaxCount = 1000
	MaxBytes = 1 << 20
)

// Names in the form of a fact.
const (
	productKey     = "product"
	partitionKey   = "partition"
	expectationKey = "expectation"
	okKey          = "ok"
	severityKey    = "severity"
	metadataKey    = "metadata"
	tagsKey        = "tags"
	// failedKey is true in what a try told that did not end well.
	failedKey = "failed"
)

// Checked returns the fact with its metadata in the form that is kept, or an Invalid
// error for what is no fact.
func (f Fact) Checked() (Fact, error) {
	var err error
	switch {
	case f.Product != "" && f.Expectation != "":
		return f, model.Errorf(model.Invalid, "a fact is about a product or an expectation, not about both")
	case f.Product != "":
		if err = checkName("the key of a product", f.Product); err == nil && f.Partition != "" {
			err = checkName("the partition of "+f.Product, f.Partition)
		}
	case f.Expectation == "":
		return f, model.Errorf(model.Invalid, "a fact needs the key of a product or the name of an expectation")
	default:
		err = f.checkExpectation()
	}
	if err != nil {
		return f, err
	}
	if f.Metadata, err = metadata(f.Metadata); err != nil {
		return f, err
	}
	if err := f.Tags.Check(); err != nil {
		return f, model.Errorf(model.Invalid, "%s: %w", f.name(), err)
	}
	return f, nil
}

func (f *Fact) name() string { return f.Product + f.Expectation }

func (f *Fact) checkExpectation() error {
	switch f.Severity {
	case "", Warn, Error:
	default:
		return model.Errorf(model.Invalid, "the severity of %q is %q or %q, not %q", f.Expectation, Warn, Error, f.Severity)
	}
	if f.Partition != "" {
		return model.Errorf(model.Invalid, "a product has a partition, and the expectation %q has none", f.Expectation)
	}
	return checkName("the name of an expectation", f.Expectation)
}

func checkName(what, name string) error {
	switch {
	case len(name) > MaxName:
		return model.Errorf(model.Invalid, "%s has %d bytes, and at most %d are allowed", what, len(name), MaxName)
	case !utf8.ValidString(name) || strings.ContainsFunc(name, unicode.IsControl):
		return model.Errorf(model.Invalid, "%s is not printable: %q", what, name)
	case strings.TrimSpace(name) != name:
		return model.Errorf(model.Invalid, "%s begins or ends with a blank: %q", what, name)
	}
	return nil
}

// Data returns what an event has for a checked fact.
func (f *Fact) Data() params.Map {
	var m params.Map
	if f.Product != "" {
		m = m.Set(productKey, f.Product)
		if f.Partition != "" {
			m = m.Set(partitionKey, f.Partition)
		}
	} else {
		severity := f.Severity
		if severity == "" {
			severity = Warn
		}
		m = m.Set(expectationKey, f.Expectation).Set(okKey, f.OK).Set(severityKey, string(severity))
	}
	if f.Metadata.Len() > 0 {
		m = m.Set(metadataKey, f.Metadata)
	}
	if len(f.Tags) > 0 {
		var tags params.Map
		for _, name := range f.Tags.Names() {
			tags = tags.Set(name, f.Tags[name])
		}
		m = m.Set(tagsKey, tags)
	}
	return m
}

// FromData returns the fact that an event has, and whether its try did not end well.
// What is not there is empty.
func FromData(m params.Map) (f Fact, failed bool) {
	text := func(key string) string {
		v, _ := m.Get(key)
		s, _ := v.(string)
		return s
	}
	f = Fact{Product: text(productKey), Partition: text(partitionKey), Expectation: text(expectationKey), Severity: Severity(text(severityKey))}
	ok, _ := m.Get(okKey)
	f.OK, _ = ok.(bool)
	of, _ := m.Get(metadataKey)
	f.Metadata, _ = of.(params.Map)
	tags, _ := m.Get(tagsKey)
	if given, is := tags.(params.Map); is && given.Len() > 0 {
		f.Tags = make(model.Tags, given.Len())
		for name, v := range given.All() {
			f.Tags[name], _ = v.(string)
		}
	}
	bad, _ := m.Get(failedKey)
	failed, _ = bad.(bool)
	return f, failed
}
