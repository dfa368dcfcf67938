package notebook_test

import (
	"bytes"
	"encoding/json"
	"os/exec"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/pawlhq/pawl/internal/python/pythontest"
	"github.com/pawlhq/pawl/internal/source/notebook"
)

// What is written is read by other tools, so they have to see the same cells.
func TestJupytextReadsWhatIsWritten(t *testing.T) {
	t.Parallel()
	python := pythontest.Path(t)
	var texts [][2]string
	var want []*notebook.Notebook
	add := func(suffix, text string) {
		texts = append(texts, [2]string{suffix, text})
		want = append(want, read(t, "a."+suffix, text))
	}
	for i, v := range vectors(t) {
		if v.Error != "" || strings.Contains(v.Text, "\r") {
			continue
		}
		n := read(t, v.Name, v.Text)
		_, suffix, _ := strings.Cut(v.Name, ".")
		if n.Format() == "py:sphinx" || n.Language() == "" {
			continue
		}
		manual, err := n.InjectManually(some)
		if err != nil {
			t.Fatal(err)
		}
		if i%2 == 0 { // reading all of both takes long
			add(suffix, write(t, manual, ""))
		} else {
			add(suffix, write(t, n.WithParameters(true, true), ""))
		}
	}
	in, err := json.Marshal(texts)
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.CommandContext(t.Context(), python, "testdata/check.py")
	cmd.Stdin = bytes.NewReader(in)
	b, err := cmd.Output()
	if err != nil {
		t.Fatal(err)
	}
	var got []struct {
		Cells  [][]any
		Manual bool
		Error  string
	}
	if err := json.Unmarshal(b, &got); err != nil {
		t.Fatal(err)
	}
	broken := 0
	for i, g := range got {
		if g.Error != "" {
			if broken++; broken > 2 { // headers that jupytext trips over
				t.Errorf("%s: %s\n%s", texts[i][0], g.Error, texts[i][1])
			}
			continue
		}
		if diff := cmp.Diff(g.Cells, cellsOf(want[i]), cmpopts.EquateEmpty()); diff != "" || g.Manual != want[i].InjectedManually() {
			t.Errorf("%s, marked %v here %v\n%s\n(-jupytext +pawl)\n%s", texts[i][0], g.Manual, want[i].InjectedManually(), texts[i][1], diff)
		}
	}
	if len(got) < 300 {
		t.Errorf("only %d texts", len(got))
	}
}
