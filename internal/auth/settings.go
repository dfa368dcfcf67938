package auth

import (
	"maps"
	"os"
	"slices"
	"strings"
	"time"

	"github.com/pawlhq/pawl/internal/config"
	"github.com/pawlhq/pawl/internal/document"
	"github.com/pawlhq/pawl/internal/model"
	"github.com/pawlhq/pawl/internal/store"
)

// Settings of authentication. Digdag has those of basic, and had them once
// under another name.
const (
	settings      = "server.authenticator"
	oldBasic      = "basicauth"
	basicUser     = settings + ".basic.username"
	basicPassword = settings + ".basic.password"
	basicAdmin    = settings + ".basic.admin"
	jwtSecret     = settings + ".jwt.secret"   // a shared key, as it is
	jwtKeys       = settings + ".jwt.keys"     // a file with public keys
	jwtIssuer     = settings + ".jwt.issuer"   // who signs; any if not set
	jwtAudience   = settings + ".jwt.audience" // for whom; nobody if not set
	jwtLeeway     = settings + ".jwt.leeway"   // 30s if not set
	defaultLeeway = 30 * time.Second
)

// types are the values of the setting "type", each with its settings.
var types = map[string][]string{
	"basic": {basicUser, basicPassword, basicAdmin},
	"jwt":   {jwtSecret, jwtKeys, jwtIssuer, jwtAudience, jwtLeeway},
	"token": {},
}

// FromConfig returns the authenticator that the settings describe. Their
// "type" is one or more of basic (the default), jwt and token, with commas
// between them. Basic alone and without a user is None.
//
// A setting that is unknown, does not fit or would not be used is an Invalid
// error, which does not show its value if that is secret.
func FromConfig(c *config.Config, tokens store.Tokens, now func() time.Time) (Authenticator, error) {
	s, err := read(c)
	if err != nil {
		return nil, err
	}
	var chain Chain
	for _, t := range s.types {
		var a Authenticator
		switch t {
		case "basic":
			a, err = s.basic()
		case "jwt":
			a, err = s.jwt(now)
		default:
			a = ByToken{Tokens: tokens, Now: now}
		}
		if err != nil {
			return nil, err
		}
		chain = append(chain, a)
	}
	if len(chain) == 1 {
		return chain[0], nil
	}
	return chain, nil
}

// Open reports whether a lets everyone in.
func Open(a Authenticator) bool {
	_, open := a.(None)
	return open
}

// reader looks settings up by their present names.
type reader struct {
	types  []string
	values map[string]config.Setting
}

func read(c *config.Config) (*reader, error) {
	r := &reader{types: []string{"basic"}, values: make(map[string]config.Setting)}
	for _, name := range c.Keys() {
		present := name
		if rest, ok := strings.CutPrefix(name, oldBasic+"."); ok {
			present = settings + ".basic." + rest
		}
		if _, taken := r.values[present]; !strings.HasPrefix(present, settings+".") || taken && present != name {
			continue // the present name goes before the old one
		}
		r.values[present], _ = c.Setting(name)
	}
	if text, ok := r.get(settings + ".type"); ok {
		if err := r.chosen(text); err != nil {
			return nil, err
		}
	}
	return r, r.checkNames()
}

// chosen reads the setting "type".
func (r *reader) chosen(text string) error {
	r.types = nil
	for t := range strings.SplitSeq(text, ",") {
		t = strings.TrimSpace(t)
		if _, ok := types[t]; !ok {
			return r.errorf(settings+".type", "there is no authenticator %q", t).
				WithHint("choose from %s", strings.Join(slices.Sorted(maps.Keys(types)), ", "))
		}
		if !slices.Contains(r.types, t) {
			r.types = append(r.types, t)
		}
	}
	return nil
}

// checkNames refuses settings that are not known or belong to an
// authenticator that was not chosen.
func (r *reader) checkNames() error {
	used := []string{settings + ".type"}
	for _, t := range r.types {
		used = append(used, types[t]...)
	}
	for _, name := range slices.Sorted(maps.Keys(r.values)) {
		if slices.Contains(used, name) {
			continue
		}
		for t, names := range types {
			if slices.Contains(names, name) {
				return r.errorf(name, "the setting is not used").WithHint("add %s to %s.type", t, settings)
			}
		}
		return r.errorf(name, "there is no such setting").WithHint("%s", document.DidYouMean(name, used))
	}
	return nil
}

func (r *reader) get(name string) (string, bool) {
	s, ok := r.values[name]
	return s.Value, ok
}

func (r *reader) errorf(name, format string, args ...any) *model.Error {
	err := model.Errorf(model.Invalid, format, args...)
	err.Message = name + ": " + err.Message
	if origin := r.values[name].Origin; origin != "" {
		err.Message = origin + ": " + err.Message
	}
	return err
}

func (r *reader) basic() (Authenticator, error) {
	user, hasUser := r.get(basicUser)
	password, hasPassword := r.get(basicPassword)
	adminText, hasAdmin := r.get(basicAdmin)
	switch {
	case !hasUser && (hasPassword || hasAdmin || len(r.types) > 1):
		return nil, r.errorf(basicUser, "authentication by password needs a user").
			WithHint("without one, everyone would be let in; set it, or leave basic out")
	case !hasUser:
		return None{}, nil
	case hasAdmin && adminText != "true" && adminText != "false":
		return nil, r.errorf(basicAdmin, "must be true or false")
	}
	b, err := NewBasic(user, password, adminText == "true")
	if err != nil {
		return nil, r.errorf(basicPassword, "%w", err)
	}
	return b, nil
}

func (r *reader) jwt(now func() time.Time) (Authenticator, error) {
	o := JWTOptions{Leeway: defaultLeeway, Now: now}
	o.Issuer, _ = r.get(jwtIssuer)
	o.Audience, _ = r.get(jwtAudience)
	if text, ok := r.get(jwtLeeway); ok {
		d, err := time.ParseDuration(text)
		if err != nil || d < 0 {
			return nil, r.errorf(jwtLeeway, "must be a time such as 30s, not %q", text)
		}
		o.Leeway = d
	}
	if secret, ok := r.get(jwtSecret); ok {
		keys, err := SharedKey([]byte(secret))
		if err != nil {
			return nil, r.errorf(jwtSecret, "%w", err)
		}
		o.Keys = append(o.Keys, keys...)
	}
	if path, ok := r.get(jwtKeys); ok {
		text, err := os.ReadFile(path)
		if err != nil {
			return nil, r.errorf(jwtKeys, "read public keys: %w", err)
		}
		keys, err := ParseKeys(text)
		if err != nil {
			return nil, r.errorf(jwtKeys, "%s: %w", path, err)
		}
		o.Keys = append(o.Keys, keys...)
	}
	if len(o.Keys) == 0 {
		return nil, r.errorf(jwtSecret, "authentication by JWT needs a key").WithHint("set it, or %s to a file with public keys", jwtKeys)
	}
	return NewJWT(o), nil
}
