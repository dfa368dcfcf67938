package server

import (
	"net/http"

	"github.com/pawlhq/pawl/internal/auth"
	"github.com/pawlhq/pawl/internal/model"
	"github.com/pawlhq/pawl/internal/store"
)

type restToken struct {
	Name      string   `json:"name"`
	Scopes    []string `json:"scopes"`
	CreatedAt instant  `json:"createdAt"`
	ExpiresAt instant  `json:"expiresAt"`
	UsedAt    instant  `json:"usedAt"`
}

func tokenOut(t *store.Token) restToken {
	return restToken{
		Name: t.Name, Scopes: t.Scopes, CreatedAt: instant(t.Created), ExpiresAt: instant(t.Expires), UsedAt: instant(t.Used),
	}
}

func tokenRoutes() []route {
	return []route{
		{get, "/api/pawl/v1/tokens", auth.TokenList, listTokens, doc{tag: "token", summary: "API tokens, without what they are; for administrators", answer: "TokenList"}},
		{post, "/api/pawl/v1/tokens", auth.TokenCreate, createToken, doc{tag: "token", summary: "Make an API token, which is told this once; for administrators", body: "TokenRequest", answer: "NewToken"}},
		{del, "/api/pawl/v1/tokens/{name}", auth.TokenRevoke, revokeToken, doc{tag: "token", summary: "Revoke an API token at once; for administrators", answer: "Token"}},
	}
}

func listTokens(c *call) (any, error) {
	if err := c.allow("", ""); err != nil {
		return nil, err
	}
	tokens, err := c.store.ListTokens(c.r.Context())
	if err != nil {
		return nil, err
	}
	return struct {
		Tokens []restToken `json:"tokens"`
	}{outs(tokens, tokenOut)}, nil
}

func createToken(c *call) (any, error) {
	var in struct {
		Name      string       `json:"name"`
		Scopes    []auth.Scope `json:"scopes"`
		ExpiresAt string       `json:"expiresAt"`
	}
	err := c.body(&in, false)
	if err := c.allow("", "token "+in.Name); err != nil {
		return nil, err
	}
	if err != nil {
		return nil, err
	}
	expires, err := instantIn("expiresAt", in.ExpiresAt)
	if err != nil {
		return nil, err
	}
	if !auth.TakesTokens(c.cfg.Auth) {
		return nil, auth.ErrNoTokens
	}
	var until model.Instant // never
	if !expires.IsZero() {
		until = model.InstantOf(expires)
	}
	text, t, err := auth.NewToken(in.Name, in.Scopes, model.InstantOf(c.cfg.Clock.Now()), until)
	if err != nil {
		return nil, err
	}
	if err := c.store.PutToken(c.r.Context(), t); err != nil {
		return nil, err
	}
	return newToken{restToken: tokenOut(&t), Token: text}, nil
}

// newToken is a token as its owner sees it, once.
type newToken struct {
	restToken
	Token string `json:"token"`
}

// send implements answer. Nobody on the way may keep it.
func (t newToken) send(c *call) error {
	c.w.Header().Set("Cache-Control", "no-store")
	type plain newToken // has no send
	return c.json(http.StatusOK, plain(t))
}

func revokeToken(c *call) (any, error) {
	name := c.r.PathValue("name")
	if err := c.allow("", "token "+name); err != nil {
		return nil, err
	}
	tokens, err := c.store.ListTokens(c.r.Context())
	if err != nil {
		return nil, err
	}
	for i := range tokens {
		if tokens[i].Name == name {
			return tokenOut(&tokens[i]), c.store.DeleteToken(c.r.Context(), name)
		}
	}
	return nil, model.Errorf(model.NotFound, "token %q", name)
}
