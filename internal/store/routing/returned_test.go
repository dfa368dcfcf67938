package routing_test

import (
	"testing"

	"github.com/pawlhq/pawl/internal/calls"
	"github.com/pawlhq/pawl/internal/engine"
	"github.com/pawlhq/pawl/internal/store"
	"github.com/pawlhq/pawl/internal/store/routing"
)

// An attempt that ends while it is told that what it called has ended leaves nothing
// behind.
func TestEndsOfWhatWasCalledAreNotLeft(t *testing.T) {
	t.Parallel()
	post := func(topic string) store.Post {
		return store.Post{Attempt: 1, Command: engine.Command{Kind: engine.Deliver, Task: 2, Message: &engine.Message{Topic: topic}}}
	}
	left := routing.Left([]store.Post{post(calls.Topic), post("orders")}, []engine.AttemptRow{{ID: 1}})
	if len(left) != 1 || left[0].Message.Topic != "orders" {
		t.Errorf("%+v is left, want the order", left)
	}
}
