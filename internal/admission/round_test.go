package admission_test

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/pawlhq/pawl/internal/admission"
	"github.com/pawlhq/pawl/internal/model"
	"github.com/pawlhq/pawl/internal/prop"
)

// obvious decides as the documentation says, counting anew for each run.
type obvious struct {
	limits []admission.Limit
	// tokens are what is left of each bucket, in microseconds of its refilling.
	tokens map[admission.Bucket]int64
	at     map[admission.Bucket]model.Instant
}

func applies(l *admission.Limit, r *admission.Run) (value string, ok bool) {
	if l.Tag == "" {
		return "", true
	}
	for _, t := range r.Tags {
		if t.Name == l.Tag && (l.Value == nil || *l.Value == t.Value) {
			if l.PerValue {
				return t.Value, true
			}
			return "", true
		}
	}
	return "", false
}

func weight(r *admission.Run) int { return max(1, r.Weight) }

// decide returns which of the queued runs begin.
func (o *obvious) decide(held, queued []admission.Run, now model.Instant) (begin []model.AttemptID) {
	held, queued = slices.Clone(held), slices.Clone(queued)
	slices.SortFunc(queued, func(a, b admission.Run) int { return admission.Compare(&a, &b) })
	for _, run := range queued {
		may := true
		for i := range o.limits {
			l := &o.limits[i]
			value, ok := applies(l, &run)
			if !ok {
				continue
			}
			used := 0
			for j := range held {
				if other, counts := applies(l, &held[j]); counts && other == value {
					used += weight(&held[j])
				}
			}
			if l.Max > 0 && used+weight(&run) > l.Max {
				may = false
			}
			if l.Rate > 0 && o.filled(l, value, now) < l.Per.Microseconds()/int64(l.Rate) {
				may = false
			}
		}
		if !may {
			continue
		}
		for i := range o.limits {
			if value, ok := applies(&o.limits[i], &run); ok && o.limits[i].Rate > 0 {
				l := &o.limits[i]
				o.tokens[admission.Bucket{Limit: l.Name, Value: value}] = o.filled(l, value, now) - l.Per.Microseconds()/int64(l.Rate)
			}
		}
		held, begin = append(held, run), append(begin, run.ID)
	}
	return begin
}

// filled fills a bucket up to now.
func (o *obvious) filled(l *admission.Limit, value string, now model.Instant) int64 {
	b := admission.Bucket{Limit: l.Name, Value: value}
	if _, known := o.at[b]; !known {
		o.tokens[b] = l.Per.Microseconds()
	} else {
		o.tokens[b] = min(l.Per.Microseconds(), o.tokens[b]+int64(now-o.at[b]))
	}
	o.at[b] = now
	return o.tokens[b]
}

func drawLimits(t *rapid.T) (list []admission.Limit) {
	for i := range rapid.IntRange(0, 5).Draw(t, "limits") {
		l := admission.Limit{Name: fmt.Sprint("l", i)}
		if tag := rapid.SampledFrom([]string{"", "a", "b"}).Draw(t, "tag"); tag != "" {
			l.Tag = tag
			switch rapid.IntRange(0, 2).Draw(t, "of") {
			case 0:
				l.PerValue = true
			case 1:
				value := rapid.SampledFrom([]string{"x", "y"}).Draw(t, "value")
				l.Value = &value
			}
		}
		l.Max = rapid.IntRange(0, 4).Draw(t, "max")
		if l.Max == 0 || rapid.Bool().Draw(t, "rated") {
			l.Rate = rapid.IntRange(1, 4).Draw(t, "rate")
			l.Per = time.Duration(l.Rate*rapid.IntRange(1, 5).Draw(t, "per")) * time.Microsecond
		}
		list = append(list, l)
	}
	return list
}

func drawRun(t *rapid.T, id model.AttemptID) admission.Run {
	r := admission.Run{ID: id, Priority: rapid.IntRange(-1, 1).Draw(t, "priority"), Weight: rapid.IntRange(0, 3).Draw(t, "weight")}
	for _, name := range []string{"a", "b"} {
		if value := rapid.SampledFrom([]string{"", "x", "y", "z"}).Draw(t, name); value != "" {
			r.Tags = append(r.Tags, admission.Tag{Name: name, Value: value})
		}
	}
	return r
}

// A queue is worked off in rounds, while runs come and end.
func TestRoundsDecideAsAnObviousModelDoes(t *testing.T) {
	t.Parallel()
	prop.Check(t, func(t *rapid.T) {
		list := drawLimits(t)
		limits, err := admission.NewLimits(list)
		if err != nil {
			t.Fatal(err)
		}
		model := &obvious{list, make(map[admission.Bucket]int64), make(map[admission.Bucket]instant)}
		spent := make(admission.Spent)
		var held, queued []admission.Run
		now, id := instant(1000), attempt(0)
		for range rapid.IntRange(1, 6).Draw(t, "rounds") {
			for range rapid.IntRange(0, 6).Draw(t, "come") {
				id++
				queued = append(queued, drawRun(t, id))
			}
			slices.SortFunc(queued, func(a, b admission.Run) int { return admission.Compare(&a, &b) })
			want := model.decide(held, queued, now)
			var got []attempt
			var rest []admission.Run
			round := limits.Begin(held, spent, now)
			page := rapid.IntRange(1, 4).Draw(t, "page")
			for some := range slices.Chunk(queued, page) {
				full := round.Full()
				for i, v := range round.Offer(some) {
					if v.Admitted() && full {
						t.Fatalf("run %d begins though there was room for none", some[i].ID)
					}
					if v.Admitted() {
						got, held = append(got, some[i].ID), append(held, some[i])
					} else {
						rest = append(rest, some[i])
						if v.String() == "" || v.From != 0 && v.From <= now {
							t.Fatalf("run %d waits for %+v", some[i].ID, v)
						}
					}
				}
			}
			if !slices.Equal(got, want) {
				t.Fatalf("%v begin, want %v", got, want)
			}
			for bucket, until := range round.Spent() {
				spent[bucket] = until
			}
			queued = rest
			held = slices.DeleteFunc(held, func(admission.Run) bool { return rapid.Bool().Draw(t, "ends") })
			now += instant(rapid.IntRange(0, 8).Draw(t, "passes"))
		}
	})
}

type (
	instant = model.Instant
	attempt = model.AttemptID
)

func TestWhatKeepsARunBackIsSaidInWords(t *testing.T) {
	t.Parallel()
	bar := "bar"
	limits, err := admission.NewLimits([]admission.Limit{
		{Name: "max-runs", Max: 9},
		{Name: "users", Tag: "user", PerValue: true, Max: 1},
		{Name: "bars", Tag: "foo", Value: &bar, Max: 2},
		{Name: "calls", Tag: "api", Rate: 1, Per: time.Minute},
	})
	if err != nil {
		t.Fatal(err)
	}
	run := func(id attempt, weight int, name, value string) admission.Run {
		return admission.Run{ID: id, Weight: weight, Tags: []admission.Tag{{Name: name, Value: value}}}
	}
	round := limits.Begin([]admission.Run{run(1, 1, "user", "ann")}, nil, 60_000_000)
	got := round.Offer([]admission.Run{
		run(2, 1, "user", "ann"), run(3, 1, "user", "bob"), run(4, 3, "foo", "bar"), run(5, 1, "api", ""), run(6, 1, "api", ""), run(7, 99, "x", ""),
	})
	want := []string{
		"users (user=ann): 1 of 1 in use", "it may begin", "bars (foo=bar): it takes 3 places, and there are only 2", "it may begin",
		"calls (api): 1 in 1m have begun; the next may at 1970-01-01 00:02:00 +0000", "max-runs: it takes 99 places, and there are only 9",
	}
	for i := range got {
		if got[i].String() != want[i] {
			t.Errorf("%q, want %q", got[i].String(), want[i])
		}
	}
}

func TestLimitsThatBoundNothingAreRefused(t *testing.T) {
	t.Parallel()
	value := "v"
	for name, list := range map[string][]admission.Limit{
		"nothing":     {{Name: "a", Tag: "t"}},
		"no tag":      {{Name: "a", PerValue: true, Max: 1}},
		"value, each": {{Name: "a", Tag: "t", Value: &value, PerValue: true, Max: 1}},
		"negative":    {{Name: "a", Max: -1}},
		"too quick":   {{Name: "a", Rate: 10, Per: time.Microsecond}},
		"twice":       {{Name: "a", Max: 1}, {Name: "A", Max: 2}},
	} {
		if _, err := admission.NewLimits(list); model.CodeOf(err) != model.Invalid {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// 10,000 runs wait, most of them for one of 50 limits.
func BenchmarkRound(b *testing.B) {
	list := []admission.Limit{{Name: "max-runs", Max: 5000}}
	for i := range 47 {
		value := fmt.Sprint(i)
		list = append(list, admission.Limit{Name: "l" + value, Tag: "team", Value: &value, Max: 1 + i%10})
	}
	list = append(list,
		admission.Limit{Name: "users", Tag: "user", PerValue: true, Max: 2},
		admission.Limit{Name: "calls", Tag: "api", Rate: 100, Per: time.Minute})
	limits, err := admission.NewLimits(list)
	if err != nil {
		b.Fatal(err)
	}
	runs := make([]admission.Run, 10_000)
	for i := range runs {
		runs[i] = admission.Run{ID: attempt(i), Priority: -i / 1000, Tags: []admission.Tag{
			{Name: "team", Value: fmt.Sprint(i % 100)}, {Name: "user", Value: fmt.Sprint(i % 777)}, {Name: "api", Value: "x"},
		}}
	}
	b.ReportAllocs()
	for b.Loop() {
		round := limits.Begin(runs[:40], nil, 1)
		begun := 0
		for _, v := range round.Offer(runs[40:]) {
			if v.Admitted() {
				begun++
			}
		}
		if begun != 100 {
			b.Fatalf("%d begin", begun)
		}
	}
}
