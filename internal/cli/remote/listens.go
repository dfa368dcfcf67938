package remote

import (
	"cmp"
	"net"
	"net/netip"
	"strings"

	"github.com/pawlhq/pawl/internal/config"
	"github.com/pawlhq/pawl/internal/kind"
	"github.com/pawlhq/pawl/internal/model"
)

// Settings that say where a server listens.
const (
	bindSetting = "server.bind"
	portSetting = "server.port"
	certSetting = "server.tls.certificate"
)

// defaultPort is that of client.DefaultEndpoint.
const defaultPort = "65432"

// listens returns where a server with these settings listens, or "" if they don't say.
// It is always this machine: whoever wrote the files of a folder can't choose another
// one that gets what clients send.
func listens(settings *config.Config) (string, error) {
	bind, bound := settings.Get(bindSetting)
	port, ported := settings.Get(portSetting)
	if !bound && !ported {
		return "", nil
	}
	port = cmp.Or(strings.TrimSpace(port), defaultPort)
	number, err := kind.ParsePort(port)
	switch {
	case err != nil:
		return "", settings.Errorf(portSetting, "%s must be a port, from 0 to 65535", portSetting)
	case number == 0:
		return "", nil // the server chooses one
	}
	host, err := reached(strings.TrimSpace(bind))
	if err != nil {
		return "", settings.Errorf(bindSetting, "%s is %s, which is no address of this machine", bindSetting, bind).
			Hint("say which server is meant with --endpoint, PAWL_ENDPOINT or client.http.endpoint of your own settings")
	}
	scheme := "http://"
	if secured, _ := settings.Get(certSetting); secured != "" {
		scheme = "https://"
	}
	return scheme + net.JoinHostPort(host, port), nil
}

// reached returns how this machine reaches a server that is bound to an address of it.
func reached(bind string) (string, error) {
	const loopback = "127.0.0.1"
	if bind == "" || strings.EqualFold(bind, "localhost") {
		return cmp.Or(bind, loopback), nil
	}
	ip, err := netip.ParseAddr(bind)
	switch {
	case err != nil:
		return "", err
	case ip.IsUnspecified() && ip.Is4():
		return loopback, nil
	case ip.IsUnspecified():
		return "::1", nil
	case ip.IsLoopback():
		return bind, nil
	}
	own, err := net.InterfaceAddrs()
	if err != nil {
		return "", err
	}
	for _, a := range own {
		if of, ok := a.(*net.IPNet); ok && of.IP.String() == ip.WithZone("").String() {
			return bind, nil
		}
	}
	return "", model.Errorf(model.Invalid, "another machine")
}
