package cli

import "testing"

func TestACommandHasTheNameItIsFoundBy(t *testing.T) {
	t.Parallel()
	for _, of := range commands {
		root := newRoot(IO{}, []string{of.name})
		if c, _, err := root.Find([]string{of.name}); err != nil || c.Name() != of.name {
			t.Errorf("%s: found %v, %v", of.name, c, err)
		}
		if n := len(commandsFor([]string{of.name})); n != 1 {
			t.Errorf("%s needs %d commands", of.name, n)
		}
	}
	if n := len(commandsFor([]string{"--help"})); n != len(commands) {
		t.Errorf("the help shows %d commands of %d", n, len(commands))
	}
}
