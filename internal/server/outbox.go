package server

import (
	"github.com/pawlhq/pawl/internal/model"
	"github.com/pawlhq/pawl/internal/store"
)

type restRecord struct {
	ID        number         `json:"id"`
	Topic     string         `json:"topic"`
	Key       optional       `json:"key"`
	Value     jsonValue      `json:"value"`
	Headers   jsonValue      `json:"headers"`
	AttemptID number         `json:"attemptId"`
	TaskID    optionalNumber `json:"taskId"`
	Try       int32          `json:"try"`
	StoredAt  moment         `json:"storedAt"`
}

func recordOut(o *store.Outgoing) restRecord {
	r := restRecord{
		ID: number(o.ID), Topic: o.Topic, Key: optional(o.Key), Value: jsonValue{o.Value}, Headers: jsonValue{o.Headers},
		AttemptID: number(o.Attempt), StoredAt: moment(o.At),
	}
	if o.Task != model.NoTask { // else it tells of the attempt
		r.TaskID, r.Try = optionalNumber(taskNumber(o.Attempt, o.Task)), o.Try
	}
	return r
}

func listOutbox(c *call) (any, error) {
	if err := c.allow("", ""); err != nil {
		return nil, err
	}
	page, err := c.cursorPage()
	if err != nil {
		return nil, err
	}
	limit, past, err := page.Bounds()
	if err != nil {
		return nil, err
	}
	list, err := c.store.Outbox(c.r.Context(), store.OutboxID(past), limit+1)
	if err != nil {
		return nil, err
	}
	list, next := store.Cut(list, limit, func(o store.Outgoing) int64 { return int64(o.ID) })
	return struct {
		Records []restRecord `json:"records"`
		Next    optional     `json:"next"`
	}{outs(list, recordOut), optional(next)}, nil
}

func dropRecords(c *call) (any, error) {
	if c.given("topic") {
		return dropTopic(c)
	}
	ids, wrong := idsIn[store.OutboxID](c.values["id"])
	if err := c.allow("", namedBy("records", ids)); err != nil {
		return nil, err
	}
	if wrong != nil {
		return nil, wrong
	}
	if err := checkNamed("records", len(ids)); err != nil {
		return nil, err
	}
	if err := c.store.Sent(c.r.Context(), ids); err != nil {
		return nil, err
	}
	return droppedOut(ids), nil
}

func dropTopic(c *call) (any, error) {
	topic := c.query("topic")
	if err := c.allow("", "records of topic "+topic); err != nil {
		return nil, err
	}
	if topic == "" || c.given("id") {
		return nil, model.Errorf(model.Invalid, "name records, or the topic that they are for")
	}
	ids, err := c.store.DropTopic(c.r.Context(), topic, store.MaxLimit)
	return droppedOut(ids), err
}
