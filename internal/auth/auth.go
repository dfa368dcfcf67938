// Package auth says who sends a request, and what they may do.
//
// An Authenticator makes a Principal of the credentials in a request's
// headers; an Access decides whether a principal may take an action in a
// project. The package knows headers but no handlers, and of stores only the
// contract. Errors never show a credential.
package auth

import (
	"context"

	"github.com/pawlhq/pawl/internal/model"
	"github.com/pawlhq/pawl/internal/params"
)

// Principal is who sends a request. The zero Principal may do nothing.
type Principal struct {
	Name string
	// Admin allows everything, the actions that need an administrator
	// included.
	Admin bool
	// Scopes are what the principal may do otherwise.
	Scopes []Scope
	// UserInfo is kept with each revision that the principal pushes.
	UserInfo params.Map
}

// Authenticator finds out who sends a request. Implementations are safe for
// concurrent use.
type Authenticator interface {
	// Authenticate returns the principal whose credentials these are. It is
	// ErrForeign if there are none, or of a kind that another authenticator
	// may know; any other error with the code Unauthenticated refuses them,
	// Forbidden refuses a principal that is known, and other codes say that
	// it could not be found out.
	Authenticate(ctx context.Context, c Credentials) (Principal, error)
}

// ErrForeign is the Unauthenticated error of credentials that an
// Authenticator does not know.
var ErrForeign error = model.Errorf(model.Unauthenticated, "credentials are missing or of a kind that is not accepted")

// errWrong refuses credentials without saying what is wrong with them.
var errWrong = model.Errorf(model.Unauthenticated, "credentials are not valid")

// named returns the principal of that name, with the scopes; Admin among
// them makes an administrator.
func named(name string, scopes []Scope) Principal {
	p := Principal{Name: name, Scopes: scopes, UserInfo: params.Of("name", name)}
	for _, s := range scopes {
		p.Admin = p.Admin || s.Verb == Admin
	}
	return p
}
