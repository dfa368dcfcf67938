package postgres

import (
	"context"
	"database/sql/driver"
	"strings"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"

	"github.com/pawlhq/pawl/internal/engine"
	"github.com/pawlhq/pawl/internal/model"
	"github.com/pawlhq/pawl/internal/store"
	"github.com/pawlhq/pawl/internal/store/tables"
)

// fill makes 300 projects with 6000 sessions, and as much of all else as makes
// an index worth it.
const fill = `
	INSERT INTO projects (name, latest, created, deleted) SELECT 'p' || i, i, 0, 0 FROM generate_series(1, 300) i;
	INSERT INTO revisions (project, name, archive_type, archive_path, archive_size, created)
	SELECT i % 300 + 1, 'r' || i, 'none', '', 0, 0 FROM generate_series(1, 900) i;
	INSERT INTO workflows (revision, project, name, zone, definition)
	SELECT i % 900 + 1, i % 300 + 1, 'w' || i, '', 1 FROM generate_series(1, 6000) i;
	INSERT INTO schedules (project, name, workflow, next_run, next_time, last_time, disabled, created, updated, version)
	SELECT i % 300 + 1, 'w' || i, i, i, i, 0, 0, 0, 0, 1 FROM generate_series(1, 6000) i;
	INSERT INTO sessions (uuid, project, workflow, key, time, attempts, last)
	SELECT '', i % 300 + 1, 'w' || i % 600, 'k' || i, i, 1, i FROM generate_series(1, 6000) i;
	INSERT INTO attempts (session, number, name, project, workflow, stored, zone, created, definition, resume_attempt, resume_from,
		due, after, wake, epoch, state, cancel_asked, tasks, started, ended)
	SELECT i, 1, '', i % 300 + 1, 'w' || i % 600, 0, '', 0, 1, 0, '', 0,
		CASE WHEN i % 20 = 0 THEN i - 1 ELSE 0 END, i, i % 101, CASE WHEN i % 2 = 0 THEN 0 WHEN i % 101 = 7 THEN 2 ELSE 1 END, false, 1, 0, i
	FROM generate_series(1, 6000) i;
	INSERT INTO subscriptions (attempt, task, mark, topic, param, value, one, since)
	SELECT i, 1, decode(lpad(to_hex(i), 32, '0'), 'hex'), ('t' || i % 10)::bytea, 'p', i::text::bytea, 0, i FROM generate_series(1, 6000) i;
	INSERT INTO letters (topic, source, mark, came, expires, died, reason, attempt, task)
	SELECT ('t' || i % 10)::bytea, '', '', 0, i, i % 2, '', 0, 0 FROM generate_series(1, 6000) i;
	INSERT INTO letter_keys (letter, mark, param, value, early)
	SELECT i, decode(lpad(to_hex(i % 3000), 32, '0'), 'hex'), 'p', '', 1 - i % 2 FROM generate_series(1, 6000) i;
	INSERT INTO sources (mark, expires) SELECT decode(lpad(to_hex(i), 32, '0'), 'hex'), i FROM generate_series(1, 6000) i;
	INSERT INTO offsets (feeder, topic, number, next) SELECT 'f' || i % 100, 't', i, i FROM generate_series(1, 6000) i;
	INSERT INTO posts (attempt, body, epoch) SELECT i, '', i % 101 FROM generate_series(1, 6000) i;
	INSERT INTO leases (id, owner, until) SELECT 100 + i, 'o' || i, 0 FROM generate_series(1, 100) i;
	INSERT INTO definitions (hash, body) SELECT sha256(i::text::bytea), '' FROM generate_series(1, 6000) i;
	INSERT INTO audit (time, principal, action, project, target, outcome, remote)
	SELECT i, i % 30, i % 30, i % 30, '', '', '' FROM generate_series(1, 6000) i;
	DO $$
	DECLARE name text;
	BEGIN -- not those of other tests, which are to seem empty
		FOR name IN SELECT tablename FROM pg_tables WHERE schemaname = current_schema() LOOP
			EXECUTE format('ANALYZE %I', name);
		END LOOP;
	END $$;`

// explainer is a database that tells how PostgreSQL carries out what is asked.
type explainer struct {
	database
	plans *[]string
}

func (e explainer) Read(ctx context.Context, what string, read func(tables.Conn) error) error {
	return e.database.Read(ctx, what, func(c tables.Conn) error { return read(explained{c.(conn), e.plans}) })
}

func (e explainer) ReadMoment(ctx context.Context, what string, read func(tables.Conn) error) error {
	return e.database.ReadMoment(ctx, what, func(c tables.Conn) error { return read(explained{c.(conn), e.plans}) })
}

func (e explainer) Write(ctx context.Context, what string, write func(tables.Conn) error) error {
	return e.database.Write(ctx, what, func(c tables.Conn) error { return write(explained{c.(conn), e.plans}) })
}

type explained struct {
	conn
	plans *[]string
}

func (e explained) Query(text string, each func(tables.Row) error, args ...driver.Value) error {
	plan, err := e.plan("EXPLAIN "+numbered(text), anys(args)...)
	if err != nil {
		return err
	}
	*e.plans = append(*e.plans, plan)
	return e.conn.Query(text, each, args...)
}

func (c conn) plan(text string, args ...any) (string, error) {
	rows, err := c.raw.Query(c.ctx, text, args...)
	if err != nil {
		return "", err
	}
	lines, err := pgx.CollectRows(rows, pgx.RowTo[string])
	return strings.Join(lines, "\n"), err
}

// What is read often is found by an index, and lists are read in its order, no
// more of them than a page.
func TestQueriesUseIndexes(t *testing.T) {
	t.Parallel()
	cfg := tempConfig(t)
	s := openAndClose(t, cfg)
	epoch, err := s.Lease(ctx, "o", 0, time.Hour)
	if err != nil {
		t.Fatal(err)
	}
	script(t, cfg, fill)
	attempts := func(f store.Filter) func(*tables.Tables) error {
		return func(t *tables.Tables) error {
			_, _, err := t.ListAttempts(ctx, f, store.Page{})
			return err
		}
	}
	subscriptions := func(f store.SubscriptionFilter) func(*tables.Tables) error {
		return func(t *tables.Tables) error {
			_, _, err := t.ListSubscriptions(ctx, f, store.Page{Cursor: store.SubscriptionMark{Topic: "t1", Param: "p", Since: 5}.Cursor()})
			return err
		}
	}
	letters := func(f store.LetterFilter) func(*tables.Tables) error {
		return func(t *tables.Tables) error {
			_, _, err := t.ListLetters(ctx, f, store.Page{Cursor: store.CursorAfter(int64(5))})
			return err
		}
	}
	for name, test := range map[string]struct {
		ask  func(*tables.Tables) error
		uses string // sorts a few rows, where it begins with "few: "
	}{
		"all attempts":              {attempts(store.Filter{}), "attempts_pkey"},
		"newest attempts":           {attempts(store.Filter{Stored: true, Last: true}), "attempts_pkey"},
		"attempts of a project":     {attempts(store.Filter{Project: 1}), "attempts_project"},
		"newest attempts of it":     {attempts(store.Filter{Project: 1, Last: true}), "attempts_project"},
		"attempts of a workflow":    {attempts(store.Filter{Project: 1, Workflow: "w300"}), "attempts_workflow"},
		"attempts that run":         {attempts(store.Filter{Running: true}), "attempts_running"},
		"attempts that failed":      {attempts(store.Filter{Ended: engine.AttemptFailed}), "attempts_failed"},
		"running ones of an owner":  {attempts(store.Filter{Running: true, Owner: "o"}), "attempts_owned"},
		"attempts of a session":     {attempts(store.Filter{Session: 1}), "few: attempts_name"},
		"running ones of a session": {attempts(store.Filter{Session: 1, Running: true}), "few: attempts_name"},
		"a session by its key": {func(t *tables.Tables) error {
			_, err := t.FindSession(ctx, 1, "w0", "k0")
			return unlessMissing(err)
		}, "sessions_key"},
		"sessions of a workflow": {func(t *tables.Tables) error {
			_, _, err := t.ListSessions(ctx, store.SessionFilter{Project: 1, Workflow: "w300"}, store.Page{})
			return err
		}, "sessions_workflow"},
		"sessions of a project": {func(t *tables.Tables) error {
			_, _, err := t.ListSessions(ctx, store.SessionFilter{Project: 1}, store.Page{})
			return err
		}, "sessions_project"},
		"the session before":     {func(t *tables.Tables) error { _, err := t.LastSessionTime(ctx, 1, "w300", 9); return err }, "sessions_time"},
		"due schedules":          {func(t *tables.Tables) error { _, _, err := t.DueSchedules(ctx, 9, 9); return err }, "schedules_due"},
		"revisions of a project": {func(t *tables.Tables) error { _, _, err := t.ListRevisions(ctx, 1, store.Page{}); return err }, "revisions_project"},
		"workflows of a revision": {func(t *tables.Tables) error {
			_, _, err := t.ListWorkflows(ctx, store.WorkflowFilter{Revision: 1}, store.Page{})
			return err
		}, "few: workflows_revision"},
		"when one can be taken":      {func(t *tables.Tables) error { _, err := t.Due(ctx, 0); return err }, "attempts_unowned"},
		"attempts that can be taken": {func(t *tables.Tables) error { _, err := t.Claim(ctx, 0, "o", epoch, 9, 9); return err }, "attempts_unowned"},
		"attempts that are loaded": {func(t *tables.Tables) error {
			_, err := t.LoadAll(ctx, []model.AttemptID{1, 2, 3})
			return err
		}, "few: posts_attempt"},
		"attempts that are named": {func(t *tables.Tables) error {
			_, err := t.Claim(ctx, 0, "o", epoch, 9, 9, 1, 2, 3)
			return err
		}, "few: attempts_pkey"},
		"subscriptions":               {subscriptions(store.SubscriptionFilter{}), "subscriptions_topic"},
		"subscriptions to a topic":    {subscriptions(store.SubscriptionFilter{Topic: "t1"}), "subscriptions_topic"},
		"who waits for a value":       {subscriptions(store.SubscriptionFilter{Topic: "t1", Param: "p", Value: "v"}), "subscriptions_waiting"},
		"what an attempt waits for":   {subscriptions(store.SubscriptionFilter{Attempt: 2}), "few: subscriptions_pkey"},
		"early messages":              {letters(store.LetterFilter{}), "letters_early "},
		"early messages of a topic":   {letters(store.LetterFilter{Topic: "t2"}), "letters_early_topic"},
		"early messages with a value": {letters(store.LetterFilter{Topic: "t2", Param: "p", Value: "v"}), "few: letter_keys_early"},
		"dead letters of a topic":     {letters(store.LetterFilter{Dead: true, Topic: "t1"}), "letters_dead_topic"},
		"dead letters with a value":   {letters(store.LetterFilter{Dead: true, Topic: "t1", Param: "p", Value: "v"}), "few: letter_keys_dead"},
		"messages that expire":        {func(t *tables.Tables) error { _, err := t.ExpireLetters(ctx, 0, 9); return err }, "few: letters_expires"},
		"posts to an owner":           {func(t *tables.Tables) error { _, err := t.Posted(ctx, "o", epoch, 0, 9); return err }, "posts_owned"},
	} {
		t.Run(name, func(t *testing.T) {
			var plans []string
			if err := test.ask(tables.New(explainer{database{s}, &plans}, dialect)); err != nil {
				t.Fatal(err)
			}
			all := strings.Join(plans, "\n")
			uses, few := strings.CutPrefix(test.uses, "few: ")
			if !strings.Contains(all, uses) || !few && strings.Contains(all, "Sort") {
				t.Errorf("it does not use %s in order:\n%s", uses, all)
			}
		})
	}
}

// Who takes the newest attempts of sessions for few does not read them in the
// order of the page, but all, and sorts them.
func TestThatMostAttemptsAreTheNewestOfTheirSessionsIsKnown(t *testing.T) {
	t.Parallel()
	cfg := tempConfig(t)
	s := openAndClose(t, cfg)
	script(t, cfg, fill)
	var plans []string
	_, _, err := tables.New(explainer{database{s}, &plans}, dialect).ListAttempts(ctx, store.Filter{Stored: true, Last: true}, store.Page{Limit: 100})
	if err != nil {
		t.Fatal(err)
	}
	if top, _, _ := strings.Cut(plans[0], "\n"); !strings.Contains(top, "rows=101 ") {
		t.Errorf("a page is not expected to be full: %s", top)
	}
}

// inTables runs a test with a new store and with one that has rows.
func inTables(t *testing.T, test func(t *testing.T, s *Store, cfg Config)) {
	for name, filled := range map[string]bool{"empty": false, "filled": true} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			cfg := tempConfig(t)
			s := openAndClose(t, cfg)
			if filled {
				script(t, cfg, fill)
			}
			test(t, s, cfg)
		})
	}
}

func unlessMissing(err error) error {
	if model.CodeOf(err) == model.NotFound {
		return nil
	}
	return err
}

// The statements of starts and posts use the right index in tables that seem
// to be empty, too, as they are in a new database that grows fast: what is
// planned then is kept.
func TestStatementsUseIndexes(t *testing.T) {
	t.Parallel()
	inTables(t, func(t *testing.T, s *Store, cfg Config) {
		for _, test := range []struct {
			text string
			args int
			uses []string
		}{
			{selectStarted, 4, []string{"sessions_key", "attempts_name"}},
			{selectHashes, 1, []string{"definitions_hash_key"}},
			{selectLeases, 1, []string{"leases_pkey"}},
			{selectStartable, 1, []string{"workflows_pkey"}},
			{countRunning, 1, []string{"attempts_"}},
			{selectVersions, 1, []string{"schedules_pkey"}},
			{holdUnfinished, 1, []string{"attempts_name"}},
			{updateSessions, 3, []string{"sessions_pkey"}},
			{updateSchedules, 8, []string{"schedules_pkey"}},
			{selectAddressed, 1, []string{"attempts_pkey"}},
			{wakeAddressed, 1, []string{"attempts_pkey"}},
			{giveAddressed, 4, []string{"attempts_pkey", "leases_"}},
			{selectListeners, 1, []string{"subscriptions_waiting", "attempts_pkey"}},
			{countEarly, 1, []string{"letter_keys_early"}},
			{selectSources, 1, []string{"sources_pkey"}},
			{selectOffsets, 3, []string{"offsets_pkey"}},
			{selectDead, 1, []string{"letters_pkey"}},
			{dropLetterKeys, 1, []string{"letter_keys_pkey"}},
			{dropLetters, 1, []string{"letters_pkey"}},
		} {
			plan, err := genericPlan(s, test.text, test.args)
			if err != nil {
				t.Fatalf("%s: %v", test.text, err)
			}
			for _, index := range test.uses {
				if !strings.Contains(plan, index) {
					t.Errorf("%s\ndoes not use %s:\n%s", test.text, index, plan)
				}
			}
			if strings.Contains(plan, "Seq Scan") {
				t.Errorf("%s\nreads a whole table:\n%s", test.text, plan)
			}
		}
	})
}

// genericPlan returns the plan of a statement that does for all arguments.
func genericPlan(s *Store, text string, args int) (plan string, err error) {
	err = s.withConn(ctx, func(ctx context.Context, c *pgx.Conn) error {
		nulls := ""
		if args > 0 {
			nulls = "(null" + strings.Repeat(", null", args-1) + ")"
		}
		err := c.PgConn().Exec(ctx, "DEALLOCATE ALL; SET plan_cache_mode = force_generic_plan; PREPARE explained AS "+text).Close()
		if err != nil {
			return err
		}
		plan, err = conn{ctx, c}.plan("EXPLAIN EXECUTE explained "+nulls, pgx.QueryExecModeSimpleProtocol)
		return err
	})
	return plan, err
}

// The statements within commit_batch do so as well.
func TestCommitsUseIndexes(t *testing.T) {
	t.Parallel()
	inTables(t, func(t *testing.T, s *Store, cfg Config) {
		epoch, ids := ownedBy(t, s, "a", 3)
		ending, err := s.Attempt(ctx, ids[0])
		if err != nil {
			t.Fatal(err)
		}
		follower := startOf("f")
		follower.After = ending.Session.ID
		if _, _, err := s.StartAttempt(ctx, follower); err != nil {
			t.Fatal(err)
		}
		b := step(ids[0], 1)
		b.Owner, b.Epoch = "a", epoch
		b.Attempts = end(ids[0]).Attempts
		b.Grown = []engine.Growth{{Attempt: ids[1], First: 4, Kind: engine.GrowRound}}
		b.Consumed = []store.PostID{1_000_000}
		b.Release = []store.Release{{Attempt: ids[2]}}
		plans := strings.Join(explainCommit(t, cfg, b), "\n")
		for _, index := range []string{"leases_", "attempts_pkey", "posts_pkey", "posts_attempt", "attempts_after", "attempts_name"} {
			if !strings.Contains(plans, index) {
				t.Errorf("a commit does not use %s:\n%s", index, plans)
			}
		}
		for _, bad := range []string{"Seq Scan", "attempts_running", "attempts_active", "attempts_unowned"} {
			if strings.Contains(plans, bad) {
				t.Errorf("a commit uses %s:\n%s", bad, plans)
			}
		}
	})
}

// explainCommit returns the plans of the statements of a commit.
func explainCommit(t *testing.T, cfg Config, b *store.Batch) (plans []string) {
	t.Helper()
	return explainText(t, cfg, commitText, (&Store{space: space(cfg.withDefaults().Schema)}).commitArgs(tables.NewPlan(b), true))
}

// explainText returns the plans of the statements of a function that a
// statement calls.
func explainText(t *testing.T, cfg Config, text string, args []any) (plans []string) {
	t.Helper()
	cfg = cfg.withDefaults()
	config, err := cfg.parse()
	if err != nil {
		t.Fatal(err)
	}
	config.ConnConfig.OnNotice = func(_ *pgconn.PgConn, n *pgconn.Notice) { plans = append(plans, n.Message) }
	c, err := pgx.ConnectConfig(ctx, config.ConnConfig)
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close(ctx)
	err = c.PgConn().Exec(ctx, `
		LOAD 'auto_explain';
		SET auto_explain.log_min_duration = 0;
		SET auto_explain.log_nested_statements = on;
		SET auto_explain.log_level = notice;
		SET plan_cache_mode = force_generic_plan`).Close()
	if err != nil {
		t.Skip("the server does not tell how it carries out functions: ", err)
	}
	if _, err := c.Exec(ctx, text, args...); err != nil {
		t.Fatal(err)
	}
	return plans
}

// So do those within commit_signals.
func TestCommitsOfSignalsUseIndexes(t *testing.T) {
	t.Parallel()
	inTables(t, func(t *testing.T, s *Store, cfg Config) {
		_, ids := ownedBy(t, s, "a", 2)
		m, key := order(1)
		if err := deliver(s, store.Delivery{Messages: []store.Message{m}}); err != nil {
			t.Fatal(err)
		}
		b := listen(ids[0], key)
		b.Records = []engine.Record{{Attempt: ids[0]}}
		b.Buried = []engine.Buried{{Attempt: ids[1], At: now}}
		plans := strings.Join(explainText(t, cfg, signalsText, signalArgs(tables.NewSignalPlan(b, nil))), "\n")
		for _, index := range []string{"subscriptions_pkey", "attempts_pkey", "letter_keys_early", "letters_pkey", "letter_keys_pkey", "outbox_record", "letters_buried"} {
			if !strings.Contains(plans, index) {
				t.Errorf("a commit does not use %s:\n%s", index, plans)
			}
		}
		if strings.Contains(plans, "Seq Scan") {
			t.Errorf("a commit reads a whole table:\n%s", plans)
		}
	})
}
