package server_test

import (
	"encoding/json"
	"maps"
	"net/url"
	"slices"
	"strings"
	"testing"
)

// What a query of pawl's own routes has that is none of its kind is a mistake of who
// asks, which is told with its name, whatever route it is. Digdag answers with 404.
func TestValuesOfQueriesThatAreNoneAreRefused(t *testing.T) {
	t.Parallel()
	w := newWorld(t, openMemory, nil)
	w.push("p", "1", "w.dig", "+a:\n  echo>: 1\n")
	w.start("2026-03-01T00:00:00Z")
	w.begin(1)
	var d struct {
		Paths map[string]map[string]struct {
			Parameters []struct {
				Name     string `json:"name"`
				In       string `json:"in"`
				Required bool   `json:"required"`
				Schema   struct {
					Type string `json:"type"`
				} `json:"schema"`
			} `json:"parameters"`
		} `json:"paths"`
	}
	if err := json.Unmarshal([]byte(w.ask(200, "GET", "/api/openapi.json", "")), &d); err != nil {
		t.Fatal(err)
	}
	refused := func(path string) string {
		t.Helper()
		r := request("GET", path, "")
		r.SetBasicAuth("root", "root")
		rec := w.do(r)
		if rec.Code != 400 {
			t.Errorf("%s: %d", path, rec.Code)
		}
		return rec.Body.String()
	}
	tried := 0
	for _, path := range slices.Sorted(maps.Keys(d.Paths)) {
		of, known := d.Paths[path]["get"]
		if !known || !strings.HasPrefix(path, "/api/pawl/") {
			continue
		}
		at := strings.NewReplacer("{id}", "1", "{name}", "w", "{attempt}", "1").Replace(path)
		needed := url.Values{}
		for _, p := range of.Parameters {
			if p.In == "query" && p.Required {
				needed.Set(p.Name, "p")
			}
		}
		for _, p := range of.Parameters {
			var wrong []string
			switch {
			case p.In != "query":
			case p.Schema.Type == "integer":
				wrong = []string{"x", "-1", "1.5", "99999999999999999999"}
			case p.Schema.Type == "boolean":
				wrong = []string{"", "maybe", "1"}
			case p.Name == "cursor" && !strings.HasSuffix(path, "/items"): // there are none
				wrong = []string{"?"}
			case p.Name == "since", p.Name == "until":
				wrong = []string{"x", "2026-13-01T00:00:00Z"}
			case p.Name == "attempt":
				wrong = []string{"x", "0"}
			}
			for _, value := range wrong {
				q := maps.Clone(needed)
				q.Set(p.Name, value)
				got := refused(at + "?" + q.Encode())
				if named := p.Name == "cursor" || strings.Contains(got, p.Name); !named || value != "" && !strings.Contains(got, value) {
					t.Errorf("%s?%s: %s", path, q.Encode(), got)
				}
				tried++
			}
			if p.In == "query" && p.Schema.Type != "array" {
				q := maps.Clone(needed)
				q[p.Name] = []string{"1", "1"}
				if got := refused(at + "?" + q.Encode()); !strings.Contains(got, p.Name+" is given 2 times") {
					t.Errorf("%s?%s: %s", path, q.Encode(), got)
				}
			}
		}
	}
	if tried < 50 {
		t.Errorf("only %d values were tried", tried)
	}
	w.ask(400, "GET", "/api/pawl/v1/events?attempt=0", "")
	w.ask(404, "GET", "/api/attempts?last_id=x", "") // as Digdag
	w.ask(404, "GET", "/api/workflows?count=x", "")
}
