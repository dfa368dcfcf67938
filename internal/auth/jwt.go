package auth

import (
	"context"
	"encoding/json"
	"errors"
	"slices"
	"strings"
	"time"

	"github.com/golang-jwt/jwt/v5"
	"github.com/pawlhq/pawl/internal/model"
)

// JWTOptions say which JWTs are accepted.
type JWTOptions struct {
	// Keys verify signatures. There has to be one.
	Keys Keys
	// Issuer is what the claim iss must be. Empty accepts any.
	Issuer string
	// Audience must be among the claim aud. Empty accepts only tokens
	// without that claim: those with it are for someone else.
	Audience string
	// Leeway is by how much the clocks of issuer and server may differ.
	Leeway time.Duration
	// Now tells the time.
	Now func() time.Time
}

// JWT knows whoever has a token that was signed with one of its keys. The
// claim sub is the principal's name, scope and scopes (a list, or words in a
// text) what it may do, and admin, true or false, whether it is an
// administrator. The claim exp is required. Scopes that pawl does not have
// count for nothing.
type JWT struct {
	keys     Keys
	audience string
	parser   *jwt.Parser
}

// NewJWT returns the authenticator of JWTs.
func NewJWT(o JWTOptions) *JWT {
	var algs []string
	for _, k := range o.Keys {
		algs = append(algs, k.algs...)
	}
	options := []jwt.ParserOption{
		jwt.WithValidMethods(slices.Compact(slices.Sorted(slices.Values(algs)))),
		jwt.WithStrictDecoding(), jwt.WithExpirationRequired(), jwt.WithLeeway(o.Leeway), jwt.WithTimeFunc(o.Now),
	}
	if o.Issuer != "" {
		options = append(options, jwt.WithIssuer(o.Issuer))
	}
	if o.Audience != "" {
		options = append(options, jwt.WithAudience(o.Audience))
	}
	return &JWT{keys: o.Keys, audience: o.Audience, parser: jwt.NewParser(options...)}
}

// claims are what a token says. Its other claims are not read.
type claims struct {
	jwt.RegisteredClaims
	Scope  words `json:"scope"`
	Scopes words `json:"scopes"`
	Admin  bool  `json:"admin"`
}

// words is a list of texts, or one text with words.
type words []string

func (w *words) UnmarshalJSON(text []byte) error {
	var joined string
	if json.Unmarshal(text, &joined) == nil {
		*w = strings.Fields(joined)
		return nil
	}
	return json.Unmarshal(text, (*[]string)(w))
}

// Authenticate returns the principal that a token names.
func (j *JWT) Authenticate(_ context.Context, c Credentials) (Principal, error) {
	if c.scheme != bearer || strings.HasPrefix(c.secret, tokenMark) {
		return Principal{}, ErrForeign
	}
	var said claims
	if _, err := j.parser.ParseWithClaims(c.secret, &said, j.keysFor); err != nil {
		return Principal{}, refusal(err)
	}
	switch {
	case j.audience == "" && len(said.Audience) > 0:
		return Principal{}, errAudience
	case said.Subject == "":
		return Principal{}, model.Errorf(model.Unauthenticated, "token has no subject")
	}
	p := named(said.Subject, scopes(said.Scope, said.Scopes))
	p.Admin = p.Admin || said.Admin
	return p, nil
}

// keysFor returns the keys that can have signed a token: those for its
// algorithm, with its key id if both have one.
func (j *JWT) keysFor(t *jwt.Token) (any, error) {
	if _, ok := t.Header["crit"]; ok {
		return nil, errWrong // it demands what is not understood here
	}
	id, _ := t.Header["kid"].(string)
	var set jwt.VerificationKeySet
	for _, k := range j.keys {
		if slices.Contains(k.algs, t.Method.Alg()) && (id == "" || k.id == "" || k.id == id) {
			set.Keys = append(set.Keys, k.material)
		}
	}
	return set, nil
}

func scopes(lists ...words) []Scope {
	var known []Scope
	for _, text := range slices.Concat(lists...) {
		if s, err := ParseScope(text); err == nil && !slices.Contains(known, s) {
			known = append(known, s)
		}
	}
	return known
}

var errAudience = model.Errorf(model.Unauthenticated, "token is for another audience")

// refusal says why a token is refused. Claims are looked at once the signature
// is found right, so that only the owner of a token is told more.
func refusal(err error) error {
	switch {
	case errors.Is(err, jwt.ErrTokenExpired):
		return model.Errorf(model.Unauthenticated, "token has expired")
	case errors.Is(err, jwt.ErrTokenNotValidYet):
		return model.Errorf(model.Unauthenticated, "token is not valid yet")
	case errors.Is(err, jwt.ErrTokenInvalidIssuer):
		return model.Errorf(model.Unauthenticated, "token is from another issuer")
	case errors.Is(err, jwt.ErrTokenInvalidAudience):
		return errAudience
	case errors.Is(err, jwt.ErrTokenRequiredClaimMissing):
		return model.Errorf(model.Unauthenticated, "token lacks a claim that is required")
	}
	return errWrong
}

var _ Authenticator = (*JWT)(nil)
