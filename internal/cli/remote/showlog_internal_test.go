package remote

import (
	"bytes"
	"compress/gzip"
	"io"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/pawlhq/pawl/internal/client"
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

// As JSON, a line that has not ended looks like one that has: it is shown again as it has
// grown, and none is left out.
func TestNoRestOfALineIsLostAsJSON(t *testing.T) {
	t.Parallel()
	asJSON := func(text string) (lines string) {
		for line := range strings.Lines(text) {
			lines += "{" + strings.TrimSuffix(line, "\n") + "}\n"
		}
		return lines
	}
	prop.Check(t, func(t *rapid.T) {
		text := rapid.StringMatching(`[ab\n]{0,40}`).Draw(t, "text")
		var out bytes.Buffer
		w, shown, seen := logWatcher{all: true, part: client.Part{JSON: true}}, new(shownLog), 0
		for seen < len(text) {
			seen = rapid.IntRange(seen, len(text)).Draw(t, "seen")
			copied(t, &w, &out, asJSON(text[:seen]), shown, false)
		}
		copied(t, &w, &out, asJSON(text), shown, true)
		want := slices.Collect(strings.Lines(asJSON(text)))
		again := 0
		for line := range strings.Lines(out.String()) {
			if len(want) > 0 && line == want[0] {
				want = want[1:]
			} else {
				again++
			}
		}
		if len(want) > 0 {
			t.Fatalf("%q is missing, or not in order, in %q", want[0], out.String())
		}
		if whole := strings.Count(text, "\n"); again > len(text)-whole {
			t.Fatalf("%d lines are shown again", again)
		}
	})
}

func TestTasksAreInTheOrderInWhichTheyBegan(t *testing.T) {
	t.Parallel()
	at := client.Instant{Time: time.Unix(1770000000, 0)}
	file := func(name, agent string) client.LogFile {
		task, _, _ := strings.Cut(name, "@")
		return client.LogFile{FileName: name, TaskName: task, FileTime: at, AgentID: agent}
	}
	// All begin within a second, which is what a server tells besides the names.
	third := file("+w+a@6980500000000003.5-1.log.gz", "5-1")
	second := file("+w+b@6980500000000002.3-1.log.gz", "3-1")
	same := file("+w+a-b@6980500000000002.4-1.log.gz", "4-1")
	first := file("+w+c@6980500000000001.2-1.log.gz", "2-1")
	again := file("+w+c@6980500000000009.2-2.log.gz", "2-2")
	var got []string
	for _, f := range byTask([]client.LogFile{third, same, again, second, first}) {
		got = append(got, f.FileName)
	}
	want := []string{first.FileName, again.FileName, second.FileName, same.FileName, third.FileName}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
	other := client.LogFile{FileName: "odd.log", TaskName: "+w+d", FileTime: at, AgentID: "host"}
	if got := startOf(&other); !got.at.Equal(at.Time) || got.task != 0 {
		t.Errorf("a name of another kind: %+v", got)
	}
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
