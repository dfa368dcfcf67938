package serve

import (
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/pawlhq/pawl/internal/admission"
	"github.com/pawlhq/pawl/internal/conductor"
	"github.com/pawlhq/pawl/internal/kind"
	"github.com/pawlhq/pawl/internal/model"
	"github.com/pawlhq/pawl/internal/schedule"
	"github.com/pawlhq/pawl/internal/workflow"
)

// Settings of the run queue.
const (
	runQueueType  = "queue.type"
	maxRunsKey    = "queue.max-runs"
	countCallsKey = "queue.count-calls"
	limitsPrefix  = "queue.limits."
)

func runQueueSection() kind.Section {
	return kind.Section{
		Name: "queue", Doc: "Whether runs begin at once, or wait in the [run queue](run-queue.md) until limits admit them.", TypeDoc: "when runs begin",
		Types: []kind.Type{
			{Name: "immediate", Doc: "at once"},
			{Name: "queued", Doc: "when they are admitted", Options: []kind.Option{
				{Name: "max-runs", Form: kind.Number, Computed: "no bound", Doc: "how many runs may be under way at a time, by their weights"},
				{Name: "count-calls", Form: kind.Bool, Default: "false", Doc: "has runs that the task of another waits for count; they begin at once even so"},
				{Name: "limits.<name>.tag", Doc: "the tag of the runs that a limit is for; without one it is for all"},
				{Name: "limits.<name>.value", Doc: "the only value of the tag that counts"},
				{Name: "limits.<name>.per", Form: kind.Word, Words: []string{"tag", "value"}, Doc: "one bound for all runs with the tag, or one for each of its values"},
				{Name: "limits.<name>.limit", Form: kind.Count, Doc: "how many such runs may be under way at a time"},
				{Name: "limits.<name>.rate", Doc: "how many such runs may begin in a time, such as 10/1m"},
			}},
		},
	}
}

func poolsSection() kind.Section {
	return kind.Section{Name: "pools", Doc: "How many slots pools have that tasks take some of ([`_pool`](run-queue.md#pools)). `pawl pools set` counts more.", Options: []kind.Option{
		{Name: "<name>", Form: kind.Number, Doc: "slots of the pool"},
	}}
}

// pools reads the sizes of pools.
func (s *settings) pools() map[string]int {
	sizes := make(map[string]int)
	for name := range s.Flat("pools") {
		key := "pools." + name
		sizes[name] = s.number(key)
		if err := workflow.CheckPool(name); err != nil {
			s.fault(s.Errorf(key, "%v", err).Hint("%s", model.HintsOf(err)))
		}
	}
	return sizes
}

// turns reads which runs wait in the queue.
func (s *settings) turns() conductor.Turns {
	return conductor.Turns{Queue: s.choice(runQueueType) == "queued", CountCalls: s.yes(countCallsKey)}
}

// admission reads what the run queue keeps; nil is that there is none.
func (s *settings) admission() *admission.Limits {
	var list []admission.Limit
	if n := s.number(maxRunsKey); n > 0 {
		list = append(list, admission.Limit{Name: "max-runs", Max: n})
	}
	for _, name := range s.limitNames() {
		wrong := len(s.faults)
		if l := s.admissionLimit(name); len(s.faults) == wrong { // else it is said what is wrong with it
			list = append(list, l)
		}
	}
	for i := range list {
		if err := list[i].Check(); err != nil {
			s.fault(s.Errorf(s.oneOf(limitsPrefix+list[i].Name), "%v", err).Hint("%s", model.HintsOf(err)))
		}
	}
	if s.err != nil || !s.turns().Queue {
		return nil
	}
	limits, err := admission.NewLimits(list)
	if err != nil {
		s.fault(s.Errorf(runQueueType, "%v", err))
	}
	return limits
}

// limitNames returns the names of the limits, in order.
func (s *settings) limitNames() (names []string) {
	for _, key := range s.Keys() {
		if rest, ok := strings.CutPrefix(key, limitsPrefix); ok {
			if at := strings.LastIndexByte(rest, '.'); at > 0 {
				names = append(names, rest[:at])
			}
		}
	}
	slices.Sort(names)
	return slices.Compact(names)
}

// oneOf returns a key that is set and begins with another.
func (s *settings) oneOf(key string) string {
	for _, k := range s.Keys() {
		if strings.HasPrefix(k, key+".") {
			return k
		}
	}
	return key
}

func (s *settings) admissionLimit(name string) admission.Limit {
	at := limitsPrefix + name + "."
	l := admission.Limit{
		Name: name, Tag: s.text(at + "tag"), PerValue: s.choice(at+"per") == "value", Max: read(s, at+"limit", kind.ParseNumber),
	}
	if value, ok := s.Get(at + "value"); ok {
		l.Value = &value
	}
	if _, ok := s.Get(at + "rate"); ok {
		r := readAs(s, at+"rate", "a number of runs in a time, such as 10/1m", parseRate)
		l.Rate, l.Per = r.runs, r.per
	}
	return l
}

// rate is how many runs may begin in a time.
type rate struct {
	runs int
	per  time.Duration
}

func parseRate(text string) (r rate, err error) {
	runs, per, ok := strings.Cut(text, "/")
	if !ok {
		return r, strconv.ErrSyntax
	}
	if r.runs, err = strconv.Atoi(strings.TrimSpace(runs)); err != nil || r.runs < 1 {
		return rate{}, strconv.ErrSyntax
	}
	if r.per, err = schedule.ParseDuration(strings.TrimSpace(per)); err != nil || r.per == 0 {
		return rate{}, strconv.ErrSyntax
	}
	return r, nil
}
