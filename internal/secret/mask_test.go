package secret_test

import (
	"bytes"
	"io"
	"strconv"
	"strings"
	"testing"

	"github.com/pawlhq/pawl/internal/prop"
	"github.com/pawlhq/pawl/internal/secret"
	"pgregory.net/rapid"
)

// recorder returns one that has read the values.
func recorder(t testing.TB, values ...string) *secret.Recorder {
	t.Helper()
	m := secret.Map{}
	r := &secret.Recorder{Secrets: m}
	for i, v := range values {
		key := strconv.Itoa(i)
		m[key] = v
		if got, err := r.Secret(t.Context(), key); got != v || err != nil {
			t.Fatalf("got %q, %v", got, err)
		}
	}
	return r
}

func TestHide(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		name   string
		values []string
		in     string
		want   string
	}{
		{"nothing read", nil, "pass", "pass"},
		{"every occurrence", []string{"pass"}, "pass a pass b", "*** a *** b"},
		{"one right after another", []string{"pass"}, "passpass", "******"},
		{"overlapping values", []string{"abcd", "cdef"}, "xabcdefx", "x***x"},
		{"a value that overlaps itself", []string{"abab"}, "xabababx", "x***x"},
		{"the longer of two", []string{"pass", "password"}, "password pass passwo", "*** *** ***wo"},
		{"blanks around a value", []string{" pass\n"}, "a pass", "a ***"},
		{"several lines", []string{"line1\nline2"}, "line1\nline2\nline1", "***\nline1"},
		{"too short", []string{"abc", ""}, "abc", "abc"},
		{"not ASCII", []string{"pässwörd"}, "ä pässwörd", "ä ***"},
		{"start of a value at the end", []string{"pass"}, "a pas", "a pas"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			if got := recorder(t, tt.values...).Hide(tt.in); got != tt.want {
				t.Errorf("got %q, want %q", got, tt.want)
			}
		})
	}
}

func TestRecordedTellsWhetherThereIsSomethingToMask(t *testing.T) {
	t.Parallel()
	if recorder(t, "abc").Recorded() || !recorder(t, "abcd").Recorded() {
		t.Error("want false for a value that is too short and true for another")
	}
	r := &secret.Recorder{Secrets: secret.Map{}}
	if _, err := r.Secret(t.Context(), "missing"); err == nil || r.Recorded() {
		t.Errorf("missing secret: %v", err)
	}
}

// counter counts the writes that reach it.
type counter struct {
	bytes.Buffer
	writes int
}

func (c *counter) Write(p []byte) (int, error) {
	c.writes++
	return c.Buffer.Write(p)
}

func TestMaskerHoldsBackOnlyWhatMayBecomeAValue(t *testing.T) {
	t.Parallel()
	var out counter
	w := &secret.Masker{To: &out, Recorder: recorder(t, "password")}
	for _, step := range []struct{ in, want string }{
		{"user pass", "user "},
		{"word and ", "user *** and "},
		{"passion p", "user *** and passion "},
		{"", "user *** and passion "},
		{"!", "user *** and passion p!"},
	} {
		if n, err := io.WriteString(w, step.in); n != len(step.in) || err != nil {
			t.Fatal(n, err)
		}
		if got := out.String(); got != step.want {
			t.Errorf("after %q: got %q, want %q", step.in, got, step.want)
		}
	}
	if out.writes != 4 {
		t.Errorf("%d writes", out.writes)
	}
}

func TestMaskerMasksFromWhenAValueIsRead(t *testing.T) {
	t.Parallel()
	var out bytes.Buffer
	m := secret.Map{"key": "value"}
	r := &secret.Recorder{Secrets: m}
	w := &secret.Masker{To: &out, Recorder: r}
	_, _ = io.WriteString(w, "value ")
	if _, err := r.Secret(t.Context(), "key"); err != nil {
		t.Fatal(err)
	}
	_, _ = io.WriteString(w, "value ")
	if got := out.String(); got != "value *** " {
		t.Errorf("got %q", got)
	}
}

func TestMaskerReportsErrors(t *testing.T) {
	t.Parallel()
	r, w := io.Pipe()
	_ = r.Close()
	m := &secret.Masker{To: w, Recorder: recorder(t, "pass")}
	if _, err := io.WriteString(m, "text"); err == nil {
		t.Error("Write: no error")
	}
}

// masked is what Masker promises, said of the whole text: what occurrences
// cover is masked, once where they overlap.
func masked(text string, values []string) string {
	starts := make([]int, len(text)) // the longest value that starts there
	for _, v := range values {
		for i := range text {
			if strings.HasPrefix(text[i:], v) {
				starts[i] = max(starts[i], len(v))
			}
		}
	}
	var out strings.Builder
	end := 0 // of the values seen
	for i := range len(text) {
		if starts[i] > 0 && i >= end {
			out.WriteString(secret.Mask)
		}
		if starts[i] > 0 {
			end = max(end, i+starts[i])
		}
		if i >= end {
			out.WriteByte(text[i])
		}
	}
	return out.String()
}

func TestMaskingDoesNotDependOnHowTextIsWritten(t *testing.T) {
	t.Parallel()
	text := rapid.StringOfN(rapid.RuneFrom([]rune("ab")), 0, 60, -1)
	value := rapid.StringOfN(rapid.RuneFrom([]rune("ab")), 4, 9, -1)
	prop.Check(t, func(rt *rapid.T) {
		values := rapid.SliceOfN(value, 0, 4).Draw(rt, "values")
		parts := rapid.SliceOf(text).Draw(rt, "parts")
		var out bytes.Buffer
		w := &secret.Masker{To: &out, Recorder: recorder(t, values...)}
		for _, p := range parts {
			_, _ = io.WriteString(w, p)
		}
		if err := w.Flush(); err != nil {
			rt.Fatal(err)
		}
		whole := strings.Join(parts, "")
		if got, want := out.String(), masked(whole, values); got != want {
			rt.Fatalf("%q with %q hidden: got %q, want %q", whole, values, got, want)
		}
	})
}

func BenchmarkMasker(b *testing.B) {
	block := []byte(strings.Repeat("a line of output that holds no secret at all\n", 700))
	w := &secret.Masker{To: io.Discard, Recorder: recorder(b, "3f9c2a7e51d04b86", "another-secret", "and a third one")}
	b.SetBytes(int64(len(block)))
	for b.Loop() {
		_, _ = w.Write(block)
	}
}
