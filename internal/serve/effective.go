package serve

import (
	"log/slog"
	"slices"
	"strings"

	"github.com/pawlhq/pawl/internal/auth"
	"github.com/pawlhq/pawl/internal/config"
	"github.com/pawlhq/pawl/internal/daemon"
	"github.com/pawlhq/pawl/internal/document"
	"github.com/pawlhq/pawl/internal/feed/kafka"
	"github.com/pawlhq/pawl/internal/feed/webhook"
	"github.com/pawlhq/pawl/internal/model"
	"github.com/pawlhq/pawl/internal/secret"
	"github.com/pawlhq/pawl/internal/server"
)

// ByDefault is the origin of what nobody has set.
const ByDefault = "default"

// Effective is a setting in force.
type Effective struct {
	// Value is masked where nobody may see it.
	Key   string `json:"key"`
	Value string `json:"value"`
	// Origin is where it was set, or ByDefault.
	Origin string `json:"origin"`
}

// Settings returns all settings of a server that are in force, by key: those that are
// set, and the defaults of those that count with the types that are chosen.
func Settings(cfg *config.Config) []Effective {
	set := newSettings(cfg)
	set.computed = make(map[string]string)
	set.readAll()
	for _, k := range set.table.Options() {
		if k.Default != "" && !k.Open() && k.Chosen(cfg) {
			set.computed[k.Key] = k.Default
		}
	}
	var list []Effective
	for name, value := range set.computed {
		if _, ok := cfg.Get(name); !ok && value != "" {
			list = append(list, Effective{name, Shown(name, value), ByDefault})
		}
	}
	for _, name := range cfg.Keys() {
		at, _ := cfg.Setting(name)
		shown := Shown(name, at.Value)
		if at.Concealed {
			shown = Hidden
		}
		list = append(list, Effective{name, shown, at.Origin})
	}
	slices.SortFunc(list, func(a, b Effective) int { return strings.Compare(a.Key, b.Key) })
	return list
}

// Given counts the settings that somebody has set.
func Given(cfg *config.Config) (n int) {
	for _, key := range cfg.Keys() {
		if at, _ := cfg.Setting(key); at.Origin != ByDefault {
			n++
		}
	}
	return n
}

// Faults returns all that is wrong with settings: names that nobody knows, and values
// that can't be. It opens nothing.
func Faults(cfg *config.Config) document.Errors {
	set := newSettings(cfg)
	named, _ := set.checked()
	set.readAll()
	all := slices.Concat(named, set.faults)
	add := func(err error) {
		for _, one := range parts(err) {
			if !all.Take(one) {
				all.Add(&document.Error{Message: one.Error(), Hints: hintsOf(one)})
			}
		}
	}
	_, err := secret.ParseRing(set.text(secret.KeySetting))
	add(err)
	_, err = auth.FromConfig(cfg, nil, nil)
	add(err)
	if kafka.Named(cfg) {
		_, err := kafka.Read(cfg)
		add(err)
	}
	_, err = webhook.ReadOut(cfg)
	add(err)
	_, err = readReporters(cfg, slog.New(slog.DiscardHandler))
	add(err)
	for _, err := range set.hookFaults() {
		add(err)
	}
	return onceEach(all).Sorted()
}

// onceEach leaves out what is said of a setting of which something is said already:
// several readers look at each.
func onceEach(all document.Errors) (list document.Errors) {
	type about struct {
		file string
		line int
		key  string
	}
	said := make(map[about]bool)
	for _, e := range all {
		key, _, _ := strings.Cut(e.Message, " ")
		at := about{e.File, e.Line, strings.TrimSuffix(key, ":")}
		if !said[at] {
			said[at], list = true, append(list, e)
		}
	}
	return list
}

// parts returns the errors that one was joined of.
func parts(err error) []error {
	if err == nil {
		return nil
	}
	joined, ok := err.(interface{ Unwrap() []error })
	if !ok {
		return []error{err}
	}
	var list []error
	for _, one := range joined.Unwrap() {
		list = append(list, parts(one)...)
	}
	return list
}

func hintsOf(err error) []string {
	if hint := model.HintsOf(err); hint != "" {
		return []string{hint}
	}
	return nil
}

// ofLocalRuns are the sections that runs without a server read.
var ofLocalRuns = []string{"params", "secrets", "config", "notification", "executor", "database"}

// LocalFaults returns what is wrong with settings as far as a run without a server is
// concerned: with the names and forms of those in YAML files, and with values that it
// would read and that can't be had.
func LocalFaults(cfg *config.Config) (list document.Errors) {
	if len(cfg.Keys()) == 0 {
		return cfg.Faults(ofLocalRuns...).Sorted() // without a table, which takes a moment to make
	}
	own := slices.ContainsFunc(cfg.Keys(), func(key string) bool { at, _ := cfg.Setting(key); return at.Structured() })
	if own {
		list = Table().Resolve(cfg)
		named, _ := Table().CheckOnly(cfg, config.Setting.Structured)
		list = append(list, named...)
	}
	return append(list, cfg.Faults(ofLocalRuns...)...).Sorted()
}

// InMemory reports whether the database is to be forgotten when a process ends.
func InMemory(cfg *config.Config) bool {
	chosen, _ := cfg.Get("database.type")
	return strings.EqualFold(chosen, kindMemory)
}

// Check returns all that is wrong with settings as one Invalid error, or nil.
func Check(cfg *config.Config) error { return Faults(cfg).Err() }

// readAll reads every setting of a server.
func (s *settings) readAll() {
	s.databaseKind()
	s.checkRuns()
	s.postgres()
	s.archives()
	s.logs()
	s.outputs(nil, nil)
	s.limits()
	s.web(server.Config{})
	s.daemon(daemon.Config{})
	s.listen()
	s.queue()
	s.text("tmpdir")
	s.logFormat()
}
