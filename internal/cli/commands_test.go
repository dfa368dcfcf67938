package cli

import (
	"testing"

	"github.com/pawlhq/pawl/internal/cli/console"
)

func TestACommandHasTheNameItIsFoundBy(t *testing.T) {
	t.Parallel()
	all := commandsFor(nil)
	for _, of := range all {
		root := newRoot(console.IO{}, []string{of.Name})
		if c, _, err := root.Find([]string{of.Name}); err != nil || c.Name() != of.Name {
			t.Errorf("%s: found %v, %v", of.Name, c, err)
		}
		if n := len(commandsFor([]string{of.Name})); n != 1 {
			t.Errorf("%s needs %d commands", of.Name, n)
		}
	}
	if n := len(commandsFor([]string{"--help"})); n != len(all) {
		t.Errorf("the help shows %d commands of %d", n, len(all))
	}
}
