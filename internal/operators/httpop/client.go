package httpop

import (
	"crypto/tls"
	"fmt"
	"net/http"
)

// client returns what makes requests as the options say, and what to call when
// it is no longer needed.
func (o *options) client(shared *http.Transport) (client *http.Client, done func()) {
	transport, done := shared, func() {}
	if o.insecure || o.proxy != nil {
		transport = shared.Clone()
		done = transport.CloseIdleConnections
	}
	if o.insecure {
		transport.TLSClientConfig = &tls.Config{InsecureSkipVerify: true}
	}
	if o.proxy != nil {
		transport.Proxy = http.ProxyURL(o.proxy)
	}
	return &http.Client{Transport: transport, CheckRedirect: o.checkRedirect}, done
}

// checkRedirect decides whether to follow a redirect.
func (o *options) checkRedirect(next *http.Request, via []*http.Request) error {
	if !o.follow {
		return http.ErrUseLastResponse
	}
	if len(via) > o.redirects {
		return &redirectError{o.redirects}
	}
	next.Header.Del("Referer") // it would betray a secret URI
	return nil
}

// redirectError says that a request was led on and on.
type redirectError struct{ limit int }

func (e *redirectError) Error() string { return fmt.Sprintf("more than %d redirects", e.limit) }
