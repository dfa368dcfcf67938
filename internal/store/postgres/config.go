package postgres

import (
	"context"
	"hash/fnv"
	"maps"
	"strconv"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"

	"github.com/pawlhq/pawl/internal/model"
)

// Config says which database a store is on. The zero value is the one that
// PostgreSQL's own programs use: what is not said comes from the environment
// (PGHOST and so on), from ~/.pgpass and the service file.
type Config struct {
	// URL is a URL ("postgres://user@host:5432/database?sslmode=verify-full"),
	// or a list of settings ("host=a port=5432").
	URL string
	// Host, Port, Database and User say the same without a URL.
	Host     string
	Port     int
	Database string
	User     string
	// Password appears in no error.
	Password string
	// Schema is where the tables are; empty means "pawl". It is made when
	// there is none of that name.
	Schema string
	// KeepVersion makes it an error when the tables are not there or not of
	// this version, instead of migrating them.
	KeepVersion bool
	// MaxConns is the most connections at a time, 0 for 10. One of them is
	// for locks and notifications, and never idle.
	MaxConns int
	// ConnectTimeout is the most that connecting to one address takes, 0 for
	// 5 s.
	ConnectTimeout time.Duration
	// Timeout is the most that a transaction takes, waiting for others
	// included, 0 for 60 s. What takes longer is Unavailable.
	Timeout time.Duration
}

const (
	defaultSchema         = "pawl"
	defaultMaxConns       = 10
	defaultConnectTimeout = 5 * time.Second
	defaultTimeout        = time.Minute
	// idleTimeout ends the transactions of a process that stands still: it
	// may keep all others from starting anything.
	idleTimeout = 10 * time.Second
)

func (c Config) withDefaults() Config {
	if c.Schema == "" {
		c.Schema = defaultSchema
	}
	if c.MaxConns == 0 {
		c.MaxConns = defaultMaxConns
	}
	if c.ConnectTimeout == 0 {
		c.ConnectTimeout = defaultConnectTimeout
	}
	if c.Timeout == 0 {
		c.Timeout = defaultTimeout
	}
	return c
}

// parse returns how to connect. No error of it has the password.
func (c Config) parse() (*pgxpool.Config, error) {
	if c.URL != "" && (c.Host != "" || c.Port != 0 || c.Database != "" || c.User != "") {
		return nil, model.Errorf(model.Invalid, "a database is named by its URL or by host, port, database and user, not by both")
	}
	if len(c.Schema) > maxName {
		return nil, model.Errorf(model.Invalid, "the name of a schema has at most %d bytes, not %d", maxName, len(c.Schema))
	}
	if c.MaxConns < minConns {
		return nil, model.Errorf(model.Invalid, "a store needs %d connections or more, not %d", minConns, c.MaxConns)
	}
	p, err := pgxpool.ParseConfig(c.text())
	if err != nil {
		// The cause may quote what has the password in it.
		return nil, model.Errorf(model.Invalid, "the URL of the database can't be understood").
			WithHint("write it as postgres://USER@HOST:PORT/DATABASE")
	}
	if c.Password != "" {
		p.ConnConfig.Password = c.Password
	}
	p.ConnConfig.ConnectTimeout = c.ConnectTimeout
	p.MaxConns = int32(c.MaxConns - 1)
	p.AfterConnect = beDurable
	for key, value := range c.parameters() {
		p.ConnConfig.RuntimeParams[key] = value
	}
	return p, nil
}

// maxName is how long a name may be in PostgreSQL.
const maxName = 63

// beDurable makes commits wait for the disk where the server is told not to.
func beDurable(ctx context.Context, c *pgx.Conn) error {
	_, err := c.Exec(ctx, "SELECT set_config('synchronous_commit', 'on', false) WHERE current_setting('synchronous_commit') = 'off'")
	return lost(c, err)
}

// minConns are the connections that one call may need at a time: its own, and
// that for locks.
const minConns = 2

// planning is what connections set of the planner. Every statement of a store
// is written for an index; the plans that tables without statistics would get
// otherwise, before the first vacuum, are kept for as long as a connection
// lives.
var planning = map[string]string{
	"enable_seqscan":    "off",
	"enable_bitmapscan": "off",
	"enable_hashjoin":   "off",
	"enable_mergejoin":  "off",
	"random_page_cost":  "1.1",
	"jit":               "off",
	// A page is read before other processes could begin to help.
	"max_parallel_workers_per_gather": "0",
}

// parameters are what connections set.
func (c Config) parameters() map[string]string {
	m := map[string]string{
		"application_name":                    "pawl",
		"search_path":                         pgx.Identifier{c.Schema}.Sanitize(),
		"statement_timeout":                   milliseconds(c.Timeout),
		"idle_in_transaction_session_timeout": milliseconds(idleTimeout),
		"default_transaction_isolation":       "read committed",
	}
	maps.Copy(m, planning)
	return m
}

func milliseconds(d time.Duration) string { return strconv.FormatInt(d.Milliseconds(), 10) }

// text returns the URL, or the fields as a list of settings.
func (c Config) text() string {
	if c.URL != "" {
		return c.URL
	}
	var settings []string
	quote := strings.NewReplacer(`\`, `\\`, `'`, `\'`)
	for _, one := range []struct{ key, value string }{{"host", c.Host}, {"dbname", c.Database}, {"user", c.User}} {
		if one.value != "" {
			settings = append(settings, one.key+"='"+quote.Replace(one.value)+"'")
		}
	}
	if c.Port != 0 {
		settings = append(settings, "port="+strconv.Itoa(c.Port))
	}
	return strings.Join(settings, " ")
}

// space returns the first of the two numbers that advisory locks of a schema
// have. Those of a database share them with all its programs.
func space(schema string) int32 {
	h := fnv.New32a()
	_, _ = h.Write([]byte("pawl " + schema)) // it can't fail
	return int32(h.Sum32())
}
