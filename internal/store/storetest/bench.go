package storetest

import (
	"flag"
	"fmt"
	"math/rand/v2"
	"testing"
	"time"

	"github.com/pawlhq/pawl/internal/engine"
	"github.com/pawlhq/pawl/internal/model"
	"github.com/pawlhq/pawl/internal/store"
)

var waiting = flag.Int("waiting", 10_000, "how many tasks wait in the benchmarks of deliveries, with two subscriptions each; a million takes minutes")

// BenchmarkDeliver delivers messages to an empty store that comes to have many
// tasks that wait, in attempts that sleep: those that one task each waits for,
// alone and shared, and those that nobody waits for yet.
func BenchmarkDeliver(b *testing.B, s store.Store) {
	wait(b, s, *waiting)
	number := 0
	for _, size := range []int{1, 100, 1000} {
		for _, of := range []struct {
			name string
			key  func(n int) store.MessageKey
		}{
			{"taken", func(n int) store.MessageKey { return about(fmt.Sprint(n)) }},
			{"shared", func(n int) store.MessageKey {
				return store.MessageKey{Param: "shared", Value: fmt.Sprint(n % sharedKeys)}
			}},
			{"early", func(n int) store.MessageKey { return about(fmt.Sprint("nobody", number, n)) }},
		} {
			b.Run(fmt.Sprint(of.name, "/", size), func(b *testing.B) {
				b.ReportAllocs()
				d := store.Delivery{Now: now, Messages: make([]store.Message, size)}
				began := time.Now()
				rounds := 0
				for b.Loop() {
					for i := range d.Messages {
						number++
						d.Messages[i] = known(number, of.key(rand.IntN(*waiting)))
					}
					if _, err := s.Deliver(ctx, d); err != nil {
						b.Fatal(err)
					}
					rounds++
				}
				b.ReportMetric(float64(time.Since(began).Microseconds())/float64(rounds*size), "µs/message")
			})
		}
	}
}

// sharedKeys is how many keys all tasks share.
const sharedKeys = 10

// wait makes n tasks wait, each for a key of its own and for one that it shares,
// ten in an attempt.
func wait(b *testing.B, s store.Store, n int) {
	b.Helper()
	epoch, err := s.Lease(ctx, "bench", 0, leaseFor)
	if err != nil {
		b.Fatal(err)
	}
	def := definition(b, "w", 1)
	const tasks, most = 10, 500
	for next := 0; next < n; {
		var starts []store.Start
		for i := 0; i < most && next+i*tasks < n; i++ {
			starts = append(starts, store.Start{
				Session:    store.Session{Project: 1, Workflow: "w", Key: fmt.Sprint(next + i*tasks)},
				Definition: def, Created: now, Owner: "bench", Epoch: epoch,
			})
		}
		made, err := s.StartAll(ctx, starts)
		if err != nil {
			b.Fatal(err)
		}
		batch := &store.Batch{Owner: "bench", Epoch: epoch}
		for _, a := range made {
			for task := range min(tasks, n-next) {
				keys := []engine.Key{to(fmt.Sprint(next)), {Topic: topic, Param: "shared", Value: fmt.Sprint(next % sharedKeys), One: true}}
				batch.Listening = append(batch.Listening, listening(a.ID, model.TaskID(task), now+model.Instant(next), keys...))
				next++
			}
			batch.Release = append(batch.Release, store.Release{Attempt: a.ID, Wake: model.Never})
		}
		if err := s.Commit(ctx, batch); err != nil {
			b.Fatal(err)
		}
	}
}
