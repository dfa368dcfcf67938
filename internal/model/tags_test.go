package model_test

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/pawlhq/pawl/internal/model"
)

func TestTagsAreReadAndShownInOrder(t *testing.T) {
	t.Parallel()
	got, err := model.ParseTags([]string{"team=search", "a.b/c-d_1=x=y z", "empty="})
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(model.Tags{"team": "search", "a.b/c-d_1": "x=y z", "empty": ""}, got); diff != "" {
		t.Error(diff)
	}
	if text := got.String(); text != "a.b/c-d_1=x=y z, empty=, team=search" {
		t.Errorf("shown as %q", text)
	}
}

func TestTagsThatNobodyCanGiveAreRefused(t *testing.T) {
	t.Parallel()
	for text, why := range map[string]string{
		"team":                          "no tag",
		"=x":                            "needs a name",
		"pawl/schedule=1":               "pawl's own",
		"-a=1":                          "can't be the name",
		"a b=1":                         "can't be the name",
		"é=1":                           "can't be the name",
		strings.Repeat("n", 101) + "=1": "up to 100 bytes",
		"n=" + strings.Repeat("v", 251): "up to 250 bytes",
		"n=\x07":                        "not printable",
		"n=\xff":                        "not printable",
	} {
		_, err := model.ParseTags([]string{text})
		if model.CodeOf(err) != model.Invalid || !strings.Contains(err.Error(), why) {
			t.Errorf("%.20q: %v, want %s", text, err, why)
		}
	}
	if _, err := model.ParseTags([]string{"a=1", "a=2"}); err == nil || !strings.Contains(err.Error(), "twice") {
		t.Errorf("a name twice: %v", err)
	}
	many := make(model.Tags)
	for i := range 51 {
		many[strings.Repeat("n", i+1)] = ""
	}
	if err := many.Check(); err == nil {
		t.Error("51 tags pass")
	}
}

func TestLaterTagsComeBeforeEarlierOnes(t *testing.T) {
	t.Parallel()
	of := model.Tags{"a": "1", "b": "1"}
	if diff := cmp.Diff(model.Tags{"a": "1", "b": "2", "c": "3"}, of.With(model.Tags{"b": "2", "c": "3"})); diff != "" {
		t.Error(diff)
	}
	if of["b"] != "1" {
		t.Error("what others were added to has changed")
	}
}

func TestTagsThatAreLookedForMayBePawlsOwn(t *testing.T) {
	t.Parallel()
	got, err := model.ParseWantedTags([]string{"pawl/sensor=3", "team=a=b"})
	if diff := cmp.Diff(model.Tags{"pawl/sensor": "3", "team": "a=b"}, got); diff != "" || err != nil {
		t.Error(diff, err)
	}
	if got, err := model.ParseWantedTags(nil); got != nil || err != nil {
		t.Errorf("of none: %v, %v", got, err)
	}
	for _, wrong := range [][]string{{"n"}, {" =x"}, {"=x"}, {"a=1", "a=2"}, {"a=\x01"}} {
		if got, err := model.ParseWantedTags(wrong); model.CodeOf(err) != model.Invalid || got != nil {
			t.Errorf("%q: %v, %v", wrong, got, err)
		}
	}
}
