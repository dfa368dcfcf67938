package serve

import (
	"cmp"
	"strconv"
	"strings"
	"time"

	"github.com/pawlhq/pawl/internal/config"
	"github.com/pawlhq/pawl/internal/model"
	"github.com/pawlhq/pawl/internal/schedule"
)

// settings reads a configuration. The first setting that can't be read is
// kept as the error, so that what it is used for need not be asked each time.
type settings struct {
	*config.Config
	err error
}

// text returns the first of the keys that is set, or def.
func (s *settings) text(def string, keys ...string) string {
	for _, key := range keys {
		if v, ok := s.Get(key); ok {
			return v
		}
	}
	return def
}

// read parses a setting if it is there, else it returns def.
func read[T any](s *settings, key string, def T, what string, parse func(string) (T, error)) T {
	at, ok := s.Setting(key)
	if !ok {
		return def
	}
	v, err := parse(strings.TrimSpace(at.Value))
	if err != nil {
		s.err = cmp.Or(s.err, error(model.Errorf(model.Invalid, "%s: %s must be %s", at.Origin, key, what)))
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

func (s *settings) yes(key string, def bool) bool {
	return read(s, key, def, "true or false", strconv.ParseBool)
}

// seconds reads a number of seconds.
func (s *settings) seconds(key string, def time.Duration) time.Duration {
	return time.Duration(s.number(key, int(def/time.Second))) * time.Second
}

// duration reads a time such as "7d" or "30m".
func (s *settings) duration(key string, def time.Duration) time.Duration {
	return read(s, key, def, "a time such as 7d, 12h or 30m", schedule.ParseDuration)
}

// choice reads one of several words; the first is the default.
func (s *settings) choice(key string, words ...string) string {
	return read(s, key, words[0], "one of "+strings.Join(words, ", "), func(text string) (string, error) {
		for _, w := range words {
			if strings.EqualFold(w, text) {
				return w, nil
			}
		}
		return "", strconv.ErrSyntax
	})
}
