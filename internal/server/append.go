package server

import (
	"strconv"

	"github.com/pawlhq/pawl/internal/model"
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

// appendGiven appends a member that is left out when it is empty.
func appendGiven(dst []byte, name, text string) []byte {
	if text == "" {
		return dst
	}
	return params.AppendString(append(dst, name...), text)
}

// appendTags appends tags as an object, in order of names.
func appendTags(dst []byte, tags model.Tags) []byte {
	dst = append(dst, '{')
	for i, name := range tags.Names() {
		if i > 0 {
			dst = append(dst, ',')
		}
		dst = params.AppendString(dst, name)
		dst = params.AppendString(append(dst, ':'), tags[name])
	}
	return append(dst, '}')
}

func (a *restAttempt) appendJSON(dst []byte) []byte {
	dst = a.ID.appendJSON(append(dst, `{"id":`...))
	dst = strconv.AppendInt(append(dst, `,"index":`...), int64(a.Index), 10)
	dst = a.Project.appendJSON(append(dst, `,"project":`...))
	dst = a.Workflow.appendJSON(append(dst, `,"workflow":`...))
	dst = a.SessionID.appendJSON(append(dst, `,"sessionId":`...))
	dst = params.AppendString(append(dst, `,"sessionUuid":`...), a.SessionUUID)
	dst = a.SessionTime.appendJSON(append(dst, `,"sessionTime":`...))
	dst = appendGiven(dst, `,"sessionKey":`, a.SessionKey)
	dst = a.RetryAttemptName.appendJSON(append(dst, `,"retryAttemptName":`...))
	dst = strconv.AppendBool(append(dst, `,"done":`...), a.Done)
	dst = strconv.AppendBool(append(dst, `,"success":`...), a.Success)
	dst = strconv.AppendBool(append(dst, `,"cancelRequested":`...), a.CancelRequested)
	dst = params.AppendJSON(append(dst, `,"params":`...), a.Params)
	dst = a.CreatedAt.appendJSON(append(dst, `,"createdAt":`...))
	dst = a.FinishedAt.appendJSON(append(dst, `,"finishedAt":`...))
	dst = params.AppendString(append(dst, `,"status":`...), a.Status)
	dst = appendGiven(dst, `,"waitsFor":`, a.WaitsFor)
	if len(a.Tags) > 0 {
		dst = appendTags(append(dst, `,"tags":`...), a.Tags)
	}
	if a.Rerun {
		dst = append(dst, `,"rerun":true`...)
	}
	if a.ParentID != 0 {
		dst = number(a.ParentID).appendJSON(append(dst, `,"parentAttemptId":`...))
		dst = number(a.RootID).appendJSON(append(dst, `,"rootAttemptId":`...))
	}
	if a.Current.Len() > 0 {
		dst = params.AppendJSON(append(dst, `,"currentParams":`...), a.Current)
	}
	return append(dst, '}')
}

func (s *restSession) appendJSON(dst []byte) []byte {
	dst = s.ID.appendJSON(append(dst, `{"id":`...))
	dst = s.Project.appendJSON(append(dst, `,"project":`...))
	dst = s.Workflow.appendJSON(append(dst, `,"workflow":`...))
	dst = params.AppendString(append(dst, `,"sessionUuid":`...), s.SessionUUID)
	dst = s.SessionTime.appendJSON(append(dst, `,"sessionTime":`...))
	dst = appendGiven(dst, `,"sessionKey":`, s.SessionKey)
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
