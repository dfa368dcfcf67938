package sqlite

import (
	"context"
	"database/sql/driver"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/pawlhq/pawl/internal/engine"
	"github.com/pawlhq/pawl/internal/facts"
	"github.com/pawlhq/pawl/internal/model"
	"github.com/pawlhq/pawl/internal/secret"
	"github.com/pawlhq/pawl/internal/store"
	"github.com/pawlhq/pawl/internal/store/tables"
)

// explainer is a database that tells how SQLite carries out what is asked.
type explainer struct {
	database
	plans *[]string
}

func (e explainer) Read(ctx context.Context, what string, read func(tables.Conn) error) error {
	return e.database.Read(ctx, what, func(c tables.Conn) error { return read(explained{c.(*conn), e.plans}) })
}

func (e explainer) ReadMoment(ctx context.Context, what string, read func(tables.Conn) error) error {
	return e.database.ReadMoment(ctx, what, func(c tables.Conn) error { return read(explained{c.(*conn), e.plans}) })
}

func (e explainer) Write(ctx context.Context, what string, write func(tables.Conn) error) error {
	return e.database.Write(ctx, what, func(c tables.Conn) error { return write(explained{c.(*conn), e.plans}) })
}

type explained struct {
	*conn
	plans *[]string
}

func (e explained) Query(text string, each func(tables.Row) error, args ...driver.Value) error {
	if err := e.explain(text, args); err != nil {
		return err
	}
	return e.conn.Query(text, each, args...)
}

func (e explained) Exec(text string, args ...driver.Value) (int64, error) {
	if err := e.explain(text, args); err != nil {
		return 0, err
	}
	return e.conn.Exec(text, args...)
}

func (e explained) explain(text string, args []driver.Value) error {
	var lines []string
	err := e.conn.Query("EXPLAIN QUERY PLAN "+text, func(r tables.Row) error {
		lines = append(lines, r.Text(3))
		return nil
	}, args...)
	*e.plans = append(*e.plans, strings.Join(lines, "\n"))
	return err
}

// What is read often is found by an index, and lists are read in its order, no
// more of them than a page.
func TestQueriesUseIndexes(t *testing.T) {
	t.Parallel()
	s := openTemp(t)
	ctx := context.Background()
	epoch, err := s.Lease(ctx, "o", 0, time.Hour)
	if err != nil {
		t.Fatal(err)
	}
	loaded := start(t, s, "k")
	load := func(t *tables.Tables) error { _, err := t.Load(ctx, loaded); return err }
	attempts := func(f store.Filter) func(*tables.Tables) error {
		return func(t *tables.Tables) error {
			_, _, err := t.ListAttempts(ctx, f, store.Page{})
			return err
		}
	}
	subscriptions := func(f store.SubscriptionFilter) func(*tables.Tables) error {
		return func(t *tables.Tables) error {
			_, _, err := t.ListSubscriptions(ctx, f, store.Page{Cursor: store.SubscriptionMark{Topic: "t", Param: "p", Since: 5}.Cursor()})
			return err
		}
	}
	letters := func(f store.LetterFilter) func(*tables.Tables) error {
		return func(t *tables.Tables) error {
			_, _, err := t.ListLetters(ctx, f, store.Page{Cursor: store.CursorAfter(int64(5))})
			return err
		}
	}
	audit := func(f store.AuditFilter) func(*tables.Tables) error {
		return func(t *tables.Tables) error {
			_, _, err := t.ListAudit(ctx, f, store.Page{})
			return err
		}
	}
	ticks := func(f store.TickFilter) func(*tables.Tables) error {
		return func(t *tables.Tables) error {
			_, _, err := t.ListTicks(ctx, f, store.Page{})
			return err
		}
	}
	told := func(f store.FactFilter) func(*tables.Tables) error {
		return func(t *tables.Tables) error {
			_, _, err := t.ListFacts(ctx, f, store.Page{})
			return err
		}
	}
	searches := func(s store.Search) func(*tables.Tables) error {
		return func(t *tables.Tables) error {
			_, _, err := t.SearchAttempts(ctx, s, store.Page{})
			return err
		}
	}
	order := []store.ParamValue{{Path: []string{"order_id"}, Text: "17"}}
	for name, test := range map[string]struct {
		ask  func(*tables.Tables) error
		uses string // sorts a few rows, where it begins with "few: "
	}{
		"all attempts":               {attempts(store.Filter{}), "a USING INTEGER PRIMARY KEY"},
		"attempts of a project":      {attempts(store.Filter{Project: 1}), "attempts_project"},
		"newest attempts of it":      {attempts(store.Filter{Project: 1, Last: true}), "attempts_project"},
		"attempts of a workflow":     {attempts(store.Filter{Project: 1, Workflow: "w"}), "attempts_workflow"},
		"attempts that run":          {attempts(store.Filter{Running: true}), "attempts_running"},
		"attempts that failed":       {attempts(store.Filter{Ended: engine.AttemptFailed}), "attempts_failed"},
		"failed ones of a project":   {attempts(store.Filter{Stored: true, Project: 1, Ended: engine.AttemptFailed, Last: true}), "attempts_failed_of_project"},
		"failed ones of a workflow":  {attempts(store.Filter{Project: 1, Workflow: "w", Ended: engine.AttemptKilled}), "attempts_failed_of_workflow"},
		"good ones of a workflow":    {attempts(store.Filter{Project: 1, Workflow: "w", Ended: engine.AttemptSuccess}), "attempts_workflow"},
		"running ones of a project":  {attempts(store.Filter{Project: 1, Running: true}), "few: attempts_active"},
		"running ones of a workflow": {attempts(store.Filter{Project: 1, Workflow: "w", Running: true, Last: true}), "attempts_active"},
		"running ones of an owner":   {attempts(store.Filter{Running: true, Owner: "o"}), "attempts_owned"},
		"attempts of a session":      {attempts(store.Filter{Session: 1}), "few: a USING INDEX sqlite_autoindex_attempts_1"},
		"attempts with a parameter":  {searches(store.Search{Filter: store.Filter{Last: true}, Params: order}), "a USING INTEGER PRIMARY KEY (rowid>? AND rowid<?)"},
		"those of a workflow":        {searches(store.Search{Filter: store.Filter{Project: 1, Workflow: "w"}, Params: order}), "COVERING INDEX attempts_workflow"},
		"failed ones with a key":     {searches(store.Search{Filter: store.Filter{Project: 1, Ended: engine.AttemptFailed}, Key: "k"}), "COVERING INDEX attempts_failed_of_project"},
		"those with a key":           {searches(store.Search{Filter: store.Filter{Project: 1, Workflow: "w"}, Key: "k"}), "few: s USING COVERING INDEX sqlite_autoindex_sessions_1 (project=? AND workflow=? AND key>? AND key<?)"},
		"attempts that wait":         {searches(store.Search{Awaits: store.SubscriptionFilter{Topic: "t", Param: "p", Value: "v"}}), "few: b USING COVERING INDEX subscriptions_waiting (mark=?)"},
		"attempts since a time":      {searches(store.Search{From: 9, Until: 99}), "attempts USING INTEGER PRIMARY KEY (rowid>?)"},
		"running ones of a session":  {attempts(store.Filter{Session: 1, Project: 1, Workflow: "w", Running: true}), "few: a USING INDEX sqlite_autoindex_attempts_1"},
		"a session by its key":       {func(t *tables.Tables) error { _, err := t.FindSession(ctx, 1, "w", "k"); return unlessMissing(err) }, "s USING INDEX sqlite_autoindex_sessions_1"},
		"sessions of a workflow": {func(t *tables.Tables) error {
			_, _, err := t.ListSessions(ctx, store.SessionFilter{Project: 1, Workflow: "w"}, store.Page{})
			return err
		}, "sessions_workflow"},
		"sessions of a project": {func(t *tables.Tables) error {
			_, _, err := t.ListSessions(ctx, store.SessionFilter{Project: 1}, store.Page{})
			return err
		}, "sessions_project"},
		"the session before":     {func(t *tables.Tables) error { _, err := t.LastSessionTime(ctx, 1, "w", 9); return err }, "sessions_time"},
		"due schedules":          {func(t *tables.Tables) error { _, _, err := t.DueSchedules(ctx, 9, 9); return err }, "schedules_due"},
		"revisions of a project": {func(t *tables.Tables) error { _, _, err := t.ListRevisions(ctx, 1, store.Page{}); return err }, "revisions_project"},
		"workflows of a revision": {func(t *tables.Tables) error {
			_, _, err := t.ListWorkflows(ctx, store.WorkflowFilter{Revision: 1}, store.Page{})
			return err
		}, "workflows_revision"},
		"when one can be taken":      {func(t *tables.Tables) error { _, err := t.Due(ctx, 0); return err }, "attempts_unowned"},
		"attempts that can be taken": {func(t *tables.Tables) error { _, err := t.Claim(ctx, 0, "o", epoch, 9, 9); return err }, "attempts_unowned"},
		"tasks of an attempt":        {load, "few: SEARCH tasks USING "},
		"growths of an attempt":      {load, "few: SEARCH growths USING "},
		"events of an attempt":       {load, "few: SEARCH events USING "},
		"the log": {func(t *tables.Tables) error {
			_, err := t.ReadLog(ctx, store.LogQuery{After: "1.2.3.0"})
			return unless(model.Gone, err)
		}, "SEARCH e USING INTEGER PRIMARY KEY (rowid>?"},
		"the log of an attempt": {func(t *tables.Tables) error { _, err := t.ReadLog(ctx, store.LogQuery{Attempt: 1}); return err }, "few: "},
		"a digest": {func(t *tables.Tables) error {
			_, err := t.Digest(ctx, store.DigestQuery{From: 5, Until: 9})
			return err
		}, "SEARCH a USING INDEX attempts_past (ended>? AND ended<?)"},
		"posts to an attempt":        {load, "few: SEARCH p USING INDEX posts_attempt"},
		"the audit log":              {audit(store.AuditFilter{From: 1, Until: 9}), "audit_time"},
		"what somebody did":          {audit(store.AuditFilter{Principal: "p", From: 1}), "audit_principal"},
		"what was done to a project": {audit(store.AuditFilter{Project: "p"}), "audit_project"},
		"who did something":          {audit(store.AuditFilter{Action: "a"}), "audit_action"},
		"what became of a schedule":  {ticks(store.TickFilter{Project: 1, Name: "w", Outcome: store.TickFailed}), "ticks_of (project=? AND name=? AND time<?)"},
		"what became of all":         {ticks(store.TickFilter{Projects: []model.ProjectID{1}}), "ticks_outcome (outcome=? AND kind=? AND time<?)"},
		"what became of sensors":     {ticks(store.TickFilter{Kind: store.SensorTick}), "ticks_outcome (outcome=? AND kind=? AND time<?)"},
		"what became of a project":   {ticks(store.TickFilter{Project: 1}), "ticks_project (project=? AND kind=? AND time<?)"},
		"failed ones of sensors":     {ticks(store.TickFilter{Project: 1, Kind: store.SensorTick, Outcome: store.TickFailed}), "ticks_project (project=? AND kind=? AND time<?)"},
		"what became of a sensor":    {ticks(store.TickFilter{Project: 1, Kind: store.SensorTick, Name: "w"}), "ticks_of (project=? AND name=? AND time<?)"},
		"backfills": {func(t *tables.Tables) error {
			_, _, err := t.ListBackfills(ctx, store.BackfillFilter{}, store.Page{})
			return err
		}, "attempt_tags USING COVERING INDEX attempt_tags_value (name=? AND value>?)"},
		"a backfill": {func(t *tables.Tables) error {
			_, _, err := t.ListBackfills(ctx, store.BackfillFilter{Name: "b"}, store.Page{})
			return err
		}, "few: g USING COVERING INDEX attempt_tags_value (name=? AND value=?)"},
		"facts of a product":   {told(store.FactFilter{Projects: []model.ProjectID{1}, Kind: store.OfProduct, Name: "p"}), "facts_name (project=? AND kind=? AND name=? AND at<?)"},
		"facts of a partition": {told(store.FactFilter{Projects: []model.ProjectID{1}, Kind: store.OfProduct, Name: "p", Partition: "1"}), "facts_part (project=? AND name=? AND part=? AND at<?)"},
		"facts of an attempt":  {told(store.FactFilter{Attempt: 1}), "sqlite_autoindex_facts_1 (attempt=? AND at<?)"},
		"facts of all":         {told(store.FactFilter{Broken: true}), "facts_at (at<?)"},
		"products": {func(t *tables.Tables) error {
			_, _, err := t.ListProducts(ctx, store.ProductFilter{Project: 1}, store.Page{})
			return err
		}, "few: facts_name (project=? AND kind=? AND name>? AND name<?)"},
		"partitions": {func(t *tables.Tables) error {
			_, _, err := t.ListPartitions(ctx, store.ProductFilter{Project: 1, Key: "p"}, store.Page{})
			return err
		}, "few: facts_part (project=? AND name=? AND part>? AND part<?)"},
		"versions":             {func(t *tables.Tables) error { _, err := t.Addresses(ctx, 1, []string{"v", "w"}); return err }, "versions USING PRIMARY KEY (project=? AND version=?)"},
		"sensors that are due": {func(t *tables.Tables) error { _, _, err := t.DueSensors(ctx, 0, now, 9); return err }, "sensors_due (pool=? AND next_tick<?)"},
		"run keys of a sensor": {func(t *tables.Tables) error { _, err := t.KnownRunKeys(ctx, 1, []string{"k"}); return err }, "sensor_keys USING PRIMARY KEY (sensor=? AND name=?)"},
		"a token":              {func(t *tables.Tables) error { _, err := t.Token(ctx, store.TokenHash{}); return unlessMissing(err) }, "tokens USING PRIMARY KEY (hash=?)"},
		"secrets of a project": {func(t *tables.Tables) error {
			_, err := t.SecretKeys(ctx, 1, secret.OfProject)
			return err
		}, "secrets USING PRIMARY KEY (project=? AND scope=?)"},
		"secrets after one": {func(t *tables.Tables) error {
			_, err := t.SecretsAfter(ctx, secret.Place{Project: 1}, 9)
			return err
		}, "secrets USING PRIMARY KEY ((project,scope,key)>(?,?,?))"},
		"what an owner lets go of": {func(t *tables.Tables) error {
			epoch, err := t.Lease(ctx, "p", 0, time.Hour)
			if err != nil {
				return err
			}
			return t.EndLease(ctx, "p", epoch)
		}, "attempts_owned"},
		"offsets of a feeder":         {func(t *tables.Tables) error { _, err := t.Offsets(ctx, "f"); return err }, "offsets USING PRIMARY KEY (feeder=?)"},
		"records to be sent":          {func(t *tables.Tables) error { _, err := t.Outbox(ctx, 5, 9); return err }, "outbox USING INTEGER PRIMARY KEY (rowid>?)"},
		"subscriptions":               {subscriptions(store.SubscriptionFilter{}), "subscriptions_topic"},
		"subscriptions to a topic":    {subscriptions(store.SubscriptionFilter{Topic: "t"}), "subscriptions_topic (topic=? AND (param,one,since,attempt,task,mark)>(?,?,?,?,?,?))"},
		"subscriptions to a param":    {subscriptions(store.SubscriptionFilter{Topic: "t", Param: "p"}), "subscriptions_topic (topic=? AND param=? AND (one,since,attempt,task,mark)>(?,?,?,?,?))"},
		"who waits for a value":       {subscriptions(store.SubscriptionFilter{Topic: "t", Param: "p", Value: "v"}), "subscriptions_waiting (mark=? AND (one,since,attempt,task)>(?,?,?,?))"},
		"what an attempt waits for":   {subscriptions(store.SubscriptionFilter{Attempt: 1}), "few: s USING PRIMARY KEY (attempt=?)"},
		"early messages":              {letters(store.LetterFilter{}), "letters_early "},
		"early messages of a topic":   {letters(store.LetterFilter{Topic: "t"}), "letters_early_topic"},
		"early messages of a param":   {letters(store.LetterFilter{Topic: "t", Param: "p"}), "letters_early_topic"},
		"early messages with a value": {letters(store.LetterFilter{Topic: "t", Param: "p", Value: "v"}), "few: letter_keys_early (mark=? AND letter>?)"},
		"dead letters":                {letters(store.LetterFilter{Dead: true}), "letters_dead "},
		"dead letters of a topic":     {letters(store.LetterFilter{Dead: true, Topic: "t"}), "letters_dead_topic"},
		"dead letters with a value":   {letters(store.LetterFilter{Dead: true, Topic: "t", Param: "p", Value: "v"}), "few: letter_keys_dead (mark=? AND letter>?)"},
		"messages that expire":        {func(t *tables.Tables) error { _, err := t.ExpireLetters(ctx, 9, 9); return err }, "few: letters_expires"},
		"sources that expire":         {func(t *tables.Tables) error { _, err := t.ExpireLetters(ctx, 9, 9); return err }, "few: sources_expires"},
		"posts to an owner":           {func(t *tables.Tables) error { _, err := t.Posted(ctx, "o", epoch, 0, 9); return err }, "SEARCH p USING INDEX posts_owned (epoch=? AND id>?)"},
	} {
		t.Run(name, func(t *testing.T) {
			var plans []string
			if err := test.ask(tables.New(explainer{database{s}, &plans}, dialect)); err != nil {
				t.Fatal(err)
			}
			all := strings.Join(plans, "\n")
			uses, few := strings.CutPrefix(test.uses, "few: ")
			inOrder := strings.ReplaceAll(all, "TEMP B-TREE FOR LAST TERM OF ORDER BY", "") // of one instant
			if !strings.Contains(all, uses) || !few && strings.Contains(inOrder, "TEMP B-TREE") {
				t.Errorf("it does not use %s in order:\n%s", uses, all)
			}
		})
	}
}

// Who brings messages is given attempts by their numbers.
func TestGivingUsesTheNumbersOfAttempts(t *testing.T) {
	t.Parallel()
	s := openTemp(t)
	epoch, err := s.Lease(ctx, "o", 0, time.Hour)
	if err != nil {
		t.Fatal(err)
	}
	ids := []model.AttemptID{start(t, s, "k"), start(t, s, "l")}
	var plans []string
	var given []model.AttemptID
	err = explainer{database{s}, &plans}.Write(ctx, "give", func(c tables.Conn) (err error) {
		given, err = tables.Give(c, dialect.Numbers, store.Claimant{Owner: "o", Epoch: epoch}, ids)
		return err
	})
	if err != nil || !slices.Equal(given, ids) {
		t.Fatalf("given %v, error %v", given, err)
	}
	all := strings.Join(plans, "\n")
	for _, uses := range []string{"SEARCH attempts USING INTEGER PRIMARY KEY (rowid=?)", "SEARCH leases USING INTEGER PRIMARY KEY (rowid=?)"} {
		if !strings.Contains(all, uses) {
			t.Errorf("it does not %s:\n%s", uses, all)
		}
	}
	if strings.Contains(all, "SCAN attempts") || strings.Contains(all, "SCAN leases") {
		t.Errorf("a whole table is read:\n%s", all)
	}
}

// Nothing is read whole to find out what can go.
func TestPruningUsesIndexes(t *testing.T) {
	t.Parallel()
	s := openTemp(t)
	id := start(t, s, "k")
	if err := s.Commit(ctx, &store.Batch{
		Attempts: []engine.AttemptRow{{ID: id, State: engine.AttemptSuccess, Ended: 1}},
		Events:   []engine.Event{{Attempt: id, Seq: 1, At: 1, Kind: engine.ProductMade, Data: (&facts.Fact{Product: "p"}).Data()}},
	}); err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"p", "q"} {
		p, err := s.Push(ctx, store.Push{Project: name, Revision: store.Revision{Name: "r", Archive: store.Archive{Type: store.InStore}},
			Workflows: []store.Workflow{{Name: "w", Definition: startOf("").Definition}}})
		if err == nil {
			_, err = s.DeleteProject(ctx, p.ID, 1)
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	var plans []string
	tb := tables.New(explainer{database{s}, &plans}, dialect)
	keep := store.Retention{Attempts: time.Hour, Sessions: 1, Projects: time.Hour, Audit: time.Hour, Letters: time.Hour, Versions: time.Hour, Facts: time.Hour, Ticks: store.TickRetention{Started: time.Hour, Skipped: time.Hour, Failed: time.Hour}}
	if _, _, err := tb.Prune(ctx, keep, now, store.Page{}); err != nil {
		t.Fatal(err)
	}
	keep.Sessions = 0
	p, _, err := tb.Prune(ctx, keep, now, store.Page{})
	if err != nil || len(p.Attempts) != 1 || len(p.Projects) != 1 {
		t.Fatalf("pruned %+v, error %v", p, err)
	}
	all := strings.Join(plans, "\n")
	for _, index := range []string{
		"attempts_past", "sessions_workflow", "attempts_resumed", "attempts_after", "sqlite_autoindex_attempts_1",
		"projects_deleted", "revisions_project", "attempts_used", "workflows_used", "shared_values_expires", "audit_time", "letters_died",
		"letters_buried", "sqlite_autoindex_outbox_1", "ticks_outcome", "versions_attempt", "facts_at (at>? AND at<?)",
		"facts_part (project=? AND name=? AND part=? AND", "facts_name (project=?)",
	} {
		if !strings.Contains(all, index) {
			t.Errorf("%s is not used", index)
		}
	}
	for line := range strings.Lines(all) {
		if strings.Contains(line, "SCAN") && !strings.Contains(line, "json_each") && !strings.Contains(line, "CONSTANT ROW") || strings.Contains(line, "TEMP B-TREE FOR ORDER BY") {
			t.Errorf("a whole table is read: %s", line)
		}
	}
}

func unlessMissing(err error) error { return unless(model.NotFound, err) }

// unless returns an error that does not have a code.
func unless(code model.Code, err error) error {
	if model.CodeOf(err) == code {
		return nil
	}
	return err
}
