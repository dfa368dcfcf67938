package auth

import (
	"fmt"
	"maps"
	"slices"

	"github.com/pawlhq/pawl/internal/model"
)

// Action is something that a principal may be allowed to do.
type Action string

// Actions.
const (
	ProjectGet       Action = "project.get"
	ProjectList      Action = "project.list"
	ProjectPut       Action = "project.put"     // make the project or add a revision
	ProjectContent   Action = "project.content" // put the workflows of a revision
	ProjectDelete    Action = "project.delete"
	ArchiveGet       Action = "archive.get"
	SecretList       Action = "secret.list"
	SecretPut        Action = "secret.put"
	SecretDelete     Action = "secret.delete"
	SecretRotate     Action = "secret.rotate" // encrypt all anew
	WorkflowGet      Action = "workflow.get"
	WorkflowList     Action = "workflow.list"
	SessionGet       Action = "session.get"
	SessionList      Action = "session.list"
	AttemptGet       Action = "attempt.get"
	AttemptList      Action = "attempt.list"
	AttemptRun       Action = "attempt.run" // start or retry
	AttemptKill      Action = "attempt.kill"
	AttemptTag       Action = "attempt.tag"
	QueueGet         Action = "queue.get"
	ProcessList      Action = "process.list"
	PoolPut          Action = "pool.put"
	AttemptEdit      Action = "attempt.edit" // its parameters
	AttemptSkip      Action = "attempt.skip" // tasks of it
	AttemptDelete    Action = "attempt.delete"
	TaskList         Action = "task.list"
	LogGet           Action = "log.get"
	LogList          Action = "log.list"
	ScheduleGet      Action = "schedule.get"
	ScheduleList     Action = "schedule.list"
	ScheduleSkip     Action = "schedule.skip"
	ScheduleFill     Action = "schedule.backfill"
	ScheduleEnable   Action = "schedule.enable"
	ScheduleDisable  Action = "schedule.disable"
	SignalSend       Action = "signal.send"
	SubscriptionList Action = "subscription.list"
	LetterList       Action = "letter.list" // early messages and dead letters
	LetterResend     Action = "letter.resend"
	LetterDrop       Action = "letter.drop"
	RecordList       Action = "record.list" // of the outbox
	RecordDrop       Action = "record.drop"
	AuditList        Action = "audit.list"
	TokenList        Action = "token.list"
	TokenCreate      Action = "token.create"
	TokenRevoke      Action = "token.revoke"
	Administer       Action = "administer" // what only an administrator may do
)

// permits says which verbs allow an action; Admin allows each.
var permits = map[Action][]Verb{
	ProjectGet:       lookUp,
	ProjectList:      lookUp,
	ProjectPut:       {Push},
	ProjectContent:   {Push},
	ProjectDelete:    {Push},
	ArchiveGet:       {Read, Push},
	SecretList:       {Secrets},
	SecretPut:        {Secrets},
	SecretDelete:     {Secrets},
	SecretRotate:     {},
	WorkflowGet:      lookUp,
	WorkflowList:     lookUp,
	SessionGet:       lookUp,
	SessionList:      lookUp,
	AttemptGet:       lookUp,
	AttemptList:      lookUp,
	AttemptRun:       {Run},
	AttemptKill:      {Run},
	AttemptTag:       {Run},
	QueueGet:         {Read, Run},
	ProcessList:      {Read, Run},
	PoolPut:          {Run},
	AttemptEdit:      {Run},
	AttemptSkip:      {Run},
	AttemptDelete:    {Push},
	TaskList:         lookUp,
	LogGet:           {Read, Run},
	LogList:          {Read, Run},
	ScheduleGet:      lookUp,
	ScheduleList:     lookUp,
	ScheduleSkip:     {Run},
	ScheduleFill:     {Run},
	ScheduleEnable:   {Run},
	ScheduleDisable:  {Run},
	SignalSend:       {Run},
	SubscriptionList: lookUp,
	LetterList:       {Read, Run},
	LetterResend:     {Run},
	LetterDrop:       {Run},
	RecordList:       {Read, Run},
	RecordDrop:       {Run},
	AuditList:        {},
	TokenList:        {},
	TokenCreate:      {},
	TokenRevoke:      {},
	Administer:       {},
}

var lookUp = []Verb{Read, Run, Push, Secrets}

// Actions returns all actions, sorted.
func Actions() []Action { return slices.Sorted(maps.Keys(permits)) }

// Access decides who may do what. Implementations are safe for concurrent
// use.
type Access interface {
	// Allow returns nil if p may take the action in the project, or a
	// Forbidden error. An empty project stands for all of them.
	Allow(p Principal, a Action, project string) error
	// Visible returns the projects in which p may take the action. It is
	// what lists are filtered by.
	Visible(p Principal, a Action) Visible
}

// Visible is a set of projects.
type Visible struct {
	// All means every project; Projects is then empty.
	All bool
	// Projects are names, sorted.
	Projects []string
}

// Has reports whether the project is in the set.
func (v Visible) Has(project string) bool {
	return v.All || slices.Contains(v.Projects, project)
}

// ByScope is the Access that goes by a principal's scopes.
type ByScope struct{}

// Allow implements Access.
func (b ByScope) Allow(p Principal, a Action, project string) error {
	if v := b.Visible(p, a); v.Has(project) {
		return nil
	}
	where := ""
	if project != "" {
		where = fmt.Sprintf(" in project %q", project)
	}
	err := model.Errorf(model.Forbidden, "%q may not do %s%s", p.Name, a, where)
	if allowed := permits[a]; len(allowed) > 0 {
		return err.WithHint("it needs the scope %s", Scope{Verb: allowed[0], Project: project})
	}
	return err.WithHint("it needs an administrator")
}

// Visible implements Access.
func (ByScope) Visible(p Principal, a Action) Visible {
	allowed, known := permits[a]
	if !known {
		return Visible{}
	}
	v := Visible{All: p.Admin}
	for _, s := range p.Scopes {
		if slices.Contains(allowed, s.Verb) {
			v.All = v.All || s.Project == ""
			v.Projects = append(v.Projects, s.Project)
		}
	}
	if v.All {
		return Visible{All: true}
	}
	slices.Sort(v.Projects)
	v.Projects = slices.Compact(v.Projects)
	return v
}

var _ Access = ByScope{}
