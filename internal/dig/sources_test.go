package dig_test

import (
	"testing"
	"testing/fstest"

	"github.com/google/go-cmp/cmp"

	"github.com/pawlhq/pawl/internal/dig"
)

func TestSourcesFindWhatWasWritten(t *testing.T) {
	t.Parallel()
	s := dig.NewSources(fstest.MapFS{
		"main.dig": {Data: []byte("_export:\n" +
			"  !include : more.yml\n" +
			"+a:\n" +
			"  sh>: run\n" +
			"  list: [x, {y: z}]\n" +
			"+b:\n" +
			"  - retry: 1\n" +
			"  - echo>: two\n" +
			"    retry: 2\n" +
			"+c:\n" +
			"  _type: echo\n" +
			"  _command: three\n" +
			"+d:\n" +
			"  nop>:\n")},
		"more.yml": {Data: []byte("sub:\n  name: x\n")},
	})
	for _, tt := range []struct {
		name, want string
		keys       []string
	}{
		{"a task", "main.dig:4:3: here", []string{"+a"}},
		{"a command", "main.dig:4:8: here", []string{"+a", "_command"}},
		{"an item of a list", "main.dig:5:17: here", []string{"+a", "list", "1", "y"}},
		{"a task written as a list", "main.dig:8:12: here", []string{"+b", "_command"}},
		{"the last of several", "main.dig:9:12: here", []string{"+b", "retry"}},
		{"a command beside its type", "main.dig:12:13: here", []string{"+c", "_command"}},
		{"a key without a value", "main.dig:14:3: here", []string{"+d", "_command"}},
		{"what is included", "more.yml:2:9: here", []string{"_export", "sub", "name"}},
		{"what is not there", "main.dig:4:3: here", []string{"+a", "nothing", "more"}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			at, found := s.Find("main.dig", tt.keys...)
			if diff := cmp.Diff(tt.want, at.Errorf("here").Error()); diff != "" || found == (tt.name == "what is not there") {
				t.Errorf("found %v (-want +got):\n%s", found, diff)
			}
		})
	}
	at, _ := s.Find("nowhere.dig", "+a")
	if got := at.Errorf("here").Error(); got != "here" {
		t.Errorf("a file that is not there: %s", got)
	}
}
