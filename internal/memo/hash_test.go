package memo_test

import (
	"strings"
	"testing"

	"pgregory.net/rapid"

	"github.com/pawlhq/pawl/internal/memo"
	"github.com/pawlhq/pawl/internal/params"
	"github.com/pawlhq/pawl/internal/prop"
	"github.com/pawlhq/pawl/internal/workflow"
	"github.com/pawlhq/pawl/operator"
)

// parts are few short texts, so that cases that differ in little are frequent.
func parts() *rapid.Generator[memo.Parts] {
	text := rapid.StringOfN(rapid.RuneFrom([]rune("a1:=")), 0, 4, -1)
	return rapid.Custom(func(t *rapid.T) memo.Parts {
		return memo.Parts(rapid.MapOfN(text, text, 0, 4).Draw(t, "parts"))
	})
}

func equal(a, b memo.Parts) bool {
	if len(a) != len(b) {
		return false
	}
	for name, text := range a {
		if other, ok := b[name]; !ok || other != text {
			return false
		}
	}
	return true
}

func TestOnlyEqualPartsHaveOneHash(t *testing.T) {
	t.Parallel()
	prop.Check(t, func(t *rapid.T) {
		a, b := parts().Draw(t, "a"), parts().Draw(t, "b")
		if got := a.Hash() == b.Hash(); got != equal(a, b) {
			t.Fatalf("%q and %q have one hash: %t", a, b, got)
		}
	})
}

// versionOf is the version of a task with parameters, which takes all of them.
func versionOf(t interface{ Fatal(...any) }, p params.Map) memo.Parts {
	v, why, err := memo.Version(memo.Asked{Task: &operator.Task{Name: "+w+a", Type: "any", Params: p, Scope: p}}, workflow.Memo{On: true})
	if err != nil || why != "" {
		t.Fatal(why, err)
	}
	return v
}

func TestSwappedInputsAreOthers(t *testing.T) {
	t.Parallel()
	value := rapid.OneOf(
		rapid.Map(rapid.StringOfN(rapid.RuneFrom([]rune(`ab"{}:=1`)), 0, 3, -1), func(s string) params.Value { return s }),
		rapid.Map(rapid.Int64Range(0, 3), func(n int64) params.Value { return n }),
		rapid.Map(rapid.StringOfN(rapid.RuneFrom([]rune("ab")), 1, 1, -1), func(v string) params.Value { return ref("x", v) }),
		rapid.Map(rapid.SliceOfN(rapid.SampledFrom([]string{"a", "b", "ab", ""}), 0, 3), func(list []string) params.Value {
			values := make([]params.Value, len(list))
			for i, s := range list {
				values[i] = s
			}
			return values
		}),
	)
	prop.Check(t, func(t *rapid.T) {
		a, b := value.Draw(t, "a"), value.Draw(t, "b")
		one, other := versionOf(t, params.Of("x", a, "y", b)).Hash(), versionOf(t, params.Of("x", b, "y", a)).Hash()
		if (one == other) != params.Equal(a, b) {
			t.Fatalf("x=%v and y=%v, and swapped: one version: %t", a, b, one == other)
		}
		if again := versionOf(t, params.Of("y", b, "x", a)).Hash(); again != one {
			t.Fatal("the order of parameters counts")
		}
	})
}

// ref stands for an output of a version.
func ref(name, version string) params.Map {
	of := params.Of("key", "7/s/2.1/o-"+name, "step", "+w+up", "name", name, "type", "pickle", "size", int64(1))
	if version != "" {
		of = of.Set("version", version)
	}
	return params.Of(operator.OutputKey, of)
}

func TestOutputsAreWhatTheyWereMadeOf(t *testing.T) {
	t.Parallel()
	base := versionOf(t, params.Of("rows", ref("rows", "v1"))).Hash()
	elsewhere := params.Of(operator.OutputKey, params.Of("key", "99/u/5.3/o-rows", "step", "+v+b", "name", "rows", "type", "file", "size", int64(8), "version", "v1"))
	if got := versionOf(t, params.Of("rows", elsewhere)).Hash(); got != base {
		t.Error("where an output is counts")
	}
	for what, other := range map[string]params.Map{
		"another version": ref("rows", "v2"), "another output": ref("cols", "v1"),
		"its reference as a value": params.Of("version", "v1"),
	} {
		if versionOf(t, params.Of("rows", other)).Hash() == base {
			t.Errorf("%s is the same", what)
		}
	}
	_, why, err := memo.Version(memo.Asked{Task: &operator.Task{Type: "any", Params: params.Of("all", []params.Value{ref("rows", "")}), Scope: params.Of("all", []params.Value{ref("rows", "")})}}, workflow.Memo{On: true})
	if err != nil || !strings.Contains(why, "it takes all, output rows of +w+up, which is not memoised") {
		t.Errorf("an output without a version: %q, %v", why, err)
	}
}
