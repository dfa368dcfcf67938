package pawl_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"testing"
	"time"

	"github.com/pawlhq/pawl"
	"github.com/pawlhq/pawl/pawltest"
)

// Order is what a run of the process is about.
type Order struct {
	ID      string    `json:"order_id"`
	Item    string    `json:"item"`
	Amount  int       `json:"amount"`
	Paid    int       `json:"paid"`
	Shelf   string    `json:"shelf,omitempty"`
	Parcel  string    `json:"parcel,omitempty"`
	Problem string    `json:"problem,omitempty"`
	GiveUp  time.Time `json:"give_up,omitzero"`
}

// Payment is what the bank says.
type Payment struct {
	Amount int `json:"amount"`
}

// Parcel is what the carrier says.
type Parcel struct {
	Number string `json:"number"`
}

const (
	charges  pawl.Topic = "charges"
	payments pawl.Topic = "payments"
	carrier  pawl.Topic = "carrier"
	parcels  pawl.Topic = "parcels"
)

// orders takes money, finds the goods and ships them. Whoever has paid for what
// can't be shipped gets the money back.
var orders = pawl.Must(pawl.Define("orders", "1",
	pawl.Sequence("payment",
		pawl.Command("charge", charges, func(ctx context.Context, o *Order) ([]pawl.Record, error) {
			return []pawl.Record{{Key: o.ID, Value: map[string]any{"order": o.ID, "amount": o.Amount}}}, nil
		}),
		pawl.Listen("paid", payments.By("order_id"), func(ctx context.Context, o *Order, p Payment) (bool, error) {
			o.Paid += p.Amount
			return o.Paid >= o.Amount, nil
		}).Deadline(pawl.In(48*time.Hour), pawl.Fail),
	),
	pawl.Sequence("delivery",
		pawl.Decide("in stock", func(ctx context.Context, o *Order) (string, error) {
			if o.Item == "book" {
				return "reserve", nil
			}
			return "order", nil
		},
			pawl.Execute("reserve", func(ctx context.Context, o *Order) error {
				o.Shelf = "A7"
				return nil
			}),
			pawl.Execute("order", func(ctx context.Context, o *Order) error {
				return errors.New("nobody has a " + o.Item)
			}).Retry(2, time.Minute),
		),
		pawl.Command("ship", carrier, func(ctx context.Context, o *Order) ([]pawl.Record, error) {
			return []pawl.Record{{Key: o.ID, Value: map[string]string{"order": o.ID, "shelf": o.Shelf}}}, nil
		}),
		pawl.Listen("shipped", parcels.By("order_id"), func(ctx context.Context, o *Order, p Parcel) (bool, error) {
			o.Parcel = p.Number
			return true, nil
		}).Deadline(pawl.In(7*24*time.Hour), pawl.Fail),
	).OnFailure(
		pawl.Command("refund", charges, func(ctx context.Context, o *Order) ([]pawl.Record, error) {
			o.Problem = pawl.Failure(ctx)
			return []pawl.Record{{Key: o.ID, Value: map[string]any{"order": o.ID, "amount": -o.Paid}}}, nil
		}),
	),
))

// A process is defined once, and each of its runs is about something else.
func Example() {
	ctx := context.Background()
	eng, err := pawl.Open(ctx, pawl.Config{Project: "shop"}, orders) // in memory
	if err != nil {
		fmt.Println(err)
		return
	}
	defer func() { _ = eng.Close() }()

	run, err := orders.Start(ctx, eng, "order-1", Order{ID: "order-1", Item: "book", Amount: 30})
	if err != nil {
		fmt.Println(err)
		return
	}
	for _, m := range []pawl.Message{
		{Topic: payments, Keys: map[string]any{"order_id": "order-1"}, Body: Payment{Amount: 30}},
		{Topic: parcels, Keys: map[string]any{"order_id": "order-1"}, Body: Parcel{Number: "P-9"}},
	} {
		if _, err := eng.Signal(ctx, m); err != nil {
			fmt.Println(err)
		}
	}
	if err := run.Wait(ctx); err != nil {
		fmt.Println(err)
	}
	o, _ := run.Params(ctx)
	fmt.Println(o.ID, "is parcel", o.Parcel, "from shelf", o.Shelf)
	// Output: order-1 is parcel P-9 from shelf A7
}

func about(order string) map[string]any { return map[string]any{"order_id": order} }

func TestWhoHasPaidForWhatCanNotBeShippedGetsTheMoneyBack(t *testing.T) {
	t.Parallel()
	e := pawltest.New(t, orders)
	run, err := orders.Start(t.Context(), e.Engine, "order-1", Order{ID: "order-1", Item: "unicorn", Amount: 30})
	if err != nil {
		t.Fatal(err)
	}
	e.Advance(time.Hour)
	e.Deliver(pawl.Message{Topic: payments, Keys: about("order-1"), Body: Payment{10}})
	e.Deliver(pawl.Message{Topic: payments, Keys: about("order-1"), Body: Payment{20}})
	e.Advance(2 * time.Minute)

	var failed *pawl.FailedError
	if err := run.Wait(t.Context()); !errors.As(err, &failed) || failed.Step != "delivery/in stock/order" {
		t.Errorf("it ended with %v", err)
	}
	want := []string{
		"payment/charge", "payment/paid", "payment/paid", "delivery/in stock",
		"delivery/in stock/order", "delivery/in stock/order", "delivery/in stock/order", "delivery/on failure/refund",
	}
	same(t, want, e.Ran("orders", "order-1"))
	sent := e.Sent(charges)
	if len(sent) != 2 || string(sent[1].Value.(json.RawMessage)) != `{"amount":-30,"order":"order-1"}` {
		t.Errorf("sent %s", sent)
	}
	if o, _ := run.Params(t.Context()); o.Problem != "nobody has a unicorn" || o.Paid != 30 {
		t.Errorf("got %+v", o)
	}
}
