package serve

import (
	"cmp"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/pawlhq/pawl/internal/config"
	"github.com/pawlhq/pawl/internal/document"
	"github.com/pawlhq/pawl/internal/model"
	"github.com/pawlhq/pawl/internal/schedule"
)

// settings reads a configuration. The first setting that can't be read is
// kept as the error, so that what it is used for need not be asked each time.
type settings struct {
	*config.Config
	err error
	// faults are all that can't be read; err is the first.
	faults []error
	// defaults, if not nil, receives what settings are where they are not set.
	defaults map[string]string
}

func (s *settings) note(key string, def any) {
	if s.defaults != nil {
		s.defaults[key] = fmt.Sprint(def)
	}
}

// text returns the first of the keys that is set, or def.
func (s *settings) text(def string, keys ...string) string {
	for _, key := range keys {
		s.note(key, def)
		if v, ok := s.Get(key); ok {
			return v
		}
	}
	return def
}

// read parses a setting if it is there, else it returns def.
func read[T any](s *settings, key string, def T, what string, parse func(string) (T, error)) T {
	s.note(key, def)
	at, ok := s.Setting(key)
	if !ok {
		return def
	}
	v, err := parse(strings.TrimSpace(at.Value))
	if err != nil {
		fault := model.Errorf(model.Invalid, "%s: %s must be %s", at.Origin, key, what)
		var hinted hinted
		if errors.As(err, &hinted) {
			fault = fault.WithHint("%s", string(hinted))
		}
		s.err, s.faults = cmp.Or(s.err, error(fault)), append(s.faults, fault)
		return def
	}
	return v
}

func (s *settings) number(key string, def int) int {
	return read(s, key, def, "a whole number that is not negative", func(text string) (int, error) {
		n, err := strconv.ParseUint(text, 10, 31)
		return int(n), err
	})
}

// port reads the number of a port.
func (s *settings) port(key string, def int) int {
	return read(s, key, def, "a port, from 0 to 65535", func(text string) (int, error) {
		n, err := strconv.ParseUint(text, 10, 16)
		return int(n), err
	})
}

func (s *settings) yes(key string, def bool) bool {
	return read(s, key, def, "true or false", strconv.ParseBool)
}

// seconds reads a number of seconds.
func (s *settings) seconds(key string, def time.Duration) time.Duration {
	return time.Duration(s.number(key, int(def/time.Second))) * time.Second
}

// duration reads a time such as "7d" or "30m", which is none by default.
func (s *settings) duration(key string) time.Duration {
	return read(s, key, 0, "a time such as 7d, 12h or 30m", schedule.ParseDuration)
}

// limit reads how long something may take, which can't be no time at all.
func (s *settings) limit(key string, def time.Duration) time.Duration {
	return read(s, key, def, "a time such as 7d, 12h or 30m, above 0s", func(text string) (time.Duration, error) {
		d, err := schedule.ParseDuration(text)
		if err == nil && d == 0 {
			err = strconv.ErrRange
		}
		return d, err
	})
}

// LogFormats are those of the log; the first is text on a terminal and json
// elsewhere.
var LogFormats = []string{"auto", "text", "json"}

// logFormat reads how the log is to be written.
func (s *settings) logFormat() string { return s.choice("log.format", LogFormats...) }

// LogFormat returns which of LogFormats a configuration asks for.
func LogFormat(cfg *config.Config) (string, error) {
	s := settings{Config: cfg}
	return s.logFormat(), s.err
}

// hinted is the error of a value for which there is a better one.
type hinted string

func (h hinted) Error() string { return string(h) }

// choice reads one of several words; the first is the default.
func (s *settings) choice(key string, words ...string) string {
	return read(s, key, words[0], "one of "+strings.Join(words, ", "), func(text string) (string, error) {
		for _, w := range words {
			if strings.EqualFold(w, text) {
				return w, nil
			}
		}
		if hint := document.DidYouMean(text, words); hint != "" {
			return "", hinted(hint)
		}
		return "", strconv.ErrSyntax
	})
}
