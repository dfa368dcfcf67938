package kafka_test

import (
	"context"
	"encoding/json"
	"log/slog"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/twmb/franz-go/pkg/kgo"

	"github.com/pawlhq/pawl/internal/engine"
	"github.com/pawlhq/pawl/internal/feed/kafka"
	"github.com/pawlhq/pawl/internal/feed/kafka/kafkatest"
	"github.com/pawlhq/pawl/internal/history"
	"github.com/pawlhq/pawl/internal/model"
	"github.com/pawlhq/pawl/internal/reporters"
	"github.com/pawlhq/pawl/internal/store"
	"github.com/pawlhq/pawl/internal/store/memory"
	"github.com/pawlhq/pawl/internal/workflow"
)

// A real broker gets what happens, in order, and what happened while nobody told it.
func TestKafkaIsTold(t *testing.T) {
	t.Parallel()
	addresses := kafkatest.Brokers(t)
	topic := kafkatest.Topic(t, addresses, 3)
	s := memory.New()
	id := reported(t, s)
	seq := int64(0)
	happens := func(kind engine.EventKind, state model.State) {
		t.Helper()
		seq++
		e := engine.Event{Attempt: id, Seq: seq, At: model.InstantOf(time.Now()), Kind: kind, State: state, Task: 1, Name: "+w+a"}
		if err := s.Commit(t.Context(), &store.Batch{Events: []engine.Event{e}}); err != nil {
			t.Fatal(err)
		}
	}
	told := func() (stop func()) {
		by, err := kafka.NewTransport(kafka.Connection{Brokers: addresses, Log: slog.New(slog.DiscardHandler)}, 0)
		if err != nil {
			t.Fatal(err)
		}
		crew, err := reporters.New(reporters.Options{
			Store: s, Log: slog.New(slog.DiscardHandler),
			Reporters: []reporters.Config{{Name: "kafka", Reporter: reporters.Sent(by, topic, "here"), Types: history.Types{history.TaskStarted, history.TaskSucceeded}}},
		})
		if err != nil {
			t.Fatal(err)
		}
		ctx, cancel := context.WithCancel(context.Background())
		ended := make(chan struct{})
		go func() { defer close(ended); crew.Run(ctx) }()
		return func() { cancel(); <-ended }
	}
	stop := told()
	standing(t, s, "not begun", func(reporters.Status) bool { return true }) // it is told of what happens from then on
	happens(engine.TaskStarted, model.Running)
	happens(engine.TaskWaits, model.Waiting)
	read := consumer(t, addresses, topic)
	got := read(1)
	standing(t, s, "not kept", func(r reporters.Status) bool { return r.Told != "" }) // else it is told once more
	stop()
	happens(engine.TaskStarted, model.Running)
	happens(engine.TaskEnded, model.Success)
	stop = told()
	defer stop()
	got = append(got, read(2)...)
	if diff := cmp.Diff([]string{
		"u 1 task.started Task (1) shop/daily +w+a: Started", "u 3 task.started Task (1) shop/daily +w+a: Started",
		"u 4 task.succeeded Task (1) shop/daily +w+a: Succeeded",
	}, got); diff != "" {
		t.Error(diff)
	}
}

// standing waits until the reporter of a store is as it should be.
func standing(t *testing.T, s store.Store, unless string, is func(reporters.Status) bool) {
	t.Helper()
	for start := time.Now(); ; <-time.After(time.Millisecond) {
		list, err := reporters.Statuses(t.Context(), s, time.Now())
		if err != nil || time.Since(start) > time.Minute {
			t.Fatalf("how far the reporter came is %s: %v", unless, err)
		}
		if len(list) == 1 && is(list[0]) {
			return
		}
	}
}

// reported makes an attempt of a workflow of a project.
func reported(t *testing.T, s store.Store) model.AttemptID {
	t.Helper()
	def := &workflow.Workflow{Name: "daily", Dialect: "dig", Root: &workflow.Node{Name: "+daily"}}
	if err := def.Finish(); err != nil {
		t.Fatal(err)
	}
	p, err := s.Push(t.Context(), store.Push{
		Project: "shop", Revision: store.Revision{Name: "r", Archive: store.Archive{Type: store.InStore}},
		Workflows: []store.Workflow{{Name: "daily", Definition: def}},
	})
	if err != nil {
		t.Fatal(err)
	}
	a, _, err := s.StartAttempt(t.Context(), store.Start{
		Session: store.Session{Project: p.ID, Workflow: "daily", Key: "k", UUID: "u"}, Definition: def,
	})
	if err != nil {
		t.Fatal(err)
	}
	return a.ID
}

// consumer returns what reads so many records of a topic, as KEY SEQ TYPE MESSAGE.
func consumer(t *testing.T, addresses []string, topic string) func(n int) []string {
	client, err := kgo.NewClient(kgo.SeedBrokers(addresses...), kgo.ConsumeTopics(topic), kgo.ConsumeResetOffset(kgo.NewOffset().AtStart()))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(client.Close)
	return func(n int) (list []string) {
		ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
		defer cancel()
		for len(list) < n {
			fetched := client.PollFetches(ctx)
			if err := ctx.Err(); err != nil {
				t.Fatalf("only %v came: %v", list, err)
			}
			for _, r := range fetched.Records() {
				var e history.Event
				if err := json.Unmarshal(r.Value, &e); err != nil {
					t.Fatal(err)
				}
				said := ""
				for _, h := range r.Headers {
					if h.Key == "pawl-message" {
						said = string(h.Value)
					}
				}
				list = append(list, strings.Join([]string{string(r.Key), string(rune('0' + e.Seq)), string(e.Type), said}, " "))
			}
		}
		return list
	}
}
