package project_test

import (
	"strings"
	"testing"

	"github.com/pawlhq/pawl/internal/model"
	"github.com/pawlhq/pawl/internal/project"
)

func TestNames(t *testing.T) {
	t.Parallel()
	long := strings.Repeat("ü", 255)
	titled := struct{ good, bad []string }{
		[]string{"a", "A b", "ü", "_1", "-", ".", "a+b", "a/b", "a.dig.x", "dig", "日本", "#1", long},
		[]string{"", "1a", "+a", "^a", "@a", "/a", `\a`, ":a", "*a", "?a", `"a`, "<a", ">a", "|a", "a.dig", ".dig", "a\x00", "\xff", long + "x"},
	}
	for _, tt := range []struct {
		name      string
		check     func(string) error
		good, bad []string
	}{
		{"project", project.CheckProjectName, titled.good, titled.bad},
		{"workflow", project.CheckWorkflowName, titled.good, titled.bad},
		{"revision", project.CheckRevisionName, []string{"1", "../..", "a.dig", "+", " ", long}, []string{"", long + "x", "\xff"}},
		{"retry attempt", project.CheckRetryAttemptName, []string{"1", "a^", long}, []string{"", "^", "^1.2.0", long + "x", "\x00"}},
		{
			"secret key", project.CheckSecretKey,
			[]string{"a", "aws.s3.key", "a-b_c", "a1", "A.B9", "a__b", strings.Repeat("k", 255)},
			[]string{"", "1a", "a.", ".a", "a..b", "a.1", "-a", "a-", "_a", "a_.b", "a b", "ü", "a/b", "a\n", strings.Repeat("k", 256)},
		},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			for _, name := range tt.good {
				if err := tt.check(name); err != nil {
					t.Errorf("%q: %v", name, err)
				}
			}
			for _, name := range tt.bad {
				wantCode(t, name, tt.check(name), model.Invalid)
			}
		})
	}
}

func TestMessageAboutANameListsAllFaults(t *testing.T) {
	t.Parallel()
	for name, want := range map[string]string{
		"1.dig": "Validating project failed\n" +
			"name can't start with a digit: \"1.dig\"\n" +
			"name can't end in .dig: \"1.dig\"",
		"|": "Validating project failed\n" +
			"name can't start with any of + ^ @ / \\ : * ? \" < > |: \"|\"",
		"": "Validating project failed\nname can't be empty: \"\"",
	} {
		if err := project.CheckProjectName(name); err == nil || err.Error() != want {
			t.Errorf("%q: %v\nwant %s", name, err, want)
		}
	}
}

func FuzzNames(f *testing.F) {
	for _, seed := range []string{"", "a", "1", "a.b", "\xff", "a.dig", "../x"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, name string) {
		revision, workflow := project.CheckRevisionName(name), project.CheckWorkflowName(name)
		if workflow == nil && revision != nil {
			t.Errorf("%q is the name of a workflow but not of a revision: %v", name, revision)
		}
		if project.CheckSecretKey(name) == nil && strings.ContainsAny(name, " /\\\x00\n\"") {
			t.Errorf("%q is a secret's key", name)
		}
		if (project.CheckProjectName(name) == nil) != (workflow == nil) {
			t.Errorf("%q is the name of a workflow or project, but not of both", name)
		}
	})
}
