package main

import (
	"encoding/json"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/pawlhq/pawl"
	"github.com/pawlhq/pawl/pawltest"
)

func begin(t *testing.T, item string) (*pawltest.Engine, *pawl.Run[Order]) {
	t.Helper()
	e := pawltest.New(t, orders)
	r, err := orders.Start(t.Context(), e.Engine, "o-1", Order{ID: "o-1", Item: item, Amount: 30})
	if err != nil {
		t.Fatal(err)
	}
	return e, r
}

var key = map[string]any{"order_id": "o-1"}

func TestAnOrderIsPaidAndShipped(t *testing.T) {
	t.Parallel()
	e, r := begin(t, "book")
	e.Advance(47 * time.Hour)
	e.Deliver(pawl.Message{Topic: payments, Keys: key, Body: Payment{10}})
	e.Deliver(pawl.Message{Topic: payments, Keys: key, Body: Payment{20}})
	e.Deliver(pawl.Message{Topic: parcels, Keys: key, Body: Parcel{"P-7"}})
	if err := r.Wait(t.Context()); err != nil {
		t.Fatal(err)
	}
	want := []string{"payment/charge", "payment/paid", "payment/paid",
		"delivery/in stock", "delivery/in stock/reserve", "delivery/ship", "delivery/shipped"}
	if got := e.Ran("orders", "o-1"); !slices.Equal(got, want) {
		t.Errorf("ran %q", got)
	}
	if o, _ := r.Params(t.Context()); o.Parcel != "P-7" || o.Shelf != "A7" {
		t.Errorf("got %+v", o)
	}
}

func TestWhoDoesNotPayIsNotSentAnything(t *testing.T) {
	t.Parallel()
	e, r := begin(t, "book")
	e.Advance(48 * time.Hour)
	if err := r.Wait(t.Context()); err == nil {
		t.Error("it ended well")
	}
	if n := len(e.Sent(pickups)); n != 0 {
		t.Errorf("%d pick-ups", n)
	}
}

func TestWhatIsNotShippedIsPaidBack(t *testing.T) {
	t.Parallel()
	for name, item := range map[string]string{"nobody has it": "unicorn", "the carrier is silent": "lamp"} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			e, _ := begin(t, item)
			e.Deliver(pawl.Message{Topic: payments, Keys: key, Body: Payment{30}})
			e.Advance(time.Hour)
			sent := e.Sent(charges)
			var back struct{ Amount int }
			if err := json.Unmarshal(sent[len(sent)-1].Value.(json.RawMessage), &back); err != nil || back.Amount != -30 {
				t.Errorf("sent %s, %v", sent, err)
			}
		})
	}
}

func TestWrongCommandsAreExplained(t *testing.T) {
	t.Parallel()
	for want, args := range map[string][]string{
		`there is no command ""`:              {},
		`there is no command "nwe"`:           {"nwe", "o-1"},
		"new takes 3 arguments, not 1":        {"new", "o-1"},
		"show takes 1 arguments, not 2":       {"show", "o-1", "o-2"},
		`the amount "much" is no number`:      {"new", "o-1", "book", "much"},
		"run takes 0 arguments, not 1\nusage": {"run", "o-1"},
	} {
		var out, log strings.Builder
		args = append([]string{"-database", filepath.Join(t.TempDir(), "orders.db")}, args...)
		if err := run(t.Context(), args, &out, &log); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%q: got %v, want %s", args[2:], err, want)
		}
	}
}
