package postgres

import (
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"net"
	"strings"
	"testing"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgproto3"

	"github.com/pawlhq/pawl/internal/model"
)

// stripping serves what passes on everything but the settings of connections,
// as poolers may.
func stripping(t *testing.T, server string) (address string) {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = l.Close() })
	go func() {
		for {
			client, err := l.Accept()
			if err != nil {
				return
			}
			go strip(client, server)
		}
	}()
	return l.Addr().String()
}

func strip(client net.Conn, server string) {
	defer client.Close()
	var head [4]byte
	if _, err := io.ReadFull(client, head[:]); err != nil {
		return
	}
	body := make([]byte, binary.BigEndian.Uint32(head[:])-4)
	if _, err := io.ReadFull(client, body); err != nil {
		return
	}
	var m pgproto3.StartupMessage
	if m.Decode(body) != nil {
		return
	}
	for name := range m.Parameters {
		if name != "user" && name != "database" {
			delete(m.Parameters, name)
		}
	}
	start, err := m.Encode(nil)
	if err != nil {
		return
	}
	to, err := net.Dial("tcp", server)
	if err != nil {
		return
	}
	defer to.Close()
	if _, err := to.Write(start); err != nil {
		return
	}
	go func() {
		_, _ = io.Copy(to, client)
		_ = to.Close()
	}()
	_, _ = io.Copy(client, to)
}

func TestAPoolerThatLosesSettingsIsRefused(t *testing.T) {
	t.Parallel()
	cfg := tempConfig(t)
	config, err := pgx.ParseConfig(cfg.URL)
	if err != nil {
		t.Fatal(err)
	}
	if config.TLSConfig != nil {
		t.Skip("the server speaks TLS")
	}
	server := net.JoinHostPort(config.Host, fmt.Sprint(config.Port))
	cfg.URL = strings.Replace(cfg.URL, server, stripping(t, server), 1)
	s, err := Open(ctx, cfg)
	if err == nil {
		closeStore(t, s)
	}
	if !errors.Is(err, errPooled) {
		t.Errorf("Open: %v, want %v", err, errPooled)
	}
}

func TestConnectionsWithOneBackendAreAPoolers(t *testing.T) {
	t.Parallel()
	cfg := emptyConfig(t).withDefaults()
	err := cfg.connected(ctx, func(a *pgx.Conn) error {
		pid, err := backend(ctx, a)
		if err != nil {
			return err
		}
		if err := apart(ctx, pid, a); !errors.Is(err, errPooled) {
			t.Errorf("the same backend: %v, want %v", err, errPooled)
		}
		return cfg.connected(ctx, func(b *pgx.Conn) error { return apart(ctx, pid, b) })
	})
	if err != nil {
		t.Errorf("two backends: %v", err)
	}
}

// PgBouncer refuses the settings of connections unless it is told to lose them.
func TestARefusedStartNamesThePooler(t *testing.T) {
	t.Parallel()
	code, reason, hint := diagnoseState("08P01")
	if code != model.Invalid || reason == "" || !strings.Contains(hint, "PgBouncer") {
		t.Errorf("%v, %q, %q", code, reason, hint)
	}
}
