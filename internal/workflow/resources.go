package workflow

import (
	"math"
	"strings"
	"time"

	"github.com/pawlhq/pawl/internal/model"
	"github.com/pawlhq/pawl/internal/params"
	"github.com/pawlhq/pawl/runner"
)

// Resources say where an action runs and what it takes there. Everything is read
// before expressions are evaluated. The zero value leaves all of it to the runner.
type Resources struct {
	// Queue is empty or a name that runner.CheckQueue allows. It comes before a
	// queue that a parameter gives (QueueKey).
	Queue string
	// Priority says how soon: higher ones first.
	Priority int
	// CPU is in thousandths of a processor; 0 says nothing.
	CPU int64
	// Memory is in bytes; 0 says nothing.
	Memory int64
	// GPU is a number of devices; 0 says none.
	GPU int
	// Image is what the action runs in, for runners that start containers; empty
	// is what the runner has by default.
	Image string
	// Time is how long each try may run, from when it begins; 0 says nothing.
	// Node.Limit counts waits and further tries, too.
	Time time.Duration
}

// ParseCPU reads an amount of processors: a number such as 2 or 0.5, or a text of
// one that may be in thousandths, such as "500m". It returns thousandths. What is
// no such amount, or less than one thousandth, is Invalid.
func ParseCPU(v params.Value) (int64, error) {
	text, _ := params.ToString(v)
	digits, thousandths := strings.CutSuffix(text, "m")
	amount, ok := params.ToFloat(digits)
	if !thousandths {
		amount *= 1000
	}
	return wholeAmount(amount, ok && digits != "", v, "an amount of processors", `write a number such as 2 or 0.5, or "500m" for half of one`)
}

// units of memory, longest first where one ends in another.
var units = []struct {
	name  string
	bytes float64
}{
	{"Ki", 1 << 10}, {"Mi", 1 << 20}, {"Gi", 1 << 30}, {"Ti", 1 << 40},
	{"k", 1e3}, {"K", 1e3}, {"M", 1e6}, {"G", 1e9}, {"T", 1e12},
}

// ParseMemory reads an amount of memory: a number of bytes, or a text of one with a
// unit: k, M, G, T for powers of 1000, Ki, Mi, Gi, Ti for those of 1024; a B may
// follow. It returns bytes. What is no such amount, or less than one byte, is Invalid.
func ParseMemory(v params.Value) (int64, error) {
	text, _ := params.ToString(v)
	digits, factor := strings.TrimSuffix(text, "B"), 1.0
	for _, u := range units {
		if before, ok := strings.CutSuffix(digits, u.name); ok {
			digits, factor = before, u.bytes
			break
		}
	}
	amount, ok := params.ToFloat(digits)
	return wholeAmount(amount*factor, ok && digits != "", v, "an amount of memory", "write bytes, or a unit such as 512Mi or 2G")
}

// wholeAmount returns an amount that is positive and fits.
func wholeAmount(amount float64, ok bool, v params.Value, what, hint string) (int64, error) {
	whole := math.Round(amount)
	if !ok || whole < 1 || whole >= math.MaxInt64 {
		return 0, model.Errorf(model.Invalid, "%s is not %s", params.AppendJSON(nil, v), what).WithHint("%s", hint)
	}
	return int64(whole), nil
}

// check returns what is wrong with the resources of a node.
func (r *Resources) check() string {
	switch {
	case r.CPU < 0 || r.Memory < 0 || r.GPU < 0 || r.Time < 0:
		return "resources can't be negative"
	case r.Queue != "":
		if err := runner.CheckQueue(r.Queue); err != nil {
			return err.Error()
		}
	}
	return ""
}

func (e *encoder) resources(r *Resources) {
	e.symbol(r.Queue)
	e.int(r.Priority)
	e.uint(uint64(r.CPU))
	e.uint(uint64(r.Memory))
	e.int(r.GPU)
	e.symbol(r.Image)
}

func (d *decoder) resources() *Resources {
	return &Resources{
		Queue: d.symbol(), Priority: d.int(), CPU: int64(d.uint()), Memory: int64(d.uint()), GPU: d.int(), Image: d.symbol(),
	}
}
