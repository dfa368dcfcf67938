// Package client speaks the REST API of a server: pawl's own, and Digdag's.
//
// It knows the wire: requests, what to repeat, what an answer means, the
// objects. It knows neither stores nor configuration, and prints nothing.
package client

import (
	"cmp"
	"context"
	"crypto/tls"
	"log/slog"
	"net"
	"net/http"
	"net/url"
	"time"

	"github.com/pawlhq/pawl/internal/clock"
)

// Config says which server is asked, and how.
type Config struct {
	// Endpoint is the address of the server. Required.
	Endpoint Endpoint
	// Where says, after what is not there, where that is. Defaults to "on" and the Endpoint.
	Where string
	// Headers are sent to the server with each request, and to nobody else.
	Headers http.Header
	// Dial connects to the server. Nil does so over the network.
	Dial func(ctx context.Context, network, address string) (net.Conn, error)
	// Proxy chooses the proxy of a request. Nil means none.
	Proxy func(*http.Request) (*url.URL, error)
	// TrustAll accepts any certificate.
	TrustAll bool
	// NoDirect asks the server to send archives and logs itself, instead of
	// saying where they are stored.
	NoDirect bool
	// Retries is how often a GET that failed for the moment is sent again.
	// Defaults to 10; negative is never.
	Retries int
	// Clock times the waits between them. Defaults to the machine's.
	Clock clock.Clock
	// Log is told of requests, without headers, bodies and queries. Nil tells
	// nobody.
	Log *slog.Logger
}

const (
	defaultRetries = 10
	// dialWithin and answerWithin bound a connection and the wait for the head
	// of an answer. Bodies take as long as they take.
	dialWithin   = 30 * time.Second
	answerWithin = time.Minute
)

// Client asks one server. It is safe for concurrent use.
type Client struct {
	cfg  Config
	http *http.Client
}

// New returns a client, which is not connected until it is used.
func New(cfg Config) *Client {
	cfg.Where = cmp.Or(cfg.Where, "on "+cfg.Endpoint.String())
	cfg.Retries = cmp.Or(cfg.Retries, defaultRetries)
	if cfg.Clock == nil {
		cfg.Clock = clock.System{}
	}
	if cfg.Log == nil {
		cfg.Log = slog.New(slog.DiscardHandler)
	}
	if cfg.Dial == nil {
		cfg.Dial = (&net.Dialer{Timeout: dialWithin}).DialContext
	}
	return &Client{cfg: cfg, http: &http.Client{
		Transport: &http.Transport{
			Proxy:                 cfg.Proxy,
			DialContext:           cfg.Dial,
			TLSClientConfig:       &tls.Config{InsecureSkipVerify: cfg.TrustAll, MinVersion: tls.VersionTLS12},
			TLSHandshakeTimeout:   dialWithin,
			ResponseHeaderTimeout: answerWithin,
			ForceAttemptHTTP2:     true,
		},
		// Where a redirection leads decides what may be sent there.
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}}
}

// Close ends the connections that are not in use.
func (c *Client) Close() { c.http.CloseIdleConnections() }

// get asks for an object.
func (c *Client) get(ctx context.Context, path string, query url.Values, into any) error {
	return c.again(ctx, func() error {
		res, err := c.do(ctx, http.MethodGet, path, query, nil)
		if err != nil {
			return err
		}
		return c.decode(res, into)
	})
}

// send asks for a change, once, with a JSON body unless in is nil.
func (c *Client) send(ctx context.Context, method, path string, in, into any) error {
	var b *body
	if in != nil {
		made, err := jsonBody(in)
		if err != nil {
			return err
		}
		b = made
	}
	res, err := c.do(ctx, method, path, nil, b)
	if err != nil {
		return err
	}
	return c.decode(res, into)
}
