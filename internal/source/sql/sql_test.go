package sql_test

import (
	"encoding/json"
	"os"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"pgregory.net/rapid"

	"github.com/pawlhq/pawl/internal/prop"
	"github.com/pawlhq/pawl/internal/source/sql"
)

// vectors are verdicts of Ploomber; testdata/vectors.py writes them.
type vectors struct {
	Pairs []struct {
		A, B string
		Same bool
	}
	Created []struct {
		Text      string
		Relations [][3]string
	}
}

func readVectors(t testing.TB) vectors {
	t.Helper()
	text, err := os.ReadFile("testdata/vectors.json")
	if err != nil {
		t.Fatal(err)
	}
	var v vectors
	if err := json.Unmarshal(text, &v); err != nil {
		t.Fatal(err)
	}
	return v
}

// Some comments leave two blanks behind in what Ploomber compares, so that it
// takes a text for changed whose comments alone did. We do not.
func TestVerdictsAreThoseOfPloomber(t *testing.T) {
	t.Parallel()
	pairs := readVectors(t).Pairs
	if len(pairs) < 300 {
		t.Fatalf("only %d pairs", len(pairs))
	}
	spared := 0
	for _, p := range pairs {
		got := sql.Same(p.A, p.B)
		if got && !p.Same && (strings.Contains(p.B, "/* note */") || strings.Contains(p.B, "-- note")) {
			spared++
		} else if got != p.Same {
			t.Errorf("same: %v, want %v\n%q\n%q\nnormalized\n%q\n%q", got, p.Same, p.A, p.B, sql.Normalize(p.A), sql.Normalize(p.B))
		}
	}
	if spared > len(pairs)/50 {
		t.Errorf("%d of %d pairs are the same although Ploomber tells them apart", spared, len(pairs))
	}
}

func TestCreatedRelationsAreThoseOfPloomber(t *testing.T) {
	t.Parallel()
	bare := strings.NewReplacer(`"`, "", "`", "")
	for _, c := range readVectors(t).Created {
		var want []sql.Relation
		for _, r := range c.Relations {
			want = append(want, sql.Relation{Schema: bare.Replace(r[0]), Name: bare.Replace(r[1]), Kind: r[2]})
		}
		if strings.Contains(c.Text, "OR REPLACE") {
			want = []sql.Relation{{Name: "v", Kind: "view"}}
		}
		if diff := cmp.Diff(want, sql.Created(c.Text), cmpopts.EquateEmpty()); diff != "" {
			t.Errorf("%q (-want +got):\n%s", c.Text, diff)
		}
	}
}

func TestCreatedKnowsMoreThanPloomber(t *testing.T) {
	t.Parallel()
	for text, want := range map[string][]sql.Relation{
		"create temporary table t as select 1":                       {{Name: "t", Kind: "table"}},
		"CREATE MATERIALIZED VIEW db.s.v AS SELECT 1":                {{Schema: "s", Name: "v", Kind: "view"}},
		`CREATE TABLE "a""b".[C d] (x int)`:                          {{Schema: `a"b`, Name: "c d", Kind: "table"}},
		"CREATE TABLE":                                               nil,
		"CREATE TABLE 5":                                             nil,
		"CREATE TABLE a.":                                            {{Name: "a", Kind: "table"}},
		"CREATE INDEX i ON t (a)":                                    nil,
		"CREATE TABLE a AS SELECT 1; CREATE TABLE A AS SELECT 2":     {{Name: "a", Kind: "table"}},
		"CREATE TABLE a AS SELECT 1; DROP VIEW a":                    {{Name: "a", Kind: "table"}},
		"CREATE TABLE a AS SELECT 'x;y'; DROP TABLE IF EXISTS \"a\"": nil,
	} {
		if diff := cmp.Diff(want, sql.Created(text), cmpopts.EquateEmpty()); diff != "" {
			t.Errorf("%q (-want +got):\n%s", text, diff)
		}
	}
}

func TestTheFirstDifferenceIsALineOfTheSecondText(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		a, b string
		want int
	}{
		{"SELECT a\nFROM t", "select a from t", 0},
		{"SELECT a\nFROM t", "SELECT a\n\n-- c\nFROM u", 4},
		{"SELECT a, b FROM t", "SELECT a,\n  /* x\n */ c\nFROM t", 3},
		{"SELECT a FROM t", "SELECT a\nFROM t\nWHERE x", 3},
		{"SELECT a FROM t WHERE x", "SELECT a\nFROM t\n", 2},
		{"SELECT 1", "", 1},
		{"SELECT 'a\nb', 1", "SELECT 'a\nb', 2", 2},
		{"SELECT a\r\nFROM t", "SELECT a\r\nFROM u", 2},
	} {
		if got := sql.FirstDifference(c.a, c.b); got != c.want {
			t.Errorf("%q, %q: line %d, want %d", c.a, c.b, got, c.want)
		}
	}
}

// texts draws SQL that is made of pieces, so that equal ones are frequent.
func texts() *rapid.Generator[string] {
	pieces := []string{"select", "SELECT", "a", "A", ",", " ", "\n", "  ", "'x'", "'X'", "(", ")", "+", ";", "-- c\n", "/* c */", "from", "GROUP BY", "\"q\"", "1"}
	return rapid.Map(rapid.SliceOfN(rapid.SampledFrom(pieces), 0, 6), func(list []string) string { return strings.Join(list, "") })
}

func TestSameIsAnEquivalence(t *testing.T) {
	t.Parallel()
	prop.Check(t, func(t *rapid.T) {
		a, b, c := texts().Draw(t, "a"), texts().Draw(t, "b"), texts().Draw(t, "c")
		if !sql.Same(a, a) {
			t.Errorf("%q is not the same as itself", a)
		}
		if sql.Same(a, b) != sql.Same(b, a) {
			t.Errorf("%q and %q are the same in one direction", a, b)
		}
		if sql.Same(a, b) && sql.Same(b, c) && !sql.Same(a, c) {
			t.Errorf("%q, %q, %q", a, b, c)
		}
		if line := sql.FirstDifference(a, b); (line == 0) != sql.Same(a, b) {
			t.Errorf("%q, %q: difference in line %d", a, b, line)
		}
	})
}

func FuzzSQL(f *testing.F) {
	for _, p := range readVectors(f).Pairs[:80] {
		f.Add(p.A, p.B)
	}
	f.Add("$a$ x $a$ [b] `c` %(d)s \\e :f", "/*+ g */ --+ h\n # i")
	f.Fuzz(func(t *testing.T, a, b string) {
		line := sql.FirstDifference(a, b)
		if (line == 0) != sql.Same(a, b) || line < 0 || line > 1+strings.Count(b, "\n")+strings.Count(b, "\r") {
			t.Errorf("%q, %q: line %d", a, b, line)
		}
		if sql.Normalize(a) != sql.Normalize(a+" ") && !strings.ContainsAny(a, "'\"`-#/$[%\\:;@?") {
			t.Errorf("a blank at the end of %q counts", a)
		}
		for _, r := range sql.Created(a) {
			if r.Name == "" {
				t.Errorf("%q creates %v", a, r)
			}
		}
	})
}
