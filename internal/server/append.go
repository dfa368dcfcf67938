package server

import (
	"strconv"

	"github.com/pawlhq/pawl/internal/params"
)

// appender is a list that writes itself as JSON, as reflection over its fields
// would: that takes as long as the query for what it shows.
type appender interface {
	appendJSON(dst []byte) []byte
	// size is about how many bytes that takes.
	size() int
}

// entrySize is about how many bytes an entry of a list takes.
const entrySize = 400

func (l attemptList) size() int { return len(l.Attempts) * entrySize }

func (l attemptList) appendJSON(dst []byte) []byte {
	return append(appendEntries(append(dst, `{"attempts":`...), l.Attempts, (*restAttempt).appendJSON), '}')
}

func (l sessionList) size() int { return len(l.Sessions) * entrySize }

func (l sessionList) appendJSON(dst []byte) []byte {
	return append(appendEntries(append(dst, `{"sessions":`...), l.Sessions, (*restSession).appendJSON), '}')
}

func appendEntries[E any](dst []byte, list []E, entry func(*E, []byte) []byte) []byte {
	dst = append(dst, '[')
	for i := range list {
		if i > 0 {
			dst = append(dst, ',')
		}
		dst = entry(&list[i], dst)
	}
	return append(dst, ']')
}

func (a *restAttempt) appendJSON(dst []byte) []byte {
	dst = a.ID.appendJSON(append(dst, `{"id":`...))
	dst = strconv.AppendInt(append(dst, `,"index":`...), int64(a.Index), 10)
	dst = a.Project.appendJSON(append(dst, `,"project":`...))
	dst = a.Workflow.appendJSON(append(dst, `,"workflow":`...))
	dst = a.SessionID.appendJSON(append(dst, `,"sessionId":`...))
	dst = params.AppendString(append(dst, `,"sessionUuid":`...), a.SessionUUID)
	dst = params.AppendString(append(dst, `,"sessionTime":`...), a.SessionTime)
	dst = a.RetryAttemptName.appendJSON(append(dst, `,"retryAttemptName":`...))
	dst = strconv.AppendBool(append(dst, `,"done":`...), a.Done)
	dst = strconv.AppendBool(append(dst, `,"success":`...), a.Success)
	dst = strconv.AppendBool(append(dst, `,"cancelRequested":`...), a.CancelRequested)
	dst = params.AppendJSON(append(dst, `,"params":`...), a.Params)
	dst = a.CreatedAt.appendJSON(append(dst, `,"createdAt":`...))
	dst = a.FinishedAt.appendJSON(append(dst, `,"finishedAt":`...))
	dst = params.AppendString(append(dst, `,"status":`...), a.Status)
	return append(dst, '}')
}

func (s *restSession) appendJSON(dst []byte) []byte {
	dst = s.ID.appendJSON(append(dst, `{"id":`...))
	dst = s.Project.appendJSON(append(dst, `,"project":`...))
	dst = s.Workflow.appendJSON(append(dst, `,"workflow":`...))
	dst = params.AppendString(append(dst, `,"sessionUuid":`...), s.SessionUUID)
	dst = params.AppendString(append(dst, `,"sessionTime":`...), s.SessionTime)
	dst = s.LastAttempt.appendJSON(append(dst, `,"lastAttempt":`...))
	return append(dst, '}')
}

func (a *lastAttempt) appendJSON(dst []byte) []byte {
	if a == nil {
		return append(dst, "null"...)
	}
	dst = a.ID.appendJSON(append(dst, `{"id":`...))
	dst = a.RetryAttemptName.appendJSON(append(dst, `,"retryAttemptName":`...))
	dst = strconv.AppendBool(append(dst, `,"done":`...), a.Done)
	dst = strconv.AppendBool(append(dst, `,"success":`...), a.Success)
	dst = strconv.AppendBool(append(dst, `,"cancelRequested":`...), a.CancelRequested)
	dst = params.AppendJSON(append(dst, `,"params":`...), a.Params)
	dst = a.CreatedAt.appendJSON(append(dst, `,"createdAt":`...))
	dst = a.FinishedAt.appendJSON(append(dst, `,"finishedAt":`...))
	return append(dst, '}')
}

func (p idName) appendJSON(dst []byte) []byte {
	dst = p.ID.appendJSON(append(dst, `{"id":`...))
	dst = params.AppendString(append(dst, `,"name":`...), p.Name)
	return append(dst, '}')
}

func (w nameID) appendJSON(dst []byte) []byte {
	dst = params.AppendString(append(dst, `{"name":`...), w.Name)
	dst = w.ID.appendJSON(append(dst, `,"id":`...))
	return append(dst, '}')
}
