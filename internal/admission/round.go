package admission

import (
	"fmt"
	"maps"
	"slices"
	"time"

	"github.com/pawlhq/pawl/internal/model"
	"github.com/pawlhq/pawl/internal/schedule"
)

// Bucket names what the rate of a limit is kept by: the limit and, where each value
// of its tag has a bound of its own, the value.
type Bucket struct{ Limit, Value string }

// Spent says of buckets up to when they are used up by what has begun: one that is
// in the past, or missing, is full.
type Spent map[Bucket]model.Instant

// Round decides at one instant. The zero value is not to be used; see Limits.Begin.
type Round struct {
	of  *Limits
	now model.Instant
	// counts are those of each limit: one, or one for each value.
	counts []*count
	values []map[string]*count
	spent  Spent
	drawn  Spent
	// met are the counts that the run at hand is counted in.
	met []*count
}

// count is what a limit has counted.
type count struct {
	limit *Limit
	value string
	used  int
	until model.Instant // that of its bucket
}

// Verdict is what became of a run. The zero value is that it may begin.
type Verdict struct {
	// Limit is the first that keeps it back.
	Limit *Limit
	// Value is that of the limit's tag.
	Value string
	// Used is how many places were taken of Limit.Max, and Wants how many the run
	// takes.
	Used, Wants int
	// From is when the rate allows the next run, where that keeps it back.
	From model.Instant
}

// Admitted reports whether the run may begin.
func (v *Verdict) Admitted() bool { return v.Limit == nil }

// String says why a run waits, in words.
func (v *Verdict) String() string {
	switch {
	case v.Limit == nil:
		return "it may begin"
	case v.From != 0:
		return fmt.Sprintf("%s: %d in %s have begun; the next may at %s",
			v.Limit.about(v.Value), v.Limit.Rate, schedule.FormatDuration(v.Limit.Per), v.From.Time().Format("2006-01-02 15:04:05 -0700"))
	case v.Wants > v.Limit.Max:
		return fmt.Sprintf("%s: it takes %d places, and there are only %d", v.Limit.about(v.Value), v.Wants, v.Limit.Max)
	}
	return fmt.Sprintf("%s: %d of %d in use", v.Limit.about(v.Value), v.Used, v.Limit.Max)
}

// Begin begins to decide, with the runs that hold places. What rates have spent is
// not changed.
func (l *Limits) Begin(held []Run, spent Spent, now model.Instant) *Round {
	r := &Round{
		of: l, now: now, spent: spent, drawn: make(Spent),
		counts: make([]*count, len(l.all)), values: make([]map[string]*count, len(l.all)),
	}
	for i := range l.all {
		if of := &l.all[i]; of.PerValue {
			r.values[i] = make(map[string]*count)
		} else {
			r.counts[i] = r.newCount(of, "")
		}
	}
	for i := range held {
		r.meet(&held[i])
		for _, c := range r.met {
			c.used += held[i].weight()
		}
	}
	return r
}

func (r *Round) newCount(of *Limit, value string) *count {
	return &count{limit: of, value: value, until: r.spent[Bucket{of.Name, value}]}
}

// Full reports whether no run at all can be admitted any more in this round.
func (r *Round) Full() bool {
	for _, i := range r.of.everyone {
		if r.counts[i].full(r.now) {
			return true
		}
	}
	return false
}

// Offer decides on runs, in the order of Compare and after all that were offered
// before. One that has to wait keeps back none that come after it.
func (r *Round) Offer(runs []Run) []Verdict {
	list := make([]Verdict, len(runs))
	for i := range runs {
		list[i] = r.decide(&runs[i])
	}
	return list
}

// Spent returns what the rates have spent once those who were admitted have begun,
// of the buckets that they were taken from.
func (r *Round) Spent() Spent { return r.drawn }

func (r *Round) decide(run *Run) Verdict {
	r.meet(run)
	weight := run.weight()
	for _, c := range r.met {
		switch l := c.limit; {
		case l.Max > 0 && c.used+weight > l.Max:
			return Verdict{Limit: l, Value: c.value, Used: c.used, Wants: weight}
		case c.free() > r.now:
			return Verdict{Limit: l, Value: c.value, Used: c.used, Wants: weight, From: c.free()}
		}
	}
	for _, c := range r.met {
		c.used += weight
		if c.limit.Rate > 0 {
			c.until = max(c.until, r.now).Add(c.limit.step())
			r.drawn[Bucket{c.limit.Name, c.value}] = c.until
		}
	}
	return Verdict{}
}

// meet finds the counts that a run is counted in, in the order of the limits for
// all and then of its tags.
func (r *Round) meet(run *Run) {
	r.met = r.met[:0]
	for _, i := range r.of.everyone {
		r.met = append(r.met, r.counts[i])
	}
	for _, tag := range run.Tags {
		of := r.of.tagged[tag.Name]
		if of == nil {
			continue
		}
		for _, i := range of.any {
			r.met = append(r.met, r.countOf(i, tag.Value))
		}
		for _, i := range of.one[tag.Value] {
			r.met = append(r.met, r.counts[i])
		}
	}
}

// countOf returns the count of a limit for a value of its tag.
func (r *Round) countOf(i int, value string) *count {
	if r.values[i] == nil {
		return r.counts[i]
	}
	c := r.values[i][value]
	if c == nil {
		c = r.newCount(&r.of.all[i], value)
		r.values[i][value] = c
	}
	return c
}

// step is the time in which one more run may begin, rounded up to microseconds.
func (l *Limit) step() time.Duration {
	rate := time.Duration(l.Rate) * time.Microsecond
	return (l.Per + rate - 1) / rate * time.Microsecond
}

// free is the earliest instant at which the rate allows a run.
func (c *count) free() model.Instant {
	if c.limit.Rate == 0 {
		return 0
	}
	return c.until.Add(-time.Duration(c.limit.Rate-1) * c.limit.step())
}

func (c *count) full(now model.Instant) bool {
	return c.limit.Max > 0 && c.used >= c.limit.Max || c.free() > now
}

// Use is how much of a limit is in use.
type Use struct {
	Limit *Limit
	// Value is that of the tag, of a limit that is for each.
	Value string
	// Used counts places, and From is when its rate allows the next run: at once if
	// that is not later than now.
	Used int
	From model.Instant
}

// Uses returns how much of each limit is in use: of one for each value of a tag, by
// the values that runs have, in their order.
func (r *Round) Uses() (list []Use) {
	for i := range r.of.all {
		if c := r.counts[i]; c != nil {
			list = append(list, Use{Limit: c.limit, Used: c.used, From: c.free()})
		}
		for _, value := range slices.Sorted(maps.Keys(r.values[i])) {
			c := r.values[i][value]
			list = append(list, Use{Limit: c.limit, Value: value, Used: c.used, From: c.free()})
		}
	}
	return list
}
