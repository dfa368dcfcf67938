package pawltest_test

import (
	"context"
	"encoding/json"
	"slices"
	"testing"
	"time"

	"github.com/pawlhq/pawl"
	"github.com/pawlhq/pawl/pawltest"
)

type order struct {
	ID   string `json:"order_id"`
	Paid bool   `json:"paid"`
}

var orders = pawl.Must(pawl.Define("orders", "1",
	pawl.Command("charge", "charges", func(_ context.Context, o *order) ([]pawl.Record, error) {
		return []pawl.Record{{Key: o.ID, Value: o.ID, Headers: map[string]string{"from": "shop"}}}, nil
	}),
	pawl.Listen("paid", pawl.Topic("payments").By("order_id"), func(_ context.Context, o *order, paid bool) (bool, error) {
		o.Paid = paid
		return paid, nil
	}).Deadline(pawl.In(48*time.Hour), pawl.Skip),
))

func TestATestMovesTheClock(t *testing.T) {
	t.Parallel()
	e := pawltest.New(t, orders)
	run, err := orders.Start(t.Context(), e.Engine, "o-1", order{ID: "o-1"})
	if err != nil {
		t.Fatal(err)
	}
	for range 2 { // what was sent stays
		sent := e.Sent("charges")
		if len(sent) != 1 || sent[0].Key != "o-1" || string(sent[0].Value.(json.RawMessage)) != `"o-1"` || sent[0].Headers["from"] != "shop" {
			t.Errorf("sent %+v", sent)
		}
	}
	d := e.Deliver(pawl.Message{Topic: "payments", Keys: map[string]any{"order_id": "o-1"}, Body: false})
	if d.Outcome != "taken" || d.Steps != 1 {
		t.Errorf("it was %+v", d)
	}
	if got := e.Ran("orders", "o-1"); !slices.Equal(got, []string{"charge", "paid"}) {
		t.Errorf("ran %q", got)
	}
	e.Advance(47 * time.Hour)
	if err := run.Wait(t.Context()); err == nil {
		t.Error("it is over")
	}
	e.Restart(orders)
	run = orders.Run(e.Engine, "o-1")
	e.Advance(time.Hour)
	if err := run.Wait(t.Context()); err != nil || e.Now() != pawltest.Start.Add(48*time.Hour) {
		t.Errorf("at %v: %v", e.Now(), err)
	}
}
