package storetest

import (
	"fmt"
	"slices"
	"sync"

	"github.com/pawlhq/pawl/internal/engine"
	"github.com/pawlhq/pawl/internal/model"
	"github.com/pawlhq/pawl/internal/params"
	"github.com/pawlhq/pawl/internal/store"
	"github.com/pawlhq/pawl/internal/workflow"
)

// signal is a command that a number tells apart.
func signal(n int) engine.Command {
	return engine.Command{Kind: engine.Deliver, Task: 1, Message: &engine.Message{Source: fmt.Sprint("m", n), Topic: "t", Body: int64(n)}}
}

// post puts a signal into the inbox of each attempt, numbered from first on.
func (f *fixture) post(first int, to ...model.AttemptID) {
	f.Helper()
	var posts []store.Post
	for i, id := range to {
		posts = append(posts, store.Post{Attempt: id, Command: signal(first + i)})
	}
	if err := f.store.Post(ctx, posts); err != nil {
		f.Fatalf("Post: %v", err)
	}
}

func (f *fixture) posted(owner string, epoch int64, n int) []store.Post {
	f.Helper()
	posts, err := f.store.Posted(ctx, owner, epoch, 0, n)
	if err != nil {
		f.Fatalf("Posted(%s, %d): %v", owner, epoch, err)
	}
	return posts
}

// wantPosts checks that posts carry these signals, in rising order of id.
func (f *fixture) wantPosts(what string, posts []store.Post, signals ...int) {
	f.Helper()
	var last store.PostID
	var got, want []engine.Command
	for _, p := range posts {
		if p.ID <= last {
			f.Errorf("%s: post %d after %d", what, p.ID, last)
		}
		last = p.ID
		got = append(got, p.Command)
	}
	for _, n := range signals {
		want = append(want, signal(n))
	}
	f.same(what, got, want)
}

func postID(p store.Post) store.PostID { return p.ID }

var inboxTests = []test{
	{"commands of every kind are kept", func(f *fixture) {
		epoch, to := f.owned("a", 1)
		node := &workflow.Node{Name: "+new", Operator: "echo", Config: params.Of("text", "x")}
		if err := node.Finish(); err != nil {
			f.Fatal(err)
		}
		commands := []engine.Command{
			{Kind: engine.Succeed, Task: 1, Try: 2, Result: &engine.Result{
				Export: params.Of("a", 1), Store: params.Of("b", nil), Reset: []string{"c"}, Outputs: []string{"yes"},
				Subtasks: params.Of("+s", params.Of("echo>", "é")), Node: node, Items: []params.Value{int64(1), "two"}, Stop: true,
			}},
			{Kind: engine.Fail, Task: 2, Try: 1, Failure: &engine.Failure{
				Error: params.Of("message", "it broke"), Retry: workflow.Retry{Limit: 3, Interval: 7}, State: params.Of("n", 1.5),
			}},
			{Kind: engine.WaitFor, Task: 3, Wait: &engine.Wait{Until: now, Keys: []engine.Key{{Topic: "t", Value: "v", One: true}}}},
			signal(1),
			{Kind: engine.Append, Node: node},
			{Kind: engine.Edit, Params: params.Of("z", 1, "a", 2)},
			{Kind: engine.Kill},
		}
		var posts []store.Post
		for _, c := range commands {
			posts = append(posts, store.Post{ID: 77, Attempt: to[0], Command: c})
		}
		if err := f.store.Post(ctx, posts); err != nil {
			f.Fatal(err)
		}
		for what, got := range map[string][]store.Post{"Posted": f.posted("a", epoch, 99), "Load": f.load(to[0]).Inbox} {
			for i := range got {
				if got[i].Attempt != to[0] || got[i].ID != store.PostID(i+1) {
					f.Errorf("%s: post %d of attempt %d is number %d", what, got[i].ID, got[i].Attempt, i+1)
				}
			}
			f.same(what, ids(got, func(p store.Post) engine.Command { return p.Command }), commands)
		}
	}},
	{"posts come in order, to their attempts", func(f *fixture) {
		epoch, to := f.owned("a", 3)
		f.post(1, to[0], to[1], to[0])
		f.post(4, to[2], to[0])
		f.wantPosts("posted", f.posted("a", epoch, 99), 1, 2, 3, 4, 5)
		f.same("attempts", ids(f.posted("a", epoch, 99), func(p store.Post) model.AttemptID { return p.Attempt }),
			[]model.AttemptID{to[0], to[1], to[0], to[2], to[0]})
		f.wantPosts("inbox of the first", f.load(to[0]).Inbox, 1, 3, 5)
		f.wantPosts("inbox of the second", f.load(to[1]).Inbox, 2)
	}},
	{"posts are read up to a number", func(f *fixture) {
		epoch, to := f.owned("a", 2)
		f.post(1, to[0], to[1], to[0])
		for n := range 5 {
			f.wantPosts(fmt.Sprint("up to ", n), f.posted("a", epoch, n), []int{1, 2, 3}[:min(n, 3)]...)
		}
		f.wantPosts("less than none", f.posted("a", epoch, -1))
	}},
	{"posts are read after one", func(f *fixture) {
		epoch, to := f.owned("a", 2)
		f.post(1, to[0], to[1], to[0], to[1])
		first := f.posted("a", epoch, 2)
		rest, err := f.store.Posted(ctx, "a", epoch, first[1].ID, 9)
		if err != nil {
			f.Fatal(err)
		}
		f.wantPosts("after the second", rest, 3, 4)
		rest, err = f.store.Posted(ctx, "a", epoch, rest[1].ID, 9)
		f.same("after the last", rest, []store.Post(nil))
		f.same("error", err, nil)
	}},
	{"only the owner is given posts", func(f *fixture) {
		a, mine := f.owned("a", 1)
		b, others := f.owned("b", 1)
		unowned := f.attempts(1)
		f.post(1, mine[0], others[0], unowned[0])
		f.wantPosts("of a", f.posted("a", a, 9), 1)
		f.wantPosts("of b", f.posted("b", b, 9), 2)
		f.wantPosts("of a in the epoch of b", f.posted("a", b, 9))
		f.wantPosts("of b in the epoch of a", f.posted("b", a, 9))
		f.wantPosts("of nobody", f.posted("", 0, 9))
		f.endLease("b", b)
		f.wantPosts("of b, ended", f.posted("b", b, 9))
		f.wantPosts("inbox of the third", f.load(unowned[0]).Inbox, 3)
	}},
	{"what came before an attempt was owned is loaded with it", func(f *fixture) {
		a, to := f.owned("a", 1)
		f.post(1, to[0])
		f.commit(&store.Batch{Owner: "a", Epoch: a, Release: release(to[0])})
		f.post(2, to[0])
		b := f.lease("b")
		f.claim("b", b, now, 9)
		f.post(3, to[0])
		f.wantPosts("of a", f.posted("a", a, 9))
		f.wantPosts("of b", f.posted("b", b, 9), 3)
		f.wantPosts("inbox", f.load(to[0]).Inbox, 1, 2, 3)
	}},
	{"messages that wait for who owns an attempt are read, too", func(f *fixture) {
		epoch, of := f.owned("a", 3)
		f.deliver(message(1, about("early")))
		f.listen(listening(of[0], 1, now, to("17")), listening(of[1], 1, now, to("early")), listening(of[2], 1, now, one("17")))
		f.deliver(message(2, about("17")))
		f.giveBack(of[2])
		f.listen(listening(of[2], 2, now, to("18")))
		f.deliver(message(3, about("18")))
		f.same("messages", ids(f.posted("a", epoch, 9), number), []int{1, 2, 3})
	}},
	{"a post that comes while its attempt is claimed is loaded or read", testPostingWhileClaiming},
	{"posts to what can't have them are not kept", func(f *fixture) {
		epoch, to := f.owned("a", 2)
		f.end(to[1])
		for _, c := range []struct {
			last model.AttemptID
			code model.Code
		}{{to[1], model.Conflict}, {99, model.NotFound}, {0, model.NotFound}} {
			err := f.store.Post(ctx, []store.Post{{Attempt: to[0], Command: signal(1)}, {Attempt: c.last, Command: signal(2)}})
			f.wantCode(fmt.Sprint("post to attempt ", c.last), err, c.code)
		}
		f.wantPosts("posted", f.posted("a", epoch, 9))
		if err := f.store.Post(ctx, nil); err != nil {
			f.Errorf("no posts: %v", err)
		}
		f.post(3, to[0])
		f.same("next id", ids(f.posted("a", epoch, 9), postID), []store.PostID{1})
	}},
	{"a post wakes an attempt that sleeps", func(f *fixture) {
		_, to := f.sleeping(model.Never, now+second, now+second)
		f.post(1, to[0], to[1])
		f.wantWake(to[0], 0)
		f.wantWake(to[1], 0)
		f.wantWake(to[2], now+second)
	}},
	{"a post to an attempt that is held back waits with it", func(f *fixture) {
		f.make(f.start("first"))
		f.make(f.after("second", 1))
		f.post(1, 2)
		f.wantWake(2, model.Never)
		f.end(1)
		f.wantWake(2, 0)
	}},
	{"an attempt with posts can't be put to sleep", func(f *fixture) {
		epoch, to := f.owned("a", 3)
		f.post(1, to[0], to[1], to[1])
		f.commit(&store.Batch{
			Owner: "a", Epoch: epoch, Consumed: []store.PostID{1, 2},
			Release: []store.Release{{Attempt: to[0], Wake: model.Never}, {Attempt: to[1], Wake: model.Never}, {Attempt: to[2], Wake: now + second}},
		})
		f.wantWake(to[0], model.Never)
		f.wantWake(to[1], 0)
		f.wantWake(to[2], now+second)
	}},
	{"what is consumed is gone", func(f *fixture) {
		epoch, to := f.owned("a", 2)
		f.post(1, to[0], to[1], to[0])
		f.commit(&store.Batch{Owner: "a", Epoch: epoch, Consumed: []store.PostID{1}, Tasks: []engine.TaskRow{row(to[0], 1)}})
		f.wantPosts("posted", f.posted("a", epoch, 9), 2, 3)
		f.wantPosts("inbox", f.load(to[0]).Inbox, 3)
		f.commit(&store.Batch{Owner: "a", Epoch: epoch, Consumed: []store.PostID{3, 2}})
		f.wantPosts("posted", f.posted("a", epoch, 9))
		f.post(4, to[0])
		f.same("next id", ids(f.posted("a", epoch, 9), postID), []store.PostID{4})
	}},
	{"a commit that consumed can be repeated", func(f *fixture) {
		epoch, to := f.owned("a", 1)
		f.post(1, to[0], to[0])
		b := &store.Batch{Owner: "a", Epoch: epoch, Consumed: []store.PostID{1}, Tasks: []engine.TaskRow{row(to[0], 1)}}
		f.commit(b)
		f.commit(b)
		b.Consumed = append(b.Consumed, 2)
		f.commit(b)
		f.wantPosts("posted", f.posted("a", epoch, 9))
		f.same("tasks", f.load(to[0]).Tasks, b.Tasks)
	}},
	{"a fenced owner consumes nothing", func(f *fixture) {
		a, to := f.owned("a", 2)
		b, others := f.owned("b", 1)
		f.post(1, to[0], others[0])
		f.commit(&store.Batch{Owner: "a", Epoch: a, Release: release(to[1])})
		f.post(3, to[1])
		for name, batch := range map[string]*store.Batch{
			"wrong epoch":              {Owner: "a", Epoch: a + 9, Consumed: []store.PostID{1}},
			"another's attempt":        {Owner: "b", Epoch: b, Consumed: []store.PostID{2, 1}},
			"released attempt":         {Owner: "a", Epoch: a, Consumed: []store.PostID{1, 3}},
			"row of another's attempt": {Owner: "a", Epoch: a, Consumed: []store.PostID{1}, Tasks: []engine.TaskRow{row(others[0], 1)}},
		} {
			f.wantCode(name, f.store.Commit(ctx, batch), model.Conflict)
		}
		f.wantPosts("of a", f.posted("a", a, 9), 1)
		f.wantPosts("of b", f.posted("b", b, 9), 2)
		f.wantPosts("of nobody", f.load(to[1]).Inbox, 3)
	}},
	{"the inbox of an attempt that ends is gone", func(f *fixture) {
		epoch, to := f.owned("a", 2)
		f.post(1, to[0], to[1], to[0])
		f.commit(&store.Batch{Owner: "a", Epoch: epoch, Attempts: []engine.AttemptRow{{ID: to[0], State: engine.AttemptKilled}}})
		f.wantPosts("posted", f.posted("a", epoch, 9), 2)
		f.wantPosts("inbox", f.load(to[0]).Inbox)
		f.commit(&store.Batch{Owner: "a", Epoch: epoch, Consumed: []store.PostID{1, 3}})
	}},
	{"a post is the store's", func(f *fixture) {
		epoch, to := f.owned("a", 1)
		posts := []store.Post{{Attempt: to[0], Command: signal(1)}}
		if err := f.store.Post(ctx, posts); err != nil {
			f.Fatal(err)
		}
		clear(posts)
		clear(f.posted("a", epoch, 9))
		clear(f.load(to[0]).Inbox)
		f.wantPosts("posted", f.posted("a", epoch, 9), 1)
		f.wantPosts("inbox", f.load(to[0]).Inbox, 1)
	}},
	{"posts at once are all kept, each once", func(f *fixture) {
		epoch, to := f.owned("a", 4)
		var wg sync.WaitGroup
		for sender := range 8 {
			wg.Go(func() {
				for i := range 10 {
					post := store.Post{Attempt: to[i%4], Command: signal(100*sender + i)}
					if err := f.store.Post(ctx, []store.Post{post}); err != nil {
						f.Error(err)
					}
				}
			})
		}
		var got []store.Post
		for len(got) < 80 && !f.Failed() {
			posts := f.posted("a", epoch, 7)
			f.commit(&store.Batch{Owner: "a", Epoch: epoch, Consumed: ids(posts, postID)})
			got = append(got, posts...)
		}
		wg.Wait()
		f.same("left", f.posted("a", epoch, 9), []store.Post(nil))
		slices.SortStableFunc(got, func(a, b store.Post) int { return number(a)/100 - number(b)/100 })
		var want []int
		for sender := range 8 {
			for i := range 10 {
				want = append(want, 100*sender+i)
			}
		}
		f.same("signals of each sender", ids(got, number), want)
	}},
}

// testPostingWhileClaiming has attempts that are claimed, and posts to them, meet
// many times.
func testPostingWhileClaiming(f *fixture) {
	to := f.attempts(40)
	epoch := f.lease("a")
	loaded := make(map[model.AttemptID][]store.Post)
	var wg sync.WaitGroup
	wg.Go(func() {
		for i, id := range to {
			if err := f.store.Post(ctx, []store.Post{{Attempt: id, Command: signal(i)}}); err != nil {
				f.Error(err)
			}
		}
	})
	wg.Go(func() {
		for _, id := range to {
			if _, err := f.store.Claim(ctx, 0, "a", epoch, now, 1, id); err != nil {
				f.Error(err)
			}
			s, err := f.store.Load(ctx, id)
			if err != nil {
				f.Error(err)
				return
			}
			loaded[id] = s.Inbox
		}
	})
	wg.Wait()
	for _, p := range f.posted("a", epoch, 99) {
		loaded[p.Attempt] = append(loaded[p.Attempt], p)
	}
	for i, id := range to {
		if len(loaded[id]) == 0 {
			f.Errorf("who claimed attempt %d never sees the post to it, signal %d", id, i)
		}
	}
}

// number is that of a posted signal.
func number(p store.Post) int { return int(p.Command.Message.Body.(int64)) }
