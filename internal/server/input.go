package server

import (
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"math"
	"mime"
	"net/http"
	"net/url"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/pawlhq/pawl/internal/document"
	"github.com/pawlhq/pawl/internal/model"
	"github.com/pawlhq/pawl/internal/schedule"
	"github.com/pawlhq/pawl/internal/store"
)

// pathID reads the number in a path. What is none is as missing as a number
// that nothing has.
func pathID[ID ~int64](c *call, name string) (ID, error) {
	n, err := strconv.ParseInt(c.r.PathValue(name), 10, 64)
	if err != nil || n < 1 {
		return 0, model.Errorf(model.NotFound, "%s %q", c.route.doc.tag, c.r.PathValue(name))
	}
	return ID(n), nil
}

// parameters reads a query, in which only '&' separates: a ';' is text, which
// not all clients encode.
func parameters(query string) (url.Values, error) {
	values, err := url.ParseQuery(strings.ReplaceAll(query, ";", "%3B"))
	if err != nil {
		return nil, model.Errorf(model.Invalid, "read query: %w", err)
	}
	return values, nil
}

// ownRoot begins the paths of what Digdag does not have.
const ownRoot = "/api/pawl/"

// knows refuses a parameter of the query that there is not, and a value that none of its
// kind has. Digdag passes over those, or answers with 404, and so do the routes that it has.
func (c *call) knows() error {
	if !strings.HasPrefix(c.route.path, ownRoot) {
		return nil
	}
	names := make([]string, len(c.route.doc.query))
	for i, p := range c.route.doc.query {
		names[i] = p.name
		if err := p.check(c.values[p.name]); err != nil {
			return err
		}
	}
	for _, name := range slices.Sorted(maps.Keys(c.values)) {
		if slices.Contains(names, name) {
			continue
		}
		err := model.Errorf(model.Invalid, "there is no parameter %q of %s", name, c.route.path)
		switch meant := document.DidYouMean(name, names); {
		case meant != "":
			return err.WithHint("%s", meant)
		case len(names) > 0:
			return err.WithHint("there are %s", strings.Join(names, ", "))
		}
		return err
	}
	return nil
}

// check returns an Invalid error for values of a parameter that its kind does not have. An
// empty number is as none.
func (p *param) check(values []string) error {
	if len(values) > 1 && p.kind != "array" {
		return model.Errorf(model.Invalid, "%s is given %d times, but may be once", p.name, len(values))
	}
	for _, v := range values {
		switch p.kind {
		case "integer":
			if n, err := strconv.ParseInt(v, 10, 64); v != "" && (err != nil || n < 0) {
				return model.Errorf(model.Invalid, "%s is %q, but must be a whole number from 0 on", p.name, v)
			}
		case "boolean":
			if !strings.EqualFold(v, "true") && !strings.EqualFold(v, "false") {
				return model.Errorf(model.Invalid, "%s is %q, but must be true or false", p.name, v)
			}
		}
	}
	return nil
}

// query returns a parameter of the query, of several the first.
func (c *call) query(name string) string { return c.values.Get(name) }

// given reports whether the query has a parameter.
func (c *call) given(name string) bool { return c.values.Has(name) }

// flag reads a parameter that is true or false.
func (c *call) flag(name string) bool { return strings.EqualFold(c.query(name), "true") }

// number reads a parameter. What is no number is NotFound, as in Digdag.
func (c *call) number(name string, def int64) (int64, error) {
	if !c.given(name) || c.query(name) == "" {
		return def, nil
	}
	n, err := strconv.ParseInt(c.query(name), 10, 64)
	if err != nil {
		return 0, model.Errorf(model.NotFound, "%s %q is not a number", name, c.query(name))
	}
	return n, nil
}

// pageSize reads how many entries a page is to have.
func (c *call) pageSize(most int) (int, error) {
	n, err := c.number("page_size", int64(min(defaultPage, most)))
	switch {
	case err != nil:
		return 0, err
	case n < 0 || n > int64(most):
		return 0, model.Errorf(model.Invalid, "page_size must be from 0 to %d, not %d", most, n)
	}
	return int(n), nil
}

// maxEntries is how many entries an answer has where the client may ask for
// any number.
const maxEntries = 10_000

// count reads how many entries a list is to have.
func (c *call) count() (int, error) {
	n, err := c.number("count", defaultPage)
	if err == nil && n < 0 {
		err = model.Errorf(model.Invalid, "count must not be negative: %d", n)
	}
	return int(min(n, maxEntries)), err
}

// after reads the cursor of a list with the oldest first.
func (c *call) after() (cursor string, err error) {
	last, err := c.number("last_id", 0)
	if err != nil || last < 1 {
		return "", err
	}
	return store.CursorAfter(last), nil
}

// below reads the cursor of a list with the newest first, where nothing is
// below the number 1.
func (c *call) below() (cursor string, nothing bool, err error) {
	last, err := c.number("last_id", math.MaxInt64)
	if err != nil || last < 1 {
		return "", true, err
	}
	return store.CursorAfter(last), false, nil
}

// body reads the body of a request, which must be JSON, into v. No body leaves
// v as it is when optional.
func (c *call) body(v any, optional bool) error {
	text, err := io.ReadAll(c.r.Body)
	switch {
	case err != nil:
		return broken(err)
	case len(text) == 0 && optional:
		return nil
	}
	if kind, _, err := mime.ParseMediaType(c.r.Header.Get("Content-Type")); c.r.Header.Get("Content-Type") != "" &&
		(err != nil || kind != "application/json") {
		return model.Errorf(model.Invalid, "the body is %q, not application/json", c.r.Header.Get("Content-Type"))
	}
	if err := json.Unmarshal(text, v); err != nil {
		return model.Errorf(model.Invalid, "the body is not what it must be: %w", inWords(err))
	}
	return nil
}

// inWords says which value of a body is of a wrong kind without the names of
// the program's own types.
func inWords(err error) error {
	var wrong *json.UnmarshalTypeError
	if !errors.As(err, &wrong) {
		return err
	}
	where := "it"
	if wrong.Field != "" {
		where = strconv.Quote(wrong.Field)
	}
	must := "an object"
	switch wrong.Type.Kind() {
	case reflect.String:
		must = "a string"
	case reflect.Bool:
		must = "true or false"
	case reflect.Int32:
		must = "a whole number of 32 bits"
	}
	return fmt.Errorf("%s must be %s, not %s", where, must, cmp.Or(kinds[wrong.Value], wrong.Value))
}

// kinds are those of JSON in words.
var kinds = map[string]string{
	"array": "a list", "object": "an object", "string": "a string", "number": "a number", "bool": "true or false",
}

// broken is the error of a body that can't be read.
func broken(err error) error {
	var tooLarge *http.MaxBytesError
	if errors.As(err, &tooLarge) || model.CodeOf(err) != model.Internal {
		return err
	}
	return model.Errorf(model.Invalid, "read body: %w", err)
}

// required is the error for a field that a body lacks.
func required(name string) error {
	return model.Errorf(model.Invalid, "the body lacks %q", name)
}

// unasked is the error for a parameter that a query lacks.
func unasked(name string) error {
	return model.Errorf(model.Invalid, "the query lacks %s", name)
}

// instantIn reads an instant; an empty text is the zero time.
func instantIn(name, text string) (time.Time, error) { return timeIn(name, text, nil) }

// timeIn reads an instant, or a time on the clock of a zone.
func timeIn(name, text string, zone *time.Location) (time.Time, error) {
	if text == "" {
		return time.Time{}, nil
	}
	t, err := schedule.ParseTime(text, zone)
	if err != nil {
		return t, model.Errorf(model.Invalid, "%s: %w", name, err)
	}
	if t.IsZero() || t.Year() > 9999 {
		return t, model.Errorf(model.Invalid, "%s: %s is out of range", name, text)
	}
	return t, nil
}
