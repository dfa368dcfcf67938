package daemon_test

import (
	"testing"
	"testing/synctest"
	"time"

	"github.com/pawlhq/pawl/internal/daemon"
	"github.com/pawlhq/pawl/internal/model"
	"github.com/pawlhq/pawl/internal/store"
)

func TestEarlyMessagesDieWhenTheirTimeIsOver(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := newSite(t)
		now := time.Now()
		_, err := s.store.Deliver(t.Context(), store.Delivery{Now: model.InstantOf(now), Messages: []store.Message{{
			Topic: "paid", Source: "1", Keys: []store.MessageKey{{Param: "order", Value: "1"}}, Body: "x",
			Early: store.Early{Expires: model.InstantOf(now.Add(10 * time.Minute))},
		}}})
		if err != nil {
			t.Fatal(err)
		}
		s.work(func(c *daemon.Config) { c.NoConductor, c.NoScheduler = true, true })
		dead := func() int {
			synctest.Wait()
			list, _, err := s.store.ListLetters(t.Context(), store.LetterFilter{Dead: true}, store.Page{})
			if err != nil {
				t.Fatal(err)
			}
			return len(list)
		}
		<-time.After(9 * time.Minute)
		if n := dead(); n != 0 {
			t.Errorf("before its time is over, %d have died", n)
		}
		<-time.After(2 * time.Minute)
		if n := dead(); n != 1 {
			t.Errorf("after its time, %d have died", n)
		}
	})
}
