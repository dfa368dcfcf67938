package sqlite

import (
	"context"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/pawlhq/pawl/internal/admission"
	"github.com/pawlhq/pawl/internal/engine"
	"github.com/pawlhq/pawl/internal/model"
	"github.com/pawlhq/pawl/internal/store"
	"github.com/pawlhq/pawl/internal/store/tables"
)

// called counts how often others are called.
type called struct {
	explainer
	times *int
}

func (c called) Call() { *c.times++ }

// However many claim slots, get some or wait no more, a few statements say so, each
// of them by an index.
func TestSlotsAreSharedInAFewStatements(t *testing.T) {
	t.Parallel()
	s, ctx := openTemp(t), context.Background()
	epoch, err := s.Lease(ctx, "o", 0, time.Hour)
	if err != nil {
		t.Fatal(err)
	}
	id := start(t, s, "k")
	if _, err := s.Claim(ctx, 0, "o", epoch, 1, 1); err != nil {
		t.Fatal(err)
	}
	state := func(of model.State, from, to int) {
		t.Helper()
		b := &store.Batch{Owner: "o", Epoch: epoch}
		for i := from; i < to; i++ {
			b.Tasks = append(b.Tasks, engine.TaskRow{Attempt: id, ID: model.TaskID(i), Name: fmt.Sprint("+w+", i), State: of, Try: 1})
		}
		if err := s.Commit(ctx, b); err != nil {
			t.Fatal(err)
		}
	}
	var claims []admission.Claim
	for i := 1; i <= 1300; i++ {
		claims = append(claims, admission.Claim{
			Try: model.TryID{Attempt: id, Task: model.TaskID(i), Try: 1}, Since: model.Instant(i), Needs: map[string]int{"db": 1, "api": 1},
		})
	}
	state(model.Running, 1, len(claims)+1)
	share := func(size, most int, claims ...admission.Claim) (held int) {
		t.Helper()
		var plans []string
		calls := 0
		list, err := tables.New(called{explainer{database{s}, &plans}, &calls}, dialect).ShareSlots(ctx, epoch, claims, map[string]int{"db": size, "api": size}, 1)
		if err != nil {
			t.Fatal(err)
		}
		if len(plans) > most {
			t.Errorf("%d statements: %s", len(plans), strings.Join(plans, "\n---\n"))
		}
		if calls > 0 {
			t.Error("others are called, and got nothing")
		}
		for _, plan := range plans {
			if strings.Contains(plan, "SCAN slots") && !strings.Contains(plan, "USING") || strings.Contains(plan, "TEMP B-TREE FOR ORDER BY") {
				t.Errorf("it reads all: %s", plan)
			}
		}
		return len(list)
	}
	share(0, 8, claims...)
	state(model.Success, 1, 1101) // while they wait
	if n := share(150, 20); n != 150 {
		t.Errorf("%d hold slots", n)
	}
}
