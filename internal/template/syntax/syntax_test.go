package syntax_test

import (
	"slices"
	"testing"

	"github.com/pawlhq/pawl/internal/template/syntax"
)

func TestAFaultHasAPlace(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]int{
		"ab {{ 1 + }}":         10,
		"{% if a %}{% endfor":  13,
		"{{ a|nothing }}":      5,
		"{{ a is nothing }}":   8,
		"x {% unknown %}":      5,
		"[[ a }} {{ b } c }} ": 13,
	} {
		body, fault := syntax.Parse(text, "", "")
		if fault == nil || fault.Pos != want || fault.Message == "" {
			t.Errorf("%q: %v, fault %+v, want one at %d", text, body, fault, want)
		}
	}
}

func TestMarksCanBeOthers(t *testing.T) {
	t.Parallel()
	body, fault := syntax.Parse("{{ a }} [[ b ]]", "[[", "]]")
	if fault != nil {
		t.Fatal(fault)
	}
	if got := syntax.Variables(body, func(string) bool { return false }); !slices.Equal(got, []string{"b"}) {
		t.Errorf("the names are %q", got)
	}
}

func TestAWalkVisitsWhatIsNested(t *testing.T) {
	t.Parallel()
	body, fault := syntax.Parse("{% for a in b %}{% if c %}{{ d[e].f(g, h=i)|join(j) }}{% else %}{{ k }}{% endif %}{% endfor %}", "", "")
	if fault != nil {
		t.Fatal(fault)
	}
	var names []string
	syntax.Walk(body, func(p syntax.Part) {
		if n, ok := p.(*syntax.NameExpr); ok {
			names = append(names, n.Name)
		}
	})
	slices.Sort(names)
	if want := []string{"a", "b", "c", "d", "e", "g", "i", "j", "k"}; !slices.Equal(names, want) {
		t.Errorf("the names are %q", names)
	}
}
