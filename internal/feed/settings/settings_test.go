package settings_test

import (
	"strings"
	"testing"

	"github.com/pawlhq/pawl/internal/feed/settings"
)

func TestNamesMayHaveDots(t *testing.T) {
	t.Parallel()
	words := []string{"url", "keys."}
	for rest, want := range map[string]string{
		"orders.url": "orders url", "orders.v1.url": "orders.v1 url", "orders.keys.a.b": "orders keys.a.b", "a.url.keys.x": "a.url keys.x",
		"url": "", ".url": "", "orders.ulr": "", "orders.keys.": "", "keys.x": "", "orders": "",
	} {
		name, what, ok := settings.Split(rest, words...)
		if got := strings.TrimSpace(name + " " + what); got != want || ok != (want != "") {
			t.Errorf("%s is %q, %v", rest, got, ok)
		}
	}
}
