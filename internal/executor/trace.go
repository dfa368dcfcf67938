package executor

import (
	"slices"
	"strings"

	"github.com/pawlhq/pawl/internal/params"
	"github.com/pawlhq/pawl/operator"
)

const traceparent = "traceparent"

// trace returns the trace context of the try: that of its span, or else that
// which its message came with, or "".
func (r *run) trace() string {
	for _, pair := range r.env {
		if value, ok := strings.CutPrefix(pair, "TRACEPARENT="); ok {
			return value
		}
	}
	if m := r.try.Message; m != nil {
		return m.Trace
	}
	return ""
}

// traced returns what is sent with the trace context of the try as a header,
// where there is none.
func (r *run) traced(list []operator.Record) []operator.Record {
	trace := r.trace()
	if trace == "" || len(list) == 0 {
		return list
	}
	list = slices.Clone(list)
	for i := range list {
		if h := list[i].Headers; !hasTrace(h) {
			list[i].Headers = h.Set(traceparent, trace)
		}
	}
	return list
}

func hasTrace(headers params.Map) bool {
	for name := range headers.Keys() {
		if strings.EqualFold(name, traceparent) {
			return true
		}
	}
	return false
}
