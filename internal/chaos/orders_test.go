//go:build linux

package chaos

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"os"
	"os/signal"
	"syscall"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/pawlhq/pawl"
	"github.com/pawlhq/pawl/kafka"
)

// asOrders makes this program the service of orders that it says, as a user of
// pawl writes one.
const asOrders = "PAWL_CHAOS_ORDERS"

// ordersConfig says what the service works with.
type ordersConfig struct {
	Database string
	Brokers  []string
	// Replies and Commands are the topics that are read and written.
	Replies, Commands pawl.Topic
	// Addresses is the file in which it says where it listens.
	Addresses string
}

// group is that of all who read and write for orders.
const group = "orders"

// session is after how long a dead process is left out of the group: the shorter,
// the more often partitions move.
const session = time.Second

// order is what a run knows.
type order struct {
	ID string `json:"id"`
	// Kind is the name of its process, and Parts how many replies there will be.
	Kind  string `json:"kind"`
	Parts int    `json:"parts"`
	// Count counts the replies that came, and Sum adds up what they bring.
	Count int `json:"count"`
	Sum   int `json:"sum"`
}

// reply is a message to a run. Its worth is a power of two, so that sums tell
// which replies have come.
type reply struct {
	ID    string `json:"id"`
	Worth int    `json:"worth"`
}

// command is what a run sends.
type command struct {
	Order string `json:"order"`
	What  string `json:"what"`
	Count int    `json:"count"`
	Sum   int    `json:"sum"`
}

// What runs send: one at their beginning, and one when all replies have come.
const (
	asked = "ask"
	told  = "tell"
)

// The processes. In one, a step waits for all replies; in the other, for the first,
// and takes those that come late.
const (
	patient = "patient"
	hasty   = "hasty"
)

func (c *ordersConfig) processes() map[string]*pawl.Process[order] {
	sends := func(what string) pawl.Step[order] {
		return pawl.Command(what, c.Commands, func(_ context.Context, o *order) ([]pawl.Record, error) {
			return []pawl.Record{{Key: o.ID, Value: command{o.ID, what, o.Count, o.Sum}}}, nil
		})
	}
	take := func(_ context.Context, o *order, r reply) (bool, error) {
		o.Count++
		o.Sum += r.Worth
		return o.Kind == hasty || o.Count == o.Parts, nil
	}
	rest := pawl.Interval{Period: 2 * time.Second}
	return map[string]*pawl.Process[order]{
		patient: pawl.Must(pawl.Define(patient, "1",
			sends(asked), pawl.Listen("replies", c.Replies.By("id"), take), sends(told))),
		hasty: pawl.Must(pawl.Define(hasty, "1",
			sends(asked), pawl.Listen("replies", c.Replies.By("id").Late(pawl.Handle), take),
			pawl.Every("rest", rest, func(_ context.Context, o *order) (bool, error) { return o.Count == o.Parts, nil }),
			sends(told))),
	}
}

// serveOrders runs orders until it is told to end.
func serveOrders(text string) (err error) {
	var cfg ordersConfig
	if err := json.Unmarshal([]byte(text), &cfg); err != nil {
		return err
	}
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	log := slog.New(slog.NewTextHandler(os.Stdout, nil))
	processes := cfg.processes()
	eng, err := pawl.Open(ctx, pawl.Config{Project: "orders", Database: cfg.Database, Log: log}, processes[patient], processes[hasty])
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, eng.Close()) }()
	connection, err := kafka.Connect(eng, kafka.Config{
		Brokers: cfg.Brokers, Group: group, Session: session, Log: log,
		Topics: map[pawl.Topic]kafka.Topic{cfg.Replies: {Keys: map[string]string{"id": "body.id"}, ID: idHeader}},
	})
	if err != nil {
		return err
	}
	defer connection.Close()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return err
	}
	server := &http.Server{Handler: http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if err := startOrders(eng, processes, r); err != nil {
			http.Error(w, err.Error(), http.StatusInternalServerError)
		}
	})}
	if err := tellAddress(cfg.Addresses, l.Addr().(*net.TCPAddr)); err != nil {
		return errors.Join(err, l.Close())
	}
	end := context.AfterFunc(ctx, func() { _ = server.Close() }) // Serve says the same
	defer end()
	if err := server.Serve(l); !errors.Is(err, http.ErrServerClosed) {
		return err
	}
	return nil
}

// startOrders starts the orders of a request, or says that it does not know
// whether all have started.
func startOrders(eng *pawl.Engine, processes map[string]*pawl.Process[order], r *http.Request) error {
	var list []order
	if err := json.NewDecoder(r.Body).Decode(&list); err != nil {
		return err
	}
	var starts errgroup.Group
	for _, o := range list {
		starts.Go(func() error {
			_, err := processes[o.Kind].Start(r.Context(), eng, o.ID, o)
			return err
		})
	}
	return starts.Wait()
}

// tellAddress says where the service listens, in the way of servers.
func tellAddress(file string, at *net.TCPAddr) error {
	text := fmt.Sprintf(`{"local_addresses": [{"host": %q, "port": %d}]}`, at.IP, at.Port)
	if err := os.WriteFile(file+".new", []byte(text), 0o644); err != nil {
		return err
	}
	return os.Rename(file+".new", file)
}
