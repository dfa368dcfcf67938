package auth

import (
	"net"
	"net/netip"
	"strings"

	"github.com/pawlhq/pawl/internal/model"
)

// CheckBind returns an Invalid error if a server without authentication would
// listen where other machines can reach it. Hosts are the addresses to listen
// on, without ports; an empty one is all addresses. Names are not looked up:
// of them only "localhost" counts as this machine.
func CheckBind(hosts []string, authenticated bool) error {
	if authenticated {
		return nil
	}
	for _, host := range hosts {
		if !loopback(host) {
			return model.Errorf(model.Invalid, "server would listen on %q without authentication", host).
				WithHint("set %s and %s, or listen on 127.0.0.1", basicUser, basicPassword)
		}
	}
	return nil
}

// CheckHost returns a Forbidden error if a request for that host (with a port,
// or without one) is not for this machine, which is all that a server without
// authentication answers. A page that a browser has from elsewhere can have its
// name lead here, and counts as a page of this server then; the host that it
// asks for tells it.
func CheckHost(host string, authenticated bool) error {
	name := host
	if h, _, err := net.SplitHostPort(host); err == nil {
		name = h
	}
	if authenticated || loopback(name) {
		return nil
	}
	return model.Errorf(model.Forbidden, "the server has no authentication, and answers as localhost or 127.0.0.1 only, not as %q", host).
		WithHint("ask for one of these, or set %s and %s", basicUser, basicPassword)
}

func loopback(host string) bool {
	if strings.EqualFold(host, "localhost") {
		return true
	}
	if inner, ok := strings.CutPrefix(host, "["); ok {
		host = strings.TrimSuffix(inner, "]")
	}
	addr, err := netip.ParseAddr(host)
	return err == nil && addr.IsLoopback()
}
