// Package pawl defines and runs long-running processes in Go: they send commands,
// wait for messages for as long as it takes, decide, give up in time and go on,
// whatever happens to the program they run in.
//
// A process is made of steps over parameters of a type of yours:
//
//	type Order struct {
//		ID   string `json:"order_id"`
//		Paid bool   `json:"paid"`
//	}
//
//	var orders = pawl.Must(pawl.Define("orders", "1",
//		pawl.Command("charge", "charges", func(ctx context.Context, o *Order) ([]pawl.Record, error) {
//			return []pawl.Record{{Key: o.ID, Value: Charge{o.ID}}}, nil
//		}),
//		pawl.Listen("paid", pawl.Topic("payments").By("order_id"), func(ctx context.Context, o *Order, m Payment) (bool, error) {
//			o.Paid = m.Full
//			return m.Full, nil
//		}).Deadline(pawl.In(48*time.Hour), pawl.Fail),
//	))
//
// An Engine runs it on a database:
//
//	eng, err := pawl.Open(ctx, pawl.Config{Project: "order-service", Database: "pawl.db"}, orders)
//	...
//	run, err := orders.Start(ctx, eng, "order-1", Order{ID: "order-1"})
//
// What a function of a step changes in the parameters is stored, field by field,
// with the end of the step, in one transaction with what follows from it. Functions
// are called at least once: ID tells repetitions.
//
// Runs are also started by schedules (Process.Scheduled), by steps of other processes
// (Call), and by who knows only their names: a server of pawl on the same database,
// its command line and its workflows. A Process prints itself, and Plot draws it.
//
// Package pawltest runs processes in tests, with a clock of its own.
package pawl
