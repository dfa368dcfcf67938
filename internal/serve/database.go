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

func (s *settings) databaseKind() string {
	return s.choice("database.type", kindSQLite, kindH2, kindMemory, kindPostgres)
}

// openStore opens the database that the settings name.
func (s *settings) openStore(ctx context.Context) (store.Store, error) {
	switch kind := s.databaseKind(); {
	case s.err != nil:
		return nil, s.err
	case kind == kindMemory:
		return memory.New(), nil
	case kind == kindPostgres:
		cfg := s.postgres()
		if s.err != nil {
			return nil, s.err
		}
		return opened(postgres.Open(ctx, cfg))
	}
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
func (s *settings) dataDir() string { return s.text(".", "database.path") }

// postgres reads where the database is, under Digdag's keys and our own.
func (s *settings) postgres() postgres.Config {
	cfg := postgres.Config{
		URL:            s.text("", "database.url"),
		Password:       s.text("", "database.password"),
		Schema:         s.text("", "database.schema"),
		KeepVersion:    !s.yes("database.migrate", true),
		MaxConns:       s.number("database.maximumPoolSize", 0),
		ConnectTimeout: s.seconds("database.loginTimeout", 0),
		Timeout:        s.seconds("database.socketTimeout", 0),
	}
	if cfg.URL == "" {
		cfg.URL = s.postgresURL()
	}
	return cfg
}

// postgresURL makes the URL of a database that is named by single settings. It
// is empty if there are none.
func (s *settings) postgresURL() string {
	u := url.URL{Scheme: "postgres", Host: s.text("", "database.host"), Path: s.text("", "database.database")}
	if user := s.text("", "database.user"); user != "" {
		u.User = url.User(user)
	}
	if port := s.port("database.port", 0); port != 0 {
		u.Host = net.JoinHostPort(u.Host, strconv.Itoa(port))
	}
	query := url.Values{}
	if s.yes("database.ssl", false) {
		query.Set("sslmode", "require")
	}
	for _, key := range []string{"sslmode", "sslcert", "sslkey", "sslrootcert"} {
		if v := s.text("", "database."+key); v != "" {
			query.Set(key, v)
		}
	}
	if u.RawQuery = query.Encode(); u.User == nil && u.Host == "" && u.Path == "" && u.RawQuery == "" {
		return ""
	}
	return u.String()
}
