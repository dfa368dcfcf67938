package serve

import (
	"context"
	"errors"
	"io/fs"
	"net"
	"net/url"
	"path/filepath"
	"strconv"
	"syscall"

	"github.com/pawlhq/pawl/internal/kind"
	"github.com/pawlhq/pawl/internal/model"
	"github.com/pawlhq/pawl/internal/store"
	"github.com/pawlhq/pawl/internal/store/memory"
	"github.com/pawlhq/pawl/internal/store/postgres"
	"github.com/pawlhq/pawl/internal/store/sqlite"
)

// Kinds of databases. "h2" is what Digdag calls the one that is embedded.
const (
	kindSQLite   = "sqlite"
	kindH2       = "h2"
	kindMemory   = "memory"
	kindPostgres = "postgresql"
)

// opensDatabase opens a database as the settings say.
type opensDatabase = func(context.Context, *settings) (store.Store, error)

// databases are the databases that there are.
func databases() []kind.Constructor[opensDatabase] {
	return []kind.Constructor[opensDatabase]{
		{Type: kind.Type{Name: kindSQLite, Also: []string{kindH2}, Doc: "embedded: a file in `path`, for one machine"}, Make: openSQLite},
		{
			Type: kind.Type{Name: kindMemory, Doc: "nothing is kept: all is forgotten when the process ends"},
			Make: func(context.Context, *settings) (store.Store, error) { return memory.New(), nil },
		},
		{
			Type: kind.Type{Name: kindPostgres, Doc: "PostgreSQL, for any number of servers and workers", Options: []kind.Option{
				{Name: "url", Secret: true, Doc: "where it is, as `postgres://USER:PASSWORD@HOST:PORT/DATABASE?OPTION=VALUE`, in place of the single settings"},
				{Name: "host", Doc: "name of its machine"},
				{Name: "port", Form: kind.Port, Computed: "`5432`", Doc: "its port"},
				{Name: "database", Doc: "name of the database"},
				{Name: "user", Doc: "who is let in"},
				{Name: "password", Secret: true, Doc: "with which password"},
				{Name: "schema", Computed: "that of the user", Doc: "schema of the tables"},
				{Name: "ssl", Form: kind.Bool, Default: "false", Doc: "insists on TLS"},
				{Name: "sslmode", Doc: "as `libpq` has it, such as `verify-full`"},
				{Name: "sslcert", Form: kind.File, Doc: "certificate to be let in by (PEM)"},
				{Name: "sslkey", Form: kind.File, Doc: "its key (PEM)"},
				{Name: "sslrootcert", Form: kind.File, Doc: "certificates to trust (PEM)"},
				{Name: "maximumPoolSize", Form: kind.Number, Computed: "what the work needs", Doc: "most connections of a process"},
				{Name: "loginTimeout", Form: kind.Seconds, Computed: "`5`", Doc: "how long it may take to connect"},
				{Name: "socketTimeout", Form: kind.Seconds, Computed: "`60`", Doc: "how long an answer may take"},
			}},
			Make: openPostgres,
		},
	}
}

func databaseSection() kind.Section {
	return kind.Section{
		Name: "database", Doc: "Where projects, sessions and attempts are stored.", TypeDoc: "which database", Types: kind.Types(databases()),
		Options: []kind.Option{
			{Name: "path", Form: kind.Folder, Computed: "`$PAWL_HOME`, or `pawl` in the user's data folder", Doc: "folder of what is kept on this machine: the embedded database, and logs and archives unless they go elsewhere"},
			{Name: "runs", Doc: "project that `pawl run` [records its runs in](#runs-in-a-shared-database) here, in place of `.pawl` in their folder"},
			{Name: "migrate", Form: kind.Bool, Default: "true", Doc: "brings the tables to the version of the program; `false` leaves that to `pawl migrate`"},
		},
	}
}

func (s *settings) databaseKind() string { return s.choice("database.type") }

// openStore opens the database that the settings name.
func (s *settings) openStore(ctx context.Context) (store.Store, error) {
	open, ok := kind.Find(databases(), s.databaseKind())
	switch {
	case s.err != nil:
		return nil, s.err
	case !ok:
		return nil, model.Errorf(model.Invalid, "there is no database of the type %q", s.databaseKind())
	}
	return open(ctx, s)
}

func openPostgres(ctx context.Context, s *settings) (store.Store, error) {
	cfg := s.postgres()
	if s.err != nil {
		return nil, s.err
	}
	return opened(postgres.Open(ctx, cfg))
}

func openSQLite(_ context.Context, s *settings) (store.Store, error) {
	of, err := opened(sqlite.Open(s.databaseFile()))
	return of, placed(err, "name another folder with -o or database.path")
}

// placed gives an error of the operating system about a folder that somebody
// has named, or a file in it, the code that says so: Conflict where something
// else stands there, Forbidden where it can't be made or written.
func placed(err error, hint string) error {
	var of *fs.PathError
	switch {
	case model.CodeOf(err) != model.Internal || !errors.As(err, &of):
		return err
	case errors.Is(err, syscall.ENOTDIR), errors.Is(err, fs.ErrExist):
		return model.Errorf(model.Conflict, "%w", err).WithHint("%s", hint)
	}
	return model.Errorf(model.Forbidden, "%w", err).WithHint("%s", hint)
}

// opened returns no store at all where opening one failed: a nil pointer in an
// interface would look like one that is to be closed.
func opened[S store.Store](s S, err error) (store.Store, error) {
	if err != nil {
		return nil, err
	}
	return s, nil
}

// databaseFile is the file of the embedded database.
func (s *settings) databaseFile() string { return filepath.Join(s.dataDir(), "pawl.db") }

// dataDir is the folder of what the server keeps on this machine.
func (s *settings) dataDir() string { return s.textOr("database.path", ".") }

// postgres reads where the database is, under Digdag's keys and our own.
func (s *settings) postgres() postgres.Config {
	cfg := postgres.Config{
		URL:            s.text("database.url"),
		Password:       s.text("database.password"),
		Schema:         s.text("database.schema"),
		KeepVersion:    !s.yes("database.migrate"),
		MaxConns:       s.number("database.maximumPoolSize"),
		ConnectTimeout: s.seconds("database.loginTimeout"),
		Timeout:        s.seconds("database.socketTimeout"),
	}
	if cfg.URL == "" {
		cfg.URL = s.postgresURL()
	}
	return cfg
}

// postgresURL makes the URL of a database that is named by single settings. It
// is empty if there are none.
func (s *settings) postgresURL() string {
	u := url.URL{Scheme: "postgres", Host: s.text("database.host"), Path: s.text("database.database")}
	if user := s.text("database.user"); user != "" {
		u.User = url.User(user)
	}
	if port := s.port("database.port"); port != 0 {
		u.Host = net.JoinHostPort(u.Host, strconv.Itoa(port))
	}
	query := url.Values{}
	if s.yes("database.ssl") {
		query.Set("sslmode", "require")
	}
	for _, key := range []string{"sslmode", "sslcert", "sslkey", "sslrootcert"} {
		if v := s.text("database." + key); v != "" {
			query.Set(key, v)
		}
	}
	if u.RawQuery = query.Encode(); u.User == nil && u.Host == "" && u.Path == "" && u.RawQuery == "" {
		return ""
	}
	return u.String()
}
