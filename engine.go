package pawl

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"maps"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/google/uuid"

	"github.com/pawlhq/pawl/internal/clock"
	"github.com/pawlhq/pawl/internal/engine"
	"github.com/pawlhq/pawl/internal/feed/relay"
	"github.com/pawlhq/pawl/internal/host"
	"github.com/pawlhq/pawl/internal/logs"
	"github.com/pawlhq/pawl/internal/model"
	"github.com/pawlhq/pawl/internal/operators/gofunc"
	"github.com/pawlhq/pawl/internal/params"
	"github.com/pawlhq/pawl/internal/store"
	"github.com/pawlhq/pawl/internal/store/memory"
	"github.com/pawlhq/pawl/internal/store/postgres"
	"github.com/pawlhq/pawl/internal/store/sqlite"
	"github.com/pawlhq/pawl/operator"
)

// Config says what an Engine works with.
type Config struct {
	// Project names the program among those that share a database: only programs
	// with its name run its processes. Required.
	Project string
	// Database is where runs are kept: the name of a file (SQLite), or the URL of
	// a PostgreSQL such as "postgres://user@host/name". Any number of programs may
	// share one, servers of pawl among them. Empty keeps them in memory, for as
	// long as the engine is open.
	Database string
	// Parallel bounds the functions of steps that are called at a time. Defaults
	// to 100.
	Parallel int
	// Topics say how the messages of topics are kept that come by Signal.
	Topics map[Topic]TopicConfig
	// Updates is a topic to which a record is sent with all that happens to runs and
	// their steps, stored with what it tells of. Its key is that of the run. Empty
	// tells nobody.
	Updates Topic
	// UpdateParams has each of them tell the parameters of the run.
	UpdateParams bool
	// IO are managers that keep outputs of steps outside of the parameters, by
	// name; KeepValue uses the one named "" unless told otherwise.
	IO map[string]IOManager
	// Files keeps files that outlive runs; see Files. May be nil.
	Files *FileManager
	// KeepRuns is how long a run is kept after it has ended. Zero is for good.
	KeepRuns time.Duration
	// KeepRunsOf says so of single processes, by their names.
	KeepRunsOf map[string]time.Duration
	// KeepTicks is how long it is kept what became of schedules and sensors (Ticks),
	// and no more than a week where they started nothing. Defaults to 30 days; below
	// zero is for good.
	KeepTicks time.Duration
	// Reporters are told what happens to runs, by names that are kept in the database
	// with how far each came: a new one begins with what happens from then on, and after
	// a restart it goes on where it was. Of the programs of a project, one tells at a
	// time.
	Reporters map[string]ReporterConfig
	// KeepFacts is how long what steps tell is kept (Materialize, Expect). Of what is
	// older, the last of each product stays. Zero is for good.
	KeepFacts time.Duration
	// KeepVersions is how long a run is kept after a memoised step last took over what
	// it made, however old it is. Defaults to 30 days; below zero, it is kept no longer
	// than others.
	KeepVersions time.Duration
	// Log receives what operators are to know, and what steps write to Log, from the
	// level on that its handler has. Defaults to slog's default.
	Log *slog.Logger
	// Logs keeps what steps write to Log with their runs.
	Logs LogConfig
}

// TopicConfig says how the messages of a topic are kept.
type TopicConfig struct {
	// EarlyFor is how long a message is kept that nobody listens to yet; then it
	// becomes a dead letter. Defaults to 24 hours; less than zero is not at all.
	EarlyFor time.Duration
	// EarlyMost is how many of them one key may have; one more is a dead letter.
	// Defaults to 1000.
	EarlyMost int
	// Remember is how long a message's id tells another one with it to be a
	// duplicate. Defaults to 7 days.
	Remember time.Duration
}

func (c Config) withDefaults() Config {
	c.Parallel = cmp.Or(c.Parallel, 100)
	if c.Log == nil {
		c.Log = slog.Default()
	}
	return c
}

func (c Config) check() error {
	switch {
	case c.Project == "" || misnamed(c.Project) != "":
		return fmt.Errorf("the name of the project %s", cmp.Or(misnamed(c.Project), "is empty"))
	case c.Parallel < 0 || c.KeepRuns < 0 || c.KeepFacts < 0:
		return errors.New("Parallel, KeepRuns and KeepFacts can't be less than zero")
	case slices.ContainsFunc(slices.Collect(maps.Values(c.KeepRunsOf)), func(d time.Duration) bool { return d < 0 }):
		return errors.New("KeepRunsOf can't be less than zero")
	case len(c.Updates) > model.MaxTopic:
		return fmt.Errorf("the topic of Updates has %d bytes, and at most %d are allowed", len(c.Updates), model.MaxTopic)
	case c.UpdateParams && c.Updates == "":
		return errors.New("UpdateParams has no effect without Updates")
	}
	return c.Logs.check(c.Database)
}

// retention returns how long runs are kept.
func (c Config) retention() store.Retention {
	r := store.Retention{Ticks: c.keepTicks(), Attempts: c.KeepRuns, Facts: c.KeepFacts, Versions: cmp.Or(c.KeepVersions, store.KeepVersions)}
	for _, name := range slices.Sorted(maps.Keys(c.KeepRunsOf)) {
		r.Of = append(r.Of, store.WorkflowRetention{Project: c.Project, Workflow: name, Attempts: c.KeepRunsOf[name]})
	}
	return r
}

// Engine runs processes. Its methods are safe for concurrent use.
type Engine struct {
	cfg   Config
	store store.Store
	clock clock.Clock
	host  host.Host
	// claims are the topics whose records go elsewhere than to a broker.
	claims relay.Claims
	// logs has the logs of steps; nil keeps none.
	logs logs.Store
	// unlog ends the keeping of logs, and unkept tells once that they are not kept.
	unlog  func() error
	unkept sync.Once
	// unreport ends the telling of reporters.
	unreport func()
	// project is the stored one, and workflows are those of its newest revision by
	// process.
	project   model.ProjectID
	workflows map[*process]model.WorkflowID
}

func init() {
	host.Of = func(of any) host.Inside {
		e := of.(*Engine)
		return host.Inside{Store: e.store, Host: e.host, Claims: &e.claims}
	}
}

// Open opens the database, makes it if there is none, and begins to run the
// processes that are given: first of all what other engines of the project have
// left. Of processes with the same name, the first is the version that others
// than Start begin new runs with, and the others go on with what they have begun.
// A run of a version that no engine of the project has waits until one has it.
func Open(ctx context.Context, cfg Config, processes ...Definition) (*Engine, error) {
	cfg = cfg.withDefaults()
	if err := cfg.check(); err != nil {
		return nil, fmt.Errorf("open pawl: %w", err)
	}
	functions := gofunc.Registry{Missing: func(ctx context.Context, what string) {
		cfg.Log.Warn("runs wait for what is missing", "missing", what, "run", host.Key(ctx))
	}}
	for _, d := range processes {
		p := d.definition()
		if !functions.Add(p.name, p.version, p.functions) {
			return nil, fmt.Errorf("open pawl: version %q of process %s is given twice", p.version, p.name)
		}
	}
	if by, missing := unknownCallee(processes); missing != nil {
		return nil, fmt.Errorf("open pawl: process %s calls process %s, which is not given", by.name, missing.name)
	}
	for name := range cfg.KeepRunsOf {
		if !slices.ContainsFunc(processes, func(d Definition) bool { return d.definition().name == name }) {
			return nil, fmt.Errorf("open pawl: KeepRunsOf has process %q, which is not given", name)
		}
	}
	if err := cfg.checkReported(processes); err != nil {
		return nil, fmt.Errorf("open pawl: %w", err)
	}
	e := &Engine{cfg: cfg, clock: clock.System{}, workflows: make(map[*process]model.WorkflowID), unlog: func() error { return nil }}
	drive := host.Live
	under, ok := host.UnderOf(ctx)
	if ok {
		e.store, e.logs, e.clock, drive = under.Store, under.Logs, under.Clock, under.Drive
		functions.Here = true
	} else if err := e.open(ctx); err != nil {
		return nil, fmt.Errorf("open pawl: %w", explained(err))
	} else if err := e.openLogs(ctx); err != nil {
		return nil, fmt.Errorf("open pawl: %w", errors.Join(explained(err), e.release()))
	}
	scheduled, err := e.publish(ctx, processes)
	if err != nil {
		return nil, fmt.Errorf("open pawl: %w", errors.Join(explained(err), e.release()))
	}
	var operators operator.Registry
	operators.Register(functions.Spec())
	driven := host.Config{
		Store: e.store, Project: e.project, Schedules: scheduled, Sense: sense(processes), Operators: &operators, Slots: cfg.Parallel,
		Logs: e.logs, LogLevel: logs.LevelOf(cfg.Logs.Level), Retention: cfg.retention(), Tell: e.cfg.tell(), Clock: e.clock, Log: cfg.Log,
		With:   func(ctx context.Context) context.Context { return context.WithValue(ctx, engineKey{}, e) },
		Pruned: e.removeOutputs, Outputs: keeper{e},
	}
	if e.unreport, err = e.report(ctx, &driven, ok); err != nil {
		return nil, fmt.Errorf("open pawl: %w", errors.Join(explained(err), e.release()))
	}
	if e.host, err = drive(ctx, driven); err != nil {
		e.unreport()
		return nil, fmt.Errorf("open pawl: %w", errors.Join(explained(err), e.release()))
	}
	return e, nil
}

// open opens the store.
func (e *Engine) open(ctx context.Context) (err error) {
	switch db := e.cfg.Database; {
	case db == "":
		e.store = memory.New()
	case isServer(db):
		e.store, err = opened(postgres.Open(ctx, postgres.Config{URL: db}))
	case strings.Contains(db, "://"):
		err = model.Errorf(model.Invalid, "the database %q is neither a file nor a URL of PostgreSQL", db)
	default:
		e.store, err = opened(sqlite.Open(db))
	}
	return err
}

// isServer reports whether a database is no file of this machine.
func isServer(database string) bool {
	return strings.HasPrefix(database, "postgres://") || strings.HasPrefix(database, "postgresql://")
}

// opened returns no store at all where opening one failed.
func opened[S store.Store](s S, err error) (store.Store, error) {
	if err != nil {
		return nil, err
	}
	return s, nil
}

// Close ends what runs: the contexts of functions that are called are done, and
// the next engine calls these functions again. It returns when they have; a look of a
// sensor and the call of a reporter are left alone after ten seconds.
func (e *Engine) Close() error {
	err := e.host.Close()
	e.unreport()
	return errors.Join(err, e.release())
}

// release closes what the engine works with.
func (e *Engine) release() error { return errors.Join(e.unlog(), e.store.Close()) }

// Message is one for the steps that listen.
type Message struct {
	Topic Topic
	// ID tells it from all others of the topic: another one with it is a duplicate
	// and changes nothing. Empty is like no other.
	ID string
	// Keys are what it is about, by the names of parameters: texts, numbers and
	// booleans, or lists of them. At least one is required.
	Keys map[string]any
	// Body is what it says; it is written as JSON.
	Body any
}

// Delivery says what became of a message.
type Delivery struct {
	// Outcome is "taken" by steps, kept as "early" until one listens, "dead" as
	// there are too many of those, "dropped" as nobody listens and it is not to be
	// kept, or a "duplicate".
	Outcome string
	// Steps is how many have got it, if it was taken.
	Steps int
}

// Signal gives a message to the steps that listen to it, in any run of any process
// in the database. When it returns nil, the message is stored; handling it is
// still to come.
func (e *Engine) Signal(ctx context.Context, m Message) (Delivery, error) {
	now := model.InstantOf(e.clock.Now())
	out, err := e.message(m, now)
	if err != nil {
		return Delivery{}, fmt.Errorf("message on %q: %w", m.Topic, err)
	}
	done, err := e.host.Deliver(ctx, store.Delivery{Messages: []store.Message{out}, Now: now})
	if err != nil {
		return Delivery{}, fmt.Errorf("message on %q: %w", m.Topic, explained(err))
	}
	return Delivery{done[0].Outcome.String(), done[0].Tasks}, nil
}

// Defaults of topics.
const (
	defaultEarlyFor = 24 * time.Hour
	defaultRemember = 7 * 24 * time.Hour
)

// message returns what is stored of a message.
func (e *Engine) message(m Message, now model.Instant) (out store.Message, err error) {
	if m.Topic == "" {
		return out, fmt.Errorf("it has no topic: %w", ErrInvalid)
	}
	topic := e.cfg.Topics[m.Topic]
	out = store.Message{Topic: string(m.Topic), Source: m.ID}
	if m.ID == "" {
		out.Source = uuid.NewString()
	} else {
		out.Remember = now.Add(cmp.Or(topic.Remember, defaultRemember))
	}
	if early := cmp.Or(topic.EarlyFor, defaultEarlyFor); early > 0 {
		out.Early = store.Early{Expires: now.Add(early), Most: topic.EarlyMost}
	}
	if out.Body, err = encode(m.Body); err != nil {
		return out, fmt.Errorf("the body can't be written as JSON: %w", err)
	}
	out.Keys, err = messageKeys(m.Keys)
	return out, err
}

// messageKeys returns what a message is about.
func messageKeys(of map[string]any) ([]store.MessageKey, error) {
	v, err := encode(of)
	if err != nil {
		return nil, fmt.Errorf("the keys can't be written as JSON: %w", err)
	}
	m, _ := v.(params.Map)
	var keys []store.MessageKey
	for param, v := range m.All() {
		list, isList := v.([]params.Value)
		if !isList {
			list = []params.Value{v}
		}
		for _, v := range list {
			if _, scalar := params.ToString(v); !scalar || v == nil {
				return nil, fmt.Errorf("key %q is %s, and must be a text, a number or a boolean, or a list of them: %w", param, jsonOf(v), ErrInvalid)
			}
			keys = append(keys, store.MessageKey{Param: param, Value: engine.Canonical(v)})
		}
	}
	if len(keys) == 0 {
		return nil, fmt.Errorf("it has no keys, so that nobody could listen to it: %w", ErrInvalid)
	}
	return keys, nil
}
