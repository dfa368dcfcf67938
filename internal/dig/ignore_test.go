package dig_test

import (
	"strings"
	"testing"

	"github.com/pawlhq/pawl/internal/dig"
)

func TestIgnore(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		name     string
		patterns string // one a line
		ignored  string // names, folders with a slash at the end
		kept     string
	}{
		{"names that start with a dot", "", ".git/ .env a/.b a/.b/c", "a a/b. a/b"},
		{"a name anywhere", "tmp", "tmp tmp/ a/tmp a/tmp/ tmp/b", "tmpx xtmp a/tmpx"},
		{"a star", "*.log", "a.log b/c.log", "a.logs log"},
		{"a star does not cross folders", "/a*b", "ab axb", "a/b"},
		{"a question mark", "a?c", "abc aäc x/abc", "ac abbc a/c"},
		{"folders only", "tmp/", "tmp/ tmp/a a/tmp/ a/tmp/b", "tmp a/tmp"},
		{"tied to the root by a slash in front", "/a", "a a/ a/b", "x/a"},
		{"tied to the root by a slash inside", "a/b", "a/b a/b/c", "x/a/b b"},
		{"any folders in front", "**/a/b", "a/b x/a/b x/y/a/b", "b xa/b"},
		{"any folders inside", "a/**/b", "a/b a/x/b a/x/y/b", "b x/a/b axb"},
		{"all inside", "a/**", "a/b a/b/c", "a a/ x/a/b"},
		{"two stars within a name are one", "a**b", "ab axb", "a/b"},
		{"a class", "a[0-9]", "a0 a9", "a aa a10"},
		{"a class that excludes", "a[!0-9]", "ab", "a0 a a/"},
		{"a class with special members", "a[].^]", "a] a. a^", "ab a[]"},
		{"a class that is not closed", "a[b", "", "a[b ab"},
		{"an escaped star", `a\*`, "a*", "ab a"},
		{"special characters of regular expressions", "a.(b)+$", "a.(b)+$", "aXb ab"},
		{"comments and empty lines", "# a\n\n  \na", "a", "#"},
		{"an escaped hash", `\#a`, "#a", "a"},
		{"an escaped exclamation mark", `\!a`, "!a", "a"},
		{"blanks at the end do not count", "a  ", "a", "b"},
		{"lines that end as on Windows", "a\r\nb\r\n", "a b", "c"},
		{"a later exception", "*.dig\n!a.dig", "b.dig x/b.dig", "a.dig x/a.dig"},
		{"the last pattern that matches counts", "a\n!a\na", "a", "b"},
		{"no exceptions inside an ignored folder", "tmp/\n!tmp/a", "tmp/ tmp/a", "a"},
		{"exceptions from all inside a folder", "tmp/*\n!tmp/a", "tmp/b", "tmp/ tmp/a"},
		{"an exception for nothing", "!", "", "a !"},
		{"a slash alone", "/", "", "a a/"},
		{"text that is not UTF-8", "\xff", "", "a"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			ig := dig.ParseIgnore(tt.patterns)
			check := func(names string, want bool) {
				for _, name := range strings.Fields(names) {
					path, folder := strings.CutSuffix(name, "/")
					if got := ig.Match(path, folder); got != want {
						t.Errorf("%q ignores %q: %v, want %v", tt.patterns, name, got, want)
					}
				}
			}
			check(tt.ignored, true)
			check(tt.kept, false)
		})
	}
}

func TestIgnoreEscapedBlank(t *testing.T) {
	t.Parallel()
	ig := dig.ParseIgnore(`a\ `)
	if !ig.Match("a ", false) || ig.Match("a", false) {
		t.Error("an escaped blank at the end is part of the pattern")
	}
}
