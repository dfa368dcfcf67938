package httpop

import (
	"context"
	"errors"
	"fmt"
	"io"
	"mime"
	"net"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/pawlhq/pawl/operator"
)

// caller makes the requests of both operators.
type caller struct {
	// shared keeps connections open from one task to the next.
	shared *http.Transport
}

// response is an answer that counts as success.
type response struct {
	status int
	header http.Header
	// body is cut where it is certainly too long.
	body []byte
}

// failure is an answer, or the lack of one, that does not count as success.
type failure struct {
	message string
	// short is the message without the request.
	short string
	// passing failures may be over later; busy ones say so themselves.
	passing, busy bool
}

// send makes the request of a task and reads an answer of limit characters.
// Without an answer and an error the request is to be made again.
func (c *caller) send(ctx context.Context, t *operator.Task, to *target, limit int) (*response, *operator.Wait, error) {
	o, err := readOptions(t.Params, t.Services.Settings)
	if err != nil {
		return nil, nil, err
	}
	timed := ctx
	if o.timeout > 0 {
		var cancel context.CancelFunc
		timed, cancel = context.WithTimeout(ctx, o.timeout)
		defer cancel()
	}
	r, err := newRequest(timed, t.Params, to, o, filler{ctx, t.Secrets})
	if err != nil {
		return nil, nil, err
	}
	client, done := o.client(c.shared)
	defer done()
	answer, failed := exchange(client, r, to, limit)
	switch {
	case failed == nil:
		return answer, nil, report(t, "%s %s: %d %s", o.method, to.shown, answer.status, http.StatusText(answer.status))
	case ctx.Err() != nil:
		return nil, nil, context.Cause(ctx)
	case failed.busy, failed.passing && o.retry:
		delay, wait, err := again(t)
		if err != nil {
			return nil, nil, err
		}
		wait.Reason = fmt.Sprintf("%s; next try in %v", failed.short, delay)
		return nil, wait, report(t, "%s; next try in %v", failed.message, delay)
	}
	return nil, nil, failf("%s", failed.message)
}

// report tells in the task's log what happened.
func report(t *operator.Task, format string, args ...any) error {
	_, err := fmt.Fprintf(t.Output, format+"\n", args...)
	return err
}

func failf(format string, args ...any) error {
	return &operator.Error{Message: fmt.Sprintf(format, args...)}
}

// retryKey counts in a task's state how often its request was made again.
const retryKey = "retry"

// again makes the request again after 1 s, 2 s, 4 s and so on up to 30 s.
func again(t *operator.Task) (time.Duration, *operator.Wait, error) {
	n, err := t.State.IntOr(retryKey, 0)
	if err != nil {
		return 0, nil, err
	}
	delay := 30 * time.Second
	if 0 <= n && n < 5 {
		delay = time.Second << n
	}
	return delay, &operator.Wait{Until: t.Now().Add(delay), State: t.State.Set(retryKey, n+1)}, nil
}

// exchange makes one request.
func exchange(client *http.Client, r *http.Request, to *target, limit int) (*response, *failure) {
	answer, err := client.Do(r)
	if err != nil {
		return nil, lost(r, to, err)
	}
	defer answer.Body.Close() //nolint:errcheck // it was only read
	const bytesPerCharacter = 4
	body, err := io.ReadAll(io.LimitReader(answer.Body, bytesPerCharacter*int64(limit)+1))
	if err != nil {
		return nil, lost(r, to, err)
	}
	if 200 <= answer.StatusCode && answer.StatusCode < 400 {
		return &response{answer.StatusCode, answer.Header, body}, nil
	}
	return nil, refused(r, to, answer, body)
}

// lost describes a request without an answer.
func lost(r *http.Request, to *target, err error) *failure {
	var endless *redirectError
	var wrapper *url.Error // it names the URI
	if errors.As(err, &wrapper) {
		err = wrapper.Err
	}
	text, short := err.Error(), innermost(err)
	switch {
	case errors.Is(err, context.DeadlineExceeded):
		text, short = "timed out", "timed out"
	case to.secret:
		text = short
	}
	return &failure{
		message: fmt.Sprintf("HTTP request failed: %s %s - %s", r.Method, to.shown, text),
		short:   short,
		passing: !errors.As(err, &endless),
	}
}

// innermost returns the part of an error that names no address.
func innermost(err error) string {
	var lookup *net.DNSError
	if errors.As(err, &lookup) {
		return lookup.Err
	}
	for cause := err; cause != nil; cause = errors.Unwrap(cause) {
		err = cause
	}
	return err.Error()
}

// refused describes an answer that is not a success.
func refused(r *http.Request, to *target, answer *http.Response, body []byte) *failure {
	code := answer.StatusCode
	f := &failure{passing: true}
	what := "Unexpected HTTP status"
	switch {
	case code == http.StatusRequestTimeout, code == http.StatusTooManyRequests:
		what, f.busy = "Failed HTTP request", true
	case 400 <= code && code < 500:
		what, f.passing = "HTTP 4XX Client Error", false
	case 500 <= code && code < 600:
		what = "HTTP 5XX Server Error"
	}
	f.short = fmt.Sprintf("%d %s", code, http.StatusText(code))
	f.message = fmt.Sprintf("%s: %s %s - %s", what, r.Method, to.shown, f.short)
	if text := strings.TrimSpace(excerpt(body, answer.Header.Get("Content-Type"))); text != "" {
		f.message += ": " + text
	}
	return f
}

// maxExcerpt is how many characters of an answer an error shows.
const maxExcerpt = 200

// excerpt returns what an answer says to people. A page for a browser says
// less than the status does.
func excerpt(body []byte, mediaType string) string {
	if kind, _, _ := mime.ParseMediaType(mediaType); kind == "text/html" || kind == "application/xhtml+xml" {
		return ""
	}
	text, err := decode(body, mediaType)
	if err != nil {
		return ""
	}
	n := 0
	for i := range text {
		if n++; n > maxExcerpt {
			return text[:i]
		}
	}
	return text
}
