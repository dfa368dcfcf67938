package metrics_test

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/pawlhq/pawl/internal/clock"
	"github.com/pawlhq/pawl/internal/engine"
	"github.com/pawlhq/pawl/internal/feed"
	"github.com/pawlhq/pawl/internal/metrics"
	"github.com/pawlhq/pawl/internal/model"
	"github.com/pawlhq/pawl/internal/store"
	"github.com/pawlhq/pawl/internal/store/memory"
)

// ticking is a clock that goes on by a second whenever it is looked at.
type ticking struct {
	clock.System
	now time.Time
}

func (t *ticking) Now() time.Time {
	t.now = t.now.Add(time.Second)
	return t.now
}

func newMetrics() *metrics.Metrics { return metrics.New("1.2.3", &ticking{}) }

// expect checks lines of what the metrics show.
func expect(t *testing.T, m *metrics.Metrics, lines ...string) {
	t.Helper()
	shown := show(t, m)
	for _, line := range lines {
		if !strings.Contains(shown, "\n"+line+"\n") {
			name, _, _ := strings.Cut(line, "{")
			name, _, _ = strings.Cut(name, " ")
			var near []string
			for have := range strings.Lines(shown) {
				if strings.HasPrefix(have, name) {
					near = append(near, have)
				}
			}
			t.Errorf("no line %q, but:\n%s", line, strings.Join(near, ""))
		}
	}
}

func show(t *testing.T, m *metrics.Metrics) string {
	t.Helper()
	w := httptest.NewRecorder()
	m.Handler().ServeHTTP(w, httptest.NewRequest(http.MethodGet, "/metrics", nil))
	if w.Code != 200 {
		t.Fatalf("status %d: %s", w.Code, w.Body)
	}
	return w.Body.String()
}

func TestTriesAreCountedByOperatorAndOutcome(t *testing.T) {
	t.Parallel()
	m := newMetrics()
	for range 2 {
		m.Try("sh")(engine.Command{Kind: engine.Succeed})
	}
	m.Try("sh")(engine.Command{Kind: engine.Fail})
	m.Try("")(engine.Command{Kind: engine.Fail})
	m.Try("py") // still runs
	expect(t, m,
		`pawl_tries_started_total{operator="sh"} 3`,
		`pawl_tries_ended_total{operator="sh",outcome="success"} 2`,
		`pawl_tries_ended_total{operator="sh",outcome="failure"} 1`,
		`pawl_tries_ended_total{operator="unknown",outcome="failure"} 1`,
		`pawl_try_duration_seconds_sum{operator="sh"} 3`,
		`pawl_tries_running 1`,
	)
}

func TestAttemptsAreCountedAsCommitsSay(t *testing.T) {
	t.Parallel()
	m := newMetrics()
	m.Committed(&store.Batch{
		Events:  []engine.Event{{Kind: engine.AttemptStarted}, {Kind: engine.TaskStarted}, {Kind: engine.AttemptStarted}},
		Release: []store.Release{{Attempt: 1}},
	})
	m.AttemptEnded(engine.AttemptFailed)
	expect(t, m, "pawl_attempts_started_total 2", "pawl_attempts_released_total 1",
		`pawl_attempts_ended_total{state="error"} 1`, `pawl_attempts_ended_total{state="success"} 0`,
		"pawl_conductor_batch_events_sum 3")
}

func TestSchedulesAndRetentionAreCounted(t *testing.T) {
	t.Parallel()
	m := newMetrics()
	m.Slot("started", 1, 3*time.Second)
	m.Slot("skipped", 1, -1)
	m.Pruned(&store.Pruned{Attempts: []model.AttemptID{1, 2}, Audit: 5})
	m.Stepped(500 * time.Millisecond)
	expect(t, m, `pawl_schedule_slots_total{outcome="started"} 1`, `pawl_schedule_slots_total{outcome="skipped"} 1`,
		"pawl_schedule_lateness_seconds_sum 3", "pawl_schedule_lateness_seconds_count 1",
		`pawl_retention_deleted_total{kind="attempt"} 2`, `pawl_retention_deleted_total{kind="audit"} 5`,
		"pawl_conductor_step_duration_seconds_sum 0.5")
}

func TestMessagesAndRecordsAreCountedByTopic(t *testing.T) {
	t.Parallel()
	m := newMetrics()
	f := m.Feeds()
	f.Delivered("orders", store.Taken, 3)
	f.Delivered("orders", store.Dead, 1)
	f.Fenced()
	f.Failed()
	f.Relayed("commands", 2)
	f.Refused("commands", 5)
	lag, err := []feed.Lag{{Topic: "orders", Partition: 1, Behind: 9}}, error(nil)
	m.WatchLag(func(context.Context) ([]feed.Lag, error) { return lag, err })
	expect(t, m,
		`pawl_messages_total{topic="orders",outcome="taken"} 3`, `pawl_messages_total{topic="orders",outcome="dead"} 1`,
		`pawl_feed_failures_total{reason="fenced"} 1`, `pawl_feed_failures_total{reason="failed"} 1`,
		`pawl_records_sent_total{topic="commands"} 2`, `pawl_records_refused_total{topic="commands"} 5`,
		`pawl_feed_lag{topic="orders",partition="1"} 9`,
	)
	if err = errors.New("away"); strings.Contains(show(t, m), "pawl_feed_lag") {
		t.Error("a lag is shown that nobody knows")
	}
}

func TestMessagesOfRequestsAreCountedByTheFirstTopics(t *testing.T) {
	t.Parallel()
	m := newMetrics()
	s := m.Store(memory.New())
	send := func(feeder string, topics ...string) {
		d := store.Delivery{Feeder: feeder}
		for _, topic := range topics {
			d.Messages = append(d.Messages, store.Message{Topic: topic, Keys: []store.MessageKey{{Param: "p"}}})
		}
		if _, err := s.Deliver(t.Context(), d); err != nil {
			t.Fatal(err)
		}
	}
	send("kafka", "orders")
	send("", "orders", "orders", "\xff")
	for i := range 300 {
		send("", fmt.Sprint("t", i))
	}
	expect(t, m, `pawl_messages_total{topic="orders",outcome="dropped"} 2`, `pawl_messages_total{topic="t198",outcome="dropped"} 1`,
		`pawl_messages_total{topic="(others)",outcome="dropped"} 102`)
}

func TestTheOutboxIsWatched(t *testing.T) {
	t.Parallel()
	m := newMetrics()
	p, err := store.Pending{}, error(nil)
	m.WatchOutbox(func(context.Context) (store.Pending, error) { return p, err })
	expect(t, m, "pawl_outbox_records 0", "pawl_outbox_age_seconds 0")
	p = store.Pending{Records: 3, Oldest: model.InstantOf(time.Time{}.Add(-time.Hour))}
	if text := show(t, m); !strings.Contains(text, "pawl_outbox_records 3") || !strings.Contains(text, "pawl_outbox_age_seconds 36") {
		t.Error(text)
	}
	if err = errors.New("away"); strings.Contains(show(t, m), "pawl_outbox") {
		t.Error("what nobody knows is shown")
	}
}

func TestRequestsAreCountedByRouteAndNotByPath(t *testing.T) {
	t.Parallel()
	m := newMetrics()
	m.Request("/api/attempts/{id}", "GET", 200, 2*time.Second)
	m.Request("", "BREW", 403, time.Second)
	expect(t, m, `pawl_http_requests_total{code="200",method="GET",route="/api/attempts/{id}"} 1`,
		`pawl_http_requests_total{code="403",method="other",route="none"} 1`,
		`pawl_http_request_duration_seconds_sum{route="/api/attempts/{id}"} 2`)
}

func TestLoadIsAskedForWhenSomebodyLooks(t *testing.T) {
	t.Parallel()
	m := newMetrics()
	load, err := metrics.Load{Driven: 7, Waiting: 3, Slots: 4, Busy: 1, Queued: 2, Archives: 10, Fetched: 4}, error(nil)
	m.Watch(func(context.Context) (metrics.Load, error) { return load, err })
	expect(t, m, "pawl_attempts_driven 7", "pawl_attempts_waiting 3", "pawl_slots 4", "pawl_slots_free 3",
		"pawl_tries_queued 2", "pawl_archive_uses_total 10", "pawl_archive_cache_hits_total 6")
	err = errors.New("stopped")
	if shown := show(t, m); strings.Contains(shown, "pawl_slots") || !strings.Contains(shown, "pawl_build_info") {
		t.Error("a load that is not known is shown, or hides the rest")
	}
}

func TestTheProgramIsShown(t *testing.T) {
	t.Parallel()
	shown := show(t, newMetrics())
	for _, part := range []string{`version="1.2.3"} 1`, "go_goroutines ", "process_"} {
		if !strings.Contains(shown, part) {
			t.Errorf("%q is not shown", part)
		}
	}
}

// broken is a store whose commits and leases fail as they are told.
type broken struct {
	store.Store
	err error
}

func (b broken) Commit(context.Context, *store.Batch) error { return b.err }

func (b broken) Lease(_ context.Context, _ string, epoch int64, _ time.Duration) (int64, error) {
	return epoch + 1, b.err
}

func TestErrorsOfTheDatabaseAreCountedAndThoseOfCallersAreNot(t *testing.T) {
	t.Parallel()
	m := newMetrics()
	for _, err := range []error{nil, model.Errorf(model.Conflict, "x"), model.Errorf(model.Unavailable, "x"), errors.New("x")} {
		s := m.Store(broken{err: err})
		if got := s.Commit(t.Context(), &store.Batch{}); !errors.Is(got, err) {
			t.Errorf("got %v, want %v", got, err)
		}
		for _, epoch := range []int64{0, 5} {
			_, _ = s.Lease(t.Context(), "o", epoch, time.Second)
		}
	}
	expect(t, m, `pawl_store_errors_total{operation="commit"} 2`, `pawl_store_errors_total{operation="lease"} 4`,
		`pawl_lease_renewals_total{result="taken"} 1`, `pawl_lease_renewals_total{result="lost"} 3`,
		`pawl_lease_renewals_total{result="failed"} 4`, "pawl_store_commit_duration_seconds_count 4")
}

func TestAStoreWithMetricsIsTheSameStore(t *testing.T) {
	t.Parallel()
	s := newMetrics().Store(memory.New())
	epoch, err := s.Lease(t.Context(), "o", 0, time.Minute)
	if err != nil {
		t.Fatal(err)
	}
	if again, err := s.Lease(t.Context(), "o", epoch, time.Minute); again != epoch || err != nil {
		t.Errorf("renewed as %d, %v", again, err)
	}
	if ids, err := s.Claim(t.Context(), 0, "o", epoch, 3, 10); len(ids) != 0 || err != nil {
		t.Errorf("claimed %v, %v", ids, err)
	}
	if err := s.Close(); err != nil {
		t.Error(err)
	}
}

// What a try costs that is counted.
func BenchmarkTry(b *testing.B) {
	m := metrics.New("", clock.System{})
	b.ReportAllocs()
	for b.Loop() {
		m.Try("sh")(engine.Command{Kind: engine.Succeed})
	}
}

// What a commit of a hundred events costs that is counted.
func BenchmarkCommitted(b *testing.B) {
	m := metrics.New("", clock.System{})
	batch := &store.Batch{Events: make([]engine.Event, 100)}
	for i := range batch.Events {
		batch.Events[i].Kind = engine.TaskEnded
	}
	b.ReportAllocs()
	for b.Loop() {
		m.Committed(batch)
	}
}

// What a request costs that is counted.
func BenchmarkRequest(b *testing.B) {
	m := metrics.New("", clock.System{})
	b.ReportAllocs()
	for b.Loop() {
		m.Request("/api/attempts/{id}", "GET", 200, time.Millisecond)
	}
}
