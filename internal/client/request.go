package client

import (
	"bytes"
	"context"
	"crypto/tls"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"net/url"

	"github.com/pawlhq/pawl/internal/model"
)

// body is what a request carries.
type body struct {
	io.Reader
	kind string
	size int64
}

func jsonBody(v any) (*body, error) {
	text, err := json.Marshal(v)
	if err != nil {
		return nil, err
	}
	return &body{bytes.NewReader(text), "application/json", int64(len(text))}, nil
}

// do sends a request once and returns the answer, if it is a good one. What is
// no GET waits a moment for a server on this machine that does not listen yet.
func (c *Client) do(ctx context.Context, method, path string, query url.Values, b *body) (*http.Response, error) {
	if method == http.MethodGet {
		return c.attempt(ctx, method, path, query, b)
	}
	return c.onceListening(ctx, func() (*http.Response, error) { return c.attempt(ctx, method, path, query, b) })
}

func (c *Client) attempt(ctx context.Context, method, path string, query url.Values, b *body) (*http.Response, error) {
	req, err := http.NewRequestWithContext(ctx, method, c.cfg.Endpoint.at(path, query), http.NoBody)
	if err != nil {
		return nil, err
	}
	for name, values := range c.cfg.Headers {
		req.Header[http.CanonicalHeaderKey(name)] = values
	}
	if b != nil {
		req.Body, req.ContentLength = io.NopCloser(b.Reader), b.size
		req.Header.Set("Content-Type", b.kind)
	}
	return c.exchange(req)
}

// exchange sends a request as it is.
func (c *Client) exchange(req *http.Request) (*http.Response, error) {
	began := c.cfg.Clock.Now()
	res, err := c.http.Do(req)
	took := c.cfg.Clock.Now().Sub(began)
	if err != nil {
		c.cfg.Log.Info("request failed", "method", req.Method, "host", req.URL.Host, "path", req.URL.Path, "error", causeOf(err))
		return nil, c.unreachable(req, err)
	}
	c.cfg.Log.Info("request", "method", req.Method, "host", req.URL.Host, "path", req.URL.Path, "status", res.StatusCode, "took", took)
	if res.StatusCode < http.StatusMultipleChoices || located(res) != nil {
		return res, nil
	}
	defer res.Body.Close() //nolint:errcheck // it was only read
	return nil, refusal(res)
}

// located returns where a redirection leads, or nil.
func located(res *http.Response) *url.URL {
	if res.StatusCode < 300 || res.StatusCode > 399 {
		return nil
	}
	to, err := res.Location()
	if err != nil {
		return nil
	}
	return to
}

// unreachable is the error of a request that got no answer.
func (c *Client) unreachable(req *http.Request, err error) error {
	if err := req.Context().Err(); err != nil {
		return err
	}
	host := req.URL.Scheme + "://" + req.URL.Host
	var untrusted *tls.CertificateVerificationError
	if errors.As(err, &untrusted) {
		return model.Errorf(model.Unavailable, "%s can't be trusted: %w", host, untrusted)
	}
	return transient{error: model.Errorf(model.Unavailable, "%s can't be reached: %w", host, causeOf(err))}
}

// causeOf takes the URL off an error: its query may hold what nobody should
// see.
func causeOf(err error) error {
	var u *url.Error
	if errors.As(err, &u) {
		return u.Err
	}
	return err
}

// decode reads an answer as JSON.
func (c *Client) decode(res *http.Response, into any) error {
	defer res.Body.Close() //nolint:errcheck // it was only read
	if to := located(res); to != nil {
		return model.Errorf(model.Unavailable, "%s sends its clients on to %s://%s", c.cfg.Endpoint, to.Scheme, to.Host)
	}
	text, err := io.ReadAll(res.Body)
	switch {
	case res.Request.Context().Err() != nil:
		return res.Request.Context().Err()
	case err != nil:
		return transient{error: model.Errorf(model.Unavailable, "the answer of %s broke off: %w", c.cfg.Endpoint, causeOf(err))}
	}
	if err := json.Unmarshal(text, into); err != nil {
		return model.Errorf(model.Unavailable, "%s does not answer as a workflow server does: %w", c.cfg.Endpoint, err)
	}
	return nil
}
