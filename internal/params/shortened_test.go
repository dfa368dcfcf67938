package params_test

import (
	"testing"

	"github.com/pawlhq/pawl/internal/params"
)

func TestTextsAreShortenedBetweenCharacters(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		"": "", "abcd": "abcd", "abcde": "abcd...", "日本語です": "日本語で...", "日本語で": "日本語で",
		"ab \ncd": "ab...", "a\xffb": "a\uFFFDb", "ab  cd": "ab...",
	} {
		if got := params.Shortened(text, 4); got != want {
			t.Errorf("%q becomes %q, want %q", text, got, want)
		}
	}
}
