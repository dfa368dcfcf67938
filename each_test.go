package pawl_test

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/pawlhq/pawl"
	"github.com/pawlhq/pawl/pawltest"
)

type shops struct {
	Count int `json:"count"`
	Seen  int `json:"seen"`
}

type shop struct {
	ID int `json:"id"`
}

func shopList(_ context.Context, p *shops) iter.Seq2[shop, error] {
	return func(yield func(shop, error) bool) {
		for i := range p.Count {
			if !yield(shop{i}, nil) {
				return
			}
		}
	}
}

func TestEachCallsItsFunctionForEachItem(t *testing.T) {
	t.Parallel()
	var calls atomic.Int64
	p := pawl.Must(pawl.Define("reindex", "1",
		pawl.Each("shop", pawl.Items{Window: 3}, shopList, func(_ context.Context, _ *shops, s shop) error {
			calls.Add(int64(s.ID))
			return nil
		}),
		pawl.Execute("after", func(_ context.Context, p *shops) error { p.Seen = int(calls.Load()); return nil }),
	))
	e := pawltest.New(t, p)
	r, err := p.Start(t.Context(), e.Engine, "k", shops{Count: 600})
	if err != nil {
		t.Fatal(err)
	}
	err = r.Wait(t.Context())
	got, _ := r.Params(t.Context())
	if err != nil || got.Seen != 600*599/2 {
		t.Errorf("what follows saw %d, error %v", got.Seen, err)
	}
}

func TestAnItemThatFailsLeavesOthersAlone(t *testing.T) {
	t.Parallel()
	var calls, tries atomic.Int64
	p := pawl.Must(pawl.Define("reindex", "1",
		pawl.Each("shop", pawl.Items{OnFailure: pawl.IsolateItems}, shopList, func(_ context.Context, _ *shops, s shop) error {
			calls.Add(1)
			if s.ID == 3 {
				tries.Add(1)
				return errors.New("closed")
			}
			return nil
		}).Retry(1, 0),
	))
	e := pawltest.New(t, p)
	r, err := p.Start(t.Context(), e.Engine, "k", shops{Count: 9})
	if err != nil {
		t.Fatal(err)
	}
	if err = r.Wait(t.Context()); err == nil || !strings.Contains(err.Error(), "1 of 9 items failed: item 3: closed") {
		t.Errorf("the run ended with %v", err)
	}
	if calls.Load() != 10 || tries.Load() != 2 {
		t.Errorf("%d calls, %d of the one that fails", calls.Load(), tries.Load())
	}
	states, err := r.Steps(t.Context())
	if err != nil || len(states) != 1 || states[0].Path != "shop" || states[0].State != "failed" {
		t.Errorf("steps %+v, error %v", states, err)
	}
}

func TestEachCallRunsAProcessForEachItem(t *testing.T) {
	t.Parallel()
	one := pawl.Must(pawl.Define("one", "1", pawl.Execute("work", func(_ context.Context, s *shop) error {
		if s.ID == 2 {
			return errors.New("closed")
		}
		return nil
	})))
	all := pawl.Must(pawl.Define("all", "1",
		pawl.EachCall("shop", pawl.Items{Window: 2, OnFailure: pawl.IsolateItems}, shopList, one,
			func(_ context.Context, _ *shops, s shop) (shop, error) { return s, nil })))
	e := pawltest.New(t, one, all)
	r, err := all.Start(t.Context(), e.Engine, "k", shops{Count: 5})
	if err != nil {
		t.Fatal(err)
	}
	if err = r.Wait(t.Context()); err == nil || !strings.Contains(err.Error(), "1 of 5 items failed") {
		t.Errorf("the run ended with %v", err)
	}
	for i := range 5 {
		state, err := one.Run(e.Engine, fmt.Sprintf("all/k/shop/item-%d", i)).State(t.Context())
		if want := map[bool]pawl.State{true: pawl.Failed, false: pawl.Succeeded}[i == 2]; err != nil || state != want {
			t.Errorf("run of item %d: %v, error %v", i, state, err)
		}
	}
}

func TestWhatIsWrongWithAnEach(t *testing.T) {
	t.Parallel()
	_, err := pawl.Define("reindex", "1",
		pawl.Each[shops, shop]("a", pawl.Items{}, nil, nil),
		pawl.Each("b", pawl.Items{Window: -1, OnFailure: 9}, shopList, func(context.Context, *shops, shop) error { return nil }),
		pawl.EachCall[shops, shop, shop]("c", pawl.Items{}, shopList, nil, nil),
	)
	for _, want := range []string{"step a: its function is nil", "step b: its Window", "step b: it treats failures of items", "step c: its items have no function"} {
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%q is not in %v", want, err)
		}
	}
}
