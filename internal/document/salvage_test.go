package document_test

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/pawlhq/pawl/internal/document"
)

// salvaged reads a file of which parts are no YAML, and returns what is left of it with
// where its faults are.
func salvaged(src string) (left string, lines []int) {
	n, err := document.Format{Scalars: document.Core, Salvage: true}.Parse("f.yml", []byte(src))
	var errs document.Errors
	errs.Take(err)
	for _, e := range errs {
		lines = append(lines, e.Line)
	}
	if n == nil {
		return "", lines
	}
	var b strings.Builder
	for _, e := range n.Entries() {
		b.WriteString(e.Key + " ")
	}
	return strings.TrimSpace(b.String()), lines
}

func TestWhatIsNoYAMLIsLeftOut(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		src, left string
		lines     []int
	}{
		{"a: 1\nb: x: y\nc: 3\n", "a b c", []int{2}},
		{"a:\n  b: x: y\nc:\n  d: x: y\ne: 1\n", "a c e", []int{2, 4}},
		{"a:\n  b: 1\n c: 2\nd: 1\n", "a d", []int{3}},
		{"a:\n\tb: 1\nc: x: y\n", "a c", []int{2, 3}},
		{"a: [1, 2\nb: 1\nc: 3\n", "a b c", []int{2}},
		{"a: &x [1, 2\nb: *x\nc: d: e\n", "a b c", []int{2, 3}},
		{"a: 'x\nb: 'y'\n", "", []int{2}}, // where the quote was forgotten, nobody knows
		{"a: b: c", "a", []int{1}},
		{"a: 1\na: 2\nb: x: y\n", "a b", []int{2, 3}},
		{"x y\nb: 1\n", "", []int{2}},
		{"\x01", "", []int{1}},
	} {
		left, lines := salvaged(tt.src)
		if left != tt.left || !cmp.Equal(lines, tt.lines) {
			t.Errorf("%q: %q is left, with faults in %v; want %q and %v", tt.src, left, lines, tt.left, tt.lines)
		}
	}
}

// What is said of a part that was left out follows from the fault in it.
func TestFaultsOfWhatWasLeftOutAreMoot(t *testing.T) {
	t.Parallel()
	n, _ := document.Format{Scalars: document.Core, Salvage: true}.Parse("f.yml", []byte("a:\n  b: x: y\nc: 1\n"))
	var errs document.Errors
	for _, e := range n.Entries() {
		errs.Add(e.Value.Errorf("wrong"))
		errs.Add(e.Errorf("misnamed"))
	}
	if got := errs.Error(); got != "f.yml:3:4: wrong\nf.yml:3:1: misnamed" {
		t.Errorf("got %s", got)
	}
}

func FuzzSalvage(f *testing.F) {
	for _, src := range []string{"a: b: c\nd: [\ne: 1", "a:\n\tb\n c: {", "- a: 'x\n- b: \"", "a: *x\nb: : :\n? c"} {
		f.Add([]byte(src))
	}
	f.Fuzz(func(t *testing.T, src []byte) {
		whole, err := document.Format{Scalars: document.Core}.Parse("f.yml", src)
		left, more := document.Format{Scalars: document.Core, Salvage: true}.Parse("f.yml", src)
		if (err == nil) != (more == nil) || err == nil && (whole == nil) != (left == nil) {
			t.Errorf("%q: %v, and %v", src, err, more)
		}
	})
}
