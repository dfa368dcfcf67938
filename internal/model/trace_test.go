package model_test

import (
	"strings"
	"testing"

	"github.com/pawlhq/pawl/internal/model"
)

func TestTraceContextsHaveTheirForm(t *testing.T) {
	t.Parallel()
	const good = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"
	for text, want := range map[string]string{
		good: good, good + "-more": good + "-more", "": "", good[1:]: "", good + "x": "", strings.ToUpper(good): "",
		strings.Replace(good, "-", "0", 1): "", good + "-" + strings.Repeat("x", 300): "",
	} {
		if got := model.Traceparent(text); got != want {
			t.Errorf("%q: %q", text, got)
		}
	}
}
