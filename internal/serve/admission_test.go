package serve

import (
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/pawlhq/pawl/internal/admission"
	"github.com/pawlhq/pawl/internal/config"
)

func settingsOf(pairs ...string) *config.Config {
	cfg := new(config.Config)
	for i := 0; i < len(pairs); i += 2 {
		cfg.Set(pairs[i], pairs[i+1], "test")
	}
	return cfg
}

func TestLimitsAreReadFromSettings(t *testing.T) {
	t.Parallel()
	set := newSettings(settingsOf(
		"queue.type", "queued", "queue.max-runs", "9", "queue.count-calls", "true",
		"queue.limits.b.tag", "team", "queue.limits.b.value", "search", "queue.limits.b.limit", "2",
		"queue.limits.a.tag", "user", "queue.limits.a.per", "value", "queue.limits.a.rate", "10/1m",
		"pools.db", "5",
	))
	limits, turns := set.admission(), set.turns()
	if set.err != nil || limits == nil || !turns.Queue || !turns.CountCalls {
		t.Fatalf("%v, %+v", set.err, turns)
	}
	value := "search"
	want := []admission.Limit{
		{Name: "max-runs", Max: 9}, {Name: "a", Tag: "user", PerValue: true, Rate: 10, Per: time.Minute},
		{Name: "b", Tag: "team", Value: &value, Max: 2},
	}
	if diff := cmp.Diff(want, limits.All()); diff != "" {
		t.Error(diff)
	}
	if diff := cmp.Diff(map[string]int{"db": 5}, set.pools()); diff != "" {
		t.Error(diff)
	}
}

func TestThereIsNoQueueUnlessItIsAskedFor(t *testing.T) {
	t.Parallel()
	set := newSettings(settingsOf())
	if limits := set.admission(); limits != nil || set.turns().Queue || set.err != nil {
		t.Errorf("%v, %v", limits, set.err)
	}
}

func TestWhatIsWrongWithLimitsIsSaid(t *testing.T) {
	t.Parallel()
	for why, pairs := range map[string][]string{
		"bounds nothing":                      {"queue.limits.a.tag", "x"},
		"has no tag":                          {"queue.limits.a.value", "x", "queue.limits.a.limit", "1"},
		"such as 10/1m":                       {"queue.limits.a.rate", "10"},
		"must be a whole number above 0":      {"queue.limits.a.limit", "-1"},
		"one of tag, value":                   {"queue.limits.a.per", "each", "queue.limits.a.limit", "1"},
		"queue.max-rnus is no setting":        {"queue.max-rnus", "1"},
		"can't be the name of a pool":         {"pools.d b", "1"},
		"queue.type must be one of":           {"queue.type", "later"},
		"a whole number that is not negative": {"pools.db", "many"},
	} {
		err := Check(settingsOf(append([]string{"queue.type", "queued"}, pairs...)...))
		if err == nil || !strings.Contains(err.Error(), why) {
			t.Errorf("%v: %v, want %s", pairs, err, why)
		}
	}
}

func TestAWrongRateIsToldOnce(t *testing.T) {
	t.Parallel()
	cfg := configured("queue.type", "queued", "queue.limits.calls.tag", "api", "queue.limits.calls.rate", "often")
	if found := Faults(cfg); len(found) != 1 || !strings.Contains(found[0].Message, "queue.limits.calls.rate must be") {
		t.Errorf("found %v", found)
	}
}
