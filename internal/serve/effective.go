package serve

import (
	"errors"
	"slices"
	"strings"

	"github.com/pawlhq/pawl/internal/auth"
	"github.com/pawlhq/pawl/internal/config"
	"github.com/pawlhq/pawl/internal/daemon"
	"github.com/pawlhq/pawl/internal/feed/kafka"
	"github.com/pawlhq/pawl/internal/model"
	"github.com/pawlhq/pawl/internal/secret"
	"github.com/pawlhq/pawl/internal/server"
)

// Effective is a setting in force.
type Effective struct {
	// Value is masked where nobody may see it.
	Key   string `json:"key"`
	Value string `json:"value"`
	// Origin is where it was set, or "default".
	Origin string `json:"origin"`
}

// Settings returns all settings of a server that are in force, by key.
func Settings(cfg *config.Config) []Effective {
	set := &settings{Config: cfg, defaults: make(map[string]string)}
	set.readAll()
	var list []Effective
	for name, value := range set.defaults {
		if _, ok := cfg.Get(name); !ok && value != "" {
			list = append(list, Effective{name, Shown(name, value), "default"})
		}
	}
	for _, name := range cfg.Keys() {
		at, _ := cfg.Setting(name)
		list = append(list, Effective{name, Shown(name, at.Value), at.Origin})
	}
	slices.SortFunc(list, func(a, b Effective) int { return strings.Compare(a.Key, b.Key) })
	return list
}

// Faults returns what is wrong with the values of settings. It opens nothing.
func Faults(cfg *config.Config) []error {
	set := &settings{Config: cfg}
	set.readAll()
	list := set.faults
	if _, err := secret.ParseRing(set.text("", secret.KeySetting)); err != nil {
		list = append(list, err)
	}
	if _, err := auth.FromConfig(cfg, nil, nil); err != nil {
		list = append(list, err)
	}
	if kafka.Named(cfg) {
		if _, err := kafka.Read(cfg); err != nil {
			list = append(list, err)
		}
	}
	return list
}

// Check returns what is wrong with the values of settings as one Invalid error,
// or nil.
func Check(cfg *config.Config) error {
	faults := Faults(cfg)
	var all, hints []string
	for _, err := range faults {
		if slices.Contains(all, err.Error()) {
			continue // one setting may be read for several parts of a server
		}
		all = append(all, err.Error())
		if hint := model.HintsOf(err); hint != "" {
			hints = append(hints, hint)
		}
	}
	if len(all) < 2 {
		return errors.Join(faults[:len(all)]...)
	}
	return model.Errorf(model.Invalid, "%d settings are wrong:\n  %s", len(all), strings.Join(all, "\n  ")).
		WithHint("%s", strings.Join(hints, "\n"))
}

// readAll reads every setting of a server.
func (s *settings) readAll() {
	s.databaseKind()
	s.postgres()
	s.archives()
	s.logs()
	s.limits()
	s.web(server.Config{})
	s.daemon(daemon.Config{})
	s.listen()
	s.queue()
	s.text("", "tmpdir")
	s.logFormat()
}
