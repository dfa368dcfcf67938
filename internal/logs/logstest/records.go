package logstest

import (
	"encoding/json"
	"fmt"
	"io"
	"strings"

	"github.com/google/go-cmp/cmp"

	"github.com/pawlhq/pawl/internal/logs"
	"github.com/pawlhq/pawl/internal/params"
)

// records are the tests of messages with a level.
var records = []test{
	{"records are lines for people", func(f *fixture) {
		o := &logs.Output{Store: f.store, ID: id, Task: task}
		f.mixed(o, o.Errors())
		f.end(o)
		f.wantPart(logs.Merged, mixedText)
		f.wantPart(logs.Stdout, "plain\nhalf a line done\n")
	}},
	{"programs print records", func(f *fixture) {
		o := &logs.Output{Store: f.store, ID: id, Task: task}
		out, errs := f.files(o)
		f.mixed(out, errs)
		f.end(o)
		f.wantShown(logs.Show{Level: logs.Warn}, warnings)
		f.wantPart(logs.Stdout, "plain\nhalf a line done\n")
	}},
	{"records of a level are shown alone", func(f *fixture) {
		o := &logs.Output{Store: f.store, ID: id, Task: task}
		f.mixed(o, o.Errors())
		for _, when := range []string{"while it runs", "after its end"} {
			f.wantShown(logs.Show{Level: logs.Warn}, warnings)
			f.wantShown(logs.Show{Level: logs.Debug}, "DEBUG app: three\n"+warnings)
			f.wantShown(logs.Show{Level: logs.Warn, Stream: logs.Stdout}, "")
			if f.Failed() {
				f.Fatal(when)
			}
			if when == "while it runs" {
				f.end(o)
			}
		}
	}},
	{"records below a level are not kept", func(f *fixture) {
		o := &logs.Output{Store: f.store, ID: id, Task: task, Keep: logs.Error}
		f.mixed(o, o.Errors())
		f.end(o)
		f.wantPart(logs.Merged, "plain\nhalf a line\nERROR app: two\trows=3\n  | more\n    Traceback:\n      x\n done\nlow\n")
	}},
	{"lines and records are objects", func(f *fixture) {
		o := &logs.Output{Store: f.store, ID: id, Task: task}
		f.mixed(o, o.Errors())
		f.end(o)
		text := f.shown(logs.Show{JSON: true})
		var got []map[string]any
		for _, line := range strings.Split(strings.TrimSuffix(text, "\n"), "\n") {
			var m map[string]any
			if err := json.Unmarshal([]byte(line), &m); err != nil {
				f.Fatal(err, line)
			}
			if m["time"] == "" || m["task"] != task || m["attempt"] != 7.0 || m["try"] != 2.0 {
				f.Errorf("%s lacks whose it is, and when", line)
			}
			for _, key := range []string{"time", "task", "attempt", "try"} {
				delete(m, key)
			}
			got = append(got, m)
		}
		want := []map[string]any{
			{"message": "plain", "stream": "stdout"},
			{"level": "debug", "logger": "app", "message": "three", "stream": "stderr"},
			{"level": "error", "logger": "app", "message": "two\nmore", "exception": "Traceback:\n  x\n", "rows": 3.0, "stream": "stderr"},
			{"message": "half a line done", "stream": "stdout"},
			{"level": "warn", "logger": "", "message": "four", "stream": "stderr"},
			{"message": "low", "stream": "stderr"},
		}
		if diff := cmp.Diff(want, got); diff != "" {
			f.Error(diff)
		}
	}},
	{"what looks like a record is text", func(f *fixture) {
		o := &logs.Output{Store: f.store, ID: id, Task: task}
		for _, text := range []string{"ERROR app: no\n", "\x1e", "\x1epaw", "l\x1fshout\x1fa\x1fb\x1f\x1e\n", "\x1epawl\x1finfo\x1fbroken"} {
			f.say(o, text)
		}
		f.end(o)
		f.wantPart(logs.Merged, "ERROR app: no\n\x1e\x1epawl\x1fshout\x1fa\x1fb\x1f\x1e\n\x1epawl\x1finfo\x1fbroken")
		f.wantShown(logs.Show{Level: logs.Debug}, "")
	}},
	{"records come in parts", func(f *fixture) {
		o := &logs.Output{Store: f.store, ID: id, Task: task}
		var frame strings.Builder
		if err := logs.WriteRecord(&frame, logs.Record{Level: logs.Info, Logger: "app", Message: "one"}); err != nil {
			f.Fatal(err)
		}
		for _, c := range []byte(frame.String() + "plain\n" + frame.String()) {
			f.say(o, string(c))
		}
		f.end(o)
		f.wantPart(logs.Merged, "INFO  app: one\nplain\nINFO  app: one\n")
		f.wantShown(logs.Show{Level: logs.Info}, "INFO  app: one\nINFO  app: one\n")
	}},
}

const (
	warnings  = "ERROR app: two\trows=3\n  | more\n    Traceback:\n      x\nWARN  : four\n"
	mixedText = "plain\nDEBUG app: three\nhalf a line\nERROR app: two\trows=3\n  | more\n    Traceback:\n      x\n done\nWARN  : four\nlow\n"
)

// mixed prints text and records.
func (f *fixture) mixed(out, errs io.Writer) {
	f.Helper()
	record := func(r logs.Record) {
		f.Helper()
		if err := logs.WriteRecord(errs, r); err != nil {
			f.Fatal(err)
		}
	}
	f.say(out, "plain\n")
	record(logs.Record{Level: logs.Debug, Logger: "app", Message: "three"})
	f.say(out, "half a line")
	record(logs.Record{Level: logs.Error, Logger: "app", Message: "two\nmore", Exception: "Traceback:\n  x\n", Fields: params.Of("rows", int64(3))})
	f.say(out, " done\n")
	record(logs.Record{Level: logs.Warn, Message: "four"})
	f.say(errs, "low\n")
}

func (f *fixture) shown(show logs.Show) string {
	f.Helper()
	from, err := f.store.Open(f.Context(), id, task, show)
	if err != nil {
		f.Fatal(err)
	}
	text, err := io.ReadAll(from)
	if err != nil {
		f.Fatal(err)
	}
	if err := from.Close(); err != nil {
		f.Error(err)
	}
	return string(text)
}

// wantShown reads a part of the log, and follows it.
func (f *fixture) wantShown(show logs.Show, want string) {
	f.Helper()
	if got := f.shown(show); got != want {
		f.Errorf("%s: got %q, want %q", fmt.Sprint(show.Level), got, want)
	}
	follower := f.store.FollowFrom(f.Context(), id, task, show, 0)
	f.reads(follower, want)
	if err := follower.Close(); err != nil {
		f.Error(err)
	}
}
