package serve

import (
	"cmp"
	"errors"
	"strconv"
	"strings"
	"time"

	"github.com/pawlhq/pawl/internal/config"
	"github.com/pawlhq/pawl/internal/document"
	"github.com/pawlhq/pawl/internal/kind"
	"github.com/pawlhq/pawl/internal/schedule"
)

// settings reads a configuration. The first setting that can't be read is
// kept as the error, so that what it is used for need not be asked each time.
// Settings are described in sections, with their defaults.
type settings struct {
	*config.Config
	table *kind.Table
	err   error
	// faults are all that can't be read; err is the first.
	faults document.Errors
	// computed, if not nil, receives what settings are that are not set, where that is
	// no fixed value.
	computed map[string]string
}

// newSettings returns what reads a configuration.
func newSettings(cfg *config.Config) *settings {
	s := &settings{Config: cfg, table: Table()}
	for _, fault := range append(cfg.Faults(), s.table.Resolve(cfg)...) {
		s.fault(fault)
	}
	return s
}

// option returns the description of a setting.
func (s *settings) option(key string) *kind.Known {
	if of := s.table.Find(key); of != nil {
		return of
	}
	if above, typ := pluginOf(key); typ != "" { // which has these as S3 does
		if of := s.table.Find(above + "." + remoteS3 + strings.TrimPrefix(key, above+"."+typ)); of != nil {
			return of
		}
	}
	s.fault(&document.Error{Message: key + " is read and not described"}) // which tests find
	return &kind.Known{Key: key}
}

// text returns a setting, or its default.
func (s *settings) text(key string) string {
	if v, ok := s.Get(key); ok {
		return v
	}
	return s.option(key).Default
}

// textOr returns a setting whose default is computed.
func (s *settings) textOr(key, def string) string {
	if s.computed != nil {
		s.computed[key] = def
	}
	return cmp.Or(s.text(key), def)
}

// read parses a setting or its default; without either it returns the zero value.
// One that is not what it must be is a fault, and the default counts.
func read[T any](s *settings, key string, parse func(string) (T, error)) T {
	return readAs(s, key, "", parse)
}

// readAs is read for what must be more than the form of the setting says.
func readAs[T any](s *settings, key, what string, parse func(string) (T, error)) (v T) {
	of := s.option(key)
	if text, ok := s.Get(key); ok {
		parsed, err := parse(strings.TrimSpace(text))
		if err == nil {
			return parsed
		}
		s.fault(refused(s.Config, of, key, what, err))
	}
	if of.Default != "" {
		v, _ = parse(of.Default) // the table was made of it
	}
	return v
}

// refused is the fault of a setting that is not what it must be.
func refused(cfg *config.Config, of *kind.Known, key, what string, err error) *document.Error {
	if what == "" {
		return of.Fault(cfg, key, err)
	}
	fault := cfg.Errorf(key, "%s must be %s", key, what)
	var hint kind.Hint
	if errors.As(err, &hint) {
		fault = fault.Hint("%s", string(hint))
	}
	return fault
}

// fault notes that a setting is wrong.
func (s *settings) fault(fault *document.Error) {
	s.err = cmp.Or(s.err, error(fault))
	s.faults.Add(fault)
}

func (s *settings) number(key string) int { return read(s, key, kind.ParseNumber) }

// port reads the number of a port.
func (s *settings) port(key string) int { return read(s, key, kind.ParsePort) }

func (s *settings) yes(key string) bool { return read(s, key, strconv.ParseBool) }

// seconds reads a number of seconds.
func (s *settings) seconds(key string) time.Duration {
	return time.Duration(s.number(key)) * time.Second
}

// duration reads a time such as "7d" or "30m".
func (s *settings) duration(key string) time.Duration { return read(s, key, schedule.ParseDuration) }

// limit reads how long something may take, which can't be no time at all.
func (s *settings) limit(key string) time.Duration { return read(s, key, kind.ParseLimit) }

// catchUp reads which missed sessions are made up for.
func (s *settings) catchUp() schedule.CatchUp {
	return readAs(s, "schedule.catch_up", s.option("schedule.catch_up").What(), schedule.ParseCatchUp)
}

// choice reads one of several words.
func (s *settings) choice(key string) string {
	return read(s, key, s.option(key).ParseWord)
}

// LogFormats are those of the log; the first is text on a terminal and json
// elsewhere.
var LogFormats = []string{"auto", "text", "json"}

// logFormat reads how the log is to be written.
func (s *settings) logFormat() string { return s.choice("log.format") }

// LogFormat returns which of LogFormats a configuration asks for: the first if that
// is none, which Check says.
func LogFormat(cfg *config.Config) string { return newSettings(cfg).logFormat() }
