package client

import (
	"net"
	"net/netip"
	"net/url"
	"strings"

	"github.com/pawlhq/pawl/internal/model"
)

// DefaultEndpoint is where a server listens unless it is told otherwise.
const DefaultEndpoint = "http://127.0.0.1:65432"

// Endpoint is the address of a server: a scheme and a host with its port.
type Endpoint struct{ scheme, host string }

// ParseEndpoint reads [http[s]://]HOST[:PORT]. Without a port it is that of the
// scheme, and a path is ignored, as Digdag does. The error has the code
// Invalid.
func ParseEndpoint(text string) (Endpoint, error) {
	full := text
	if !strings.Contains(text, "://") {
		full = "http://" + text
	}
	u, err := url.Parse(full)
	if err != nil || u.Hostname() == "" || u.User != nil || u.Scheme != "http" && u.Scheme != "https" {
		return Endpoint{}, model.Errorf(model.Invalid, "the endpoint %q is no address of a server", text).
			WithHint("write [http[s]://]HOST[:PORT], such as %s", DefaultEndpoint)
	}
	port := u.Port()
	if port == "" {
		port = map[string]string{"http": "80", "https": "443"}[u.Scheme]
	}
	return Endpoint{u.Scheme, net.JoinHostPort(u.Hostname(), port)}, nil
}

// String returns the endpoint as a URL without a path.
func (e Endpoint) String() string { return e.scheme + "://" + e.host }

// local reports whether the server is on this machine.
func (e Endpoint) local() bool {
	name, _, _ := net.SplitHostPort(e.host) // ParseEndpoint has joined it
	ip, err := netip.ParseAddr(name)
	return strings.EqualFold(name, "localhost") || err == nil && ip.IsLoopback()
}

// at returns the URL of a path, whose segments are escaped, with a query.
func (e Endpoint) at(path string, query url.Values) string {
	if len(query) == 0 {
		return e.String() + path
	}
	return e.String() + path + "?" + query.Encode()
}

// path joins the segments of a path below /api.
func path(segments ...string) string {
	var b strings.Builder
	b.WriteString("/api")
	for _, s := range segments {
		b.WriteString("/" + url.PathEscape(s))
	}
	return b.String()
}
