package otlp

import (
	"bytes"
	"compress/gzip"
	"context"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"mime"
	"net/http"
	"strconv"
	"strings"
	"time"
)

// What is refused for now is sent again: after a second at first, then after
// twice as long each time up to half a minute, until a minute is over.
const (
	firstDelay = time.Second
	maxDelay   = 30 * time.Second
	maxElapsed = time.Minute
)

var errTooLong = errors.New("the collector has not taken the spans in time")

// maxAnswer is how much of an answer is read.
const maxAnswer = 64 << 10

const protobuf = "application/x-protobuf"

// body returns what is sent for a message.
func (e *Exporter) body(m []byte) ([]byte, error) {
	if !e.cfg.Gzip {
		return m, nil
	}
	var b bytes.Buffer
	w := gzip.NewWriter(&b)
	if _, err := w.Write(m); err != nil {
		return nil, fmt.Errorf("compress spans: %w", err)
	}
	if err := w.Close(); err != nil {
		return nil, fmt.Errorf("compress spans: %w", err)
	}
	return b.Bytes(), nil
}

// busy is the error of a request that may be made again.
type busy struct {
	err error
	// after is how long the collector wants to be left alone; 0 if it does not
	// say.
	after time.Duration
}

func (b *busy) Error() string { return b.err.Error() }

func (b *busy) Unwrap() error { return b.err }

// send posts a body until it is taken or refused, or ctx is done.
func (e *Exporter) send(ctx context.Context, body []byte) error {
	for delay := firstDelay; ; delay = min(2*delay, maxDelay) {
		err := e.post(ctx, body)
		var again *busy
		if !errors.As(err, &again) {
			return err
		}
		if cause := context.Cause(ctx); cause != nil {
			return fmt.Errorf("%w: %w", cause, err)
		}
		// Those who were sent away together must not come back together.
		wait := max(again.after, delay/2+rand.N(delay/2))
		if end, ok := ctx.Deadline(); ok && time.Until(end) < wait {
			return fmt.Errorf("%w: %w", errTooLong, err)
		}
		select {
		case <-ctx.Done():
			return fmt.Errorf("%w: %w", context.Cause(ctx), err)
		case <-time.After(wait):
		}
	}
}

// post makes one request.
func (e *Exporter) post(ctx context.Context, body []byte) error {
	r, err := http.NewRequestWithContext(ctx, http.MethodPost, e.cfg.URL.String(), bytes.NewReader(body))
	if err != nil {
		return err
	}
	r.Header.Set("User-Agent", e.cfg.Agent)
	for name, value := range e.cfg.Headers {
		r.Header.Set(name, value)
	}
	r.Header.Set("Content-Type", protobuf)
	if e.cfg.Gzip {
		r.Header.Set("Content-Encoding", "gzip")
	}
	resp, err := e.client.Do(r)
	if err != nil {
		return &busy{err: err}
	}
	defer resp.Body.Close() //nolint:errcheck // all that is wanted of it was read
	answer, err := io.ReadAll(io.LimitReader(resp.Body, maxAnswer))
	if resp.StatusCode/100 == 2 {
		return rejected(resp, answer, err)
	}
	err = fmt.Errorf("the collector answers %s%s", resp.Status, reason(resp, answer))
	switch resp.StatusCode {
	case http.StatusTooManyRequests, http.StatusBadGateway, http.StatusServiceUnavailable, http.StatusGatewayTimeout:
		return &busy{err, retryAfter(resp.Header.Get("Retry-After"))}
	}
	return err
}

// retryAfter reads how long to wait, as seconds or as the instant when it is
// over; 0 if there is nothing to read.
func retryAfter(text string) time.Duration {
	if n, err := strconv.ParseUint(text, 10, 31); err == nil {
		return time.Duration(n) * time.Second
	}
	if at, err := http.ParseTime(text); err == nil {
		return max(time.Until(at), 0)
	}
	return 0
}

func isProtobuf(r *http.Response) bool {
	kind, _, err := mime.ParseMediaType(r.Header.Get("Content-Type"))
	return err == nil && kind == protobuf
}

// rejected returns an error if the answer of a collector that took spans says
// that it did not take all of them, or has something to say about them.
func rejected(r *http.Response, answer []byte, err error) error {
	if err != nil || !isProtobuf(r) {
		return nil // whatever else it says, it took them
	}
	var spans uint64
	var why string
	err = message(answer).fields(func(field int, _ uint64, partial []byte) {
		if field != 1 {
			return
		}
		_ = message(partial).fields(func(field int, n uint64, text []byte) { // what can be read of it says enough
			switch field {
			case 1:
				spans = n
			case 2:
				why = string(text)
			}
		})
	})
	switch {
	case err != nil:
		return fmt.Errorf("the collector took the spans, but its answer can't be read: %w", err)
	case spans > 0:
		return fmt.Errorf("the collector has rejected %d of them: %s", spans, why)
	case why != "":
		return fmt.Errorf("the collector took them, but says: %s", why)
	}
	return nil
}

// reason returns what an answer says about why it refuses.
func reason(r *http.Response, answer []byte) string {
	text := string(answer)
	if isProtobuf(r) {
		text = ""
		_ = message(answer).fields(func(field int, _ uint64, b []byte) { // a status, or nothing that helps
			if field == 2 {
				text = string(b)
			}
		})
	}
	if text = strings.TrimSpace(text); text == "" {
		return ""
	}
	const enough = 500
	return fmt.Sprintf(": %.*s", enough, strings.ToValidUTF8(text, "?"))
}
