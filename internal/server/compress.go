package server

import (
	"bufio"
	"bytes"
	"compress/flate"
	"compress/gzip"
	"compress/zlib"
	"io"
	"net/http"
	"strconv"
	"strings"
	"sync"

	"github.com/pawlhq/pawl/internal/model"
)

// worthwhile is from how many bytes on an answer is compressed. A smaller one
// fits into a packet anyway.
const worthwhile = 1024

// Speed counts more than size: a page of attempts takes less than half of the
// time that it would at the usual level, and a quarter more bytes.
var (
	gzips = sync.Pool{New: func() any {
		z, _ := gzip.NewWriterLevel(io.Discard, gzip.BestSpeed) // which is a level
		return z
	}}
	zlibs = sync.Pool{New: func() any {
		z, _ := zlib.NewWriterLevel(io.Discard, zlib.BestSpeed)
		return z
	}}
)

// send answers with a body, in the encoding that the client prefers.
func send(w http.ResponseWriter, r *http.Request, status int, kind string, body []byte) error {
	h := w.Header()
	h.Set("Content-Type", kind)
	h.Add("Vary", "Accept-Encoding")
	if encoding := preferred(r.Header); encoding != "" && len(body) >= worthwhile {
		var packed bytes.Buffer
		if err := compress(&packed, encoding, body); err != nil {
			return err
		}
		h.Set("Content-Encoding", encoding)
		body = packed.Bytes()
	}
	h.Set("Content-Length", strconv.Itoa(len(body)))
	w.WriteHeader(status)
	_, err := w.Write(body)
	return err
}

func compress(to io.Writer, encoding string, body []byte) error {
	if encoding == "gzip" {
		z := gzips.Get().(*gzip.Writer)
		defer gzips.Put(z)
		z.Reset(to)
		return finish(z, body)
	}
	z := zlibs.Get().(*zlib.Writer)
	defer zlibs.Put(z)
	z.Reset(to)
	return finish(z, body)
}

func finish(z io.WriteCloser, body []byte) error {
	if _, err := z.Write(body); err != nil {
		return err
	}
	return z.Close()
}

// preferred returns gzip or deflate, if the client takes one of them, or "".
func preferred(h http.Header) string {
	takes := make(map[string]bool)
	for _, value := range h.Values("Accept-Encoding") {
		for part := range strings.SplitSeq(value, ",") {
			name, quality, _ := strings.Cut(strings.ToLower(part), ";")
			q := strings.TrimPrefix(strings.ReplaceAll(quality, " ", ""), "q=")
			weight, err := strconv.ParseFloat(q, 64)
			takes[strings.TrimSpace(name)] = q == "" || err == nil && weight > 0
		}
	}
	for _, name := range []string{"gzip", "deflate"} {
		if yes, said := takes[name]; yes || !said && takes["*"] {
			return name
		}
	}
	return ""
}

// decoded returns the body of a request without its encoding. More bytes than
// the limit are an error.
func decoded(w http.ResponseWriter, r *http.Request, limit int64) (io.ReadCloser, error) {
	body := r.Body
	var inner io.Reader
	var err error
	switch encoding := strings.ToLower(strings.TrimSpace(r.Header.Get("Content-Encoding"))); encoding {
	case "", "identity":
		return http.MaxBytesReader(w, body, limit), nil
	case "gzip", "x-gzip":
		inner, err = gzip.NewReader(body)
	case "deflate":
		inner, err = inflate(body)
	default:
		return nil, model.Errorf(model.Invalid, "the encoding %q of the body is not known", encoding)
	}
	if err != nil {
		return nil, model.Errorf(model.Invalid, "the body is not encoded as its Content-Encoding says: %w", err)
	}
	return http.MaxBytesReader(w, wrapped{inner, body}, limit), nil
}

// wrapped reads from one and closes another.
type wrapped struct {
	io.Reader
	io.Closer
}

// inflate reads what is called deflate: mostly with a head, sometimes without.
func inflate(body io.Reader) (io.Reader, error) {
	b := bufio.NewReader(body)
	head, err := b.Peek(2)
	if err != nil {
		return nil, err
	}
	if head[0]&0x0f == 8 && (int(head[0])<<8|int(head[1]))%31 == 0 {
		return zlib.NewReader(b)
	}
	return flate.NewReader(b), nil
}
