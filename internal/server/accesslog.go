package server

import (
	"cmp"
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/pawlhq/pawl/internal/document"
	"github.com/pawlhq/pawl/internal/model"
)

// access is one request in the access log.
type access struct {
	r      *http.Request
	user   string
	began  time.Time
	took   time.Duration
	status int
	bytes  int64
}

// formats of the access log, by name.
var formats = map[string]func(*access) string{
	"json":     (*access).json,
	"common":   (*access).common,
	"combined": (*access).combined,
}

// userKey finds where the name of the principal goes.
type userKey struct{}

// accessLog returns the server's handler, which writes a line for each request
// if there is somewhere to write to.
func (s *Server) accessLog(w io.Writer, format string) (http.Handler, error) {
	line, ok := formats[cmp.Or(format, "json")]
	if !ok {
		return nil, model.Errorf(model.Invalid, "there is no format %q of access logs", format).
			WithHint("%s", document.DidYouMean(format, []string{"json", "common", "combined"}))
	}
	if w == nil {
		return s, nil
	}
	var mu sync.Mutex
	return http.HandlerFunc(func(rw http.ResponseWriter, r *http.Request) {
		a := &access{r: r, began: s.cfg.Clock.Now(), status: http.StatusOK}
		defer func() {
			a.took = s.cfg.Clock.Now().Sub(a.began)
			text := line(a) + "\n"
			mu.Lock()
			defer mu.Unlock()
			if _, err := io.WriteString(w, text); err != nil {
				s.cfg.Log.Error("can't write the access log", "error", err)
			}
		}()
		ctx := context.WithValue(r.Context(), userKey{}, &a.user)
		s.ServeHTTP(&counted{ResponseWriter: rw, access: a}, r.WithContext(ctx))
	}), nil
}

// noteUser tells the access log who sends a request.
func noteUser(ctx context.Context, name string) {
	if user, ok := ctx.Value(userKey{}).(*string); ok {
		*user = name
	}
}

// counted notes what is answered.
type counted struct {
	http.ResponseWriter
	access *access
	wrote  bool
}

func (c *counted) WriteHeader(status int) {
	if !c.wrote && status >= http.StatusOK {
		c.wrote, c.access.status = true, status
	}
	c.ResponseWriter.WriteHeader(status)
}

func (c *counted) Write(p []byte) (int, error) {
	c.wrote = true
	n, err := c.ResponseWriter.Write(p)
	c.access.bytes += int64(n)
	return n, err
}

// Unwrap is for http.ResponseController.
func (c *counted) Unwrap() http.ResponseWriter { return c.ResponseWriter }

func (a *access) remote() string {
	host, _, err := net.SplitHostPort(a.r.RemoteAddr)
	if err != nil {
		return a.r.RemoteAddr
	}
	return host
}

func (a *access) json() string {
	text, err := marshal(struct {
		Time      string  `json:"time"`
		Remote    string  `json:"remote"`
		User      string  `json:"user"`
		Method    string  `json:"method"`
		URI       string  `json:"uri"`
		Protocol  string  `json:"protocol"`
		Status    int     `json:"status"`
		Bytes     int64   `json:"bytes"`
		Seconds   float64 `json:"seconds"`
		Referer   string  `json:"referer"`
		UserAgent string  `json:"userAgent"`
	}{
		a.began.UTC().Format(time.RFC3339Nano), a.remote(), a.user, a.r.Method, a.r.RequestURI, a.r.Proto,
		a.status, a.bytes, a.took.Seconds(), a.r.Referer(), a.r.UserAgent(),
	})
	if err != nil {
		return "{}"
	}
	return string(text)
}

// common is the format of that name, which many tools read.
func (a *access) common() string {
	user := cmp.Or(strings.Map(visible, a.user), "-")
	return fmt.Sprintf("%s - %s [%s] %s %d %d", a.remote(), user, a.began.UTC().Format("02/Jan/2006:15:04:05 -0700"),
		strconv.QuoteToASCII(a.r.Method+" "+a.r.RequestURI+" "+a.r.Proto), a.status, a.bytes)
}

func (a *access) combined() string {
	return a.common() + " " + strconv.QuoteToASCII(cmp.Or(a.r.Referer(), "-")) + " " + strconv.QuoteToASCII(cmp.Or(a.r.UserAgent(), "-"))
}

// visible keeps what could be taken for the next field out of one.
func visible(r rune) rune {
	if r <= ' ' || r == 0x7f {
		return '_'
	}
	return r
}
