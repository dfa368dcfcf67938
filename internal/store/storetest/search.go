package storetest

import (
	"fmt"
	"slices"

	"github.com/pawlhq/pawl/internal/engine"
	"github.com/pawlhq/pawl/internal/model"
	"github.com/pawlhq/pawl/internal/params"
	"github.com/pawlhq/pawl/internal/store"
)

var searchTests = []test{
	{"searches select", testSearches},
	{"a search that looks at few attempts goes on where it ended", func(f *fixture) {
		var want []model.AttemptID
		for i := range 23 {
			s := f.start(fmt.Sprintf("key%02d", i))
			s.Params = params.Of("group", int64(i%7))
			if a := f.make(s); i%7 == 3 {
				want = append(want, a.ID)
			}
		}
		slices.Reverse(want)
		for _, look := range []int{1, 2, 5, 22, 23, 24} {
			for _, size := range []int{1, 2, 9} {
				of := store.Search{Params: []store.ParamValue{{Path: []string{"group"}, Text: "3"}}, Look: look}
				f.same(fmt.Sprintf("looking at %d, pages of %d", look, size), f.found(of, size), want)
			}
		}
	}},
	{"a key that leads to many attempts finds them all", func(f *fixture) {
		var want []model.AttemptID
		f.startAtOnce(1100, func(i int) store.Start { return f.start(fmt.Sprintf("many-%d", i)) })
		for _, a := range walk(f, f.listAttempts(store.Filter{}), store.Page{Limit: 1000}) {
			want = append(want, a.ID)
		}
		f.make(f.start("other"))
		f.same("all", f.found(store.Search{Filter: store.Filter{Project: 1, Workflow: "w"}, Key: "many-", Look: 300}, 1000), want)
	}},
	{"times find attempts in whatever order they were made, within an hour", func(f *fixture) {
		var all []model.AttemptID
		made := func(at model.Instant) {
			s := f.start(fmt.Sprint(len(all)))
			s.Created = at
			all = append(all, f.make(s).ID)
		}
		for i := range model.Instant(20) {
			made(now + i*1200*second - i%3*1100*second)
		}
		for from := range 20 {
			at := f.attempt(all[from]).Created
			var since, before []model.AttemptID
			for _, id := range slices.Backward(all) {
				if f.attempt(id).Created >= at {
					since = append(since, id)
				} else {
					before = append(before, id)
				}
			}
			f.same("since", f.found(store.Search{From: at}, 7), since)
			f.same("before", f.found(store.Search{Until: at}, 7), before)
		}
	}},
	{"a search that can't be is invalid", func(f *fixture) {
		f.attempts(1)
		for _, s := range []store.Search{
			{Awaits: store.SubscriptionFilter{Param: "p"}}, {Awaits: store.SubscriptionFilter{Topic: topic, Value: "1"}}, {From: now, Until: now},
		} {
			_, _, err := f.store.SearchAttempts(ctx, s, store.Page{})
			f.wantCode(fmt.Sprintf("%+v", s), err, model.Invalid)
		}
		for _, p := range []store.Page{{Limit: -1}, {Limit: 1001}, {Cursor: "no cursor"}} {
			_, _, err := f.store.SearchAttempts(ctx, store.Search{}, p)
			f.wantCode(fmt.Sprintf("%+v", p), err, model.Invalid)
		}
	}},
}

// found returns the ids of all attempts that a search finds, walking pages of a
// size.
func (f *fixture) found(s store.Search, size int) (all []model.AttemptID) {
	f.Helper()
	for page := (store.Page{Limit: size}); ; {
		list, next, err := f.store.SearchAttempts(ctx, s, page)
		if err != nil || len(list) > size {
			f.Fatalf("%d entries on a page of %d, error %v", len(list), size, err)
		}
		all = append(all, ids(list, attemptID)...)
		if page.Cursor = next; next == "" {
			return all
		}
	}
}

// testSearches makes attempts that differ in one thing each and looks for each.
func testSearches(f *fixture) {
	f.pushed(f.push("p", "r1", "w"))
	first, latest := f.startOf(1, "stored"), f.pushed(f.push("p", "r2", "w")).Latest.ID
	made := func(s store.Start) model.AttemptID { return f.make(s).ID }
	with := func(key string, p params.Map) store.Start {
		s := f.start(key)
		s.Params = p
		return s
	}
	old := made(first)
	newer := made(f.startOf(2, "stored too"))
	number := made(with("order-1", params.Of("id", int64(17), "customer", params.Of("id", int64(4), "name", "Ann"), "ok", true)))
	text := made(with("order-2", params.Of("id", "17", "long", "17 and more", "none", nil, "list", []params.Value{"17"})))
	float := made(with("order-20", params.Of("id", 17.5)))
	waits := made(with("waits", params.Of("id", "8")))
	edited := made(with("edited", params.Of("id", "9")))
	shared := made(with("shared", params.Of("id", "10")))
	done := made(with("done", params.Of("id", "17")))
	again := f.start("order-2")
	again.Name, again.Params = "again", params.Of("id", "17")
	retried := made(again)
	f.listen(listening(waits, 1, now, to("17")), listening(done, 1, now, to("17")))
	f.commit(&store.Batch{Attempts: []engine.AttemptRow{
		{ID: edited, Started: now, Edits: params.Of("id", "90")},
		{ID: shared, Started: now, Shared: params.Of("id", "100")},
		{ID: done, State: engine.AttemptFailed, Started: now, Ended: now},
	}})
	param := func(text string) []store.ParamValue {
		v, err := store.ParseParamValue(text)
		if err != nil {
			f.Fatal(err)
		}
		return []store.ParamValue{v}
	}
	workflow := store.Filter{Project: 1, Workflow: "w"}
	queued := f.queued("queued", store.Turn{}, nil).ID
	f.queued("cancelled", store.Turn{}, model.Tags{"team": "a"})
	_, err := f.store.CancelQueued(ctx, store.QueueFilter{Tags: model.Tags{"team": "a"}}, now, nil)
	must(f, err)
	for _, test := range []struct {
		of   store.Search
		want []model.AttemptID
	}{
		{store.Search{Revision: 1}, []model.AttemptID{old}},
		{store.Search{Revision: latest}, []model.AttemptID{newer}},
		{store.Search{Revision: 9}, nil},
		{store.Search{Key: "order-2"}, []model.AttemptID{retried, float, text}},
		{store.Search{Key: "order-2", Filter: workflow}, []model.AttemptID{retried, float, text}},
		{store.Search{Key: "order-2", Filter: store.Filter{Project: 1, Workflow: "w", Last: true}}, []model.AttemptID{retried, float}},
		{store.Search{Key: "order-3", Filter: workflow}, nil},
		{store.Search{Key: "order-_", Filter: workflow}, nil},
		{store.Search{Params: param("id=17")}, []model.AttemptID{retried, done, text, number}},
		{store.Search{Params: param("id=17"), Filter: store.Filter{Ended: engine.AttemptFailed}}, []model.AttemptID{done}},
		{store.Search{Params: param("id=17"), Filter: store.Filter{Ended: engine.AttemptSuccess}}, nil},
		{store.Search{Params: param("id=17"), Filter: store.Filter{Running: true, Last: true}}, []model.AttemptID{retried, number}},
		{store.Search{Params: param("id=17"), Filter: store.Filter{Project: 2}}, nil},
		{store.Search{Params: param("id=17"), Filter: store.Filter{Workflow: "w", Stored: true}}, []model.AttemptID{retried, done, text, number}},
		{store.Search{Params: param("id=17.5")}, []model.AttemptID{float}},
		{store.Search{Params: param("customer.id=4")}, []model.AttemptID{number}},
		{store.Search{Params: append(param("customer.name=Ann"), param("ok=true")...)}, []model.AttemptID{number}},
		{store.Search{Params: append(param("customer.name=Ann"), param("ok=false")...)}, nil},
		{store.Search{Params: param("id=4")}, nil},
		{store.Search{Params: param("long=17")}, nil},
		{store.Search{Params: param("list=17")}, nil},
		{store.Search{Params: param("none=null")}, nil},
		{store.Search{Params: param("customer=Ann")}, nil},
		{store.Search{Params: param("id=9")}, nil},
		{store.Search{Params: param("id=90")}, []model.AttemptID{edited}},
		{store.Search{Params: param("id=10")}, nil},
		{store.Search{Params: param("id=100")}, []model.AttemptID{shared}},
		{store.Search{Queued: true}, []model.AttemptID{queued}},
		{store.Search{Queued: true, Filter: workflow}, []model.AttemptID{queued}},
		{store.Search{Queued: true, Params: param("id=17")}, nil},
		{store.Search{Awaits: store.SubscriptionFilter{Topic: topic}}, []model.AttemptID{waits}},
		{store.Search{Awaits: store.SubscriptionFilter{Topic: "u"}}, nil},
		{store.Search{Awaits: store.SubscriptionFilter{Topic: topic, Param: to("17").Param, Value: to("17").Value}}, []model.AttemptID{waits}},
		{store.Search{Awaits: store.SubscriptionFilter{Topic: topic, Param: to("17").Param, Value: to("18").Value}}, nil},
		{store.Search{Awaits: store.SubscriptionFilter{Topic: topic}, Params: param("id=8")}, []model.AttemptID{waits}},
		{store.Search{Awaits: store.SubscriptionFilter{Topic: topic}, Params: param("id=17")}, nil},
	} {
		for _, look := range []int{0, 3} {
			test.of.Look = look
			f.same(fmt.Sprintf("%+v", test.of), f.found(test.of, 2), test.want)
		}
	}
}
