package logstest

import (
	"fmt"
	"io"
	"strings"
	"sync"
	"time"

	"github.com/pawlhq/pawl/internal/logs"
	"github.com/pawlhq/pawl/internal/model"
)

// streams are the tests of standard output and standard error.
var streams = []test{
	{"both outputs are kept apart, and in order", func(f *fixture) {
		o := &logs.Output{Store: f.store, ID: id, Task: task}
		var out, errs string
		for i := range 100 {
			f.say(o, fmt.Sprintf("out %d\n", i))
			f.say(o.Errors(), fmt.Sprintf("err %d\n", i))
			out += fmt.Sprintf("out %d\n", i)
			errs += fmt.Sprintf("err %d\n", i)
		}
		for _, when := range []string{"while it runs", "after its end"} {
			f.wantPart(logs.Stdout, out)
			f.wantPart(logs.Stderr, errs)
			f.wantPart(logs.Merged, interleaved(100))
			if f.Failed() {
				f.Fatal(when)
			}
			if when == "while it runs" {
				f.end(o)
			}
		}
	}},
	{"a program's outputs are kept apart, and in order", func(f *fixture) {
		// Lines that are printed at the very moment when others are moved may be out of
		// order, which is seldom.
		for try := int32(1); ; try++ {
			id := model.TryID{Attempt: 7, Task: 1, Try: try}
			o := &logs.Output{Store: f.store, ID: id, Task: task}
			out, errs := f.files(o)
			for i := range 100 {
				f.say(out, fmt.Sprintf("out %d\n", i))
				f.say(errs, fmt.Sprintf("err %d\n", i))
			}
			f.say(errs, "no line end")
			f.end(o)
			f.wantPartOf(id, logs.Stdout, only("out", 100))
			f.wantPartOf(id, logs.Stderr, only("err", 100)+"no line end")
			got, want := f.textOf(id, logs.Show{}), interleaved(100)+"no line end"
			if got == want {
				return
			}
			if try == 20 {
				f.Fatalf("merged is %q, want %q", got, want)
			}
		}
	}},
	{"what both print at once is kept apart", func(f *fixture) {
		o := &logs.Output{Store: f.store, ID: id, Task: task}
		out, errs := f.files(o)
		done := make(chan error, 2)
		for name, to := range map[string]io.Writer{"out": out, "err": errs} {
			go func() {
				_, err := io.Copy(to, iotest{strings.NewReader(only(name, 50_000))})
				done <- err
			}()
		}
		for range 2 {
			if err := <-done; err != nil {
				f.Fatal(err)
			}
		}
		f.end(o)
		f.wantPart(logs.Stdout, only("out", 50_000))
		f.wantPart(logs.Stderr, only("err", 50_000))
	}},
	{"tries side by side keep what is theirs", func(f *fixture) {
		var all sync.WaitGroup
		for i := range 4 {
			all.Go(func() {
				for try := range 10 {
					id := model.TryID{Attempt: 7, Task: model.TaskID(i), Try: int32(try)}
					o := &logs.Output{Store: f.store, ID: id, Task: task}
					out, errs := f.files(o)
					for n := range 50 * try {
						f.say(out, fmt.Sprintf("out %d\n", n))
						f.say(errs, fmt.Sprintf("err %d\n", n))
					}
					if err := o.Close(); err != nil {
						f.Error(err)
					}
				}
			})
		}
		all.Wait()
		for i := range 4 {
			for try := 1; try < 10; try++ {
				id := model.TryID{Attempt: 7, Task: model.TaskID(i), Try: int32(try)}
				for stream, name := range map[logs.Stream]string{logs.Stdout: "out", logs.Stderr: "err"} {
					from, err := f.store.Open(f.Context(), id, task, logs.Show{Stream: stream})
					if err != nil {
						f.Fatal(err)
					}
					f.reads(from, only(name, 50*try))
					if err := from.Close(); err != nil {
						f.Error(err)
					}
				}
			}
		}
	}},
	{"a follower of one output reads that alone", func(f *fixture) {
		o := &logs.Output{Store: f.store, ID: id, Task: task}
		follower := f.store.FollowFrom(f.Context(), id, task, logs.Show{Stream: logs.Stderr}, 0)
		f.say(o, "one\n")
		f.say(o.Errors(), "two\n")
		f.reads(follower, "two\n")
		f.say(o, "three\n")
		f.say(o.Errors(), "four\n")
		f.reads(follower, "four\n")
		offset := follower.Offset()
		if offset != int64(len("one\ntwo\nthree\nfour\n")) {
			f.Errorf("it is at %d", offset)
		}
		if err := follower.Close(); err != nil {
			f.Error(err)
		}
		f.end(o)
		f.print(id, task, "next run\n")
		f.printErrors("its error\n")
		follower = f.store.FollowFrom(f.Context(), id, task, logs.Show{Stream: logs.Stderr}, offset)
		f.reads(follower, "its error\n")
		if err := follower.Close(); err != nil {
			f.Error(err)
		}
		f.wantPart(logs.Stderr, "two\nfour\nits error\n")
		f.wantPart(logs.Stdout, "one\nthree\nnext run\n")
	}},
	{"lines say when they were printed", func(f *fixture) {
		before := time.Now().UTC().Add(-time.Second).Format(timeLayout)
		f.print(id, task, "one\ntwo\n")
		f.printErrors("three\nfour")
		after := time.Now().UTC().Add(time.Second).Format(timeLayout)
		text := f.text(logs.Show{Times: true})
		lines := strings.Split(text, "\n")
		for i, want := range []string{"one", "two", "three", "four"} {
			if i >= len(lines) || len(lines[i]) != len(timeLayout)+len(want) || !strings.HasSuffix(lines[i], want) ||
				lines[i] < before || lines[i] > after {
				f.Fatalf("got %q, want four lines between %s and %s", text, before, after)
			}
		}
		if errs := f.text(logs.Show{Stream: logs.Stderr, Times: true}); errs != lines[2]+"\n"+lines[3] {
			f.Errorf("standard error is %q", errs)
		}
	}},
}

// limited are the tests of stores whose logs may have MinLimit bytes.
var limited = []test{
	{"a log that is too long has its beginning and its end", func(f *fixture) {
		o := &logs.Output{Store: f.store, ID: id, Task: task}
		out, errs := o, o.Errors()
		const lines = 20_000
		for i := range lines {
			f.say(out, fmt.Sprintf("line %d é\n", i))
			if i%100 == 0 {
				f.say(errs, fmt.Sprintf("error %d\n", i))
			}
		}
		follower := f.store.FollowFrom(f.Context(), id, task, logs.Show{}, 0)
		f.checkGap(f.rest(follower), lines)
		end := follower.Offset()
		f.say(out, "one more\n")
		f.end(o)
		f.checkGap(strings.TrimSuffix(f.text(logs.Show{}), "one more\n"), lines)
		if err := follower.Close(); err != nil {
			f.Error(err)
		}
		follower = f.store.FollowFrom(f.Context(), id, task, logs.Show{}, end)
		f.reads(follower, "one more\n")
		if err := follower.Close(); err != nil {
			f.Error(err)
		}
		if errs := f.text(logs.Show{Stream: logs.Stderr}); !strings.HasPrefix(errs, "error 0\n") ||
			!strings.HasSuffix(errs, fmt.Sprintf("error %d\n", lines-100)) || strings.Contains(errs, "line") {
			f.Errorf("standard error is %.200q", errs)
		}
	}},
	{"a program that prints on at the limit goes on", func(f *fixture) {
		o := &logs.Output{Store: f.store, ID: id, Task: task}
		out, errs := f.files(o)
		text := only("out", 100_000)
		f.say(out, text)
		f.say(errs, "the last word\n")
		f.end(o)
		kept := f.text(logs.Show{})
		if len(kept) > logs.MinLimit+100 || !strings.HasPrefix(kept, text[:logs.MinLimit/5]) ||
			!strings.Contains(kept, "the last word\n") || !strings.Contains(kept, "out 99999\n") {
			f.Errorf("of %d bytes %d are kept: %.20q to %q", len(text), len(kept), kept, kept[len(kept)-40:])
		}
	}},
	{"a try that prints on at its limit goes on", func(f *fixture) {
		o := &logs.Output{Store: f.store, ID: id, Task: task}
		for i := range 50 {
			f.say(o, strings.Repeat("x", 10_000)+fmt.Sprintf(" %d\n", i))
			if size := len(f.text(logs.Show{})); size > logs.MinLimit+100 {
				f.Fatalf("the log has %d bytes", size)
			}
		}
		f.end(o)
		if text := f.text(logs.Show{}); !strings.HasSuffix(text, "x 49\n") || !strings.Contains(text, "left out here\n") {
			f.Errorf("it ends with %q", text[len(text)-100:])
		}
	}},
}

const timeLayout = "2006-01-02 15:04:05.000 +0000 "

func interleaved(n int) (text string) {
	for i := range n {
		text += fmt.Sprintf("out %d\nerr %d\n", i, i)
	}
	return text
}

func only(name string, n int) string {
	var b strings.Builder
	for i := range n {
		fmt.Fprintf(&b, "%s %d\n", name, i)
	}
	return b.String()
}

// iotest reads in pieces that end within lines.
type iotest struct{ io.Reader }

func (r iotest) Read(p []byte) (int, error) { return r.Reader.Read(p[:min(len(p), 1021)]) }

// files returns what a program prints to: files where the system has them.
func (f *fixture) files(o *logs.Output) (out, errs io.Writer) {
	f.Helper()
	file, err := o.File()
	if err != nil {
		f.Fatal(err)
	}
	errors, err := o.ErrorFile()
	if err != nil {
		f.Fatal(err)
	}
	if file == nil {
		return o, o.Errors()
	}
	return file, errors
}

func (f *fixture) end(o *logs.Output) {
	f.Helper()
	if err := o.Close(); err != nil {
		f.Fatal(err)
	}
}

// printErrors prints to standard error in a run of its own.
func (f *fixture) printErrors(text string) {
	f.Helper()
	o := &logs.Output{Store: f.store, ID: id, Task: task}
	f.say(o.Errors(), text)
	f.end(o)
}

func (f *fixture) text(show logs.Show) string {
	f.Helper()
	return f.textOf(id, show)
}

func (f *fixture) textOf(id model.TryID, show logs.Show) string {
	f.Helper()
	from, err := f.store.Open(f.Context(), id, task, show)
	if err != nil {
		f.Fatal(err)
	}
	defer from.Close() //nolint:errcheck // it was only read
	return f.rest(from)
}

func (f *fixture) rest(from io.Reader) string {
	f.Helper()
	text, err := io.ReadAll(from)
	if err != nil {
		f.Fatal(err)
	}
	return string(text)
}

func (f *fixture) wantPart(of logs.Stream, want string) {
	f.Helper()
	f.wantPartOf(id, of, want)
}

func (f *fixture) wantPartOf(id model.TryID, of logs.Stream, want string) {
	f.Helper()
	if got := f.textOf(id, logs.Show{Stream: of}); got != want {
		f.Errorf("%v is %.300q, want %.300q", of, got, want)
	}
}

// checkGap checks what is left of so many lines.
func (f *fixture) checkGap(text string, lines int) {
	f.Helper()
	var left, all int
	for i := range lines {
		all += len(fmt.Sprintf("line %d é\n", i))
		if i%100 == 0 {
			all += len(fmt.Sprintf("error %d\n", i))
		}
	}
	head, tail, ok := strings.Cut(text, "pawl: ")
	if _, err := fmt.Sscanf(tail, "%d bytes are left out here\n", &left); !ok || err != nil {
		f.Fatalf("no line says what is left out: %.200q, %v", text, err)
	}
	_, tail, _ = strings.Cut(tail, "\n")
	if len(head)+left+len(tail) != all {
		f.Errorf("%d, %d and %d bytes are not %d", len(head), left, len(tail), all)
	}
	if len(head) < logs.MinLimit/5 || len(tail) < logs.MinLimit/4 || len(text) > logs.MinLimit+100 {
		f.Errorf("%d and %d bytes are kept of %d", len(head), len(tail), logs.MinLimit)
	}
	if !strings.HasPrefix(head, "error 0\n") && !strings.HasPrefix(head, "line 0 é\n") ||
		!strings.HasSuffix(head, "\n") || !strings.HasSuffix(tail, fmt.Sprintf("line %d é\n", lines-1)) {
		f.Errorf("it goes from %.20q to %q", head, tail[max(0, len(tail)-20):])
	}
}
