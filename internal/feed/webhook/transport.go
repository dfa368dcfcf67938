package webhook

import (
	"cmp"
	"context"
	"crypto/tls"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"

	"golang.org/x/net/http/httpguts"

	"github.com/pawlhq/pawl/internal/clock"
	"github.com/pawlhq/pawl/internal/feed/relay"
	"github.com/pawlhq/pawl/internal/model"
)

// RelayOwner is the owner of the lease of the relay to webhooks that works.
const RelayOwner = "relay of the outbox to webhooks"

// Target is where the records of a topic are sent to.
type Target struct {
	// URL gets a POST for each record. Required.
	URL string
	// Secrets sign requests, each with a signature of its own; none are not signed.
	Secrets []string
	// Headers are added to requests.
	Headers map[string]string
	// ContentType is that of the bodies. Defaults to JSON's.
	ContentType string
	// Timeout is how long an answer may take. Defaults to 15 s.
	Timeout time.Duration
	// Parallel is how many requests there may be at once, those of one key excepted,
	// which come one after the other. Defaults to 8.
	Parallel int
	// TLS is for https. Nil trusts what the machine does.
	TLS *tls.Config
}

// Defaults of targets.
const (
	defaultTimeout  = 15 * time.Second
	defaultParallel = 8
)

// transport is a relay.Transport.
type transport struct {
	targets map[string]*target
	clock   clock.Clock
}

// target is a Target that was checked.
type target struct {
	Target
	secrets []secret
}

// NewTransport returns what sends the records of topics to their targets. What is
// wrong with one is Invalid. The clock says when requests are signed.
func NewTransport(targets map[string]Target, c clock.Clock) (relay.Transport, error) {
	t := &transport{make(map[string]*target), c}
	for topic, of := range targets {
		checked, err := of.check()
		if err != nil {
			return nil, model.Errorf(model.Invalid, "topic %s: %w", topic, err)
		}
		t.targets[topic] = checked
	}
	return t, nil
}

func (t Target) check() (*target, error) {
	t.Timeout, t.Parallel = cmp.Or(t.Timeout, defaultTimeout), cmp.Or(t.Parallel, defaultParallel)
	t.ContentType = cmp.Or(t.ContentType, "application/json")
	if err := CheckURL(t.URL); err != nil {
		return nil, err
	}
	if t.Timeout < 0 || t.Parallel < 0 {
		return nil, model.Errorf(model.Invalid, "a timeout and a number of requests can't be less than zero")
	}
	for name, value := range t.Headers {
		if err := checkHeader(name, value); err != nil {
			return nil, err
		}
	}
	secrets, err := parseSecrets(t.Secrets)
	return &target{t, secrets}, err
}

// CheckURL returns an error, which is Invalid and does not have the URL, for what
// nothing can be sent to.
func CheckURL(text string) error {
	u, err := url.Parse(text)
	if err != nil || u.Scheme != "https" && u.Scheme != "http" || u.Host == "" {
		return model.Errorf(model.Invalid, "a URL is like https://example.com/hook")
	}
	if u.User != nil {
		return model.Errorf(model.Invalid, "a URL has no password in it").WithHint("send it as the header Authorization")
	}
	return nil
}

// reserved are the headers that requests have by themselves.
var reserved = []string{
	"connection", "content-length", "content-type", "expect", "host", "keep-alive", "proxy-connection", "te", "trailer",
	"transfer-encoding", "upgrade", "webhook-id", "webhook-signature", "webhook-timestamp",
}

// checkHeader returns an error, which is Invalid and does not have the value, for a
// header that no request can be given.
func checkHeader(name, value string) error {
	switch {
	case slices.Contains(reserved, strings.ToLower(name)):
		return model.Errorf(model.Invalid, "the header %s is not to be chosen", name)
	case !httpguts.ValidHeaderFieldName(name) || !httpguts.ValidHeaderFieldValue(value):
		return model.Errorf(model.Invalid, "the header %q can't be sent by HTTP", name)
	}
	return nil
}

// idleConnection is how long a connection is kept that nothing is sent on.
const idleConnection = 90 * time.Second

// Reach implements relay.Transport: each receiver is there or not.
func (*transport) Reach(context.Context) error { return nil }

// Line implements relay.Transport.
func (t *transport) Line(topic string) (relay.Line, error) {
	to := t.targets[topic]
	if to == nil {
		return nil, model.Errorf(model.Invalid, "topic %s has no webhook", topic)
	}
	return &line{target: to, clock: t.clock, client: &http.Client{
		Transport: &http.Transport{
			Proxy: http.ProxyFromEnvironment, ForceAttemptHTTP2: true, TLSClientConfig: to.TLS.Clone(),
			MaxIdleConnsPerHost: to.Parallel, IdleConnTimeout: idleConnection,
		},
		// What is for one receiver is not sent to another.
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}}, nil
}
