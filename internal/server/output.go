package server

import (
	"bytes"
	"encoding/json"
	"io"
	"net/http"
	"strconv"
)

// json answers with a value.
func (c *call) json(status int, body any) error {
	text, err := marshal(body)
	if err != nil {
		return err
	}
	c.wrote = true
	return send(c.w, c.r, status, "application/json", text)
}

// write answers with a value where an error can't be answered any more.
func (s *Server) write(w http.ResponseWriter, r *http.Request, status int, body any) {
	text, err := marshal(body)
	if err == nil {
		err = send(w, r, status, "application/json", text)
	}
	if err != nil {
		s.cfg.Log.Debug("the answer was not sent", "path", r.URL.Path, "error", err)
	}
}

// marshal returns compact JSON, in which no character is escaped for the sake
// of pages.
func marshal(v any) ([]byte, error) {
	if a, ok := v.(appender); ok {
		return a.appendJSON(make([]byte, 0, a.size())), nil
	}
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	if err := e.Encode(v); err != nil {
		return nil, err
	}
	return bytes.TrimSuffix(b.Bytes(), []byte("\n")), nil
}

// whole is an answer that is in memory as it is sent.
type whole struct {
	kind string
	body []byte
}

func (t whole) send(c *call) error {
	c.wrote = true
	return send(c.w, c.r, http.StatusOK, t.kind, t.body)
}

// zipped is an answer of bytes that are compressed by themselves and stay so.
type zipped struct {
	body io.ReadCloser
	size int64
}

func (z zipped) send(c *call) error {
	defer z.body.Close() //nolint:errcheck // it was only read
	h := c.w.Header()
	h.Set("Content-Type", "application/gzip")
	h.Set("Content-Length", strconv.FormatInt(z.size, 10))
	c.wrote = true
	_, err := io.Copy(c.w, z.body)
	return err
}

// elsewhere sends the client to another address.
type elsewhere string

func (e elsewhere) send(c *call) error {
	c.w.Header().Set("Location", string(e))
	c.wrote = true
	return send(c.w, c.r, http.StatusSeeOther, "text/plain; charset=utf-8", []byte(e))
}
