// Package service is what an installation with stored projects can be asked
// to do: push a project, start, retry and kill attempts, move schedules. It
// knows the rules and the store, and nothing of HTTP or the command line.
package service

import (
	"context"
	"sync"
	"time"

	"github.com/pawlhq/pawl/internal/admission"
	"github.com/pawlhq/pawl/internal/clock"
	"github.com/pawlhq/pawl/internal/conductor"
	"github.com/pawlhq/pawl/internal/model"
	"github.com/pawlhq/pawl/internal/project"
	"github.com/pawlhq/pawl/internal/schedule"
	"github.com/pawlhq/pawl/internal/store"
	"github.com/pawlhq/pawl/internal/updates"
)

// Config says what a service works with.
type Config struct {
	// Store keeps the state. Required.
	Store store.Store
	// Clock tells the time. Defaults to the machine's.
	Clock clock.Clock
	// NewUUID names sessions and attempts. Required.
	NewUUID func() string
	// Archives say where those of revisions are kept. Defaults to the store.
	Archives Archives
	// TempDir is for files of the moment. Defaults to the system's.
	TempDir string
	// Limits bound what is accepted.
	Limits Limits
	// Turns says which attempts wait in the run queue, and Admission what it keeps;
	// nil is nothing.
	Turns     conductor.Turns
	Admission *admission.Limits
	// Pools are the sizes of pools of slots, of those that are not stored.
	Pools map[string]int
	// CatchUp is which missed sessions are made up for of schedules that don't say so.
	CatchUp schedule.CatchUp
	// Updates say what others are told of attempts that end while they wait in the run
	// queue.
	Updates updates.Options
}

// Limits bound what a service accepts.
type Limits struct {
	// Attempts are those of stored projects that may be unfinished. Zero is no
	// limit.
	Attempts int
	// Tasks are those that an attempt may have. Zero is no limit.
	Tasks int
	// Archive bounds what is pushed. Defaults to project.DefaultLimits.
	Archive project.Limits
}

// Service carries out requests. It is safe for concurrent use.
type Service struct {
	cfg   Config
	began time.Time

	mu        sync.Mutex
	calendars map[model.WorkflowID]schedule.Calendar
	// programs are the names of the projects whose programs run workflows.
	programs map[model.WorkflowID]string
}

// New returns a service.
func New(cfg Config) *Service {
	if cfg.Clock == nil {
		cfg.Clock = clock.System{}
	}
	if cfg.Archives.Type == "" {
		cfg.Archives.Type = store.InStore
	}
	if cfg.Limits.Archive == (project.Limits{}) {
		cfg.Limits.Archive = project.DefaultLimits
	}
	return &Service{cfg: cfg, began: cfg.Clock.Now(), calendars: make(map[model.WorkflowID]schedule.Calendar), programs: make(map[model.WorkflowID]string)}
}

func (s *Service) now() time.Time { return s.cfg.Clock.Now() }

// calendar returns when the sessions of a stored workflow are. Such a workflow
// never changes, so its calendar is read once.
func (s *Service) calendar(ctx context.Context, id model.WorkflowID) (schedule.Calendar, error) {
	s.mu.Lock()
	c, ok := s.calendars[id]
	s.mu.Unlock()
	if ok {
		return c, nil
	}
	w, err := s.cfg.Store.Workflow(ctx, id)
	if err != nil {
		return schedule.Calendar{}, err
	}
	return s.calendarOf(&w)
}

// maxCalendars bounds the calendars, and the names, that are remembered.
const maxCalendars = 10_000

// calendarOf is calendar for a workflow that is read already.
func (s *Service) calendarOf(w *store.Workflow) (schedule.Calendar, error) {
	c, err := conductor.CalendarOf(w, s.cfg.CatchUp)
	if err != nil {
		return schedule.Calendar{}, model.Errorf(model.Invalid, "workflow %s: %w", w.Name, err)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if len(s.calendars) >= maxCalendars {
		clear(s.calendars) // those in use come back
	}
	s.calendars[w.ID] = c
	return c, nil
}
