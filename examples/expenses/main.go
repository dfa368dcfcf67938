// Expenses is the program of the tutorial "A first process in Go".
package main

import (
	"context"
	"fmt"
	"log"
	"os"
	"strconv"
	"time"

	"github.com/pawlhq/pawl"
)

// Expense is what a run of the process is about.
type Expense struct {
	ID       string `json:"id"`
	Amount   int    `json:"amount"`
	Approved bool   `json:"approved"`
}

// Answer is a message of the manager.
type Answer struct {
	Yes bool `json:"yes"`
}

const answers pawl.Topic = "answers"

var expenses = pawl.Must(pawl.Define("expenses", "1",
	pawl.Decide("how much", func(_ context.Context, e *Expense) (string, error) {
		if e.Amount < 100 {
			e.Approved = true
			return "", nil
		}
		return "ask the manager", nil
	},
		pawl.Listen("ask the manager", answers.By("id"), func(_ context.Context, e *Expense, a Answer) (bool, error) {
			e.Approved = a.Yes
			return true, nil
		}).Deadline(pawl.In(72*time.Hour), pawl.Skip),
	),
	pawl.Execute("settle", func(ctx context.Context, e *Expense) error {
		log.Printf("%s is settled: approved %v, reference %s", e.ID, e.Approved, pawl.ID(ctx))
		return nil
	}),
))

func main() {
	if err := run(context.Background(), os.Args[1:]); err != nil {
		log.Fatal(err)
	}
}

func run(ctx context.Context, args []string) (err error) {
	if len(args) != 3 {
		return fmt.Errorf("usage: expenses new ID AMOUNT | expenses answer ID yes|no")
	}
	eng, err := pawl.Open(ctx, pawl.Config{Project: "expenses", Database: "expenses.db"}, expenses)
	if err != nil {
		return err
	}
	defer func() { _ = eng.Close() }()

	id := args[1]
	switch args[0] {
	case "new":
		amount, err := strconv.Atoi(args[2])
		if err != nil {
			return err
		}
		_, err = expenses.Start(ctx, eng, id, Expense{ID: id, Amount: amount})
		return err
	case "answer":
		_, err := eng.Signal(ctx, pawl.Message{
			Topic: answers, Keys: map[string]any{"id": id}, Body: Answer{Yes: args[2] == "yes"},
		})
		if err != nil {
			return err
		}
		return expenses.Run(eng, id).Wait(ctx)
	}
	return fmt.Errorf("there is no command %q", args[0])
}
