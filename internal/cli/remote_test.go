package cli_test

import (
	"bytes"
	"context"
	"encoding/base64"
	"flag"
	"fmt"
	"log/slog"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/rogpeppe/go-internal/testscript"

	"github.com/pawlhq/pawl/internal/auth"
	"github.com/pawlhq/pawl/internal/clock"
	"github.com/pawlhq/pawl/internal/conductor"
	"github.com/pawlhq/pawl/internal/engine"
	"github.com/pawlhq/pawl/internal/logs"
	"github.com/pawlhq/pawl/internal/model"
	"github.com/pawlhq/pawl/internal/params"
	"github.com/pawlhq/pawl/internal/secret"
	"github.com/pawlhq/pawl/internal/secret/secrettest"
	"github.com/pawlhq/pawl/internal/server"
	"github.com/pawlhq/pawl/internal/service"
	"github.com/pawlhq/pawl/internal/store"
	"github.com/pawlhq/pawl/internal/store/memory"
)

// Each script is a chapter of what a user can do with a server. Beside it runs
// one, with nobody who drives attempts: the script says what becomes of them.
//
//	begin ATTEMPT                  begin to run it
//	succeed ATTEMPT TASK [K=V...]  let a running task end well, storing values
//	fail ATTEMPT TASK MESSAGE      let a running task fail
//	await ATTEMPT TASK TOPIC PARAM VALUE
//	                               let a running task wait for messages
//	expire DURATION                let so much time pass for early messages
//	print ATTEMPT TASK FILE        let the first try of a task print a file
func TestServerScripts(t *testing.T) {
	t.Parallel()
	testscript.Run(t, testscript.Params{
		Dir:       "testdata/script/server",
		Condition: condition,
		Setup:     serveScript,
		Cmds: map[string]func(*testscript.TestScript, bool, []string){
			"exits": exits, "begin": beginAttempt, "succeed": succeedTask, "fail": failTask, "print": printLog, "record": recordLog,
			"await": awaitMessage, "send": sendRecord, "expire": expireLetters, "tell": tellFacts, "fire": fireSchedules,
		},
		RequireExplicitExec: true,
		RequireUniqueNames:  true,
		UpdateScripts:       flag.Lookup("update").Value.String() == "true",
	})
}

// noon is when these scripts happen.
var noon = time.Date(2026, 3, 8, 12, 0, 0, 0, time.UTC)

// frozen is a clock that stands still for who asks and goes for who waits.
type frozen struct {
	clock.System
	at time.Time
}

func (f frozen) Now() time.Time { return f.at }

// installation is what answers a script.
type installation struct {
	store   store.Store
	service *service.Service
	logs    *logs.Dir
}

func serveScript(e *testscript.Env) error {
	if err := prepareScript(e); err != nil {
		return err
	}
	dir := filepath.Join(e.WorkDir, ".server")
	if err := os.Mkdir(dir, 0o755); err != nil {
		return err
	}
	in := &installation{store: memory.New(), logs: logs.At(filepath.Join(dir, "logs"))}
	e.Defer(func() { _ = in.store.Close() })
	ring, err := secret.ParseRing(base64.StdEncoding.EncodeToString(bytes.Repeat([]byte{1}, 32)))
	if err != nil {
		return err
	}
	now := frozen{at: noon}
	root, err := auth.NewBasic("root", "root", true)
	if err != nil {
		return err
	}
	in.service = service.New(service.Config{Store: in.store, Clock: now, TempDir: dir, NewUUID: counting()})
	s := httptest.NewServer(server.New(server.Config{
		Service: in.service, Store: in.store, Logs: in.logs, Clock: now, Version: "0.11.0",
		Auth:  auth.Chain{root, auth.ByToken{Tokens: in.store, Now: now.Now}, auth.None{}},
		Vault: secret.NewVault(new(secrettest.Records), ring), Log: slog.New(slog.DiscardHandler),
	}))
	e.Defer(s.Close)
	e.Setenv("PAWL_ENDPOINT", s.URL)
	e.Setenv(testNow, noon.Format(time.RFC3339))
	e.Values["installation"] = in
	return nil
}

// counting makes ids that are the same in every run.
func counting() func() string {
	var mu sync.Mutex
	n := 0
	return func() string {
		mu.Lock()
		defer mu.Unlock()
		n++
		return fmt.Sprintf("00000000-0000-4000-8000-%012d", n)
	}
}

// attemptOf returns the installation and the attempt that a command is about.
func attemptOf(ts *testscript.TestScript, args []string, want int) (*installation, model.AttemptID) {
	if len(args) < want {
		ts.Fatalf("usage: see TestServerScripts")
	}
	n, err := strconv.ParseInt(args[0], 10, 64)
	ts.Check(err)
	return ts.Value("installation").(*installation), model.AttemptID(n)
}

func beginAttempt(ts *testscript.TestScript, _ bool, args []string) {
	in, id := attemptOf(ts, args, 1)
	ts.Check(in.apply(id, func(*engine.Attempt) (engine.Command, error) { return engine.Command{Kind: engine.Begin}, nil }))
}

func succeedTask(ts *testscript.TestScript, _ bool, args []string) {
	in, id := attemptOf(ts, args, 2)
	var stored params.Map
	for _, pair := range args[2:] {
		k, v, _ := strings.Cut(pair, "=")
		stored = stored.Set(k, v)
	}
	ts.Check(in.apply(id, report(args[1], engine.Command{Kind: engine.Succeed, Result: &engine.Result{Store: stored}})))
}

func failTask(ts *testscript.TestScript, _ bool, args []string) {
	in, id := attemptOf(ts, args, 3)
	failure := &engine.Failure{Error: params.Of("message", args[2], "stacktrace", "")}
	ts.Check(in.apply(id, report(args[1], engine.Command{Kind: engine.Fail, Failure: failure})))
}

func awaitMessage(ts *testscript.TestScript, _ bool, args []string) {
	in, id := attemptOf(ts, args, 5)
	key := engine.Key{Topic: args[2], Param: args[3], Value: args[4]}
	ts.Check(in.apply(id, report(args[1], engine.Command{Kind: engine.WaitFor, Wait: &engine.Wait{Keys: []engine.Key{key}}})))
}

func sendRecord(ts *testscript.TestScript, _ bool, args []string) {
	in, id := attemptOf(ts, args, 4)
	sent := []engine.Record{{Topic: args[2], Key: "k", Value: args[3]}, {Topic: args[2], Value: params.Of("n", 2)}}
	ts.Check(in.apply(id, report(args[1], engine.Command{Kind: engine.Succeed, Result: &engine.Result{Records: sent}})))
}

func expireLetters(ts *testscript.TestScript, _ bool, args []string) {
	d, err := time.ParseDuration(args[0])
	ts.Check(err)
	in := ts.Value("installation").(*installation)
	_, err = in.store.ExpireLetters(context.Background(), model.InstantOf(noon.Add(d)), 10)
	ts.Check(err)
}

// tellFacts ends a task well that has told the facts of a file, one in each line.
func tellFacts(ts *testscript.TestScript, _ bool, args []string) {
	in, id := attemptOf(ts, args, 3)
	c := engine.Command{Kind: engine.Succeed, Result: &engine.Result{}}
	for line := range strings.Lines(ts.ReadFile(args[2])) {
		var data params.Map
		ts.Check(data.UnmarshalJSON([]byte(line)))
		kind := engine.ProductMade
		if data.Has("expectation") {
			kind = engine.Expected
		}
		c.Facts = append(c.Facts, engine.Fact{Kind: kind, Data: data})
	}
	ts.Check(in.apply(id, report(args[1], c)))
}

// fireSchedules does what a scheduler does so long after noon.
func fireSchedules(ts *testscript.TestScript, _ bool, args []string) {
	d, err := time.ParseDuration(args[0])
	ts.Check(err)
	in, now := ts.Value("installation").(*installation), frozen{at: noon.Add(d)}
	of := conductor.NewScheduler(conductor.SchedulerConfig{Store: in.store, Clock: now, NewUUID: counting()})
	for next := model.Instant(0); next <= model.InstantOf(now.at); {
		next, err = of.Step(context.Background())
		ts.Check(err)
	}
}

// report makes a report of the running try of a task.
func report(task string, c engine.Command) func(*engine.Attempt) (engine.Command, error) {
	return func(a *engine.Attempt) (engine.Command, error) {
		id, ok := a.Find(task)
		if !ok {
			return c, fmt.Errorf("there is no task %s", task)
		}
		c.Task, c.Try = id, a.Task(id).Try
		return c, nil
	}
}

// apply gives an attempt a command, as a conductor would, and stores what
// follows. Commands that were posted come first.
func (in *installation) apply(id model.AttemptID, next func(*engine.Attempt) (engine.Command, error)) error {
	ctx := context.Background()
	snap, err := in.store.Load(ctx, id)
	if err != nil {
		return err
	}
	a, err := engine.Restore(snap.Definition, snap.Attempt.AttemptRow, snap.Growths, snap.Tasks, snap.Seq)
	if err != nil {
		return err
	}
	var step engine.Step
	var batch store.Batch
	now := model.InstantOf(noon)
	for _, p := range snap.Inbox {
		if err := a.Apply(now, p.Command, &step); err != nil {
			return err
		}
		batch.Consumed = append(batch.Consumed, p.ID)
	}
	command, err := next(a)
	if err != nil {
		return err
	}
	if err := a.Apply(now, command, &step); err != nil {
		return err
	}
	batch.Attempts, batch.Tasks, batch.Grown, batch.Events = step.Attempts, step.Tasks, step.Grown, step.Events
	batch.Listening, batch.Buried, batch.Records = step.Listening, step.Buried, step.Records
	return in.store.Commit(ctx, &batch)
}

// recordLog prints a file to standard output and another one to standard error, and a
// warning.
func recordLog(ts *testscript.TestScript, _ bool, args []string) {
	in, id := attemptOf(ts, args, 4)
	tasks, err := in.service.Tasks(context.Background(), id)
	ts.Check(err)
	at, ok := tasks.Find(args[1])
	if !ok {
		ts.Fatalf("there is no task %s", args[1])
	}
	o := &logs.Output{Store: in.logs, ID: model.TryID{Attempt: id, Task: at, Try: 1}, Task: args[1]}
	_, err = o.Write([]byte(ts.ReadFile(args[2])))
	ts.Check(err)
	_, err = o.Errors().Write([]byte(ts.ReadFile(args[3])))
	ts.Check(err)
	ts.Check(logs.WriteRecord(o.Errors(), logs.Record{
		Level: logs.Warn, Logger: "app", Message: "rows are missing", Exception: "Traceback", Fields: params.Of("rows", int64(17)),
	}))
	ts.Check(o.Close())
}

func printLog(ts *testscript.TestScript, _ bool, args []string) {
	in, id := attemptOf(ts, args, 3)
	tasks, err := in.service.Tasks(context.Background(), id)
	ts.Check(err)
	at, ok := tasks.Find(args[1])
	if !ok {
		ts.Fatalf("there is no task %s", args[1])
	}
	o := &logs.Output{Store: in.logs, ID: model.TryID{Attempt: id, Task: at, Try: 1}, Task: args[1]}
	_, err = o.Write([]byte(ts.ReadFile(args[2])))
	ts.Check(err)
	ts.Check(o.Close())
}
