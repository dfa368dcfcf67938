package metrics

import (
	"math"
	"slices"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
)

// The text format of Prometheus is written here, as its client library takes
// a sixth of the start of every command, and only servers have metrics.

// head says what a metric is.
type head struct{ name, help, kind string }

func (h head) appendTo(dst []byte) []byte {
	for _, part := range [...]string{"# HELP ", h.name, " ", h.help, "\n# TYPE ", h.name, " ", h.kind, "\n"} {
		dst = append(dst, part...)
	}
	return dst
}

// alone appends a metric with one series, which has no labels.
func (h head) alone(dst []byte, v float64) []byte {
	return appendLine(h.appendTo(dst), h.name, "", v)
}

// appendLine appends the value of a series. Labels are as text, or empty.
func appendLine(dst []byte, name, labels string, v float64) []byte {
	dst = append(dst, name...)
	if labels != "" {
		dst = append(append(append(dst, '{'), labels...), '}')
	}
	dst = append(dst, ' ')
	return append(appendNumber(dst, v), '\n')
}

func appendNumber(dst []byte, v float64) []byte {
	if math.IsInf(v, 1) {
		return append(dst, "+Inf"...)
	}
	return strconv.AppendFloat(dst, v, 'g', -1, 64)
}

// escapes are those of the values of labels.
var escapes = strings.NewReplacer(`\`, `\\`, `"`, `\"`, "\n", `\n`)

// labelled returns labels as text.
func labelled(names, values []string) string {
	var b strings.Builder
	for i, name := range names {
		if i > 0 {
			b.WriteByte(',')
		}
		b.WriteString(name + `="` + escapes.Replace(values[i]) + `"`)
	}
	return b.String()
}

// series is one number, or one histogram, of a metric.
type series interface {
	appendTo(dst []byte, name, labels string) []byte
}

// family is a metric with its series.
type family[S series] struct {
	head
	labels []string
	empty  func() S
	known  sync.Map // of S by labels as text
}

// with returns the series with these values of the labels, in the order in
// which the family names them. It is there, and shown, from then on.
func (f *family[S]) with(values ...string) S {
	labels := labelled(f.labels, values)
	if s, ok := f.known.Load(labels); ok {
		return s.(S)
	}
	s, _ := f.known.LoadOrStore(labels, f.empty())
	return s.(S)
}

func (f *family[S]) appendTo(dst []byte) []byte {
	var all []string
	f.known.Range(func(labels, _ any) bool {
		all = append(all, labels.(string))
		return true
	})
	if len(all) == 0 {
		return dst
	}
	slices.Sort(all)
	dst = f.head.appendTo(dst)
	for _, labels := range all {
		s, _ := f.known.Load(labels)
		dst = s.(S).appendTo(dst, f.name, labels)
	}
	return dst
}

// number counts up, or up and down.
type number struct{ atomic.Int64 }

func (n *number) appendTo(dst []byte, name, labels string) []byte {
	return appendLine(dst, name, labels, float64(n.Load()))
}

// histogram counts what was observed by size.
type histogram struct {
	bounds []float64
	counts []atomic.Uint64 // one for each bound, up to which it counts, and one for the rest
	sum    atomic.Uint64   // the bits of a float64
}

func newHistogram(bounds []float64) *histogram {
	return &histogram{bounds: bounds, counts: make([]atomic.Uint64, len(bounds)+1)}
}

func (h *histogram) observe(v float64) {
	at, _ := slices.BinarySearch(h.bounds, v)
	h.counts[at].Add(1)
	for {
		bits := h.sum.Load()
		if h.sum.CompareAndSwap(bits, math.Float64bits(math.Float64frombits(bits)+v)) {
			return
		}
	}
}

func (h *histogram) appendTo(dst []byte, name, labels string) []byte {
	comma := ""
	if labels != "" {
		comma = ","
	}
	var count uint64
	for i := range h.counts {
		bound := math.Inf(1)
		if i < len(h.bounds) {
			bound = h.bounds[i]
		}
		count += h.counts[i].Load()
		le := appendNumber(nil, bound)
		dst = appendLine(dst, name+"_bucket", labels+comma+`le="`+string(le)+`"`, float64(count))
	}
	dst = appendLine(dst, name+"_sum", labels, math.Float64frombits(h.sum.Load()))
	return appendLine(dst, name+"_count", labels, float64(count))
}
