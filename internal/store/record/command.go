package record

import (
	"encoding/binary"
	"time"

	"github.com/pawlhq/pawl/internal/engine"
	"github.com/pawlhq/pawl/internal/model"
	"github.com/pawlhq/pawl/internal/params"
	"github.com/pawlhq/pawl/internal/workflow"
)

// The form of a command is the version, its kind as a byte, the set of the
// parts that it has as an unsigned varint, and these parts in order of their
// bits. A result, a failure and a wait are such a set and such parts again.
const (
	commandTask    = 1 << iota // varint
	commandTry                 // varint
	commandResult              // see below
	commandFailure             // see below
	commandWait                // see below
	commandMessage             // source, topic, body
	commandNode                // length and bytes of the node's own form
	commandParams              // map
	commandVerdict             // 1 or 0 for Skip, reason
	commandTerms               // those of the message
	commandBy                  // string
	commandItem                // varint
	commandFacts               // for each: its kind as a byte, map

	commandEnd
)

const (
	resultExport   = 1 << iota // map
	resultStore                // map
	resultReset                // list of strings
	resultOutputs              // list of strings
	resultSubtasks             // map
	resultNode                 // length and bytes of the node's own form
	resultItems                // list
	resultStop                 // nothing more
	resultReplayed             // nothing more
	resultRecords              // for each record: topic, key, value, headers
	resultListed               // total, done, failed and cancelled as varints
	resultVersion              // string

	resultEnd
)

const (
	failureError = 1 << iota // map
	failureRetry             // limit and interval as varints, 1 or 0 for exponential, cap as varint
	failureState             // map
	failureBury              // nothing more

	failureEnd
)

const (
	waitUntil    = 1 << iota // varint
	waitKeys                 // for each key: topic, param, value, 1 or 0 for One
	waitState                // map
	waitReason               // string
	waitRecords              // as in a result
	waitStore                // map
	waitReset                // list of strings
	waitPostpone             // nothing more

	waitEnd
)

// Command returns the form of c. Trees in it are finished.
func Command(c *engine.Command) []byte {
	dst := binary.AppendUvarint([]byte{version, byte(c.Kind)}, parts(
		c.Task != 0, c.Try != 0, c.Result != nil, c.Failure != nil, c.Wait != nil,
		c.Message != nil, c.Node != nil, c.Params.Len() > 0, c.Verdict != nil,
		c.Message != nil && hasTerms(*c.Message), c.By != "", c.Item != 0, len(c.Facts) > 0,
	))
	dst = appendInt(dst, c.Task)
	dst = appendInt(dst, c.Try)
	if c.Result != nil {
		dst = appendResult(dst, c.Result)
	}
	if c.Failure != nil {
		dst = appendFailure(dst, c.Failure)
	}
	if c.Wait != nil {
		dst = appendWait(dst, c.Wait)
	}
	if c.Message != nil {
		dst = appendMessage(dst, c.Message)
	}
	dst = appendNode(dst, c.Node)
	dst = appendPart(dst, c.Params)
	if c.Verdict != nil {
		dst = appendString(appendBool(dst, c.Verdict.Skip), c.Verdict.Reason)
	}
	if c.Message != nil && hasTerms(*c.Message) {
		dst = appendTerms(dst, c.Message)
	}
	if c.By != "" {
		dst = appendString(dst, c.By)
	}
	return appendFacts(appendInt(dst, c.Item), c.Facts)
}

func appendFacts(dst []byte, list []engine.Fact) []byte {
	if len(list) == 0 {
		return dst
	}
	dst = binary.AppendUvarint(dst, uint64(len(list)))
	for i := range list {
		dst = params.AppendBinary(append(dst, byte(list[i].Kind)), list[i].Data)
	}
	return dst
}

func appendResult(dst []byte, r *engine.Result) []byte {
	dst = binary.AppendUvarint(dst, parts(
		r.Export.Len() > 0, r.Store.Len() > 0, len(r.Reset) > 0, len(r.Outputs) > 0, r.Subtasks.Len() > 0,
		r.Node != nil, len(r.Items) > 0, r.Stop, r.Replayed, len(r.Records) > 0, r.Listed != nil, r.Version != "",
	))
	dst = appendPart(dst, r.Export)
	dst = appendPart(dst, r.Store)
	for _, list := range [][]string{r.Reset, r.Outputs} {
		if len(list) > 0 {
			dst = appendStrings(dst, list)
		}
	}
	dst = appendPart(dst, r.Subtasks)
	dst = appendNode(dst, r.Node)
	if len(r.Items) > 0 {
		dst = params.AppendBinary(dst, r.Items)
	}
	dst = appendRecords(dst, r.Records)
	if l := r.Listed; l != nil {
		for _, n := range []int64{l.Total, l.Done, l.Failed, l.Cancelled} {
			dst = binary.AppendVarint(dst, n)
		}
	}
	if r.Version != "" {
		dst = appendString(dst, r.Version)
	}
	return dst
}

// appendRecords appends what a try sends. What names the records follows from
// the try.
func appendRecords(dst []byte, list []engine.Record) []byte {
	if len(list) == 0 {
		return dst
	}
	dst = binary.AppendUvarint(dst, uint64(len(list)))
	for _, r := range list {
		dst = appendString(dst, r.Topic)
		dst = appendString(dst, r.Key)
		dst = params.AppendBinary(dst, r.Value)
		dst = params.AppendBinary(dst, r.Headers)
	}
	return dst
}

func appendFailure(dst []byte, f *engine.Failure) []byte {
	again := f.Retry != workflow.Retry{}
	dst = binary.AppendUvarint(dst, parts(f.Error.Len() > 0, again, f.State.Len() > 0, f.Bury))
	dst = appendPart(dst, f.Error)
	if again {
		dst = binary.AppendVarint(dst, int64(f.Retry.Limit))
		dst = binary.AppendVarint(dst, int64(f.Retry.Interval))
		dst = appendBool(dst, f.Retry.Exponential)
		dst = binary.AppendVarint(dst, int64(f.Retry.Max))
	}
	return appendPart(dst, f.State)
}

func appendWait(dst []byte, w *engine.Wait) []byte {
	dst = binary.AppendUvarint(dst, parts(
		w.Until != 0, len(w.Keys) > 0, w.State.Len() > 0, w.Reason != "", len(w.Records) > 0,
		w.Store.Len() > 0, len(w.Reset) > 0, w.Postpone,
	))
	dst = appendInt(dst, w.Until)
	if len(w.Keys) > 0 {
		dst = appendKeys(dst, w.Keys)
	}
	dst = appendPart(dst, w.State)
	if w.Reason != "" {
		dst = appendString(dst, w.Reason)
	}
	dst = appendPart(appendRecords(dst, w.Records), w.Store)
	if len(w.Reset) > 0 {
		dst = appendStrings(dst, w.Reset)
	}
	return dst
}

// DecodeCommand reads what Command returned. Trees in it are finished.
func DecodeCommand(b []byte) (engine.Command, error) {
	r := newReader(b)
	c := engine.Command{Kind: engine.CommandKind(r.byte())}
	set := r.parts(commandEnd)
	if set&commandTask != 0 {
		c.Task = model.TaskID(r.int())
	}
	if set&commandTry != 0 {
		c.Try = int32(r.int())
	}
	if set&commandResult != 0 {
		c.Result = r.result()
	}
	if set&commandFailure != 0 {
		c.Failure = r.failure()
	}
	if set&commandWait != 0 {
		c.Wait = r.wait()
	}
	if set&commandMessage != 0 {
		m := r.message()
		c.Message = &m
	}
	if set&commandNode != 0 {
		c.Node = r.node()
	}
	if set&commandParams != 0 {
		c.Params = r.mapping()
	}
	if set&commandVerdict != 0 {
		c.Verdict = &engine.Verdict{Skip: r.byte() != 0, Reason: r.string()}
	}
	if set&commandTerms != 0 && c.Message != nil {
		r.terms(c.Message)
	}
	if set&commandBy != 0 {
		c.By = r.string()
	}
	if set&commandItem != 0 {
		c.Item = r.int()
	}
	if set&commandFacts != 0 {
		c.Facts = make([]engine.Fact, r.count())
		for i := range c.Facts {
			c.Facts[i] = engine.Fact{Kind: engine.EventKind(r.byte()), Data: r.mapping()}
		}
	}
	return c, r.finish("command to an attempt")
}

func (r *reader) result() *engine.Result {
	set := r.parts(resultEnd)
	res := &engine.Result{Stop: set&resultStop != 0, Replayed: set&resultReplayed != 0}
	if set&resultExport != 0 {
		res.Export = r.mapping()
	}
	if set&resultStore != 0 {
		res.Store = r.mapping()
	}
	if set&resultReset != 0 {
		res.Reset = r.strings()
	}
	if set&resultOutputs != 0 {
		res.Outputs = r.strings()
	}
	if set&resultSubtasks != 0 {
		res.Subtasks = r.mapping()
	}
	if set&resultNode != 0 {
		res.Node = r.node()
	}
	if set&resultItems != 0 {
		res.Items = r.list()
	}
	if set&resultRecords != 0 {
		res.Records = r.records()
	}
	if set&resultListed != 0 {
		res.Listed = &engine.Listed{Total: r.int(), Done: r.int(), Failed: r.int(), Cancelled: r.int()}
	}
	if set&resultVersion != 0 {
		res.Version = r.string()
	}
	return res
}

func (r *reader) records() []engine.Record {
	list := make([]engine.Record, r.count())
	for i := range list {
		list[i] = engine.Record{Topic: r.string(), Key: r.string(), Value: r.value(), Headers: r.mapping()}
	}
	return list
}

func (r *reader) failure() *engine.Failure {
	set := r.parts(failureEnd)
	f := &engine.Failure{Bury: set&failureBury != 0}
	if set&failureError != 0 {
		f.Error = r.mapping()
	}
	if set&failureRetry != 0 {
		f.Retry = workflow.Retry{
			Limit: int(r.int()), Interval: time.Duration(r.int()),
			Exponential: r.byte() != 0, Max: time.Duration(r.int()),
		}
	}
	if set&failureState != 0 {
		f.State = r.mapping()
	}
	return f
}

func (r *reader) wait() *engine.Wait {
	set := r.parts(waitEnd)
	w := &engine.Wait{Postpone: set&waitPostpone != 0}
	if set&waitUntil != 0 {
		w.Until = model.Instant(r.int())
	}
	if set&waitKeys != 0 {
		w.Keys = r.keys()
	}
	if set&waitState != 0 {
		w.State = r.mapping()
	}
	if set&waitReason != 0 {
		w.Reason = r.string()
	}
	if set&waitRecords != 0 {
		w.Records = r.records()
	}
	if set&waitStore != 0 {
		w.Store = r.mapping()
	}
	if set&waitReset != 0 {
		w.Reset = r.strings()
	}
	return w
}
