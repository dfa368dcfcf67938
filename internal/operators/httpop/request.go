package httpop

import (
	"context"
	"net/http"
	"net/url"
	"strings"

	"github.com/pawlhq/pawl/internal/model"
	"github.com/pawlhq/pawl/internal/params"
)

// target is where a request goes.
type target struct {
	url *url.URL
	// shown is what may be shown of it.
	shown  string
	secret bool
}

// parseTarget reads a URI. One that is secret is never shown, not even in an
// error.
func parseTarget(uri string, secret bool) (*target, error) {
	u, err := url.Parse(uri)
	switch {
	case err != nil && secret:
		return nil, model.Errorf(model.Invalid, "the secret URI is not valid")
	case err != nil:
		return nil, model.Errorf(model.Invalid, "URI is not valid: %w", err)
	case u.Scheme != "http" && u.Scheme != "https", u.Host == "":
		if secret {
			uri = u.Scheme + "://***"
		}
		return nil, model.Errorf(model.Invalid, "URI must start with http:// or https:// and a host, not %q", uri)
	case secret:
		return &target{u, u.Scheme + "://***", true}, nil
	}
	shown := *u
	shown.User = nil
	return &target{u, shown.String(), false}, nil
}

// newRequest makes the request that the parameters describe.
func newRequest(ctx context.Context, p params.Map, to *target, o *options, fill filler) (*http.Request, error) {
	query, err := readQuery(p, fill)
	if err != nil {
		return nil, err
	}
	u := *to.url
	u.RawQuery = strings.Trim(u.RawQuery+"&"+query, "&")
	body, err := readContent(p, fill)
	if err != nil {
		return nil, err
	}
	var text string
	if body != nil {
		text = body.text
	}
	r, err := http.NewRequestWithContext(ctx, o.method, u.String(), strings.NewReader(text))
	if err != nil {
		return nil, model.Errorf(model.Invalid, "method %q is not valid", o.method)
	}
	r.Header.Set("User-Agent", o.agent)
	if body != nil {
		r.Header.Set("Content-Type", body.mediaType)
	}
	if err := authorize(r, fill); err != nil {
		return nil, err
	}
	return r, addHeaders(r, p, fill)
}

// authorize adds what the secrets say to a request.
func authorize(r *http.Request, fill filler) error {
	value, ok, err := fill.optional("http.authorization")
	if err != nil {
		return err
	}
	if ok {
		r.Header.Set("Authorization", value)
		return nil
	}
	user, ok, err := fill.optional("http.user")
	if err != nil || !ok {
		return err
	}
	password, _, err := fill.optional("http.password")
	if err != nil {
		return err
	}
	r.SetBasicAuth(user, password)
	return nil
}

// addHeaders adds the headers that the task lists. They replace those that
// were set before.
func addHeaders(r *http.Request, p params.Map, fill filler) error {
	own, err := readHeaders(p, fill)
	if err != nil {
		return err
	}
	for name, values := range own {
		if name == "Host" {
			r.Host = values[0]
			continue
		}
		r.Header[name] = values
	}
	return nil
}

func readHeaders(p params.Map, fill filler) (http.Header, error) {
	list, err := p.ParseListOr("headers", nil)
	if err != nil {
		return nil, err
	}
	own := make(http.Header)
	for _, e := range list {
		name, value, err := header(e, fill)
		if err != nil {
			return nil, err
		}
		own.Add(name, value)
	}
	return own, nil
}

// header reads one entry of the list of headers, a map with one key.
func header(e params.Value, fill filler) (name, value string, err error) {
	m, ok := e.(params.Map)
	if !ok || m.Len() != 1 {
		return "", "", invalidHeader(e)
	}
	for k, v := range m.All() {
		if name, err = fill.text(k); err != nil {
			return "", "", err
		}
		text, ok := params.ToString(v)
		if !ok {
			return "", "", invalidHeader(e)
		}
		if value, err = fill.text(text); err != nil {
			return "", "", err
		}
	}
	return name, value, nil
}

func invalidHeader(e params.Value) error {
	return model.Errorf(model.Invalid, "Invalid header: %s", params.AppendJSON(nil, e)).
		WithHint("headers is a list of entries such as \"- Accept: text/plain\"")
}
