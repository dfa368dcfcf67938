package webhook

import (
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"time"

	"github.com/pawlhq/pawl"
	"github.com/pawlhq/pawl/internal/feed"
	"github.com/pawlhq/pawl/internal/feed/webhook"
	"github.com/pawlhq/pawl/internal/host"
)

// Signature is a way in which senders prove that they may send.
type Signature string

// Signatures.
const (
	// Standard is that of Standard Webhooks. Secrets are "whsec_" with at least 24
	// bytes in base64 after it, and the id of a message is that of the request.
	Standard Signature = webhook.Standard
	// GitHub is the header X-Hub-Signature-256. The id of a message is in the header
	// X-GitHub-Delivery.
	GitHub Signature = webhook.GitHub
	// HMAC is a header with a code (HMAC-SHA256) of the body.
	HMAC Signature = webhook.HMAC
	// Token is a header with a secret itself.
	Token Signature = webhook.Token
	// Unsigned lets everybody send.
	Unsigned Signature = webhook.Unsigned
)

// Hook says what the requests of a sender mean, and who may send them.
type Hook struct {
	// Topic is that of the messages. Required.
	Topic pawl.Topic
	// Keys say where in a message the value of a parameter is that steps listen by:
	// "body.order.id", "body.items[*].id" or "header.NAME". What is a number in one
	// and a text in the other is made alike with "text(body.id)" or
	// "number(header.NAME)". Required.
	Keys map[string]string
	// ID is where the name of a message is, as for Keys: one that comes again is a
	// duplicate, and one without is refused. Empty is that of the signature, if it
	// has one; else messages are not told from each other. Headers are signed with
	// Standard only, and of them the id: whoever has seen a request can send it again
	// under another id in another header.
	ID string
	// Signature says how senders prove that they may send. Required.
	Signature Signature
	// Secrets are those that senders may have, any one of them. Required, but for
	// Unsigned.
	Secrets []string
	// Header has the code or the token. It is required with HMAC; with Token it is a
	// bearer token in "Authorization" by default.
	Header string
	// Base64 says that the code is in base64, with HMAC, and not in hex. Prefix is in
	// front of it, such as "sha256=".
	Base64 bool
	Prefix string
	// Tolerance is how far the time of a request may be from that of this machine,
	// with Standard. Defaults to 5 minutes.
	Tolerance time.Duration
	// MaxBody is how many bytes a message may have. Defaults to 8 MiB.
	MaxBody int64
	// EarlyFor, EarlyMost and Remember are as in pawl.TopicConfig. With Standard,
	// Remember is at least twice the Tolerance.
	EarlyFor  time.Duration
	EarlyMost int
	Remember  time.Duration
	// Log receives why a message could not be stored. Defaults to slog's default.
	Log *slog.Logger
}

// Handler returns what takes messages for an engine. They are JSON.
//
// It answers 202 where a message is stored, with what became of it, and 200 where
// nothing was to be done, as for duplicates. What can't be read is answered with
// 400, what proves nothing with 401, and what is too long with 413. With 503 it is
// to be sent again: the database did not answer.
func Handler(eng *pawl.Engine, h Hook) (http.Handler, error) {
	o, err := h.options()
	if err != nil {
		return nil, fmt.Errorf("hook of topic %q: %w", h.Topic, err)
	}
	hook, err := webhook.NewHook(o)
	if err != nil {
		return nil, fmt.Errorf("hook of topic %q: %w", h.Topic, err)
	}
	log := h.Log
	if log == nil {
		log = slog.Default()
	}
	return hook.Handler(host.Of(eng).Host, func(err error) {
		log.Error("a message could not be stored", "topic", h.Topic, "error", err)
	}), nil
}

// options returns what the hook is made of.
func (h *Hook) options() (o webhook.HookOptions, err error) {
	o = webhook.HookOptions{
		Topic: feed.Topic{Name: string(h.Topic), Early: h.EarlyFor, MostEarly: h.EarlyMost, Remember: h.Remember},
		Proof: webhook.Proof{
			Scheme: string(h.Signature), Secrets: h.Secrets, Header: h.Header, Prefix: h.Prefix, Tolerance: h.Tolerance,
		},
		MaxBody: h.MaxBody,
	}
	if h.Base64 {
		o.Proof.Encoding = "base64"
	}
	if len(h.Keys) == 0 {
		return o, errors.New("it has no keys, so that nobody could listen to it")
	}
	if o.Topic.Keys, err = feed.FindEach(h.Keys); err != nil {
		return o, err
	}
	place := h.ID
	if place == "" {
		place = o.Proof.Place()
	}
	if place != "" {
		o.Topic.ID, err = feed.Locate(place)
	}
	return o, err
}
