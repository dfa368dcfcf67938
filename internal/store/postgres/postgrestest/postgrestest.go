// Package postgrestest gives tests and benchmarks a real PostgreSQL: the server
// that the environment names, or one of their own, which lives as long as
// their process. It knows no tables.
package postgrestest

import (
	"errors"
	"fmt"
	"os"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"
)

// Variable names an environment variable with the URL of a database that tests
// may make schemas in.
const Variable = "PAWL_TEST_POSTGRES"

var shared = sync.OnceValues(func() (*Server, error) { return Start() })

// URL returns the URL of a database that tests of this process share. Where
// there is none and no server can be started, the test is skipped; where CI is
// set, it fails.
func URL(t testing.TB) string {
	t.Helper()
	if url := os.Getenv(Variable); url != "" {
		return url
	}
	server, err := shared()
	giveUp(t, err)
	return server.URL
}

func giveUp(t testing.TB, err error) {
	t.Helper()
	switch {
	case err == nil:
	case os.Getenv("CI") == "" && errors.Is(err, ErrMissing):
		t.Skip(err)
	default:
		t.Fatal(err)
	}
}

var schemas atomic.Int64

// Schema returns the name of a schema that no other test uses.
func Schema(t testing.TB) string {
	t.Helper()
	name := strings.Map(func(r rune) rune {
		if r >= 'a' && r <= 'z' || r >= '0' && r <= '9' {
			return r
		}
		return '_'
	}, strings.ToLower(t.Name()))
	return fmt.Sprintf("t%d_%d_%.20s", time.Now().UnixMicro()%1_000_000_000, schemas.Add(1), name)
}

// Own starts a server that only this test uses, and stops it when the test
// ends.
func Own(t testing.TB) *Server {
	t.Helper()
	if testing.Short() {
		t.Skip("a server of its own takes seconds")
	}
	server, err := Start()
	giveUp(t, err)
	t.Cleanup(func() {
		if err := server.Stop(); err != nil {
			t.Error(err)
		}
	})
	return server
}
