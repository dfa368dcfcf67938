package webhook

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"golang.org/x/net/http/httpguts"

	"github.com/pawlhq/pawl/internal/clock"
	"github.com/pawlhq/pawl/internal/feed/relay"
)

// headerKey has the key of a record, escaped as in paths of URLs.
const headerKey = "Pawl-Record-Key"

// line is a relay.Line.
type line struct {
	*target
	client *http.Client
	clock  clock.Clock
}

// Close implements relay.Line.
func (l *line) Close() { l.client.CloseIdleConnections() }

// tellWithin is for how long requests are begun before it is told which arrived.
const tellWithin = 5 * time.Second

// Send implements relay.Line. Once a request has failed, no other is begun.
func (l *line) Send(ctx context.Context, list []relay.Message) []error {
	errs := make([]error, len(list))
	for i := range errs {
		errs[i] = relay.ErrUnsent
	}
	var failed atomic.Bool
	enough := l.clock.Now().Add(tellWithin)
	slots := make(chan struct{}, l.Parallel)
	var pending sync.WaitGroup
	for _, chain := range chains(list) {
		slots <- struct{}{}
		pending.Go(func() {
			defer func() { <-slots }()
			for _, i := range chain {
				first := i == 0 // so that there is progress
				if failed.Load() || !first && l.clock.Now().After(enough) {
					return
				}
				if errs[i] = l.post(ctx, &list[i]); errs[i] != nil {
					failed.Store(true)
					return
				}
			}
		})
	}
	pending.Wait()
	return errs
}

// chains returns the places of messages that come one after the other, as they
// have one key.
func chains(list []relay.Message) (all [][]int) {
	of := make(map[string]int)
	for i := range list {
		key := string(list[i].Key)
		at, ok := of[key]
		if !ok || list[i].Key == nil {
			at, all = len(all), append(all, nil)
			of[key] = at
		}
		all[at] = append(all[at], i)
	}
	return all
}

// post sends one message, and returns nil once the receiver has it.
func (l *line) post(ctx context.Context, m *relay.Message) error {
	ctx, cancel := context.WithTimeoutCause(ctx, l.Timeout, fmt.Errorf("there was no answer within %v", l.Timeout))
	defer cancel()
	r, err := http.NewRequestWithContext(ctx, http.MethodPost, l.URL, bytes.NewReader(m.Value))
	if err != nil {
		return err
	}
	l.dress(r, m)
	answer, err := l.client.Do(r)
	if err != nil {
		return reason(ctx, err)
	}
	defer func() { _ = answer.Body.Close() }() // it was read
	text, err := io.ReadAll(io.LimitReader(answer.Body, maxAnswer))
	if err != nil {
		return reason(ctx, err)
	}
	if answer.StatusCode/100 == 2 {
		return nil
	}
	return l.refusal(answer, text)
}

// maxAnswer is how much of an answer is read, and maxReason how much of it is told.
const (
	maxAnswer = 16 << 10
	maxReason = 200
)

// dress gives a request its headers.
func (l *line) dress(r *http.Request, m *relay.Message) {
	for _, h := range m.Headers {
		value := string(h.Value)
		if checkHeader(h.Name, value) == nil {
			r.Header.Add(h.Name, value)
		}
	}
	for name, value := range l.Headers {
		r.Header.Set(name, value)
	}
	if r.Header.Get("User-Agent") == "" {
		r.Header.Set("User-Agent", "pawl")
	}
	if len(m.Value) > 0 {
		r.Header.Set("Content-Type", l.ContentType)
	}
	if m.Key != nil {
		r.Header.Set(headerKey, url.PathEscape(string(m.Key)))
	}
	at := timestampOf(l.clock.Now())
	r.Header.Set(headerID, m.Name)
	r.Header.Set(headerTimestamp, at)
	if len(l.secrets) > 0 {
		r.Header.Set(headerSignature, signatures(l.secrets, m.Name, at, m.Value))
	}
}

// reason is why there is no answer. The URL may be a secret.
func reason(ctx context.Context, err error) error {
	if cause := context.Cause(ctx); cause != nil {
		return cause
	}
	var of *url.Error
	if errors.As(err, &of) {
		return of.Err
	}
	return err
}

// longRetry bounds how long a receiver can ask to be left alone.
const longRetry = time.Hour

// refusal is why a receiver has not taken a message.
func (l *line) refusal(answer *http.Response, text []byte) error {
	said := strings.Join(strings.Fields(strings.ToValidUTF8(string(text[:min(len(text), maxReason)]), "")), " ")
	err := fmt.Errorf("the receiver answers %s", answer.Status)
	switch {
	case answer.StatusCode/100 == 3:
		err = fmt.Errorf("%w, and requests go to the configured URL only", err)
	case said != "" && httpguts.ValidHeaderFieldValue(said):
		err = fmt.Errorf("%w: %s", err, said)
	}
	if after := l.retryAfter(answer.Header.Get("Retry-After")); after > 0 {
		return &relay.Later{Err: err, After: min(after, longRetry)}
	}
	return err
}

// retryAfter reads a number of seconds, or a date.
func (l *line) retryAfter(text string) time.Duration {
	if n, err := strconv.ParseUint(text, 10, 31); err == nil {
		return time.Duration(n) * time.Second
	}
	if at, err := http.ParseTime(text); err == nil {
		return at.Sub(l.clock.Now())
	}
	return 0
}
