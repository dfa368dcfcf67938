package postgres

import (
	"context"
	"errors"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"

	"github.com/pawlhq/pawl/internal/model"
	"github.com/pawlhq/pawl/internal/store/tables"
)

// errLost marks what failed because its connection broke.
var errLost = errors.New("the connection was lost")

// lost adds errLost to an error that ended a connection.
func lost(c *pgx.Conn, err error) error {
	if err != nil && c.IsClosed() && !errors.Is(err, errLost) {
		return errors.Join(errLost, err)
	}
	return err
}

// States that commit_batch raises.
const (
	stateConflict = "PW409"
	stateNotFound = "PW404"
	// stateLeft says that something is posted to attempts that end.
	stateLeft = "PW412"
)

// hasState reports whether the database has answered with a state.
func hasState(err error, state string) bool {
	var e *pgconn.PgError
	return errors.As(err, &e) && e.Code == state
}

// explain says what failed.
func explain(what string, err error) error { return tables.Explain(what, err, diagnose) }

// refusal returns the error of a statement that was refused, or nil.
func refusal(err error) error {
	var e *pgconn.PgError
	if !errors.As(err, &e) {
		return nil
	}
	switch e.Code {
	case stateConflict:
		return model.Errorf(model.Conflict, "%s", e.Message)
	case stateNotFound:
		return model.Errorf(model.NotFound, "%s", e.Message)
	}
	return nil
}

func diagnose(err error) (code model.Code, reason, hint string) {
	var answer *pgconn.PgError
	var connect *pgconn.ConnectError
	switch {
	case errors.As(err, &answer):
		return diagnoseState(answer.Code)
	case errors.As(err, &connect):
		return model.Unavailable, "the database can't be reached", "check that it runs, and its address"
	case errors.Is(err, errLost), errors.Is(err, context.Canceled), errors.Is(err, context.DeadlineExceeded):
		return model.Unavailable, "", ""
	}
	return model.Internal, "", ""
}

func diagnoseState(state string) (model.Code, string, string) {
	switch state {
	case "40001", "40P01", "55P03", "57014": // others were in the way for too long
		return model.Unavailable, "the database is too busy", ""
	case "53300":
		return model.Unavailable, "the database has no more connections", "raise its max_connections, or lower those of the stores"
	case "53100":
		return model.Unavailable, "the disk of the database is full", "make room; nothing that was acknowledged is lost"
	case "08P01": // to start with settings
		return model.Invalid, "what answers is not PostgreSQL itself", hintDirect
	case "25006":
		return model.Unavailable, "the database only reads", "name the primary server, not a standby"
	case "3D000":
		return model.Invalid, "there is no such database", "make it with createdb"
	case "42501":
		return model.Forbidden, "the user may not do that", "let it own the schema, or create one in the database"
	case "22021", "22P05":
		return model.Invalid, "a text has bytes that the database can't store", ""
	case "42P01", "42883", "42703":
		return model.Internal, "the tables are not those of this version", ""
	}
	switch state[:min(2, len(state))] {
	case "08", "53", "57", "58": // connections, resources, interventions, the system
		return model.Unavailable, "the database does not work now", ""
	case "28":
		return model.Forbidden, "the database does not let the user in", "check the user and the password"
	}
	return model.Internal, "", ""
}

// unreachable reports whether an error is about the database and not about
// what it was asked.
func unreachable(err error) bool {
	code, _, _ := diagnose(err)
	return code == model.Unavailable
}

// passing reports whether a transaction failed, and was undone, for a reason
// that is gone when it is tried again.
func passing(err error) bool {
	var e *pgconn.PgError
	if errors.As(err, &e) {
		return e.Code == "40001" || e.Code == "40P01"
	}
	return pgconn.SafeToRetry(err)
}
