// Package logstest is the contract of package logs as tests. Every store of logs
// passes all of them.
package logstest

import (
	"compress/gzip"
	"errors"
	"fmt"
	"io"
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/pawlhq/pawl/internal/logs"
	"github.com/pawlhq/pawl/internal/model"
)

// Run tests a kind of store. For each test, open returns an empty one, which the
// test does not close.
func Run(t *testing.T, open func(t *testing.T) logs.Store) {
	run(t, slices.Concat(tests, streams, records), open)
}

// RunLimited tests a kind of store whose logs may have MinLimit bytes each.
func RunLimited(t *testing.T, open func(t *testing.T) logs.Store) { run(t, limited, open) }

// test is one of the contract.
type test struct {
	name string
	run  func(f *fixture)
}

func run(t *testing.T, tests []test, open func(t *testing.T) logs.Store) {
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			tt.run(&fixture{T: t, store: open(t)})
		})
	}
}

// fixture is a store with shorthands that end the test when they fail.
type fixture struct {
	*testing.T
	store logs.Store
}

const task = "+daily+load.data"

var id = model.TryID{Attempt: 7, Task: 12, Try: 2}

// print prints in a run of its own.
func (f *fixture) print(id model.TryID, task, text string) {
	f.Helper()
	o := &logs.Output{Store: f.store, ID: id, Task: task}
	f.say(o, text)
	if err := o.Close(); err != nil {
		f.Fatal(err)
	}
}

func (f *fixture) say(to io.Writer, text string) {
	f.Helper()
	if _, err := io.WriteString(to, text); err != nil {
		f.Fatal(err)
	}
}

func (f *fixture) list(attempt model.AttemptID) []logs.File {
	f.Helper()
	list, err := f.store.List(f.Context(), attempt)
	if err != nil {
		f.Fatal(err)
	}
	return list
}

func (f *fixture) want(id model.TryID, task, want string) {
	f.Helper()
	text, err := f.store.Open(f.Context(), id, task, logs.Show{})
	if err != nil {
		f.Fatal(err)
	}
	f.reads(text, want)
	if err := text.Close(); err != nil {
		f.Error(err)
	}
}

func (f *fixture) wantNone(id model.TryID, task string) {
	f.Helper()
	if _, err := f.store.Open(f.Context(), id, task, logs.Show{}); err == nil || model.CodeOf(err) != model.NotFound {
		f.Errorf("%v of %s: error %v, want one that says that there is none", id, task, err)
	}
}

func (f *fixture) reads(from io.Reader, want string) {
	f.Helper()
	if got, err := io.ReadAll(from); string(got) != want || err != nil {
		f.Errorf("got %.80q, %v, want %.80q", got, err, want)
	}
}

var tests = []test{
	{"who prints nothing leaves nothing", func(f *fixture) {
		if err := (&logs.Output{Store: f.store, ID: id, Task: task}).Close(); err != nil {
			f.Fatal(err)
		}
		if list := f.list(id.Attempt); len(list) != 0 {
			f.Errorf("there is %v", list)
		}
		f.wantNone(id, task)
		follower := f.store.FollowFrom(f.Context(), id, task, logs.Show{}, 0)
		f.reads(follower, "")
		if err := follower.Close(); err != nil {
			f.Error(err)
		}
	}},
	{"what is printed can be read", func(f *fixture) {
		long := strings.Repeat("a long text\n", 100_000)
		f.print(id, task, long)
		f.want(id, task, long)
	}},
	{"writers and programs print to one log", func(f *fixture) {
		o := &logs.Output{Store: f.store, ID: id, Task: task}
		f.say(o, "writer\n")
		program, err := o.File()
		if err != nil {
			f.Fatal(err)
		}
		f.say(program, "program\n")
		f.say(o, "writer\n")
		f.want(id, task, "writer\nprogram\nwriter\n")
		if err := o.Close(); err != nil {
			f.Fatal(err)
		}
		f.want(id, task, "writer\nprogram\nwriter\n")
	}},
	{"a run adds to what earlier ones have printed", func(f *fixture) {
		want := ""
		for i := range 12 {
			text := fmt.Sprintf("run %d\n", i)
			f.print(id, task, text)
			want += text
		}
		f.want(id, task, want)
		if list := f.list(id.Attempt); len(list) != 1 {
			f.Errorf("there are %v, want one log", list)
		}
	}},
	{"a log is that of one try", func(f *fixture) {
		f.print(id, task, "text")
		f.wantNone(model.TryID{Attempt: 7, Task: 12, Try: 1}, task)
		f.wantNone(model.TryID{Attempt: 7, Task: 12, Try: 21}, task)
		f.wantNone(model.TryID{Attempt: 7, Task: 1, Try: 2}, task)
		f.wantNone(model.TryID{Attempt: 8, Task: 12, Try: 2}, task)
		f.wantNone(id, task+"+other")
	}},
	{"any name is one", func(f *fixture) {
		for i, name := range []string{"+a/../..+`x y`^sub", "+" + strings.Repeat("é", 200), "", "+1.2.log", "+ü\x00"} {
			id := model.TryID{Attempt: 7, Task: model.TaskID(i), Try: 1}
			f.print(id, name, name+" text")
			f.want(id, name, name+" text")
		}
		if list := f.list(7); len(list) != 5 {
			f.Errorf("there are %v", list)
		}
	}},
	{"a name that begins with digits where it is cut is not taken for a number", func(f *fixture) {
		name := "+" + strings.Repeat("0123456789", 20)
		f.print(id, name, "text")
		f.want(id, name, "text")
		list := f.list(id.Attempt)
		if len(list) != 1 || list[0].ID != id || list[0].Name != logs.KeptName(name) || logs.KeptName(list[0].Name) != list[0].Name {
			f.Fatalf("there is %v", list)
		}
		f.want(id, list[0].Name, "text")
	}},
	{"a list is in order of task and try", func(f *fixture) {
		want := []logs.File{
			{ID: model.TryID{Attempt: 7, Task: 2, Try: 9}, Name: logs.KeptName(task)},
			{ID: model.TryID{Attempt: 7, Task: 2, Try: 10}, Name: logs.KeptName(task)},
			{ID: model.TryID{Attempt: 7, Task: 12, Try: 2}, Name: logs.KeptName(task)},
		}
		for _, i := range []int{2, 1, 0, 2} {
			f.print(want[i].ID, task, "text")
		}
		f.print(model.TryID{Attempt: 70, Task: 1, Try: 1}, task, "text")
		got := f.list(7)
		if diff := cmp.Diff(want, got, cmpopts.IgnoreFields(logs.File{}, "Size"), cmpopts.IgnoreUnexported(logs.File{})); diff != "" {
			f.Error(diff)
		}
		for _, file := range got {
			if file.Size <= 0 {
				f.Errorf("%v has the size %d", file.ID, file.Size)
			}
		}
	}},
	{"reading ends although more is printed", func(f *fixture) {
		o := &logs.Output{Store: f.store, ID: id, Task: task}
		f.say(o, "one\n")
		text, err := f.store.Open(f.Context(), id, task, logs.Show{})
		if err != nil {
			f.Fatal(err)
		}
		start := make([]byte, 4)
		if _, err := io.ReadFull(text, start); string(start) != "one\n" || err != nil {
			f.Errorf("got %q, %v", start, err)
		}
		for range 100 {
			f.say(o, "two\n")
			if n, err := text.Read(start); n == 0 && errors.Is(err, io.EOF) {
				break
			}
		}
		f.reads(text, "")
		if err := errors.Join(text.Close(), o.Close()); err != nil {
			f.Fatal(err)
		}
	}},
	{"a follower goes on where it ended", func(f *fixture) {
		follower := f.store.FollowFrom(f.Context(), id, task, logs.Show{}, 0)
		o := &logs.Output{Store: f.store, ID: id, Task: task}
		for _, text := range []string{"", "one\n", "", "two\nthr", "ee\n"} {
			if text != "" {
				f.say(o, text)
			}
			f.reads(follower, text)
		}
		f.say(o, "end\n")
		if err := o.Close(); err != nil {
			f.Fatal(err)
		}
		f.reads(follower, "end\n")
		f.reads(follower, "")
		if err := follower.Close(); err != nil {
			f.Error(err)
		}
	}},
	{"a new follower reads the next run", func(f *fixture) {
		offset := 0
		for _, text := range []string{"run 1\n", "run 2\n", "run 3\n"} {
			f.print(id, task, text)
			follower := f.store.FollowFrom(f.Context(), id, task, logs.Show{}, int64(offset))
			f.reads(follower, text)
			if err := follower.Close(); err != nil {
				f.Error(err)
			}
			offset += len(text)
		}
	}},
	{"a follower leaves the start out", func(f *fixture) {
		f.print(id, task, "one\n")
		f.print(id, task, "two\nthree\n")
		for offset, want := range map[int64]string{0: "one\ntwo\nthree\n", 2: "e\ntwo\nthree\n", 8: "three\n", 14: "", 20: ""} {
			follower := f.store.FollowFrom(f.Context(), id, task, logs.Show{}, offset)
			f.reads(follower, want)
			if err := follower.Close(); err != nil {
				f.Error(err)
			}
		}
	}},
	{"the logs of one attempt are removed", func(f *fixture) {
		other := id
		other.Attempt = 70
		for range 2 {
			f.print(id, task, "text")
		}
		f.print(other, task, "other")
		for range 2 {
			if err := f.store.Remove(f.Context(), id.Attempt); err != nil {
				f.Fatal(err)
			}
		}
		f.wantNone(id, task)
		if list := f.list(id.Attempt); len(list) != 0 {
			f.Errorf("there is %v", list)
		}
		f.want(other, task, "other")
	}},
	{"who watches is told of a log that is made", func(f *fixture) {
		called := make(chan struct{}, 1)
		stop, tells := f.store.Watch(id, task, func() {
			select {
			case called <- struct{}{}:
			default:
			}
		})
		defer stop()
		if tells {
			f.Error("it claims to tell of a log that is not there")
		}
		f.print(id, task, "text")
		<-called
	}},
	{"who watches is not called after the end", func(f *fixture) {
		stopped := false
		stop, _ := f.store.Watch(id, task, func() {
			if stopped {
				f.Error("it was called")
			}
		})
		stop()
		stopped = true
		f.print(id, task, "text")
	}},
	{"a URL gives the log", func(f *fixture) {
		f.print(id, task, "one\ntwo\n")
		url, err := f.store.Link(f.Context(), f.list(id.Attempt)[0])
		if err != nil {
			f.Fatal(err)
		}
		if url == "" {
			f.Skip("the store has no URLs")
		}
		head, text, _ := strings.Cut(f.get(url), "\n")
		if text != "one\ntwo\n" || !strings.Contains(head, "[INFO]") || !strings.Contains(head, "+daily+load") {
			f.Errorf("got %q below %q", text, head)
		}
		f.print(id, task, "another run\n")
		if url, err := f.store.Link(f.Context(), f.list(id.Attempt)[0]); url != "" || err != nil {
			f.Errorf("a log of several runs has the URL %q, %v", url, err)
		}
	}},
}

// get returns what a URL has, uncompressed.
func (f *fixture) get(url string) string {
	f.Helper()
	request, err := http.NewRequestWithContext(f.Context(), http.MethodGet, url, http.NoBody)
	if err != nil {
		f.Fatal(err)
	}
	transport := &http.Transport{}
	defer transport.CloseIdleConnections()
	answer, err := (&http.Client{Transport: transport}).Do(request)
	if err != nil {
		f.Fatal(err)
	}
	defer answer.Body.Close() //nolint:errcheck // it was only read
	z, err := gzip.NewReader(answer.Body)
	if err != nil {
		f.Fatal(err)
	}
	text, err := io.ReadAll(z)
	if err != nil {
		f.Fatal(err)
	}
	return string(text)
}
