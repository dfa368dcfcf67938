package schedule

import (
	"regexp"

	"github.com/pawlhq/pawl/internal/model"
	"github.com/pawlhq/pawl/internal/params"
)

var clockText = regexp.MustCompile(`^\d{1,2}:\d{2}(:\d{2})?$`)

// CheckSLA tells what is wrong with a workflow's sla section, and which of its
// keys that is about; none where it is about the whole. Errors have the code
// Invalid.
func CheckSLA(config params.Map) (key string, err error) {
	at, hasTime := config.Get("time")
	within, hasDuration := config.Get("duration")
	switch {
	case hasTime && hasDuration:
		return "duration", model.Errorf(model.Invalid, "an sla has either a time or a duration")
	case hasTime && !clockText.MatchString(params.Literal(at)):
		return "time", model.Errorf(model.Invalid, "time must be HH:MM or HH:MM:SS, not %s", params.Literal(at))
	case hasDuration && !clockText.MatchString(params.Literal(within)):
		if _, err := ParseDuration(params.Literal(within)); err != nil {
			return "duration", model.Errorf(model.Invalid, "duration must be HH:MM:SS or a time such as 1h 30m, not %s", params.Literal(within))
		}
	case !hasTime && !hasDuration:
		return "", model.Errorf(model.Invalid, "an sla needs a time or a duration")
	}
	return "", nil
}
