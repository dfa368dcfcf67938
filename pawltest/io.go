package pawltest

import (
	"bytes"
	"errors"
	"sync"
	"testing"

	"github.com/pawlhq/pawl"
)

// IOManager checks that a manager of outputs does what pawl.IOManager says, and
// what it implements besides. It is called with managers that have nothing yet.
func IOManager(t *testing.T, open func(t *testing.T) pawl.IOManager) {
	t.Helper()
	for name, check := range map[string]func(*testing.T, pawl.IOManager){
		"what is stored is loaded":             loadsWhatIsStored,
		"what is not there is not found":       findsNothing,
		"nothing is replaced":                  replacesNothing,
		"names are told apart":                 tellsNamesApart,
		"one of many that store the same wins": letsOneWin,
		"outputs are removed with an attempt":  removes,
	} {
		t.Run(name, func(t *testing.T) { check(t, open(t)) })
	}
}

// output is one of many.
func output(attempt int64, step, name, item string) pawl.Output {
	return pawl.Output{Run: "k", Process: "p", Session: "s", Attempt: attempt, Step: step, Task: int64(len(step)), Try: 1, Name: name, Item: item}
}

// row is a value that is written as JSON.
type row struct {
	Name  string
	Parts []float64
}

func loadsWhatIsStored(t *testing.T, m pawl.IOManager) {
	large := bytes.Repeat([]byte("0123456789abcdef"), 1<<16)
	rows := []row{{"a", []float64{1, 2.5}}, {"b", nil}}
	for name, value := range map[string]any{"bytes": large, "text": "héllo\n", "rows": rows, "empty": []byte{}} {
		if err := m.Store(t.Context(), output(1, "load", name, ""), value); err != nil {
			t.Fatalf("store %s: %v", name, err)
		}
	}
	var gotBytes, gotEmpty []byte
	var gotText string
	var gotRows []row
	for name, into := range map[string]any{"bytes": &gotBytes, "text": &gotText, "rows": &gotRows, "empty": &gotEmpty} {
		if err := m.Load(t.Context(), output(1, "load", name, ""), into); err != nil {
			t.Fatalf("load %s: %v", name, err)
		}
	}
	if !bytes.Equal(gotBytes, large) || gotText != "héllo\n" || len(gotEmpty) != 0 || len(gotRows) != 2 || gotRows[0].Parts[1] != 2.5 {
		t.Errorf("other values are loaded than were stored: %d bytes, %q, %v", len(gotBytes), gotText, gotRows)
	}
}

func findsNothing(t *testing.T, m pawl.IOManager) {
	o := output(1, "load", "none", "")
	var into []byte
	if err := m.Load(t.Context(), o, &into); !errors.Is(err, pawl.ErrNotFound) {
		t.Errorf("loading what is not there: error %v", err)
	}
	if c, ok := m.(pawl.IOChecker); ok {
		if has, err := c.Has(t.Context(), o); has || err != nil {
			t.Errorf("it is not there, and Has says %v, %v", has, err)
		}
		if err := m.Store(t.Context(), o, "x"); err != nil {
			t.Fatal(err)
		}
		if has, err := c.Has(t.Context(), o); !has || err != nil {
			t.Errorf("it is there, and Has says %v, %v", has, err)
		}
	}
}

func replacesNothing(t *testing.T, m pawl.IOManager) {
	o := output(1, "load", "rows", "")
	if err := m.Store(t.Context(), o, "first"); err != nil {
		t.Fatal(err)
	}
	if err := m.Store(t.Context(), o, "second"); err == nil {
		t.Error("the same output was stored twice")
	}
	var got string
	if err := m.Load(t.Context(), o, &got); err != nil || got != "first" {
		t.Errorf("loaded %q, %v", got, err)
	}
}

func tellsNamesApart(t *testing.T, m pawl.IOManager) {
	outputs := []pawl.Output{
		output(1, "load", "a", ""), output(1, "load", "a", "b"), output(1, "load", "a/b", ""), output(1, "load", "..", ""),
		output(1, "load", "a", "é/ %2F"), output(2, "load", "a", ""), output(12, "load", "a", ""), output(1, "loads", "a", ""),
	}
	again := output(1, "load", "a", "")
	again.Try = 2
	other := output(1, "load", "a", "")
	other.Session = "t"
	outputs = append(outputs, again, other)
	for i, o := range outputs {
		if err := m.Store(t.Context(), o, []byte{byte(i)}); err != nil {
			t.Fatalf("store %+v: %v", o, err)
		}
	}
	for i, o := range outputs {
		var got []byte
		if err := m.Load(t.Context(), o, &got); err != nil || len(got) != 1 || got[0] != byte(i) {
			t.Errorf("output %d: %v, %v", i, got, err)
		}
	}
}

func letsOneWin(t *testing.T, m pawl.IOManager) {
	const many = 8
	o := output(1, "load", "rows", "")
	var wg sync.WaitGroup
	errs := make([]error, many)
	for i := range many {
		wg.Go(func() { errs[i] = m.Store(t.Context(), o, bytes.Repeat([]byte{byte(i)}, 10_000)) })
	}
	wg.Wait()
	var got []byte
	if err := m.Load(t.Context(), o, &got); err != nil || len(got) != 10_000 {
		t.Fatalf("%d bytes, %v", len(got), err)
	}
	won := int(got[0])
	if bytes.Count(got, got[:1]) != len(got) || errs[won] != nil {
		t.Errorf("the value is not that of one of them, or that has failed: %v", errs[won])
	}
	for i, err := range errs {
		if i != won && err == nil {
			t.Errorf("two of them were stored: %d and %d", won, i)
		}
	}
}

func removes(t *testing.T, m pawl.IOManager) {
	r, ok := m.(pawl.IORemover)
	if !ok {
		t.Skip("it removes nothing")
	}
	for _, o := range []pawl.Output{output(1, "a", "x", ""), output(1, "b", "x", "i"), output(12, "a", "x", "")} {
		if err := m.Store(t.Context(), o, "v"); err != nil {
			t.Fatal(err)
		}
	}
	for range 2 { // what is gone is gone
		if err := r.Remove(t.Context(), 1); err != nil {
			t.Fatal(err)
		}
	}
	var got string
	if err := m.Load(t.Context(), output(1, "b", "x", "i"), &got); !errors.Is(err, pawl.ErrNotFound) {
		t.Errorf("it was removed, and loading it says %v", err)
	}
	if err := m.Load(t.Context(), output(12, "a", "x", ""), &got); err != nil {
		t.Errorf("that of another attempt: %v", err)
	}
}
