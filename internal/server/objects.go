package server

import (
	"github.com/pawlhq/pawl/internal/engine"
	"github.com/pawlhq/pawl/internal/model"
	"github.com/pawlhq/pawl/internal/params"
	"github.com/pawlhq/pawl/internal/schedule"
	"github.com/pawlhq/pawl/internal/store"
)

// Objects of the API, as Digdag's clients know them.

type idName struct {
	ID   number `json:"id"`
	Name string `json:"name"`
}

type nameID struct {
	Name string         `json:"name"`
	ID   optionalNumber `json:"id"`
}

type restProject struct {
	ID          number  `json:"id"`
	Name        string  `json:"name"`
	Revision    string  `json:"revision"`
	CreatedAt   instant `json:"createdAt"`
	UpdatedAt   instant `json:"updatedAt"`
	DeletedAt   instant `json:"deletedAt"`
	ArchiveType string  `json:"archiveType"`
	ArchiveMD5  []byte  `json:"archiveMd5"`
}

func projectOut(p *store.Project) restProject {
	return restProject{
		ID: number(p.ID), Name: p.Name, Revision: p.Latest.Name,
		CreatedAt: instant(p.Created), UpdatedAt: instant(p.Latest.Created), DeletedAt: instant(p.Deleted),
		ArchiveType: p.Latest.Archive.Type, ArchiveMD5: p.Latest.Archive.MD5,
	}
}

type restRevision struct {
	Revision    string     `json:"revision"`
	CreatedAt   instant    `json:"createdAt"`
	ArchiveType string     `json:"archiveType"`
	ArchiveMD5  []byte     `json:"archiveMd5"`
	UserInfo    params.Map `json:"userInfo"`
}

func revisionOut(r *store.Revision) restRevision {
	return restRevision{
		Revision: r.Name, CreatedAt: instant(r.Created),
		ArchiveType: r.Archive.Type, ArchiveMD5: r.Archive.MD5, UserInfo: r.UserInfo,
	}
}

type restWorkflow struct {
	ID       number     `json:"id"`
	Name     string     `json:"name"`
	Project  idName     `json:"project"`
	Revision string     `json:"revision"`
	Timezone string     `json:"timezone"`
	Config   params.Map `json:"config"`
	Title    string     `json:"title,omitempty"`
}

func workflowOut(w *store.Workflow) restWorkflow {
	title, _ := w.Config.StringOr("title", "") // what else it is, people are not shown
	return restWorkflow{
		Title: title, ID: number(w.ID), Name: w.Name, Project: idName{number(w.Project), w.ProjectName},
		Revision: w.RevisionName, Timezone: w.Zone, Config: w.Config,
	}
}

type restSchedule struct {
	ID               number  `json:"id"`
	Project          idName  `json:"project"`
	Workflow         idName  `json:"workflow"`
	NextRunTime      instant `json:"nextRunTime"`
	NextScheduleTime string  `json:"nextScheduleTime"`
	DisabledAt       instant `json:"disabledAt"`
}

type restScheduleSummary struct {
	restSchedule
	CreatedAt instant `json:"createdAt"`
	UpdatedAt instant `json:"updatedAt"`
}

func (c *call) scheduleOut(s *store.Schedule) (restSchedule, error) {
	zone, err := c.service.Zone(c.r.Context(), s.Workflow)
	if err != nil {
		return restSchedule{}, err
	}
	return restSchedule{
		ID: number(s.ID), Project: idName{number(s.Project), s.ProjectName},
		Workflow:    idName{number(s.Workflow), s.WorkflowName},
		NextRunTime: instant(s.NextRun), NextScheduleTime: schedule.FormatTime(s.NextTime.Time(), zone),
		DisabledAt: instant(s.Disabled),
	}, nil
}

type restSession struct {
	ID          number       `json:"id"`
	Project     idName       `json:"project"`
	Workflow    nameID       `json:"workflow"`
	SessionUUID string       `json:"sessionUuid"`
	SessionTime optional     `json:"sessionTime"`
	SessionKey  string       `json:"sessionKey,omitempty"`
	LastAttempt *lastAttempt `json:"lastAttempt"`
}

type lastAttempt struct {
	ID               number     `json:"id"`
	RetryAttemptName optional   `json:"retryAttemptName"`
	Done             bool       `json:"done"`
	Success          bool       `json:"success"`
	CancelRequested  bool       `json:"cancelRequested"`
	Params           params.Map `json:"params"`
	CreatedAt        instant    `json:"createdAt"`
	FinishedAt       instant    `json:"finishedAt"`
}

func (c *call) sessionOut(s *store.SessionEntry) (restSession, error) {
	last, err := c.attemptOut(&s.Last)
	if err != nil {
		return restSession{}, err
	}
	out := restSession{
		ID: number(s.ID), Project: last.Project, Workflow: last.Workflow,
		SessionUUID: s.UUID, SessionTime: last.SessionTime, SessionKey: last.SessionKey,
	}
	if s.Last.ID != 0 {
		out.LastAttempt = &lastAttempt{
			ID: last.ID, RetryAttemptName: last.RetryAttemptName, Done: last.Done, Success: last.Success,
			CancelRequested: last.CancelRequested, Params: last.Params,
			CreatedAt: last.CreatedAt, FinishedAt: last.FinishedAt,
		}
	}
	return out, nil
}

type restAttempt struct {
	ID               number     `json:"id"`
	Index            int        `json:"index"`
	Project          idName     `json:"project"`
	Workflow         nameID     `json:"workflow"`
	SessionID        number     `json:"sessionId"`
	SessionUUID      string     `json:"sessionUuid"`
	SessionTime      optional   `json:"sessionTime"`
	SessionKey       string     `json:"sessionKey,omitempty"`
	RetryAttemptName optional   `json:"retryAttemptName"`
	Done             bool       `json:"done"`
	Success          bool       `json:"success"`
	CancelRequested  bool       `json:"cancelRequested"`
	Params           params.Map `json:"params"`
	CreatedAt        instant    `json:"createdAt"`
	FinishedAt       instant    `json:"finishedAt"`
	Status           string     `json:"status"`
	WaitsFor         string     `json:"waitsFor,omitempty"`
	Tags             model.Tags `json:"tags,omitempty"`
	// Rerun says that all memoised tasks are run, too, where what they give was made before.
	Rerun bool `json:"rerun,omitempty"`
	// ParentID and RootID are told with the tags.
	ParentID optionalNumber `json:"parentAttemptId,omitempty"`
	RootID   optionalNumber `json:"rootAttemptId,omitempty"`
	// Current are the parameters of now, where they differ, told with the tags of one.
	Current params.Map `json:"currentParams,omitzero"`
}

func (c *call) attemptOut(a *store.Attempt) (restAttempt, error) {
	name, err := c.names.of(c.r.Context(), c.store, a.Session.Project)
	if err != nil {
		return restAttempt{}, err
	}
	zone, err := c.zones.zone(a.Zone)
	if err != nil {
		return restAttempt{}, err
	}
	waits, err := c.service.Waits(c.r.Context(), a)
	if err != nil {
		return restAttempt{}, err
	}
	if waits != "" {
		waits = "a program that runs project " + waits
	}
	return restAttempt{
		ID: number(a.ID), Index: a.Index, Project: idName{number(a.Session.Project), name},
		Workflow:  nameID{a.Session.Workflow, optionalNumber(a.Workflow)},
		SessionID: number(a.Session.ID), SessionUUID: a.Session.UUID,
		SessionTime: ownTime(&a.Session, zone), SessionKey: ownKey(&a.Session),
		RetryAttemptName: optional(a.Name), Done: a.State.Done(), Success: a.State == engine.AttemptSuccess,
		CancelRequested: a.CancelAsked, Params: a.Params,
		CreatedAt: instant(a.Created), FinishedAt: instant(a.Ended), Status: status(a), WaitsFor: waits, Rerun: a.Resume.From == store.Anew,
	}, nil
}

// queuedStatus is the state of an attempt that waits in the run queue.
const queuedStatus = "queued"

// status is an attempt's state in a word. One that failed after it was asked
// to end counts as killed.
func status(a *store.Attempt) string {
	if a.Queued() {
		return queuedStatus
	}
	if a.State == engine.AttemptFailed && a.CancelAsked {
		return engine.AttemptKilled.String()
	}
	return a.State.String()
}

// outs makes a list of objects for an answer: never null.
func outs[E, O any](list []E, out func(*E) O) []O {
	made := make([]O, len(list))
	for i := range list {
		made[i] = out(&list[i])
	}
	return made
}

// tryOuts is outs for objects that can fail.
func tryOuts[E, O any](list []E, out func(*E) (O, error)) ([]O, error) {
	made := make([]O, len(list))
	for i := range list {
		var err error
		if made[i], err = out(&list[i]); err != nil {
			return nil, err
		}
	}
	return made, nil
}

// taskNumber is the number of a task among those of all attempts. Those of items,
// whose ids are large, have numbers above all others.
func taskNumber(attempt model.AttemptID, task model.TaskID) number {
	if task>>taskBits > 0 {
		return number(1<<62 | int64(attempt)<<31 | int64(task))
	}
	return number(int64(attempt)<<taskBits | (int64(task) + 1))
}

// taskOf is the reverse of taskNumber, for a task of an attempt.
func taskOf(attempt model.AttemptID, n int64) (model.TaskID, bool) {
	id := model.TaskID(n&(1<<taskBits-1)) - 1
	if n>>62 == 1 {
		id = model.TaskID(n & (1<<31 - 1))
	}
	return id, id >= 0 && taskNumber(attempt, id) == number(n)
}

// taskBits are those of a task's number that tell the tasks of one attempt
// apart.
const taskBits = 24
