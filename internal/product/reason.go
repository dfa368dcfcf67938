package product

import (
	"fmt"
	"strings"

	"github.com/pawlhq/pawl/internal/params"
)

// cause is why a task is outdated.
type cause struct {
	kind       causeKind
	at         int // the place of a product, or of an upstream task
	difference difference
	err        error
}

// causeKind is a kind of cause. Where there are several, the greatest is told.
type causeKind uint8

const (
	unknown causeKind = iota
	upstreamNewer
	upstreamChanged
	upstreamTimeless
	upstreamFetchable
	upstreamStale
	noTime
	codeChanged
	noRecord
	unfinished
	missing
	damagedAbove
	damaged
)

// blame keeps the greatest cause; of equal ones the first.
func (j *judgement) blame(c cause) {
	if c.kind > j.why.kind {
		j.why = c
	}
}

func (j *judgement) blameUpstream(k int, own moment) {
	up := &j.up
	switch {
	case up.staleAt >= 0:
		j.blame(cause{kind: upstreamStale, at: up.staleAt})
	case up.fetchableAt >= 0:
		j.blame(cause{kind: upstreamFetchable, at: up.fetchableAt})
	case up.timelessAt >= 0:
		j.blame(cause{kind: upstreamTimeless, at: up.timelessAt})
	case !own.known:
		j.blame(cause{kind: noTime, at: k})
	default:
		j.blame(cause{kind: upstreamNewer, at: up.newestAt})
	}
}

// reason puts the cause in words.
func (j *judgement) reason() string {
	t := &j.plan.tasks[j.task]
	switch c := &j.why; c.kind {
	case damaged:
		return c.err.Error()
	case damagedAbove:
		return "upstream " + j.plan.tasks[c.at].Name + " is damaged"
	case missing:
		if t.neverBuilt() {
			return "never built"
		}
		return "product missing: " + t.Products[c.at].Name
	case unfinished:
		return "last run did not finish"
	case noRecord:
		return "no metadata: " + t.Products[c.at].Name
	case noTime:
		return "metadata has no timestamp: " + t.Products[c.at].Name
	case codeChanged:
		return j.plan.change(t, c)
	case upstreamStale:
		return j.plan.upstreamReason(c.at)
	case upstreamFetchable:
		return "upstream " + j.plan.tasks[c.at].Name + " is fetched"
	case upstreamTimeless:
		return "upstream " + j.plan.tasks[c.at].Name + " has no timestamp"
	case upstreamChanged:
		return upstreamChange(*c.difference.record.MadeOf, t.MadeOf)
	case upstreamNewer:
		return "upstream " + j.plan.tasks[c.at].Name + " is newer"
	case unknown:
	}
	return "outdated"
}

// neverBuilt tells whether there is neither a product nor a record.
func (t *Task) neverBuilt() bool {
	for i := range t.Products {
		if t.Products[i].Exists || t.Products[i].Local.State != Absent {
			return false
		}
	}
	return true
}

func (p *Plan) upstreamReason(u int) string {
	if p.tasks[u].Standing == Changing {
		return "upstream " + p.tasks[u].Name + " changes at any time"
	}
	if a := p.verdicts[u].Action; a == Run || a == Later {
		return "upstream " + p.tasks[u].Name + " runs"
	}
	return "upstream " + p.tasks[u].Name + " is outdated"
}

// change says what differs from what was stored.
func (p *Plan) change(t *Task, c *cause) string {
	r := &c.difference.record
	switch c.difference.kind {
	case entries:
		return "metadata is incomplete: " + t.Products[c.at].Name
	case imports:
		return "an imported module changed"
	case parameters:
		return parameterChange(*r.Params, t.Params)
	case source:
		if p.o.FirstDifference != nil {
			if line := p.o.FirstDifference(t.Language, *r.Source, t.Code); line > 0 {
				return fmt.Sprintf("source changed: line %d", line)
			}
		}
	case nothing:
	}
	return "source changed"
}

func parameterChange(stored, current params.Map) string {
	path, was, is, had, has := firstParameter(stored, current)
	for _, prefix := range []string{"resources_.", "_resources."} { // whose values are digests
		if name, ok := strings.CutPrefix(path, prefix); ok {
			return "resource " + name + change(had, has)
		}
	}
	switch {
	case !had:
		return fmt.Sprintf("parameter %s: new, %s", path, clip(is))
	case !has:
		return fmt.Sprintf("parameter %s: removed, was %s", path, clip(was))
	}
	return fmt.Sprintf("parameter %s: %s -> %s", path, clip(was), clip(is))
}

// change says what has become of something that there was, or is now.
func change(had, has bool) string {
	switch {
	case !had:
		return " is new"
	case !has:
		return " is gone"
	}
	return " changed"
}

func upstreamChange(stored, current params.Map) string {
	path, was, is, had, has := firstParameter(stored, current)
	switch {
	case !had:
		return fmt.Sprintf("upstream %s is new", path)
	case !has:
		return fmt.Sprintf("upstream %s is gone", path)
	}
	return fmt.Sprintf("upstream %s: %s -> %s", path, clip(was), clip(is))
}

// maxValue is how many characters of a value a reason shows.
const maxValue = 40

// clip returns a value as short text.
func clip(v params.Value) string {
	text := []rune(params.Literal(v))
	switch v := v.(type) {
	case float64:
		text = []rune(string(appendFloat(nil, v)))
	case string:
		text = []rune(string(params.AppendJSON(nil, v)))
	}
	if len(text) > maxValue {
		return string(text[:maxValue-1]) + "…"
	}
	return string(text)
}
