package client

import (
	"context"
	"net/http"
	"time"
)

// Token is what a server tells of an API token.
type Token struct {
	Name string `json:"name"`
	// Scopes are what it allows, such as "run:shop".
	Scopes    []string `json:"scopes"`
	CreatedAt Instant  `json:"createdAt"`
	ExpiresAt Instant  `json:"expiresAt"` // zero for never
	UsedAt    Instant  `json:"usedAt"`    // to the minute; zero for never
}

// NewToken is a token as its owner sees it, once.
type NewToken struct {
	Token
	Secret string `json:"token"`
}

// Tokens lists the API tokens, by name. It is for administrators, as are the
// other methods about tokens.
func (c *Client) Tokens(ctx context.Context) ([]Token, error) {
	var out struct {
		Tokens []Token `json:"tokens"`
	}
	err := c.get(ctx, path("pawl", "v1", "tokens"), nil, &out)
	return out.Tokens, err
}

// CreateToken makes an API token, which the zero time lets be for good. A name
// that is taken is a Conflict.
func (c *Client) CreateToken(ctx context.Context, name string, scopes []string, expires time.Time) (t NewToken, err error) {
	in := struct {
		Name      string   `json:"name"`
		Scopes    []string `json:"scopes"`
		ExpiresAt Instant  `json:"expiresAt"`
	}{name, scopes, Instant{expires}}
	return t, c.send(ctx, http.MethodPost, path("pawl", "v1", "tokens"), in, &t)
}

// RevokeToken makes a token count no more, or returns a NotFound error.
func (c *Client) RevokeToken(ctx context.Context, name string) (t Token, err error) {
	return t, c.send(ctx, http.MethodDelete, path("pawl", "v1", "tokens", name), nil, &t)
}
