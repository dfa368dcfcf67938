// Package serve makes a server of a configuration: it opens the database and
// the object stores that the settings name, and puts the loops that drive
// attempts, the rules of the service and the REST API together.
package serve

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"sync/atomic"
	"time"

	"github.com/pawlhq/pawl/internal/auth"
	"github.com/pawlhq/pawl/internal/config"
	"github.com/pawlhq/pawl/internal/daemon"
	"github.com/pawlhq/pawl/internal/params"
	"github.com/pawlhq/pawl/internal/project"
	"github.com/pawlhq/pawl/internal/runners/queue"
	"github.com/pawlhq/pawl/internal/secret"
	"github.com/pawlhq/pawl/internal/server"
	"github.com/pawlhq/pawl/internal/service"
	"github.com/pawlhq/pawl/internal/store"
	"github.com/pawlhq/pawl/internal/values"
)

// Config says what a server works with.
type Config struct {
	// Settings are the configuration. The key database.path, where the server
	// keeps what belongs to this machine, must be set.
	Settings *config.Config
	// Defaults are parameters of all tasks that everything else overrides.
	Defaults params.Map
	// Env is the environment of programs that tasks start.
	Env []string
	// Folder, if not empty, is a folder of workflows that the server follows:
	// it is the project FolderProject, and its tasks work in it.
	Folder string
	// Version is what clients are told.
	Version string
	// Log receives what operators are to know.
	Log *slog.Logger

	image string // of the container that this process runs in, if a task asked for it
}

// Server is an open server.
type Server struct {
	log       *slog.Logger
	store     store.Store
	archives  service.Archives
	outputs   *values.Outputs
	logs      *taskLogs
	daemon    *daemon.Daemon
	listening *server.Listening
	folder    *followed                     // nil unless a folder is followed
	queue     *queue.Queue                  // nil unless workers share the tasks
	reports   atomic.Pointer[daemon.Daemon] // gets those of its tasks, once it is there
	launches  *launches                     // nil unless each task is run by a program
	messages  *messages                     // nil without Kafka and webhooks
	crew      *crew                         // nil without reporters
	accessLog io.Closer
	telemetry *telemetry
	heart     *beating
}

// Open opens a server. It takes connections, which Run answers. On an error
// nothing is left open.
func Open(ctx context.Context, cfg Config) (_ *Server, err error) {
	s := &Server{log: cfg.Log}
	defer func() {
		if err != nil {
			err = errors.Join(err, s.close())
		}
	}()
	if err := Check(cfg.Settings); err != nil {
		return nil, err
	}
	set := newSettings(cfg.Settings)
	set.announce(&cfg)
	if s.telemetry, err = openTelemetry(ctx, &cfg); err != nil {
		return nil, err
	}
	if s.store, err = set.openStore(ctx); err != nil {
		return nil, err
	}
	opened := s.store
	s.store = s.telemetry.metrics.Store(opened)
	s.telemetry.metrics.WatchOutbox(opened.Pending)
	if s.archives, err = set.openArchives(cfg.Log); err != nil {
		return nil, err
	}
	ring, err := secret.ParseRing(set.text(secret.KeySetting))
	if err != nil {
		return nil, err
	}
	who, err := auth.FromConfig(cfg.Settings, s.store, time.Now)
	if err != nil {
		return nil, err
	}
	vault := secret.NewVault(s.store, ring)
	if s.logs, err = set.openLogs(ctx, s.store, cfg.Log); err != nil {
		return nil, err
	}
	hooks, err := openHooks(cfg.Settings)
	if err != nil {
		return nil, err
	}
	rules := set.rules(s.store, s.archives)
	tries := set.tries(s.store, s.archives, ring, s.logs.Store, &cfg)
	s.outputs = tries.Outputs
	web := server.New(set.web(server.Config{
		Service: rules, Store: s.store, Vault: vault, Logs: s.logs.Store, Outputs: tries.Outputs, Auth: who, Log: cfg.Log, Version: cfg.Version,
		Metrics: s.telemetry.metrics.Handler(), Answered: s.telemetry.answered, Hooks: hooks,
	}))
	listen, err := s.listenConfig(set)
	if err != nil {
		return nil, err
	}
	s.heart = newHeart("server", &cfg)
	loops := set.daemon(daemon.Config{
		Heart:     s.heart.Heart,
		Config:    tries,
		Listeners: append(s.telemetry.listeners(), daemon.Listener{Committed: web.Committed}),
	})
	if set.err != nil {
		return nil, set.err
	}
	if err := s.share(ctx, set, opened, &cfg, &loops); err != nil {
		return nil, err
	}
	if s.messages, err = openMessages(cfg.Settings, s.store, s.telemetry.metrics, cfg.Log); err != nil {
		return nil, err
	}
	if s.messages != nil {
		loops.Listeners = append(loops.Listeners, daemon.Listener{Committed: s.messages.committed})
	}
	if s.crew, err = openCrew(cfg.Settings, s.store, cfg.Log); err != nil {
		return nil, err
	}
	if s.crew != nil {
		loops.Listeners = append(loops.Listeners, daemon.Listener{Committed: s.crew.Committed})
	}
	if s.folder, err = follow(ctx, rules, cfg.Folder); err != nil {
		return nil, err
	}
	if s.listening, err = web.Listen(listen); err != nil {
		return nil, err
	}
	if s.daemon, err = daemon.Start(ctx, loops); err != nil {
		return nil, errors.Join(err, s.listening.Close())
	}
	s.reports.Store(s.daemon)
	s.telemetry.watch(s.daemon)
	if s.messages != nil {
		s.messages.start(s.heart.Heart, s.daemon)
	}
	if s.crew != nil {
		s.crew.start()
	}
	s.heart.start(opened, cfg.Log)
	for _, a := range s.Addresses() {
		s.log.Info("server listens", "address", a.String())
	}
	return s, nil
}

// announce writes what the server is to the log.
func (s *settings) announce(cfg *Config) {
	where := s.databaseFile()
	switch s.databaseKind() {
	case kindMemory:
		where = ""
	case kindPostgres:
		where = shownURL(s.postgres().URL)
	}
	loops, output := s.daemon(daemon.Config{}), s.logs()
	cfg.Log.Info("server starts", "version", cfg.Version, "pid", os.Getpid(), "database", s.databaseKind(), "at", where,
		"slots", cmp.Or(loops.Slots, runtime.NumCPU()), "executor", !loops.NoConductor, "scheduler", !loops.NoScheduler,
		"retention", loops.Retention.Attempts.String(), "logs", output.where())
	for _, d := range Doubts(s.Config) {
		cfg.Log.Warn("setting "+d.Reason, "setting", d.Key, "origin", d.Origin, "hint", d.Hint)
	}
	if s.inClear() {
		cfg.Log.Warn(inClearMessage, "hint", inClearHint)
	}
}

const (
	inClearMessage = "passwords and tokens cross the network in the clear"
	inClearHint    = "set server.tls.certificate and server.tls.key, or put a proxy with TLS in front and listen on 127.0.0.1"
)

// inClear reports whether other machines can reach the server without TLS,
// which they may only if they log in.
func (s *settings) inClear() bool {
	c, _ := s.listen()
	hosts := []string{c.Address.Host}
	if c.Admin != nil {
		hosts = append(hosts, c.Admin.Host)
	}
	return c.CertFile == "" && auth.CheckBind(hosts, false) != nil
}

// ofTasks returns an environment without the configuration of the server, which
// may have its passwords.
func ofTasks(env []string) []string {
	return slices.DeleteFunc(slices.Clone(env), func(v string) bool {
		return strings.HasPrefix(v, "DIGDAG_CONFIG=")
	})
}

// maxEntries is how many files and folders a project may have.
const maxEntries = 10_000

func (s *settings) limits() service.Limits {
	return service.Limits{
		Attempts: s.number("executor.attempt_max_run"),
		Tasks:    s.number("executor.task_max_run"),
		Archive:  s.archiveLimits(),
	}
}

func (s *settings) archiveLimits() project.Limits {
	return project.Limits{
		Bytes:   int64(s.number("api.max_archive_total_size_limit")),
		Entries: maxEntries,
	}
}

// web reads what the REST API is told.
func (s *settings) web(c server.Config) server.Config {
	c.Retention = s.retention()
	c.MaxAttempts = s.number("api.max_attempts_page_size")
	c.MaxSessions = s.number("api.max_sessions_page_size")
	c.Swagger = s.yes("server.enable-swagger")
	c.Headers = s.Flat("server.http.headers")
	c.UpgradeIfOlder = s.text("server.client-version-check.upgrade-recommended-if-older")
	c.RefuseIfOlder = s.text("server.client-version-check.api-incompatible-if-older")
	return c
}

// daemon reads what the loops are told.
func (s *settings) daemon(c daemon.Config) daemon.Config {
	c.Slots = s.number("agent.max-task-threads")
	c.Retention = s.retention()
	c.Updates = s.updates()
	c.AttemptTTL = s.limit("executor.attempt_ttl")
	c.TaskTTL = s.limit("executor.task_ttl")
	c.MaxRunning = s.number("executor.attempt_max_run")
	c.CatchUp = s.catchUp()
	c.Turns, c.Limits, c.Pools = s.turns(), s.admission(), s.pools()
	c.NoConductor = !s.yes("server.executor.enabled")
	c.NoScheduler = !s.yes("server.schedule.enabled")
	return c
}

// listen reads where and how the server listens, and returns the folder of its
// access log, which is empty where there is none.
func (s *settings) listen() (c server.ListenConfig, accessLog string) {
	c = server.ListenConfig{
		Address:      server.Address{Host: s.text("server.bind"), Port: s.port("server.port")},
		CertFile:     s.text("server.tls.certificate"),
		KeyFile:      s.text("server.tls.key"),
		HTTP2:        s.yes("server.http.enable-http2"),
		KeepAlive:    s.seconds("server.http.no-request-timeout"),
		ParseWithin:  s.seconds("server.http.request-parse-timeout"),
		CarryWithin:  s.seconds("server.http.io-idle-timeout"),
		AccessFormat: s.text("server.access-log.pattern"),
		RuntimeInfo:  s.text("server.runtime-info.path"),
	}
	if _, ok := s.Get("server.admin.port"); ok {
		c.Admin = &server.Address{Host: s.textOr("server.admin.bind", c.Address.Host), Port: s.port("server.admin.port")}
	}
	return c, s.text("server.access-log.path")
}

// listenConfig is listen with the access log open.
func (s *Server) listenConfig(set *settings) (server.ListenConfig, error) {
	c, dir := set.listen()
	if dir != "" {
		f, err := openAccessLog(dir)
		if err != nil {
			return c, err
		}
		c.AccessLog, s.accessLog = f, f
	}
	return c, set.err
}

func openAccessLog(dir string) (*os.File, error) {
	if err := os.MkdirAll(dir, 0o750); err != nil {
		return nil, fmt.Errorf("open access log: %w", err)
	}
	f, err := os.OpenFile(filepath.Join(dir, "access.log"), os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o640)
	if err != nil {
		return nil, fmt.Errorf("open access log: %w", err)
	}
	return f, nil
}

// Addresses returns where the server listens, the one for everyone first.
func (s *Server) Addresses() []net.Addr { return s.listening.Addresses() }

// Run answers requests and drives attempts until ctx is done. Then it begins
// nothing more, waits for the tasks that run while requests are still
// answered, as long as now is not done, and closes everything.
func (s *Server) Run(ctx, now context.Context) error {
	requests, stop := context.WithCancel(context.WithoutCancel(ctx))
	defer stop()
	if s.folder != nil {
		go s.folder.run(requests, s.log) // ends with them
	}
	served := make(chan error, 1)
	go func() { served <- s.listening.Serve(requests) }() // received below
	var err error
	select {
	case <-ctx.Done():
		s.log.Info("server stops once its tasks have ended", "reason", context.Cause(ctx), "hint", "the same signal again ends them")
		if e := s.daemon.Drain(now); e != nil {
			s.log.Warn("tasks are being ended", "reason", e)
		}
	case <-s.daemon.Done():
		s.log.Error("server stops because of a fault") // which closing tells
	case err = <-served:
		return errors.Join(err, s.close())
	}
	stop()
	err = errors.Join(err, <-served, s.close())
	if err == nil {
		s.log.Info("server stopped")
	}
	return err
}

// close closes what is open.
func (s *Server) close() error {
	var errs []error
	s.heart.close()
	s.messages.close()
	s.crew.close()
	if s.daemon != nil {
		errs = append(errs, s.daemon.Close())
	}
	errs = append(errs, s.logs.close(), s.outputs.Close())
	for _, of := range s.archives.Stores {
		errs = append(errs, of.Close())
	}
	if s.queue != nil {
		s.queue.Close()
	}
	if s.launches != nil {
		errs = append(errs, s.launches.Close())
	}
	if s.store != nil {
		errs = append(errs, s.store.Close())
	}
	if s.accessLog != nil {
		errs = append(errs, s.accessLog.Close())
	}
	if s.telemetry != nil {
		errs = append(errs, s.telemetry.close())
	}
	return errors.Join(errs...)
}
