package strict_test

import (
	"strings"
	"testing"
	"time"

	"github.com/pawlhq/pawl/internal/document"
	"github.com/pawlhq/pawl/internal/document/strict"
)

// entry reads the only entry of a mapping.
func entry(t *testing.T, text string) document.Entry {
	t.Helper()
	n, err := document.Format{Scalars: document.Core}.Parse("f", []byte(text))
	if err != nil {
		t.Fatal(err)
	}
	return n.Entries()[0]
}

func TestDurations(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]time.Duration{
		"90": 90 * time.Second, "1.5": 1500 * time.Millisecond, "1h30m": 90 * time.Minute, "2d": 48 * time.Hour, "0": 0, "250ms": 250 * time.Millisecond,
	} {
		var r strict.Reader
		if got := r.Duration(entry(t, "d: "+text)); got != want || len(r.Errs) > 0 {
			t.Errorf("%s is %v, %v, want %v", text, got, r.Errs, want)
		}
	}
	for _, text := range []string{"soon", "-1", "-1s", "9999999999", "1e300", "70000d", "xd", "true", "[1]", `"${d}"`, ""} {
		var r strict.Reader
		if got := r.Duration(entry(t, "d: "+text)); got != 0 || len(r.Errs) != 1 {
			t.Errorf("%q is %v, %v", text, got, r.Errs)
		}
	}
}

func TestMistakesSayWhatWasMeant(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		text, want string
		read       func(*strict.Reader, document.Entry)
	}{
		{"k: {nme: 1}", `f:1:5: a thing does not have the key "nme" did you mean "name"?`, func(r *strict.Reader, e document.Entry) {
			r.Known(e.Value.Entries(), "a thing", []string{"name", "size"})
		}},
		{"k: {x: 1}", `there are name, size`, func(r *strict.Reader, e document.Entry) {
			r.Known(e.Value.Entries(), "a thing", []string{"name", "size"})
		}},
		{"k: 1", "f:1:4: k must be a mapping, not the number 1", func(r *strict.Reader, e document.Entry) { r.Mapping(e.Value, e.Key) }},
		{"k: [1]", "f:1:4: k must be a text, not a list", func(r *strict.Reader, e document.Entry) { r.Text(e) }},
		{`k: "a ${b}"`, `k is read before expressions are evaluated, so it can't be "a ${b}"`, func(r *strict.Reader, e document.Entry) { r.Fixed(e) }},
		{"k: yes", "k must be true or false, not the text \"yes\"", func(r *strict.Reader, e document.Entry) { r.Boolean(e) }},
		{"k: 1.5", "k must be a whole number, not the number 1.5", func(r *strict.Reader, e document.Entry) { r.Integer(e, 0) }},
		{"k: 0", "k must be at least 1, not 0", func(r *strict.Reader, e document.Entry) { r.Integer(e, 1) }},
		{"k: 99999999999", "k must be a whole number", func(r *strict.Reader, e document.Entry) { r.Integer(e, 1) }},
		{"k: fials", `k must be one of fails, skips, not the text "fials" did you mean "fails"?`, func(r *strict.Reader, e document.Entry) {
			r.Choice(e, []string{"fails", "skips"})
		}},
		{"k: [a, 1, ' ']", "f:1:8: k needs texts, not the number 1", func(r *strict.Reader, e document.Entry) {
			if list := r.Texts(e); len(list) != 1 {
				t.Errorf("texts are %v", list)
			}
		}},
	} {
		var r strict.Reader
		tt.read(&r, entry(t, tt.text))
		if len(r.Errs) == 0 || !strings.Contains(r.Errs[0].Error()+" "+strings.Join(r.Errs[0].Hints, " "), tt.want) {
			t.Errorf("%s: got %v, want %s", tt.text, r.Errs, tt.want)
		}
	}
}
