package logs

import (
	"slices"
	"strings"
	"testing"

	"github.com/pawlhq/pawl/internal/model"
	"github.com/pawlhq/pawl/internal/params"
	"github.com/pawlhq/pawl/internal/prop"
	"pgregory.net/rapid"
)

func TestRecordsAreReadAsTheyWereWritten(t *testing.T) {
	t.Parallel()
	word := rapid.StringMatching(`[a-z .:=\[\]{}"\\éü0-9-]*`)
	prop.Check(t, func(t *rapid.T) {
		want := Record{
			Level: Level(rapid.IntRange(int(Debug), int(Error)).Draw(t, "level")), Logger: strings.ReplaceAll(strings.TrimSpace(word.Draw(t, "logger")), ": ", ":"),
			Message: word.Draw(t, "message"),
		}
		for _, key := range rapid.SliceOfN(rapid.StringMatching(`[a-z.]+`), 0, 3).Draw(t, "keys") {
			want.Fields = want.Fields.Set(fieldName(key), rapid.OneOf(
				rapid.Map(word, func(s string) params.Value { return s }),
				rapid.Map(rapid.Int64(), func(n int64) params.Value { return n }),
				rapid.Map(word, func(s string) params.Value { return params.Of("a b", s) }),
			).Draw(t, key))
		}
		var f frames
		frame := want.frame()
		var got *Record
		for len(frame) > 0 {
			n := rapid.IntRange(1, len(frame)).Draw(t, "bytes")
			text, r, rest := f.cut(frame[:n])
			if len(text) > 0 || len(rest) > 0 {
				t.Fatalf("text %q, rest %q", text, rest)
			}
			got, frame = r, frame[n:]
		}
		if got == nil || got.Level != want.Level || got.Logger != want.Logger || got.Message != want.Message || !got.Fields.Equal(want.Fields) {
			t.Fatalf("of the frame: got %v, want %v", got, want)
		}
		line := strings.TrimSuffix(string(want.text()), "\n")
		read, ok := parseLine(line)
		if !ok || read.Level != want.Level || read.Logger != want.Logger || read.Message != want.Message || !read.Fields.Equal(want.Fields) {
			t.Fatalf("of %q: got %v %v, want %v", line, read, ok, want)
		}
	})
}

func TestReservedKeysGiveWay(t *testing.T) {
	t.Parallel()
	for key, want := range map[string]string{"level": "extra.level", "": "extra.", "a b=": "a_b_", "rows": "rows"} {
		if got := fieldName(key); got != want {
			t.Errorf("%q: got %q, want %q", key, got, want)
		}
	}
}

func TestLargeFramesAreText(t *testing.T) {
	t.Parallel()
	var f frames
	text, r, rest := f.cut([]byte(recordBegin + strings.Repeat("x", maxRecord)))
	if len(text) != len(recordBegin)+maxRecord || r != nil || len(rest) != 0 {
		t.Errorf("got %d bytes, %v, and %d left", len(text), r, len(rest))
	}
}

func TestParseLevel(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]Level{"": NoLevel, "debug": Debug, "WARN": Warn, "Error": Error} {
		if got, err := ParseLevel(text); got != want || err != nil {
			t.Errorf("%q: got %v, %v", text, got, err)
		}
	}
	_, err := ParseLevel("eror")
	if model.CodeOf(err) != model.Invalid || !strings.Contains(model.HintsOf(err), `"error"`) {
		t.Errorf("got %v (%s)", err, model.HintsOf(err))
	}
}

// Text that is full of beginnings of frames is gone through once: what is held is only
// what may be one.
func TestFramesAreFoundInAnyText(t *testing.T) {
	t.Parallel()
	prop.Check(t, func(t *rapid.T) {
		parts := rapid.SliceOf(rapid.OneOf(
			rapid.SampledFrom([]string{recordBegin, recordBegin[:1], recordBegin[:4], recordEnd, "\n", "a", between}),
			rapid.Map(rapid.SampledFrom([]string{"", "b", "c\nd"}), func(s string) string { return string(Record{Level: Info, Message: s}.frame()) }),
		)).Draw(t, "parts")
		printed := []byte(strings.Join(parts, ""))
		whole := seenIn(printed, len(printed))
		if cut := seenIn(printed, rapid.IntRange(1, 9).Draw(t, "bytes at a time")); cut != whole {
			t.Fatalf("got %q at once, and else %q", whole, cut)
		}
	})
	var f frames
	text, r, rest := f.cut([]byte(strings.Repeat(recordBegin[:1]+"{}\n", 1000)))
	if len(text) != 4000 || r != nil || len(rest) != 0 {
		t.Errorf("got %d bytes, %v, and %d left", len(text), r, len(rest))
	}
}

// seenIn returns the texts and the records of what is printed so many bytes at a time.
func seenIn(printed []byte, atOnce int) string {
	var f frames
	var seen strings.Builder
	for chunk := range slices.Chunk(printed, max(1, atOnce)) {
		for chunk = slices.Clone(chunk); len(chunk) > 0; {
			text, r, rest := f.cut(chunk)
			seen.Write(text)
			if r != nil {
				seen.WriteString("<" + r.Message + ">")
			}
			chunk = rest
		}
	}
	seen.Write(f.left())
	return seen.String()
}
