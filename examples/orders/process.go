package main

import (
	"context"
	"fmt"
	"time"

	"github.com/pawlhq/pawl"
)

// Order is what a run of the process is about. Its fields are in the database, and
// those that steps listen by are the keys of messages.
type Order struct {
	ID      string `json:"order_id"`
	Item    string `json:"item"`
	Amount  int    `json:"amount"`
	Paid    int    `json:"paid"`
	Shelf   string `json:"shelf,omitempty"`
	Parcel  string `json:"parcel,omitempty"`
	Problem string `json:"problem,omitempty"`
}

// Messages that others send.
type (
	// Payment is the bank's: money has come for an order.
	Payment struct {
		Amount int `json:"amount"`
	}
	// Parcel is the carrier's: an order is on its way.
	Parcel struct {
		Number string `json:"number"`
	}
)

// Topics of the process.
const (
	charges  pawl.Topic = "orders.charges"  // to the bank
	payments pawl.Topic = "orders.payments" // of the bank
	pickups  pawl.Topic = "orders.pickups"  // to the carrier
	parcels  pawl.Topic = "orders.parcels"  // of the carrier
)

// shelves are what is in stock.
var shelves = map[string]string{"book": "A7", "lamp": "C2"}

// orders takes money, finds the goods and ships them. Whoever has paid for what
// can't be shipped in time gets the money back.
var orders = pawl.Must(pawl.Define("orders", "1",
	pawl.Sequence("payment",
		pawl.Command("charge", charges, charge),
		pawl.Listen("paid", payments.By("order_id"), paid).Deadline(pawl.In(48*time.Hour), pawl.Fail),
	),
	pawl.Sequence("delivery",
		pawl.Decide("in stock", inStock,
			pawl.Execute("reserve", reserve),
			pawl.Execute("buy", buy).RetryDoubling(5, time.Second, time.Minute),
		),
		pawl.Command("ship", pickups, ship),
		pawl.Listen("shipped", parcels.By("order_id"), shipped).Deadline(pawl.In(time.Minute), pawl.Fail),
	).OnFailure(pawl.Command("refund", charges, refund)),
))

func charge(_ context.Context, o *Order) ([]pawl.Record, error) {
	return []pawl.Record{{Key: o.ID, Value: map[string]any{"order_id": o.ID, "amount": o.Amount}}}, nil
}

// paid gathers payments until all is there.
func paid(ctx context.Context, o *Order, p Payment) (bool, error) {
	o.Paid += p.Amount
	pawl.Log(ctx).Info("money has come", "amount", p.Amount, "of", o.Amount)
	return o.Paid >= o.Amount, nil
}

func inStock(_ context.Context, o *Order) (string, error) {
	if _, ok := shelves[o.Item]; ok {
		return "reserve", nil
	}
	return "buy", nil
}

func reserve(_ context.Context, o *Order) error {
	o.Shelf = shelves[o.Item]
	return nil
}

// buy would ask a supplier. What makes no sense is not tried again.
func buy(_ context.Context, o *Order) error {
	return pawl.Permanent(fmt.Errorf("no supplier has a %s", o.Item))
}

func ship(_ context.Context, o *Order) ([]pawl.Record, error) {
	return []pawl.Record{{Key: o.ID, Value: map[string]string{"order_id": o.ID, "shelf": o.Shelf}}}, nil
}

func shipped(_ context.Context, o *Order, p Parcel) (bool, error) {
	o.Parcel = p.Number
	return true, nil
}

// refund undoes the payment.
func refund(ctx context.Context, o *Order) ([]pawl.Record, error) {
	o.Problem = pawl.Failure(ctx)
	return []pawl.Record{{Key: o.ID, Value: map[string]any{"order_id": o.ID, "amount": -o.Paid}}}, nil
}
