// Package server is the HTTP API of an installation: the REST API that
// Digdag's clients, its web pages and curl talk to, and what pawl adds to it.
//
// It turns requests into calls of package service and the store, and what they
// return into Digdag's JSON. Rules about projects, attempts and schedules are
// not made here. It does not know how attempts are driven.
package server

import (
	"context"
	"log/slog"
	"net/http"
	"strings"
	"sync/atomic"
	"time"

	"github.com/pawlhq/pawl/internal/auth"
	"github.com/pawlhq/pawl/internal/clock"
	"github.com/pawlhq/pawl/internal/feed/webhook"
	"github.com/pawlhq/pawl/internal/history"
	"github.com/pawlhq/pawl/internal/logs"
	"github.com/pawlhq/pawl/internal/secret"
	"github.com/pawlhq/pawl/internal/service"
	"github.com/pawlhq/pawl/internal/store"
	"github.com/pawlhq/pawl/internal/values"
)

// Config says what a server works with.
type Config struct {
	// Service carries out what is asked for, and Store, which must be that of
	// the service, is read for the rest, and keeps tokens and the audit log.
	// Both are required.
	Service *service.Service
	Store   store.Store
	// Vault keeps the secrets of projects. Nil refuses to.
	Vault *secret.Vault
	// Logs has what tries printed. Nil means none is kept.
	Logs logs.Store
	// Outputs has values that tasks have kept. Nil means none are.
	Outputs *values.Outputs
	// Retention says how long attempts are kept, for those who prune and say no age.
	Retention store.Retention
	// Auth says who sends a request. Defaults to auth.None, which lets
	// everyone in: see ListenConfig.
	Auth auth.Authenticator
	// Access says who may do what. Defaults to auth.ByScope.
	Access auth.Access
	// Log receives the causes of internal errors. Defaults to slog.Default.
	Log *slog.Logger
	// Clock tells the time. Defaults to the machine's.
	Clock clock.Clock

	// Version is what clients are told.
	Version string
	// UpgradeIfOlder is the version of clients below which they are told to
	// upgrade, and RefuseIfOlder the one below which they are told that they
	// do not fit. Empty tells nobody.
	UpgradeIfOlder, RefuseIfOlder string
	// MaxAttempts and MaxSessions are the largest pages of attempts and
	// sessions that are answered. Both default to 100.
	MaxAttempts, MaxSessions int
	// MaxBody bounds the bytes of a request's body, uncompressed, other than
	// of an archive, which the service bounds. Defaults to 8 MiB.
	MaxBody int64
	// Headers are added to the answers of the API.
	Headers map[string]string
	// Swagger serves the description of the API under the paths of Digdag,
	// too, and lets pages of all origins use the API.
	Swagger bool
	// UI answers what is not for the API. Nil answers that there is nothing.
	UI http.Handler
	// Answered, when set, is called after each request, in its goroutine. The
	// pattern of the request is the route that it took, if any.
	Answered func(Answer)
	// Hooks take messages, by name.
	Hooks map[string]*webhook.Hook
	// Metrics answers GET /metrics to whoever is authenticated. It may be nil.
	Metrics http.Handler
}

const (
	defaultPage = 100
	defaultBody = 8 << 20
)

func (c Config) withDefaults() Config {
	if c.Auth == nil {
		c.Auth = auth.None{}
	}
	if c.Access == nil {
		c.Access = auth.ByScope{}
	}
	if c.Log == nil {
		c.Log = slog.Default()
	}
	if c.Clock == nil {
		c.Clock = clock.System{}
	}
	if c.MaxAttempts == 0 {
		c.MaxAttempts = defaultPage
	}
	if c.MaxSessions == 0 {
		c.MaxSessions = defaultPage
	}
	if c.MaxBody == 0 {
		c.MaxBody = defaultBody
	}
	return c
}

// Server answers requests. It is safe for concurrent use.
type Server struct {
	cfg     Config
	store   store.Store
	service *service.Service
	handler http.Handler
	names   names
	zones   zones
	entries *entries
	news    news
	history *history.Reader
	// openAPI is the description of the API, as JSON.
	openAPI []byte
	// draining is set once no new request is taken; done is closed then, to
	// end the answers that go on for long.
	draining atomic.Bool
	done     chan struct{}
}

// New returns a server.
func New(cfg Config) *Server {
	cfg = cfg.withDefaults()
	s := &Server{cfg: cfg, store: cfg.Store, service: cfg.Service, done: make(chan struct{}), entries: newEntries()}
	s.history = history.NewReader(s.store)
	s.openAPI = describe(s.routes(), cfg.Version)
	s.handler = s.guard(s.mux())
	return s
}

// Answer says how a request was answered.
type Answer struct {
	Request *http.Request
	Status  int
	Began   time.Time
	Took    time.Duration
}

// ServeHTTP answers one request.
func (s *Server) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if s.cfg.Answered == nil {
		s.handler.ServeHTTP(w, r)
		return
	}
	a := &access{r: r, began: s.cfg.Clock.Now(), status: http.StatusOK}
	defer func() { s.cfg.Answered(Answer{r, a.status, a.began, s.cfg.Clock.Now().Sub(a.began)}) }()
	s.handler.ServeHTTP(&counted{ResponseWriter: w, access: a}, r)
}

// Drain makes the server refuse new requests with the status 503 and ends the
// answers that follow an attempt. Others that are under way go on.
func (s *Server) Drain() {
	if s.draining.CompareAndSwap(false, true) {
		close(s.done)
	}
}

// guard does what is done to all requests.
func (s *Server) guard(next http.Handler) http.Handler {
	origins := http.NewCrossOriginProtection()
	known := !auth.Open(s.cfg.Auth)
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if strings.HasPrefix(r.URL.Path, "/api/") {
			for name, value := range s.cfg.Headers {
				w.Header().Set(name, value)
			}
		}
		if err := auth.CheckHost(r.Host, known); err != nil {
			s.fail(w, r, err)
			return
		}
		switch {
		case s.draining.Load() && r.URL.Path != livePath:
			w.Header().Set("Connection", "close")
			s.refuse(w, r, http.StatusServiceUnavailable, "the server is shutting down")
			return
		case r.Method == http.MethodTrace:
			echo(w, r)
			return
		case s.cfg.Swagger:
			allowAllOrigins(w.Header())
		case origins.Check(r) != nil:
			s.refuse(w, r, http.StatusForbidden, "a page of another origin may not use this server")
			return
		}
		next.ServeHTTP(w, r)
	})
}

func allowAllOrigins(h http.Header) {
	h.Set("Access-Control-Allow-Origin", "*")
	h.Set("Access-Control-Allow-Headers", "origin, content-type, accept, authorization")
	h.Set("Access-Control-Allow-Methods", "GET, POST, PUT, DELETE, OPTIONS, HEAD")
}

// livePath is answered as long as the process lives.
const livePath = "/livez"

// live says that the process answers.
func live(w http.ResponseWriter, _ *http.Request) { plain(w, http.StatusOK, "ok\n") }

// readyWithin is how long the store may take to answer for the server to count
// as ready.
const readyWithin = 5 * time.Second

// ready says whether the store answers.
func (s *Server) ready(w http.ResponseWriter, r *http.Request) {
	ctx, cancel := context.WithTimeout(r.Context(), readyWithin)
	defer cancel()
	if _, _, err := s.store.ListProjects(ctx, store.ProjectFilter{}, store.Page{Limit: 1}); err != nil {
		s.cfg.Log.Error("the store does not answer", "error", err)
		plain(w, http.StatusServiceUnavailable, "the store does not answer\n")
		return
	}
	plain(w, http.StatusOK, "ok\n")
}

func plain(w http.ResponseWriter, status int, text string) {
	w.Header().Set("Content-Type", "text/plain; charset=utf-8")
	w.WriteHeader(status)
	_, _ = w.Write([]byte(text)) // who went away needs no answer
}
