package serve

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"slices"
	"strings"
	"time"

	"github.com/pawlhq/pawl/internal/clock"
	"github.com/pawlhq/pawl/internal/config"
	"github.com/pawlhq/pawl/internal/model"
	"github.com/pawlhq/pawl/internal/params"
	"github.com/pawlhq/pawl/internal/secret"
	"github.com/pawlhq/pawl/internal/store"
	"github.com/pawlhq/pawl/internal/worker"
	"github.com/pawlhq/pawl/runner"
)

// launchedTry is what a program that runs one try reads: everything, so that it needs
// neither files nor variables of the server.
type launchedTry struct {
	// Instance is a reference of the settings, and Defaults are the parameters of
	// Config.
	Instance string          `json:"instance"`
	Defaults json.RawMessage `json:"defaults"`
	ID       runner.ID       `json:"id"`
	// Image is the one that the task asked for and runs in.
	Image string `json:"image,omitempty"`
	// Work is what the try's MarshalBinary gave.
	Work []byte `json:"work"`
}

// sectionsOfTries are those of the settings that a try needs. A program has no others:
// what it does not have, its task can't find.
var sectionsOfTries = []string{
	"database", "archive", "log-server", "values", "executor", "api", "pools", "queue", "notification", "config", "tmpdir", "log",
}

// referenceOf returns the reference of what tries need, which may be read in another
// folder.
func referenceOf(all *config.Config) (string, error) {
	dir, err := os.Getwd()
	if err != nil {
		return "", fmt.Errorf("find the folder of the server: %w", err)
	}
	cfg := all.Only(func(key string) bool {
		section, _, _ := strings.Cut(key, ".")
		return key == secret.KeySetting || slices.Contains(sectionsOfTries, section)
	})
	Table().Absolute(cfg, dir)
	return cfg.Reference(), nil
}

func (t *launchedTry) encode() ([]byte, error) { return json.Marshal(t) }

// Try is a try that a server had a program run.
type Try struct {
	launchedTry
	settings *config.Config
	defaults params.Map
}

// ReadTry reads the input of such a program. What is none is Invalid.
func ReadTry(input []byte) (*Try, error) {
	var t Try
	err := json.Unmarshal(input, &t.launchedTry)
	if err == nil {
		t.settings, err = config.FromReference(t.Instance)
	}
	var defaults params.Value
	if err == nil {
		defaults, err = params.ParseJSON(t.Defaults)
	}
	if err != nil {
		return nil, model.Errorf(model.Invalid, "this is no task that a server gave: %w", err).
			WithHint("servers call pawl try by themselves; use pawl run or pawl start")
	}
	t.defaults, _ = defaults.(params.Map) // a server has no others
	return &t, nil
}

// Settings are those of the server.
func (t *Try) Settings() *config.Config { return t.settings }

const (
	// reachWithin is how long a database is waited for before a try begins.
	reachWithin = 5 * time.Minute
	// deliverWithin is how long one that was told to end has to say so.
	deliverWithin = 20 * time.Second
)

// ErrTold is what an error wraps of a try that was told to end before it could store
// how it ended. It is to be run again.
var ErrTold = errors.New("it was told to end")

// Run runs the try and stores how it ended; only then it returns no error. A try that
// is told to end, by ctx, is one that was lost, which changes nothing if it was to
// end. Of cfg, Env, Version and Log count.
func (t *Try) Run(ctx context.Context, cfg Config) error {
	err := t.run(ctx, cfg)
	if err != nil && ctx.Err() != nil {
		return fmt.Errorf("%w: %w", ErrTold, err)
	}
	return err
}

func (t *Try) run(ctx context.Context, cfg Config) (err error) {
	cfg.Settings, cfg.Defaults, cfg.image = t.settings, t.defaults, t.Image
	w := &Worker{log: cfg.Log}
	defer func() { err = errors.Join(err, w.close()) }()
	set := newSettings(cfg.Settings)
	if err := set.databaseExists(); err != nil {
		return err
	}
	err = again(ctx, reachWithin, func() error {
		_, err := w.prepare(ctx, set, &cfg)
		if err != nil {
			err = errors.Join(err, w.close())
			*w = Worker{log: cfg.Log}
		}
		return err
	})
	if err != nil {
		return err
	}
	working, end := context.WithCancelCause(context.WithoutCancel(ctx))
	defer end(nil)
	defer context.AfterFunc(ctx, func() { end(runner.ErrClosed) })()
	report := runner.Report{ID: t.ID, Outcome: w.worker.Run(working, t.ID, t.Work)}
	return deliver(ctx, w.store, report)
}

// databaseExists refuses an embedded database that is not there: a try works in the
// server's, and a new one would have nothing of it.
func (s *settings) databaseExists() error {
	if kind := s.databaseKind(); kind == kindPostgres || kind == kindMemory {
		return nil
	}
	if _, err := os.Stat(s.databaseFile()); err != nil {
		return model.Errorf(model.NotFound, "the database of the server can't be used: %w", err).
			WithHint("set database.path to a folder that the programs of tasks see, too")
	}
	return nil
}

// deliver stores a report, for as long as it takes, or for a while once ctx is done.
func deliver(ctx context.Context, to store.Inbox, report runner.Report) error {
	late, cancel := context.WithCancel(context.WithoutCancel(ctx))
	defer cancel()
	defer context.AfterFunc(ctx, func() {
		clock.Pause(late, clock.System{}, deliverWithin)
		cancel()
	})()
	post := worker.Post(to)
	return again(late, 0, func() error { return post(late, report) })
}

// again does something until it is done or fails for good, for a time at most if that
// is not zero. What is unavailable may be there later.
func again(ctx context.Context, within time.Duration, do func() error) error {
	if within > 0 {
		var cancel context.CancelFunc
		ctx, cancel = context.WithTimeout(ctx, within)
		defer cancel()
	}
	err := do()
	for pause := 100 * time.Millisecond; err != nil && model.CodeOf(err) == model.Unavailable; pause = min(2*pause, 5*time.Second) {
		if !clock.Pause(ctx, clock.System{}, pause) {
			break
		}
		err = do()
	}
	return err
}
