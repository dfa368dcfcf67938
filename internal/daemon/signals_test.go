package daemon_test

import (
	"testing"
	"time"

	"github.com/pawlhq/pawl/internal/engine"
	"github.com/pawlhq/pawl/internal/params"
	"github.com/pawlhq/pawl/internal/service"
	"github.com/pawlhq/pawl/internal/store"
)

const order = `
+pay:
  wait_signal>: payments
  key: {order_id: "${order_id}"}
  timeout: 1h
+paid:
  send>: paid
  key: ${order_id}
  value: {amount: "${signal.amount}"}
+later:
  wait_signal>: nothing
  key: {k: 1}
  timeout: 1s
  on_timeout: skip
+see:
  echo>: over
`

// The daemon that gets the message is not the one that began to wait.
func TestAMessageReachesATaskThatWaits(t *testing.T) {
	t.Parallel()
	for name, early := range map[string]bool{"waiting": false, "early": true} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := newSite(t)
			s.push("1", map[string]string{"order.dig": order})
			signal := func(want store.Outcome) {
				t.Helper()
				done, err := s.Signal(t.Context(), service.Signal{
					Topic: "payments", ID: "m", Keys: params.Of("order_id", "17"), Body: params.Of("amount", 12), Keep: time.Hour,
				})
				if err != nil || done.Outcome != want {
					t.Fatalf("%v, %v, want %v", done.Outcome, err, want)
				}
			}
			if early {
				signal(store.KeptEarly)
			}
			first := s.work(nil)
			a := s.start(service.Start{Workflow: s.workflow("order"), Session: time.Now(), Params: params.Of("order_id", 17)})
			if !early {
				s.until(a.ID, func(snap *store.Snapshot) bool { // while it waits, nobody has it
					return len(s.waiting()) > 0 && snap.Attempt.Owner == ""
				})
				if err := first.Close(); err != nil {
					t.Fatal(err)
				}
				signal(store.Taken)
				s.work(nil)
			}
			if got := s.ended(a.ID); got != engine.AttemptSuccess {
				t.Fatalf("it ended as %v", got)
			}
			if got := s.output(a.ID, "+order+see"); got != "over" {
				t.Errorf("printed %q", got)
			}
			sent, err := s.store.Outbox(t.Context(), 0, 10)
			if err != nil || len(sent) != 1 || sent[0].Topic != "paid" || sent[0].Key != "17" ||
				string(params.AppendJSON(nil, sent[0].Value)) != `{"amount":"12"}` {
				t.Errorf("sent %+v, %v", sent, err)
			}
			if left := s.waiting(); len(left) > 0 {
				t.Errorf("somebody still waits: %v", left)
			}
		})
	}
}

// waiting returns who waits for what.
func (s *site) waiting() []store.Subscription {
	s.Helper()
	list, _, err := s.store.ListSubscriptions(s.Context(), store.SubscriptionFilter{}, store.Page{})
	if err != nil {
		s.Fatal(err)
	}
	return list
}
