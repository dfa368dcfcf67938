package pawlfile_test

import (
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/pawlhq/pawl/internal/params"
	"github.com/pawlhq/pawl/internal/pawlfile"
	"github.com/pawlhq/pawl/internal/shape/declare"
)

var parts = []string{"pipeline", "task", "iterate", "resources", "retry", "timeout", "run_queue", "input"}

// Each key that is read is in the schema for editors and in the manual.
func TestEveryKeyIsDescribed(t *testing.T) {
	t.Parallel()
	manual, err := os.ReadFile("../../docs/reference/pawl-yaml.md")
	if err != nil {
		t.Fatal(err)
	}
	schema := pawlfile.Schema()
	for _, part := range parts {
		keys := pawlfile.Keys(part)
		if len(keys) == 0 {
			t.Errorf("there is no part %s", part)
		}
		text := string(params.AppendJSON(nil, schema))
		for _, key := range keys {
			if !strings.Contains(text, `"`+key+`":{"description":`) {
				t.Errorf("the schema does not have %s of %s", key, part)
			}
			if !strings.Contains(string(manual), "`"+key+"`") {
				t.Errorf("the manual does not have %s of %s", key, part)
			}
		}
	}
	for name := range pawlfile.Operators() {
		if _, ok := schema.At("$defs", "task", "properties", name); !ok {
			t.Errorf("the schema does not have the operator %s", name)
		}
	}
	if got := pawlfile.Keys("input"); !slices.Equal(got, declare.Keys()) {
		t.Errorf("inputs are described with %v, but have %v", got, declare.Keys())
	}
}
