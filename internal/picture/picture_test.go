package picture_test

import (
	"fmt"
	"testing"
	"testing/fstest"

	"github.com/google/go-cmp/cmp"

	"github.com/pawlhq/pawl/internal/dig"
	"github.com/pawlhq/pawl/internal/picture"
)

func TestThePictureHasTheTasksAndWhatTheyComeAfter(t *testing.T) {
	t.Parallel()
	project := fstest.MapFS{"w.dig": {Data: []byte(`
+a:
  sh>: make all
  _error:
    echo>: oh
+b:
  _parallel: true
  +c:
    if>: ${x}
    _do:
      echo>: yes
  +d:
    echo>: 2
`)}}
	list, err := dig.LoadDefinitions(project, []string{"w.dig"})
	if err != nil {
		t.Fatal(err)
	}
	g := picture.Of(list[0].Workflow)
	var got []string
	for _, n := range g.Nodes {
		got = append(got, fmt.Sprintf("%s in %q: %s %s", n.ID, n.Group, n.Label, n.Detail))
	}
	for _, e := range g.Edges {
		got = append(got, fmt.Sprintf("%s -> %s %q %v", e.From, e.To, e.Label, e.Dashed))
	}
	want := []string{
		`+w in "": +w `,
		`+w+a in "+w": +a sh> make all`,
		`+w+a^error in "+w": ^error echo> oh`,
		`+w+b in "+w": +b `,
		`+w+b+c in "+w+b": +c if> ${x}`,
		`+w+b+c_do in "+w+b+c": if true `,
		`+w+b+c_do^sub in "+w+b+c_do": echo> yes `,
		`+w+b+d in "+w+b": +d echo> 2`,
		`+w+a -> +w+a^error "error" true`,
		`+w+a -> +w+b "" false`,
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("picture (-want +got):\n%s", diff)
	}
}
