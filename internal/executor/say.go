package executor

import (
	"cmp"
	"fmt"
	"strings"

	"github.com/pawlhq/pawl/internal/engine"
	"github.com/pawlhq/pawl/internal/logs"
	"github.com/pawlhq/pawl/internal/params"
)

// levelKey is the parameter that says from which level on messages are kept.
const levelKey = "_log_level"

// keep sets from which level on messages of the try are kept, as far as its
// parameters say so.
func (r *run) keep(all params.Map) error {
	text, err := all.StringOr(levelKey, "")
	if err != nil {
		return err
	}
	level, err := logs.ParseLevel(text)
	if err != nil {
		return fmt.Errorf("%s: %w", levelKey, err)
	}
	r.out.log.Keep = cmp.Or(level, r.out.log.Keep)
	return nil
}

// keeps reports whether a message of a level would be kept.
func (r *run) keeps(level logs.Level) bool { return r.out.log.Store != nil && level >= r.out.log.Keep }

// say writes a message about the try to its log. One that can't be written is lost:
// what the task does has nothing to do with that.
func (r *run) say(level logs.Level, fields params.Map, format string, args ...any) {
	if !r.keeps(level) {
		return
	}
	_ = logs.WriteRecord(&r.out, logs.Record{Level: level, Logger: "pawl", Message: fmt.Sprintf(format, args...), Fields: fields})
}

// tell says in the log of a try why it has failed, and what comes of that. The error
// of the task says so, too, so that it is for those who look closely.
func (r *run) tell(f *engine.Failure) {
	if !r.keeps(logs.Debug) {
		return
	}
	message, _ := f.Error.StringOr("message", "")
	message, _, _ = strings.Cut(message, "\n")
	fields := params.Map{}
	for _, key := range []string{"class", "label"} {
		if v, ok := f.Error.Get(key); ok {
			fields = fields.Set(key, v)
		}
	}
	if wait, again := f.Retry.Delay(r.try.Retries); again {
		r.say(logs.Debug, fields.Set("retry", int64(r.try.Retries+1)), "the try failed, and is made again after %s: %s", wait, message)
		return
	}
	r.say(logs.Debug, fields, "the task failed: %s", message)
}
