package postgres

import (
	"net"
	"strings"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/pawlhq/pawl/internal/model"
	"github.com/pawlhq/pawl/internal/store/postgres/postgrestest"
)

func TestConfigsThatMakeNoSense(t *testing.T) {
	t.Parallel()
	for name, cfg := range map[string]Config{
		"two addresses":   {URL: "postgres://a/b", Host: "c"},
		"no URL":          {URL: "postgres://user:hunter2@host:port/db"},
		"bad sslmode":     {URL: "postgres://user:hunter2@host/db?sslmode=perhaps"},
		"no list":         {URL: "host"},
		"one connection":  {URL: "postgres://a/b", MaxConns: 1},
		"long name":       {URL: "postgres://a/b", Schema: strings.Repeat("s", 64)},
		"half connection": {URL: "postgres://a/b", MaxConns: -1},
	} {
		_, err := Open(ctx, cfg)
		if err == nil || model.CodeOf(err) != model.Invalid {
			t.Errorf("%s: error %v (%s)", name, err, model.CodeOf(err))
		}
		if strings.Contains(model.HintsOf(err)+err.Error(), "hunter2") {
			t.Errorf("%s: error %q has the password", name, err)
		}
	}
}

func TestTheFieldsOfAConfig(t *testing.T) {
	t.Parallel()
	p, err := Config{
		Host: `it's\here`, Port: 5433, Database: "d b", User: "u", Password: "p' w", Schema: `a"b`, MaxConns: 7,
		ConnectTimeout: 2 * time.Second, Timeout: 3 * time.Second,
	}.withDefaults().parse()
	if err != nil {
		t.Fatal(err)
	}
	c := p.ConnConfig
	if c.Host != `it's\here` || c.Port != 5433 || c.Database != "d b" || c.User != "u" || c.Password != "p' w" {
		t.Errorf("host %q, port %d, database %q, user %q, password %q", c.Host, c.Port, c.Database, c.User, c.Password)
	}
	if p.MaxConns != 6 || c.ConnectTimeout != 2*time.Second {
		t.Errorf("%d connections in the pool, %s to connect", p.MaxConns, c.ConnectTimeout)
	}
	if path, limit := c.RuntimeParams["search_path"], c.RuntimeParams["statement_timeout"]; path != `"a""b"` || limit != "3000" {
		t.Errorf("search path %s, statement timeout %s", path, limit)
	}
}

func TestAServerThatIsNotThereIsUnavailable(t *testing.T) {
	t.Parallel()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	l.Close()
	port := l.Addr().(*net.TCPAddr).Port
	_, err = Open(ctx, Config{Host: "127.0.0.1", Port: port, User: "u", Password: "hunter2"})
	if err == nil || model.CodeOf(err) != model.Unavailable || model.HintsOf(err) == "" {
		t.Errorf("error %v (%s) with hint %q", err, model.CodeOf(err), model.HintsOf(err))
	}
	if strings.Contains(err.Error(), "hunter2") {
		t.Errorf("error %q has the password", err)
	}
}

func TestADatabaseThatIsNotThereIsInvalid(t *testing.T) {
	t.Parallel()
	cfg := tempConfig(t)
	cfg.URL = strings.Replace(cfg.URL, "/postgres?", "/nowhere?", 1)
	if _, err := Open(ctx, cfg); err == nil || model.CodeOf(err) != model.Invalid {
		t.Errorf("error %v (%s)", err, model.CodeOf(err))
	}
}

func TestATextThatCannotBeStoredHarmsNoOther(t *testing.T) {
	t.Parallel()
	s := openTemp(t)
	errs := make(chan error, 8)
	for i := range cap(errs) {
		key := "k"
		if i%2 == 0 {
			key = "\x00"
		}
		start := startOf(key + string(rune('a'+i)))
		go func() {
			_, _, err := s.StartAttempt(ctx, start)
			if key == "k" && err != nil || key != "k" && model.CodeOf(err) != model.Invalid {
				errs <- err
				return
			}
			errs <- nil
		}()
	}
	for range cap(errs) {
		if err := <-errs; err != nil {
			t.Errorf("error %v (%s)", err, model.CodeOf(err))
		}
	}
}

func TestCommitsAreDurableThoughTheServerIsTold(t *testing.T) {
	t.Parallel()
	cfg := emptyConfig(t)
	cfg.URL += "&synchronous_commit=off"
	var setting string
	if err := openAndClose(t, cfg).pool.QueryRow(ctx, "SHOW synchronous_commit").Scan(&setting); err != nil || setting != "on" {
		t.Errorf("synchronous_commit is %q, error %v", setting, err)
	}
}

func TestCallsOfAClosedStoreFail(t *testing.T) {
	t.Parallel()
	s := openAt(t, emptyConfig(t))
	closeStore(t, s)
	closeStore(t, s)
	_, _, started := s.StartAttempt(ctx, startOf("k"))
	_, read := s.Attempt(ctx, 1)
	_, leased := s.Lease(ctx, "a", 0, time.Hour)
	for name, err := range map[string]error{"start": started, "read": read, "lease": leased} {
		if err == nil || model.CodeOf(err) != model.Unavailable {
			t.Errorf("%s: error %v (%s)", name, err, model.CodeOf(err))
		}
	}
}

func TestAConnectionThatBreaksAsItIsSetUpCountsAsLost(t *testing.T) {
	t.Parallel()
	c, err := pgx.Connect(ctx, postgrestest.URL(t))
	if err != nil {
		t.Fatal(err)
	}
	if err := c.PgConn().Conn().Close(); err != nil {
		t.Fatal(err)
	}
	if err := beDurable(ctx, c); err == nil || !unreachable(err) {
		t.Errorf("error %v, want one that says that the database can't be reached", err)
	}
}
