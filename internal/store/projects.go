package store

import (
	"context"

	"github.com/pawlhq/pawl/internal/model"
	"github.com/pawlhq/pawl/internal/params"
	"github.com/pawlhq/pawl/internal/workflow"
)

// Project is a named line of revisions.
type Project struct {
	ID   model.ProjectID
	Name string
	// Latest is the newest revision.
	Latest  Revision
	Created model.Instant
	// Deleted is when the project was deleted, or zero. The name of a deleted
	// project is free for another.
	Deleted model.Instant
}

// Revision is one upload of a project. It never changes.
type Revision struct {
	ID      model.RevisionID
	Project model.ProjectID
	// Name is unique within the project.
	Name    string
	Archive Archive
	// UserInfo says who uploaded it, as the authenticator put it.
	UserInfo params.Map
	Created  model.Instant
}

// Archive says where the files of a revision are.
type Archive struct {
	// Type is "db" for bytes in this store, or names the object storage that
	// has them under Path; "none" for none at all.
	Type string
	Path string
	// MD5 is the digest of the bytes, empty if there are none.
	MD5  []byte
	Size int64
}

// InStore is the type of an archive whose bytes are in the store, and NoArchive
// that of none.
const (
	InStore   = "db"
	NoArchive = "none"
)

// Beside reports whether there are bytes that are not in the store.
func (a Archive) Beside() bool { return a.Type != InStore && a.Type != NoArchive }

// Workflow is a workflow as it is in one revision.
type Workflow struct {
	ID      model.WorkflowID
	Project model.ProjectID
	// ProjectName and RevisionName are those of what it belongs to.
	ProjectName  string
	Revision     model.RevisionID
	RevisionName string
	Name         string
	Zone         string
	// Config is the definition as it was written.
	Config params.Map
	// Definition is what it was compiled to. Lists leave it out.
	Definition *workflow.Workflow
}

// Push is a revision to be added to a project.
type Push struct {
	Project string
	// Revision has what is to be stored; its ids and those of its workflows
	// are given by the store.
	Revision Revision
	// Bytes are the archive, where its type is InStore.
	Bytes []byte
	// Orphan is what the archive was noted as when it was kept elsewhere, or
	// zero.
	Orphan OrphanID
	// Workflows are those of the revision, each with a name of its own.
	Workflows []Workflow
	// Schedules returns when a workflow is to be run, given its schedule so
	// far (nil if it has none), or nil when it has no schedule any more. Of
	// what it returns, NextRun, NextTime and LastTime count; the rest is the
	// store's to fill in. It is called within the transaction, for each
	// workflow in order, and may be called more than once. It must be quick
	// and not use the store. Nil means no schedules.
	Schedules func(w *Workflow, last *Schedule) *Schedule
}

// Projects keeps projects, their revisions and workflows.
type Projects interface {
	// Push makes the project if there is none of that name, and adds the
	// revision with its workflows, in order; then the schedules are those of
	// the revision's workflows alone: one for a workflow of the same name
	// keeps its id, Created and Disabled and gets the new workflow and a new
	// version; sensors are those of its workflows, as Sensors says. What is new was created, and what changed was updated, when
	// the revision was created. All of it in one transaction. A revision name
	// that the project has already is a Conflict. The orphan is none any more;
	// when it is to be removed, the error is NotAdopted.
	Push(ctx context.Context, p Push) (Project, error)
	// Project returns one project, deleted or not, or a NotFound error.
	Project(ctx context.Context, id model.ProjectID) (Project, error)
	// ProjectNamed returns the project that has the name now, or NotFound.
	ProjectNamed(ctx context.Context, name string) (Project, error)
	// ListProjects returns projects that are not deleted, oldest first.
	ListProjects(ctx context.Context, f ProjectFilter, page Page) ([]Project, string, error)
	// DeleteProject deletes a project: its name is free, its schedules,
	// sensors and secrets are gone, and nothing of it can be started any more; all else
	// can still be read. One that is deleted already is NotFound. It returns
	// the project as it was before.
	DeleteProject(ctx context.Context, id model.ProjectID, now model.Instant) (Project, error)

	// Revision returns the revision of a project with that name, or the
	// newest one for an empty name, or a NotFound error.
	Revision(ctx context.Context, project model.ProjectID, name string) (Revision, error)
	// ListRevisions returns the revisions of a project, newest first; none
	// when there is no such project.
	ListRevisions(ctx context.Context, project model.ProjectID, page Page) ([]Revision, string, error)
	// ArchiveBytes returns the bytes of an archive that is in the store, or
	// a NotFound error.
	ArchiveBytes(ctx context.Context, id model.RevisionID) ([]byte, error)

	// Workflow returns one workflow of any revision, or a NotFound error.
	Workflow(ctx context.Context, id model.WorkflowID) (Workflow, error)
	// WorkflowNamed returns the workflow of a revision with that name, or a
	// NotFound error.
	WorkflowNamed(ctx context.Context, revision model.RevisionID, name string) (Workflow, error)
	// ListWorkflows returns workflows that match, oldest first or, with
	// f.Newest, newest first. Of a revision, they are in the order pushed.
	ListWorkflows(ctx context.Context, f WorkflowFilter, page Page) ([]Workflow, string, error)
}

// ProjectFilter selects projects; zero fields match all.
type ProjectFilter struct {
	// Contains is a part of the name, in the same case.
	Contains string
}

// WorkflowFilter selects workflows; zero fields match those of the newest
// revisions of all projects that are not deleted.
type WorkflowFilter struct {
	// Revision selects the workflows of one revision instead.
	Revision model.RevisionID
	// Contains is a part of the name, in the same case; with OrProject, or of
	// the project's.
	Contains  string
	OrProject bool
	// Newest turns the order round.
	Newest bool
}
