package relay_test

import (
	"context"
	"errors"
	"log/slog"
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"github.com/pawlhq/pawl/internal/engine"
	"github.com/pawlhq/pawl/internal/feed/relay"
	"github.com/pawlhq/pawl/internal/feed/relay/relaytest"
	"github.com/pawlhq/pawl/internal/model"
)

// refusing is a transport that refuses everything, after a while, and notes when
// it was asked.
type refusing struct {
	after time.Duration
	err   error
	begun time.Time
	asked []time.Duration
	most  int
}

func (r *refusing) Reach(context.Context) error     { return nil }
func (r *refusing) Line(string) (relay.Line, error) { return r, nil }
func (r *refusing) Close()                          {}
func (r *refusing) seconds() (list []int) {
	for _, d := range r.asked {
		list = append(list, int(d.Round(time.Second)/time.Second))
	}
	return list
}

func (r *refusing) Send(ctx context.Context, list []relay.Message) []error {
	r.asked = append(r.asked, time.Since(r.begun))
	r.most = max(r.most, len(list))
	select {
	case <-time.After(r.after):
	case <-ctx.Done():
	}
	return slices.Repeat([]error{r.err}, len(list))
}

// asked returns when a transport that refuses a record is asked, in seconds.
func asked(t *testing.T, of *refusing, during time.Duration) (seconds []int) {
	synctest.Test(t, func(t *testing.T) {
		box := relaytest.NewOutbox()
		box.Put(engine.Record{Topic: "t", Key: "k", Value: "x"})
		r, err := relay.New(relay.Options{Transport: of, Owner: "o", Instance: "i", Log: slog.New(slog.DiscardHandler)}, box)
		if err != nil {
			t.Fatal(err)
		}
		of.begun = time.Now()
		ctx, cancel := context.WithTimeout(t.Context(), during)
		defer cancel()
		if err := r.Run(ctx); err != nil {
			t.Error(err)
		}
	})
	return of.seconds()
}

func TestATopicThatRefusesIsAskedEverMoreSeldom(t *testing.T) {
	t.Parallel()
	for name, tt := range map[string]struct {
		of   refusing
		want []int
	}{
		"at once":          {refusing{err: errors.New("no")}, []int{0, 1, 3, 7, 15, 31, 63, 123, 183}},
		"after a while":    {refusing{err: errors.New("no"), after: 15 * time.Second}, []int{0, 16, 33, 52, 75, 106, 153}},
		"and says when":    {refusing{err: &relay.Later{Err: errors.New("no"), After: 30 * time.Second}}, []int{0, 30, 60, 90, 120, 150, 182}},
		"and says at once": {refusing{err: &relay.Later{Err: errors.New("no"), After: time.Second}}, []int{0, 1, 3, 7, 15, 31, 63, 123, 183}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if got := asked(t, &tt.of, 200*time.Second); !slices.Equal(got, tt.want) {
				t.Errorf("it was asked after %v, not %v", got, tt.want)
			}
		})
	}
}

func TestARelayNeedsAName(t *testing.T) {
	t.Parallel()
	if _, err := relay.New(relay.Options{}, relaytest.NewOutbox()); model.CodeOf(err) != model.Invalid {
		t.Errorf("got %v", err)
	}
}

func TestClaimsAreOneRelays(t *testing.T) {
	t.Parallel()
	var c relay.Claims
	release, err := c.Take([]string{"a", "b"})
	if err != nil || c.Free("a") || !c.Free("c") {
		t.Fatalf("got %v", err)
	}
	if _, err := c.Take([]string{"c", "b"}); model.CodeOf(err) != model.Conflict || !c.Free("c") {
		t.Errorf("a topic was claimed twice: %v", err)
	}
	if release(); c.Free("a") {
		t.Error("what was released goes to the others")
	}
	if _, err := c.Take([]string{"a", "b"}); err != nil {
		t.Errorf("what was released can't be taken: %v", err)
	}
	release() // again, when it is another's
	if _, err := c.Take([]string{"a"}); model.CodeOf(err) != model.Conflict {
		t.Errorf("a topic of another was released: %v", err)
	}
}
