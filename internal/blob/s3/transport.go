package s3

import (
	"context"
	"net"
	"net/http"
	"time"
)

// newTransport returns a transport that gives a connection up on which nothing
// moves for the timeout.
func newTransport(timeout time.Duration) *http.Transport {
	dialer := &net.Dialer{Timeout: timeout}
	return &http.Transport{
		Proxy: http.ProxyFromEnvironment,
		DialContext: func(ctx context.Context, network, address string) (net.Conn, error) {
			c, err := dialer.DialContext(ctx, network, address)
			if err != nil {
				return nil, err
			}
			return &restless{c, timeout}, nil
		},
		TLSHandshakeTimeout:   timeout,
		ResponseHeaderTimeout: timeout,
		MaxIdleConnsPerHost:   16, // the default of 2 is few for one host only
		IdleConnTimeout:       min(timeout, time.Minute),
		// What is stored comes back as it is, compressed or not.
		DisableCompression: true,
	}
}

// restless is a connection whose reads and writes end within the timeout. Who
// sends also waits for an answer, so a write is a sign of life for both.
type restless struct {
	net.Conn
	timeout time.Duration
}

func (r *restless) Read(p []byte) (int, error) {
	if err := r.SetReadDeadline(time.Now().Add(r.timeout)); err != nil {
		return 0, err
	}
	return r.Conn.Read(p)
}

func (r *restless) Write(p []byte) (int, error) {
	if err := r.SetDeadline(time.Now().Add(r.timeout)); err != nil {
		return 0, err
	}
	return r.Conn.Write(p)
}
