package executor

import (
	"math"
	"strings"
	"time"

	"github.com/pawlhq/pawl/internal/document"
	"github.com/pawlhq/pawl/internal/model"
	"github.com/pawlhq/pawl/internal/params"
	"github.com/pawlhq/pawl/internal/workflow"
)

// retryKey is the parameter that says how a try that failed is tried again. Where
// there is none, the definition's Node.Retry counts.
const retryKey = "_retry"

// readRetry reads an evaluated `_retry`: a number of retries, or a map with
// limit, interval, interval_type and max_interval.
func readRetry(p params.Map) (workflow.Retry, error) {
	v, _ := p.Get(retryKey)
	if v == nil {
		return workflow.Retry{}, nil
	}
	m, ok := v.(params.Map)
	if !ok {
		limit, err := retryLimit(p, retryKey)
		return workflow.Retry{Limit: limit}, err
	}
	limit, err := retryLimit(m, "limit")
	if err != nil {
		return workflow.Retry{}, err
	}
	r := workflow.Retry{Limit: limit}
	if r.Interval, err = seconds(m, "interval"); err != nil {
		return workflow.Retry{}, err
	}
	if r.Max, err = seconds(m, "max_interval"); err != nil {
		return workflow.Retry{}, err
	}
	r.Exponential, err = exponential(m)
	return r, err
}

func retryLimit(m params.Map, key string) (int, error) {
	n, err := m.Int(key)
	return int(min(max(n, 0), math.MaxInt32)), err
}

// longestWait bounds intervals: a year.
const longestWait = int64(365 * 24 * time.Hour / time.Second)

func seconds(m params.Map, key string) (time.Duration, error) {
	n, err := m.IntOr(key, 0)
	if err == nil && (n < 0 || n > longestWait) {
		err = model.Errorf(model.Invalid, "%s of _retry must be from 0 to %d seconds, not %d", key, longestWait, n)
	}
	return time.Duration(n) * time.Second, err
}

func exponential(m params.Map) (bool, error) {
	kind, err := m.StringOr("interval_type", "constant")
	if err != nil {
		return false, err
	}
	switch strings.ToLower(kind) {
	case "constant":
		return false, nil
	case "exponential":
		return true, nil
	}
	return false, model.Errorf(model.Invalid, "interval_type of _retry must be constant or exponential, not %q", kind).
		WithHint("%s", document.DidYouMean(kind, []string{"constant", "exponential"}))
}
