package auth

import (
	"encoding/base64"
	"fmt"
	"net/http"
	"strings"
	"unicode/utf8"
)

// Credentials are what a request says about its sender: a name and a
// password, a token, or nothing. They are printed without what is secret.
type Credentials struct {
	scheme scheme
	user   string
	secret string
}

type scheme uint8

const (
	nothing scheme = iota
	basic
	bearer
	other // a header that cannot be read
)

// Password returns the credentials of a user with a password.
func Password(user, password string) Credentials {
	return Credentials{scheme: basic, user: user, secret: password}
}

// Bearer returns a token as credentials.
func Bearer(token string) Credentials { return Credentials{scheme: bearer, secret: token} }

// FromHeader returns the credentials in the header Authorization, Basic or
// Bearer. No authenticator that asks for any accepts a header of another
// form, or several.
func FromHeader(h http.Header) Credentials {
	values := h.Values("Authorization")
	switch len(values) {
	case 0:
		return Credentials{}
	case 1:
		return parseCredentials(values[0])
	}
	return Credentials{scheme: other}
}

func parseCredentials(header string) Credentials {
	name, rest, _ := strings.Cut(strings.TrimSpace(header), " ")
	rest = strings.TrimSpace(rest)
	switch strings.ToLower(name) {
	case "bearer":
		if rest != "" && !strings.ContainsAny(rest, " \t") {
			return Bearer(rest)
		}
	case "basic":
		pair, err := base64.StdEncoding.DecodeString(rest)
		user, password, ok := strings.Cut(string(pair), ":")
		if err == nil && ok && utf8.Valid(pair) {
			return Password(user, password)
		}
	}
	return Credentials{scheme: other}
}

// Format keeps what is secret out of whatever credentials are printed to.
func (c Credentials) Format(f fmt.State, _ rune) {
	switch c.scheme {
	case nothing:
		_, _ = fmt.Fprint(f, "no credentials")
	case basic:
		_, _ = fmt.Fprintf(f, "password of user %q", c.user)
	case bearer:
		_, _ = fmt.Fprint(f, "token")
	default:
		_, _ = fmt.Fprint(f, "credentials that cannot be read")
	}
}
