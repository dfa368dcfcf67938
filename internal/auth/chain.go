package auth

import (
	"context"
	"errors"

	"github.com/pawlhq/pawl/internal/model"
)

// Chain asks one authenticator after another; the first that accepts the
// credentials says whose they are. When none does, the error is that of the
// first that knew them.
type Chain []Authenticator

// Authenticate implements Authenticator.
func (c Chain) Authenticate(ctx context.Context, creds Credentials) (Principal, error) {
	refusal := ErrForeign
	for _, a := range c {
		p, err := a.Authenticate(ctx, creds)
		switch {
		case err == nil:
			return p, nil
		case model.CodeOf(err) != model.Unauthenticated:
			return Principal{}, err
		case errors.Is(refusal, ErrForeign):
			refusal = err
		}
	}
	return Principal{}, refusal
}

// Local is the name of whoever is let in because they are on the machine.
const Local = "local"

// None lets everyone in as the local user, who may do everything but what
// needs an administrator. It is for servers that only their own machine can
// reach; CheckBind enforces that.
type None struct{}

// Authenticate returns the local user, whatever the credentials.
func (None) Authenticate(context.Context, Credentials) (Principal, error) {
	return Principal{Name: Local, Scopes: Everything()}, nil
}

var (
	_ Authenticator = Chain(nil)
	_ Authenticator = None{}
)
