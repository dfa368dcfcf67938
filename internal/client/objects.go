package client

import (
	"cmp"
	"encoding/json"

	"github.com/pawlhq/pawl/internal/model"
	"github.com/pawlhq/pawl/internal/params"
)

// Objects of the API. Their JSON is that of the API, so what is read can be
// written again.

// Ref names an object that another one belongs to.
type Ref struct {
	// ID is empty for a workflow that is not stored.
	ID   ID     `json:"id"`
	Name string `json:"name"`
}

// Project is a project with its newest revision.
type Project struct {
	ID          ID      `json:"id"`
	Name        string  `json:"name"`
	Revision    string  `json:"revision"`
	CreatedAt   Instant `json:"createdAt"`
	UpdatedAt   Instant `json:"updatedAt"` // when its newest revision was made
	DeletedAt   Instant `json:"deletedAt"`
	ArchiveType string  `json:"archiveType"`
	ArchiveMD5  []byte  `json:"archiveMd5"`
}

// Workflow is a workflow as it is in one revision.
type Workflow struct {
	ID       ID         `json:"id"`
	Name     string     `json:"name"`
	Project  Ref        `json:"project"`
	Revision string     `json:"revision"`
	Timezone string     `json:"timezone"`
	Config   params.Map `json:"config"`
	// Title is what people are shown; empty where the definition does not say it.
	Title string `json:"title,omitempty"`
}

// IsProcess reports whether a program runs the workflow, whose runs need no time.
func (w *Workflow) IsProcess() bool { return w.Config.Has("process") }

// Schedule is when a workflow is started next.
type Schedule struct {
	ID               ID          `json:"id"`
	Project          Ref         `json:"project"`
	Workflow         Ref         `json:"workflow"`
	NextRunTime      Instant     `json:"nextRunTime"`
	NextScheduleTime SessionTime `json:"nextScheduleTime"`
	DisabledAt       Instant     `json:"disabledAt"`
}

// Session is a planned run of a workflow.
type Session struct {
	ID          ID          `json:"id"`
	Project     Ref         `json:"project"`
	Workflow    Ref         `json:"workflow"`
	SessionUUID string      `json:"sessionUuid"`
	SessionTime SessionTime `json:"sessionTime"`
	// SessionKey is that of a session which is not known by its time alone.
	SessionKey string `json:"sessionKey,omitempty"`
	// LastAttempt is nil for a session that was not begun.
	LastAttempt *Outcome `json:"lastAttempt"`
}

// Outcome is what became of an attempt.
type Outcome struct {
	ID ID `json:"id"`
	// RetryAttemptName is empty for the first attempt of a session.
	RetryAttemptName Text       `json:"retryAttemptName"`
	Done             bool       `json:"done"`
	Success          bool       `json:"success"`
	CancelRequested  bool       `json:"cancelRequested"`
	Params           params.Map `json:"params"`
	CreatedAt        Instant    `json:"createdAt"`
	FinishedAt       Instant    `json:"finishedAt"`
}

// Attempt is one execution of a session.
type Attempt struct {
	Outcome
	Index       int         `json:"index"`
	Project     Ref         `json:"project"`
	Workflow    Ref         `json:"workflow"`
	SessionID   ID          `json:"sessionId"`
	SessionUUID string      `json:"sessionUuid"`
	SessionTime SessionTime `json:"sessionTime"`
	// SessionKey is that of a session which is not known by its time alone.
	SessionKey string `json:"sessionKey,omitempty"`
	// Status is success, killed, error, running or, in the run queue, queued.
	Status string `json:"status"`
	// WaitsFor is what is missing for it to go on; empty is nothing.
	WaitsFor string `json:"waitsFor,omitempty"`
	// Rerun says that all memoised tasks are run, too, where what they give was made before.
	Rerun bool `json:"rerun,omitempty"`
	// Current are the parameters as they stand, where they are not Params; they are told
	// of one attempt.
	Current params.Map `json:"currentParams,omitzero"`
	// Tags are those that it has, where they were asked for.
	Tags model.Tags `json:"tags,omitempty"`
	// ParentID is the attempt that it runs again or goes on with, and RootID the first
	// of its group, where tags were asked for; empty for one that is the first itself.
	ParentID ID `json:"parentAttemptId,omitempty"`
	RootID   ID `json:"rootAttemptId,omitempty"`
}

// UnmarshalJSON reads an attempt. The status follows from the rest where a
// server does not tell it.
func (a *Attempt) UnmarshalJSON(text []byte) error {
	type plain Attempt
	if err := json.Unmarshal(text, (*plain)(a)); err != nil {
		return err
	}
	a.Status = cmp.Or(a.Status, a.status())
	return nil
}

func (o Outcome) status() string {
	switch {
	case o.Success:
		return "success"
	case o.Done && o.CancelRequested:
		return "killed"
	case o.Done:
		return "error"
	}
	return "running"
}

// Task is a task of an attempt.
type Task struct {
	ID              ID         `json:"id"`
	FullName        string     `json:"fullName"`
	ParentID        ID         `json:"parentId"`
	Config          params.Map `json:"config"`
	Upstreams       []ID       `json:"upstreams"`
	IsGroup         bool       `json:"isGroup"`
	State           string     `json:"state"`
	CancelRequested bool       `json:"cancelRequested"`
	ExportParams    params.Map `json:"exportParams"`
	StoreParams     params.Map `json:"storeParams"`
	StateParams     params.Map `json:"stateParams"`
	UpdatedAt       Instant    `json:"updatedAt"`
	RetryAt         Instant    `json:"retryAt"`
	StartedAt       Instant    `json:"startedAt"`
	Error           params.Map `json:"error"`
	// Deadline is when its time limit passes, or zero.
	Deadline Moment `json:"deadline,omitzero"`
	// Waiting is nil for a task that does not wait.
	Waiting *Waiting `json:"waiting,omitempty"`
	// Outcome tells more than State: skipped, not_reached, stopped or taken_over.
	Outcome string `json:"outcome,omitempty"`
}

// Waiting is what a task waits for, of which the first counts.
type Waiting struct {
	// Keys are of the messages that it takes, Since when it does.
	Keys  []AwaitedKey `json:"keys"`
	Since Moment       `json:"since"`
	// Until is when it is run whatever comes, or zero.
	Until Moment `json:"until"`
	// Retry is set if it was tried before, and failed.
	Retry bool `json:"retry"`
	// Held is set if it waits to be told to run again.
	Held bool `json:"held"`
}

// AwaitedKey is what a message that a task takes is about.
type AwaitedKey struct {
	Topic string          `json:"topic"`
	Param string          `json:"param"`
	Value json.RawMessage `json:"value"`
}

// LogFile is where one try of a task printed.
type LogFile struct {
	FileName string  `json:"fileName"`
	FileSize int64   `json:"fileSize"` // as it is stored, in bytes
	TaskName string  `json:"taskName"`
	FileTime Instant `json:"fileTime"`
	AgentID  string  `json:"agentId"`
	// Direct is a URL from which it can be had without the server, or empty.
	Direct Text `json:"direct"`
}

// Page is a part of a list.
type Page struct {
	// After is the id of the last entry of the part before; empty begins with
	// the first.
	After ID
	// Size is the most that there is to be. Zero is what the server likes.
	Size int
}
