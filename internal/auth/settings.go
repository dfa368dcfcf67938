package auth

import (
	"maps"
	"os"
	"slices"
	"strings"
	"time"

	"github.com/pawlhq/pawl/internal/config"
	"github.com/pawlhq/pawl/internal/document"
	"github.com/pawlhq/pawl/internal/kind"
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

// Section describes the settings.
func Section() kind.Section {
	return kind.Section{
		Name: settings, Doc: "How people log in to a server. Without it, everybody may do everything, and only this machine can reach the server.",
		TypeDoc: "ways to log in", Several: true,
		Types: []kind.Type{
			{Name: "basic", Doc: "one user with a password", Options: []kind.Option{
				{Name: "basic.username", Doc: "name of the user; without one, `basic` alone lets everybody in"},
				{Name: "basic.password", Secret: true, Doc: "the password, or what `pawl password` makes of it"},
				{Name: "basic.admin", Form: kind.Bool, Default: "false", Doc: "makes the user an administrator"},
			}},
			{Name: "jwt", Doc: "tokens that another service signs", Options: []kind.Option{
				{Name: "jwt.secret", Secret: true, Doc: "key that is shared with it"},
				{Name: "jwt.keys", Form: kind.File, Doc: "its public keys"},
				{Name: "jwt.issuer", Computed: "any", Doc: "who signs"},
				{Name: "jwt.audience", Computed: "nobody", Doc: "for whom"},
				{Name: "jwt.leeway", Default: "30s", Doc: "how far clocks may be apart"},
			}},
			{Name: "token", Doc: "API tokens, which `pawl tokens` makes"},
		},
	}
}

// FormerSection describes the settings of basic under the name that Digdag gave them
// once.
func FormerSection() kind.Section {
	return kind.Section{Name: oldBasic, Doc: "The settings of `" + settings + ".basic` under their former name.", Options: []kind.Option{
		{Name: "username", Doc: "name of the user"},
		{Name: "password", Secret: true, Doc: "password"},
		{Name: "admin", Form: kind.Bool, Doc: "makes the user an administrator"},
	}}
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
	config  *config.Config
	types   []string
	written map[string]string // the names that they are written under
}

func read(c *config.Config) (*reader, error) {
	r := &reader{config: c, types: []string{"basic"}, written: make(map[string]string)}
	for _, name := range c.Keys() {
		present := name
		if rest, ok := strings.CutPrefix(name, oldBasic+"."); ok {
			present = settings + ".basic." + rest
		}
		if _, taken := r.written[present]; !strings.HasPrefix(present, settings+".") || taken && present != name {
			continue // the present name goes before the old one
		}
		r.written[present] = name
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
				Hint("choose from %s", strings.Join(slices.Sorted(maps.Keys(types)), ", "))
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
	for _, name := range slices.Sorted(maps.Keys(r.written)) {
		if slices.Contains(used, name) {
			continue
		}
		for t, names := range types {
			if slices.Contains(names, name) {
				return r.errorf(name, "the setting is not used").Hint("add %s to %s.type", t, settings)
			}
		}
		return r.errorf(name, "there is no such setting").Hint("%s", document.DidYouMean(name, used))
	}
	return nil
}

func (r *reader) get(name string) (string, bool) {
	written, ok := r.written[name]
	if !ok {
		return "", false
	}
	return r.config.Get(written)
}

// errorf returns an error about a setting, which points to it, with the hints of
// what it is made of.
func (r *reader) errorf(name, format string, args ...any) *document.Error {
	fault := r.config.Errorf(r.written[name], "%s: "+format, append([]any{name}, args...)...)
	for _, arg := range args {
		if err, ok := arg.(error); ok {
			fault = fault.Hint("%s", model.HintsOf(err))
		}
	}
	return fault
}

func (r *reader) basic() (Authenticator, error) {
	user, hasUser := r.get(basicUser)
	password, hasPassword := r.get(basicPassword)
	adminText, hasAdmin := r.get(basicAdmin)
	switch {
	case !hasUser && (hasPassword || hasAdmin || len(r.types) > 1):
		return nil, r.errorf(basicUser, "authentication by password needs a user").
			Hint("without one, everyone would be let in; set it, or leave basic out")
	case !hasUser:
		return None{}, nil
	case hasAdmin && adminText != "true" && adminText != "false":
		return nil, r.errorf(basicAdmin, "must be true or false")
	}
	b, err := NewBasic(user, password, adminText == "true")
	if err != nil {
		return nil, r.errorf(basicPassword, "%v", err)
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
			return nil, r.errorf(jwtSecret, "%v", err)
		}
		o.Keys = append(o.Keys, keys...)
	}
	if path, ok := r.get(jwtKeys); ok {
		text, err := os.ReadFile(path)
		if err != nil {
			return nil, r.errorf(jwtKeys, "read public keys: %v", err)
		}
		keys, err := ParseKeys(text)
		if err != nil {
			return nil, r.errorf(jwtKeys, "%s: %v", path, err)
		}
		o.Keys = append(o.Keys, keys...)
	}
	if len(o.Keys) == 0 {
		return nil, r.errorf(jwtSecret, "authentication by JWT needs a key").Hint("set it, or %s to a file with public keys", jwtKeys)
	}
	return NewJWT(o), nil
}
