package auth

import (
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
