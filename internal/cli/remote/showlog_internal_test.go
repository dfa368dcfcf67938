package remote

import (
	"bytes"
	"compress/gzip"
	"io"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/pawlhq/pawl/internal/model"
	"github.com/pawlhq/pawl/internal/prop"
)

func TestLinesAreLikeTheLastOneWithALevel(t *testing.T) {
	t.Parallel()
	lines := []string{"raw", "2026-01-30 00:00:00.000 +0000 [DEBUG] x", "of x", "1 [odd] y", "2026-01-30 00:00:00 -0700 [warn] z", "of z", "a [DEBUG] b", "[TRACE] t"}
	var shown []string
	filter, all := levelFilter{}, levelFilter{all: true}
	for _, l := range lines {
		if filter.visible([]byte(l)) {
			shown = append(shown, l)
		}
		if !all.visible([]byte(l)) {
			t.Errorf("%q is not shown among all", l)
		}
	}
	if diff := cmp.Diff([]string{lines[0], lines[4], lines[5], lines[6]}, shown); diff != "" {
		t.Error(diff)
	}
}

// However a file grows between two looks, each of its lines is shown once.
func TestEachLineIsShownOnce(t *testing.T) {
	t.Parallel()
	prop.Check(t, func(t *rapid.T) {
		text := rapid.StringMatching(`[ab\n]{0,40}`).Draw(t, "text")
		var out bytes.Buffer
		w, shown, seen := logWatcher{all: true}, new(shownLog), 0
		for seen < len(text) {
			seen = rapid.IntRange(seen, len(text)).Draw(t, "seen")
			copied(t, &w, &out, text[:seen], shown, false)
		}
		copied(t, &w, &out, text, shown, true)
		if text != "" && !strings.HasSuffix(text, "\n") {
			text += "\n"
		}
		if out.String() != text {
			t.Fatalf("got %q, want %q", out.String(), text)
		}
	})
}

func TestADamagedLogIsAnError(t *testing.T) {
	t.Parallel()
	w := logWatcher{}
	if err := w.copy(io.Discard, strings.NewReader("no gzip at all"), "+w+a", new(shownLog), true); err == nil || model.CodeOf(err) != model.Internal {
		t.Errorf("got %v", err)
	}
	var known shownLog
	if err := w.copy(io.Discard, strings.NewReader(""), "+w+a", &known, true); known.at != 0 || err != nil {
		t.Errorf("an empty file: %d, %v", known.at, err)
	}
}

// copied shows what is new in a text.
func copied(t *rapid.T, w *logWatcher, out io.Writer, text string, known *shownLog, last bool) {
	var file bytes.Buffer
	z := gzip.NewWriter(&file)
	_, _ = io.WriteString(z, text)
	_ = z.Flush()
	if err := w.copy(out, &file, "+w+a", known, last); err != nil {
		t.Fatal(err)
	}
}
