package workflow

import (
	"slices"
	"strings"
	"time"

	"github.com/pawlhq/pawl/internal/document"
	"github.com/pawlhq/pawl/internal/document/strict"
	"github.com/pawlhq/pawl/internal/model"
	"github.com/pawlhq/pawl/internal/params"
)

// NeedsKey is the parameter that says what a task takes where it runs.
const NeedsKey = "_needs"

// needsKeys are those of its value.
var needsKeys = []string{"cpu", "memory", "gpu", "image", "priority", "time"}

// mostGPU and mostPriority bound what may be asked for.
const (
	mostGPU      = 1 << 16
	mostPriority = 1 << 30
)

// Needs reads the value of NeedsKey as it is written: a map of cpu, memory, gpu,
// image, priority and time. Anything else is Invalid, also an expression, as a runner
// must know what a try needs before it runs.
func Needs(v params.Value) (r Resources, err error) {
	m, ok := v.(params.Map)
	if !ok {
		return r, model.Errorf(model.Invalid, "%s must be a mapping such as {cpu: 2, memory: 4G}, not %s", NeedsKey, params.AppendJSON(nil, v))
	}
	for key, v := range m.All() {
		if params.TemplatedValue(v) {
			err = model.Errorf(model.Invalid, "%s is read before expressions are evaluated", params.AppendJSON(nil, v))
		} else {
			err = r.need(key, v)
		}
		if err != nil {
			return Resources{}, model.Errorf(model.CodeOf(err), "%s: %s: %w", NeedsKey, key, err).WithHint("%s", model.HintsOf(err))
		}
	}
	return r, nil
}

// need reads one key.
func (r *Resources) need(key string, v params.Value) (err error) {
	switch key {
	case "cpu":
		r.CPU, err = ParseCPU(v)
	case "memory":
		r.Memory, err = ParseMemory(v)
	case "gpu":
		r.GPU, err = wholeNumber(v, 0, mostGPU)
	case "priority":
		r.Priority, err = wholeNumber(v, -mostPriority, mostPriority)
	case "image":
		r.Image, err = imageOf(v)
	case "time":
		r.Time, err = timeOf(v)
	default:
		return model.Errorf(model.Invalid, "there is no such key").WithHint("%s", orAll(document.DidYouMean(key, needsKeys)))
	}
	return err
}

func orAll(hint string) string {
	if hint == "" {
		return "the keys are " + strings.Join(needsKeys, ", ")
	}
	return hint
}

func wholeNumber(v params.Value, least, most int64) (int, error) {
	n, ok := params.ToInt(v)
	if !ok || n < least || n > most {
		return 0, model.Errorf(model.Invalid, "%s is no whole number from %d to %d", params.AppendJSON(nil, v), least, most)
	}
	return int(n), nil
}

// mostTime bounds how long a task may be allowed to run.
const mostTime = 10 * 365 * 24 * time.Hour

// timeOf reads a duration, in seconds or with units.
func timeOf(v params.Value) (time.Duration, error) {
	d, ok := strict.ParseDuration(v)
	if !ok || d < time.Second || d > mostTime {
		return 0, model.Errorf(model.Invalid, "%s is no time of a second or more", params.AppendJSON(nil, v)).
			WithHint("write seconds, or a time such as 90s, 15m, 2h or 3d")
	}
	return d, nil
}

// imageOf reads the name of an image, which must not look like an option of the
// program that it is given to.
func imageOf(v params.Value) (string, error) {
	name, ok := v.(string)
	if !ok || name == "" || name[0] == '-' || slices.ContainsFunc([]rune(name), func(c rune) bool { return c <= ' ' || c == 0x7f }) {
		return "", model.Errorf(model.Invalid, "%s is no name of an image", params.AppendJSON(nil, v)).
			WithHint(`write a name such as "python:3.13-slim"`)
	}
	return name, nil
}
