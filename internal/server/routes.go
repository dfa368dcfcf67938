package server

import (
	"net/http"

	"github.com/pawlhq/pawl/internal/auth"
)

// routes returns all that the API has. The description of the API is made of
// them, too.
func (s *Server) routes() []route {
	var all []route
	for _, group := range [][]route{
		systemRoutes(), projectRoutes(), secretRoutes(), workflowRoutes(), scheduleRoutes(), sensorRoutes(),
		sessionRoutes(), attemptRoutes(), searchRoutes(), operateRoutes(), pruneRoutes(), itemRoutes(), tickRoutes(), backfillRoutes(), queueRoutes(), poolRoutes(), logRoutes(), oldRoutes(), ownRoutes(), eventLogRoutes(), digestRoutes(), factRoutes(), versionRoutes(), definitionRoutes(), signalRoutes(), hookRoutes(), processRoutes(), tokenRoutes(), auditRoutes(),
	} {
		all = append(all, group...)
	}
	if s.cfg.Swagger {
		all = append(all, swaggerRoutes()...)
	}
	return all
}

const (
	get  = http.MethodGet
	put  = http.MethodPut
	post = http.MethodPost
	del  = http.MethodDelete
)

// versionCheckGet is allowed to everyone who is known.
const versionCheckGet auth.Action = "version.get"

func systemRoutes() []route {
	return []route{
		{get, "/api/version", "", getVersion, doc{tag: "version", summary: "The version of the server", answer: "Version"}},
		{get, "/api/version/check", versionCheckGet, checkVersion, doc{tag: "version", summary: "Whether a client fits the server", answer: "VersionCheck",
			query: []param{{"client", "string", "version of the client", true}}}},
		{get, "/api/openapi.json", "", getOpenAPI, doc{tag: "version", summary: "This description", answer: "Any"}},
	}
}

func swaggerRoutes() []route {
	return []route{
		{get, "/api/swagger.json", "", getOpenAPI, doc{tag: "version", summary: "This description", answer: "Any"}},
		{get, "/api/swagger.yaml", "", getSwaggerYAML, doc{tag: "version", summary: "This description; JSON is YAML, too", media: "application/yaml"}},
	}
}

var (
	lastID    = param{"last_id", "integer", "id of the last entry of the page before", false}
	count     = param{"count", "integer", "how many entries, 100 by default and 10000 at most", false}
	pageSize  = param{"page_size", "integer", "how many entries, up to the server's limit", false}
	revision  = param{"revision", "string", "name of a revision; the newest by default", false}
	tagsQuery = param{"tags", "boolean", "tell their tags, too", false}
	pattern   = param{"name_pattern", "string", "part of the name", false}
)

func projectRoutes() []route {
	return []route{
		{get, "/api/projects", auth.ProjectList, listProjects, doc{tag: "project", summary: "Projects, the oldest first", answer: "ProjectList",
			query: []param{{"name", "string", "the only project to list", false}, lastID, count, pattern}}},
		{put, "/api/projects", auth.ProjectPut, pushProject, doc{tag: "project", summary: "Add a revision to a project", body: archiveBody, answer: "Project",
			query: []param{
				{"project", "string", "name of the project, which is made if there is none", true},
				{"revision", "string", "name of the revision, which must be new", true},
				{"schedule_from", "string", "instant from which new schedules run; now by default", false},
				{"clear_schedule", "array", "workflows whose schedules begin anew", false},
				{"clear_schedule_all", "boolean", "let all schedules begin anew", false},
			}}},
		{get, "/api/projects/{id}", auth.ProjectGet, getProject, doc{tag: "project", summary: "One project", answer: "Project"}},
		{del, "/api/projects/{id}", auth.ProjectDelete, deleteProject, doc{tag: "project", summary: "Delete a project; answers it as it was", answer: "Project"}},
		{get, "/api/projects/{id}/revisions", auth.ProjectGet, listRevisions, doc{tag: "project", summary: "Revisions, the newest first", answer: "RevisionList",
			query: []param{{"name", "string", "the only revision to list", false}}}},
		{get, "/api/projects/{id}/workflows", auth.WorkflowList, projectWorkflows, doc{tag: "project", summary: "Workflows of a revision", answer: "WorkflowList",
			query: []param{revision, {"name", "string", "the only workflow to list", false}}}},
		{get, "/api/projects/{id}/workflows/{name}", auth.WorkflowGet, projectWorkflow, doc{tag: "project", summary: "One workflow of a revision", answer: "Workflow",
			query: []param{revision}}},
		{get, "/api/projects/{id}/schedules", auth.ScheduleList, projectSchedules, doc{tag: "project", summary: "Schedules of a project", answer: "ScheduleList",
			query: []param{{"workflow", "string", "the only workflow", false}, lastID}}},
		{get, "/api/projects/{id}/sessions", auth.SessionList, projectSessions, doc{tag: "project", summary: "Sessions of a project, the newest first", answer: "SessionList",
			query: []param{{"workflow", "string", "the only workflow", false}, lastID, pageSize}}},
		{get, "/api/projects/{id}/archive", auth.ArchiveGet, getArchive, doc{tag: "project", summary: "The files of a revision", media: "application/gzip",
			query: []param{revision, {"direct_download", "boolean", "false never answers with a redirection", false}}}},
	}
}

func secretRoutes() []route {
	return []route{
		{get, "/api/projects/{id}/secrets", auth.SecretList, listSecrets, doc{tag: "secret", summary: "Keys of a project's secrets", answer: "SecretList"}},
		{put, "/api/projects/{id}/secrets/{key}", auth.SecretPut, putSecret, doc{tag: "secret", summary: "Set a secret", body: "SecretValue", answer: "Secret"}},
		{del, "/api/projects/{id}/secrets/{key}", auth.SecretDelete, deleteSecret, doc{tag: "secret", summary: "Delete a secret, if there is one", answer: "Secret"}},
	}
}

func workflowRoutes() []route {
	return []route{
		{get, "/api/workflows", auth.WorkflowList, listWorkflows, doc{tag: "workflow", summary: "Workflows of the newest revisions", answer: "WorkflowList",
			query: []param{lastID, count, {"order", "string", "asc (the default) or desc, by id", false}, pattern,
				{"search_project_name", "boolean", "look for name_pattern in the names of projects, too", false}}}},
		{get, "/api/workflows/{id}", auth.WorkflowGet, getWorkflow, doc{tag: "workflow", summary: "One workflow of any revision", answer: "Workflow"}},
		{get, "/api/workflows/{id}/inputs", auth.WorkflowGet, workflowInputs, doc{tag: "workflow", summary: "The JSON Schema of the parameters that a start of the workflow gives", answer: "Any"}},
		{get, "/api/workflows/{id}/truncated_session_time", auth.WorkflowGet, truncatedSessionTime, doc{tag: "workflow", summary: "The session time that is meant by a time", answer: "SessionTime",
			query: []param{{"session_time", "string", "a time, without offset in the zone of the workflow", true},
				{"mode", "string", "hour, day, schedule or next_schedule; the time itself by default", false}}}},
	}
}

func scheduleRoutes() []route {
	return []route{
		{get, "/api/schedules", auth.ScheduleList, listSchedules, doc{tag: "schedule", summary: "Schedules, the oldest first, 100 at a time", answer: "ScheduleList", query: []param{lastID}}},
		{get, "/api/schedules/{id}", auth.ScheduleGet, getSchedule, doc{tag: "schedule", summary: "One schedule", answer: "Schedule"}},
		{post, "/api/schedules/{id}/skip", auth.ScheduleSkip, skipSchedule, doc{tag: "schedule", summary: "Move a schedule ahead", body: "Skip", answer: "ScheduleSummary"}},
		{post, "/api/schedules/{id}/backfill", auth.ScheduleFill, backfillSchedule, doc{tag: "schedule", summary: "Start past sessions, one after the other", body: "BackfillRequest", answer: "Backfill"}},
		{post, "/api/schedules/{id}/disable", auth.ScheduleDisable, disableSchedule, doc{tag: "schedule", summary: "Keep a schedule from starting sessions", answer: "ScheduleSummary"}},
		{post, "/api/schedules/{id}/enable", auth.ScheduleEnable, enableSchedule, doc{tag: "schedule", summary: "Let a schedule start sessions again", body: "Enable", answer: "ScheduleSummary"}},
	}
}

func sessionRoutes() []route {
	return []route{
		{get, "/api/sessions", auth.SessionList, listSessions, doc{tag: "session", summary: "Sessions, the newest first", answer: "SessionList", query: []param{lastID, pageSize}}},
		{get, "/api/sessions/{id}", auth.SessionGet, getSession, doc{tag: "session", summary: "One session", answer: "Session"}},
		{get, "/api/sessions/{id}/attempts", auth.AttemptList, sessionAttempts, doc{tag: "session", summary: "Attempts of a session, the newest first", answer: "AttemptList", query: []param{tagsQuery, lastID, pageSize}}},
	}
}

func attemptRoutes() []route {
	return []route{
		{get, "/api/attempts", auth.AttemptList, listAttempts, doc{tag: "attempt", summary: "The newest attempts of sessions, or all attempts", answer: "AttemptList",
			query: []param{{"project", "string", "name of the only project", false}, {"workflow", "string", "the only workflow of that project", false},
				{"include_retried", "boolean", "list all attempts of a session", false}, tagsQuery, lastID, pageSize}}},
		{put, "/api/attempts", auth.AttemptRun, startAttempt, doc{tag: "attempt", summary: "Start a workflow", body: "Start", answer: "Attempt", conflict: "Attempt"}},
		{get, "/api/attempts/{id}", auth.AttemptGet, getAttempt, doc{tag: "attempt", summary: "One attempt", answer: "Attempt"}},
		{get, "/api/attempts/{id}/retries", auth.AttemptList, attemptRetries, doc{tag: "attempt", summary: "All attempts of the same session, by index", answer: "AttemptList"}},
		{get, "/api/attempts/{id}/tasks", auth.TaskList, listTasks, doc{tag: "attempt", summary: "Tasks of an attempt", answer: "TaskList"}},
		{post, "/api/attempts/{id}/kill", auth.AttemptKill, killAttempt, doc{tag: "attempt", summary: "Ask an attempt to end; answers it as it was", answer: "Attempt"}},
		{get, "/api/admin/attempts/{id}/userinfo", auth.Administer, userInfo, doc{tag: "attempt", summary: "Who pushed what an attempt runs; on the admin listener only", answer: "Any"}},
	}
}

// shownLog says what is shown of a log.
var shownLog = []param{
	{"stream", "string", "stdout, stderr or merged, which is both and the default", false},
	{"timestamps", "boolean", "begins each line with when it was printed", false},
	{"level", "string", "debug, info, warn or error: messages from that level on, and nothing else", false},
	{"json", "boolean", "makes of each line, and of each message, an object on a line", false},
}

func logRoutes() []route {
	return []route{
		{get, "/api/logs/{id}/files", auth.LogList, listLogs, doc{tag: "log", summary: "Logs of an attempt", answer: "LogFileList",
			query: []param{{"task", "string", "beginning of the full name of tasks", false}, {"direct_download", "boolean", "false gives no URLs of other services", false}}}},
		{get, "/api/logs/{id}/files/{name}", auth.LogGet, getLog, doc{tag: "log", summary: "What one try printed", media: "application/gzip",
			query: shownLog}},
	}
}

// oldRoutes are those that newer clients do without.
func oldRoutes() []route {
	name := param{"name", "string", "", true}
	return []route{
		{get, "/api/project", auth.ProjectGet, findProject, doc{tag: "project", summary: "One project, by name", answer: "Project", old: true, query: []param{name}}},
		{get, "/api/projects/{id}/workflow", auth.WorkflowGet, projectWorkflowByQuery, doc{tag: "project", summary: "One workflow of a revision", answer: "Workflow", old: true, query: []param{name, revision}}},
		{get, "/api/workflow", auth.WorkflowGet, findWorkflow, doc{tag: "workflow", summary: "One workflow of a project's revision", answer: "Workflow", old: true,
			query: []param{{"project", "string", "", true}, name, revision}}},
	}
}

// ownRoutes are those that Digdag does not have.
func ownRoutes() []route {
	return []route{
		{get, "/api/pawl/v1/attempts/{id}/events", auth.AttemptGet, getEvents, doc{tag: "attempt", summary: "What happened to an attempt; as text/event-stream until it is done", answer: "EventList", stream: true,
			query: []param{{"after", "integer", "number of the last event that is known", false}}}},
		{get, "/api/pawl/v1/attempts/{id}/logs/{task}/follow", auth.LogGet, followLog, doc{tag: "log", summary: "What a task, by number or full name, prints until it is done", stream: true,
			query: shownLog}},
		{get, "/api/pawl/v1/workflows/{id}/plan", auth.WorkflowGet, getPlan, doc{tag: "workflow", summary: "The tasks of a workflow as a tree", answer: "Plan"}},
		{get, "/api/pawl/v1/workflows/{id}/graph.svg", auth.WorkflowGet, getGraph, doc{tag: "workflow", summary: "A picture of a workflow", media: "image/svg+xml"}},
		{get, "/api/pawl/v1/workflows/{id}/graph.html", auth.WorkflowGet, getGraph, doc{tag: "workflow", summary: "A page with that picture", media: "text/html"}},
		{get, "/api/pawl/v1/workflows/{id}/graph.dot", auth.WorkflowGet, getGraph, doc{tag: "workflow", summary: "The same for Graphviz", media: "text/vnd.graphviz"}},
		{get, "/api/pawl/v1/workflows/{id}/graph.mmd", auth.WorkflowGet, getGraph, doc{tag: "workflow", summary: "The same for Mermaid", media: "text/plain"}},
		{get, "/api/pawl/v1/workflows/{id}/outline", auth.WorkflowGet, getOutline, doc{tag: "workflow", summary: "The tasks of a workflow as lines, with what each does and how it is run", media: "text/plain"}},
	}
}
