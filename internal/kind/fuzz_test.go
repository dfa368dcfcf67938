package kind_test

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/pawlhq/pawl/internal/config"
)

// FuzzCheck reads any text as a file of settings, and says what is wrong with them.
func FuzzCheck(f *testing.F) {
	for _, text := range []string{
		"shop: stall", "shop: [x]", "shop: {type: hall, doors: 3}", "shop: {staff: [x]}", "shop: {goods: {a: {prize: 1}}}",
		"shop: {hall.key: {evn: KEY}}", "shop: {open: {fiel: x}}", "shap: 1", "alone: {a: 1}", "'': 1", "shop.: 1", "shop: {'': 1, ., ..: 2}",
		"telex: {a: 1}", "shop: {cart: {wheels: 3}, type: [cart, hall]}",
	} {
		f.Add(text)
	}
	path := filepath.Join(f.TempDir(), "pawl.yaml")
	f.Fuzz(func(t *testing.T, text string) {
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		c, err := config.Load(config.Sources{Env: func(string) string { return "" }, File: path})
		if err != nil {
			return
		}
		table := shops(t)
		faults := append(table.Resolve(c), c.Faults()...)
		more, doubts := table.Check(c)
		for _, e := range append(faults, more...) {
			if e.Message == "" || e.File == "" {
				t.Errorf("%q: an error without a place: %v", text, e)
			}
		}
		for _, d := range doubts {
			if d.Reason == "" {
				t.Errorf("%q: %s does nothing, without a reason", text, d.Key)
			}
		}
	})
}
