// Orders is an example of a process in Go: it takes money for an order, finds the
// goods and ships them, with messages to and from others. Its README says how to
// run it.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"log/slog"
	"os"
	"os/signal"
	"strconv"
	"strings"
	"syscall"

	"github.com/pawlhq/pawl"
	"github.com/pawlhq/pawl/kafka"
)

const usage = `usage: orders [-database FILE|URL] [-kafka HOST:PORT,...] COMMAND

  run                   run orders until interrupted
  new ID ITEM AMOUNT    begin an order
  show ID               show where an order stands
`

// commands are how many arguments they take.
var commands = map[string]int{"run": 0, "new": 3, "show": 1}

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	if err := run(ctx, os.Args[1:], os.Stdout, os.Stderr); err != nil {
		fmt.Fprintln(os.Stderr, "orders:", err)
		os.Exit(1) //nolint:forbidigo // it is main
	}
}

// run is the program.
func run(ctx context.Context, args []string, out, log io.Writer) error {
	flags := flag.NewFlagSet("orders", flag.ContinueOnError)
	flags.SetOutput(log)
	flags.Usage = func() { _, _ = io.WriteString(log, usage) }
	database := flags.String("database", "orders.db", "")
	brokers := flags.String("kafka", "", "")
	if err := flags.Parse(args); err != nil {
		return err
	}
	name, given := flags.Arg(0), flags.NArg()-1
	if want, known := commands[name]; !known {
		return fmt.Errorf("there is no command %q\n%s", name, usage)
	} else if given != want {
		return fmt.Errorf("%s takes %d arguments, not %d\n%s", name, want, given, usage)
	}
	logger := slog.New(slog.NewTextHandler(log, nil))
	eng, err := pawl.Open(ctx, pawl.Config{Project: "order-service", Database: *database, Log: logger}, orders)
	if err != nil {
		return err
	}
	err = command(ctx, eng, flags.Args(), *brokers, out, logger)
	return errors.Join(err, eng.Close())
}

func command(ctx context.Context, eng *pawl.Engine, args []string, brokers string, out io.Writer, log *slog.Logger) error {
	switch name, args := args[0], args[1:]; name {
	case "new":
		amount, err := strconv.Atoi(args[2])
		if err != nil {
			return fmt.Errorf("the amount %q is no number", args[2])
		}
		_, err = orders.Start(ctx, eng, args[0], Order{ID: args[0], Item: args[1], Amount: amount}, pawl.Reject)
		return err
	case "show":
		return show(ctx, orders.Run(eng, args[0]), out)
	}
	return work(ctx, eng, brokers, log)
}

// work runs orders until ctx is done.
func work(ctx context.Context, eng *pawl.Engine, brokers string, log *slog.Logger) error {
	if brokers != "" {
		byOrder := kafka.Topic{Keys: map[string]string{"order_id": "key"}}
		connection, err := kafka.Connect(eng, kafka.Config{
			Brokers: strings.Split(brokers, ","), Group: "order-service", Log: log,
			Topics: map[pawl.Topic]kafka.Topic{payments: byOrder, parcels: byOrder},
		})
		if err != nil {
			return err
		}
		defer connection.Close()
	}
	log.Info("orders are run")
	<-ctx.Done()
	return nil
}

// show prints an order and its steps.
func show(ctx context.Context, order *pawl.Run[Order], out io.Writer) error {
	o, err := order.Params(ctx)
	if err != nil {
		return err
	}
	steps, err := order.Steps(ctx)
	if err != nil {
		return err
	}
	var text strings.Builder
	fmt.Fprintf(&text, "%s: %s for %d, %d paid, parcel %q, problem %q\n", o.ID, o.Item, o.Amount, o.Paid, o.Parcel, o.Problem)
	for _, s := range steps {
		fmt.Fprintf(&text, "  %-12s %s\n", s.State, strings.TrimSpace(s.Path+" "+s.Reason))
	}
	_, err = io.WriteString(out, text.String())
	return err
}
