package server

import (
	"cmp"
	"context"
	"crypto/tls"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/netip"
	"os"
	"path/filepath"
	"strconv"
	"time"

	"github.com/pawlhq/pawl/internal/auth"
	"github.com/pawlhq/pawl/internal/model"
)

// Address is where a server listens.
type Address struct {
	// Host is a name or an address. Empty is all addresses of the machine.
	Host string
	// Port 0 is any that is free.
	Port int
}

// Listen takes connections there. An address of IPv4 is not listened on with
// IPv6, too, as all addresses of the machine would be otherwise. What can't be
// had is Unavailable.
func (a Address) Listen() (net.Listener, error) {
	network := "tcp"
	if ip, err := netip.ParseAddr(a.Host); err == nil && ip.Is4() {
		network = "tcp4"
	}
	l, err := net.Listen(network, net.JoinHostPort(a.Host, strconv.Itoa(a.Port)))
	if err != nil {
		return nil, model.Errorf(model.Unavailable, "listen: %w", err)
	}
	return l, nil
}

// ListenConfig says how a server is reached.
type ListenConfig struct {
	Address Address
	// Admin is where requests of administrators are answered, too. Nil is
	// nowhere.
	Admin *Address
	// CertFile and KeyFile make the server speak TLS. Both or none.
	CertFile, KeyFile string
	// HTTP2 lets clients without TLS speak HTTP/2, too. With TLS they may.
	HTTP2 bool
	// KeepAlive is how long a connection may wait for its next request.
	// Defaults to 60 s.
	KeepAlive time.Duration
	// ParseWithin is how long the head of a request may take. Defaults to
	// 30 s.
	ParseWithin time.Duration
	// CarryWithin is how long a request, and how long its answer, may take to
	// be carried. Answers that follow an attempt are not bound. Defaults to
	// 300 s.
	CarryWithin time.Duration
	// MaxHeader bounds the bytes of the head of a request. Defaults to 64 KiB.
	MaxHeader int
	// Grace is how long requests that are under way may take when the server
	// stops. Defaults to 30 s.
	Grace time.Duration
	// AccessLog receives a line for each request, in the format json (the
	// default), common or combined. Nil receives none.
	AccessLog    io.Writer
	AccessFormat string
	// RuntimeInfo is a file to write the addresses to, as JSON, once the
	// server listens. Empty writes none.
	RuntimeInfo string
}

func (c ListenConfig) withDefaults() ListenConfig {
	c.KeepAlive = cmp.Or(c.KeepAlive, time.Minute)
	c.ParseWithin = cmp.Or(c.ParseWithin, 30*time.Second)
	c.CarryWithin = cmp.Or(c.CarryWithin, 5*time.Minute)
	c.MaxHeader = cmp.Or(c.MaxHeader, 64<<10)
	c.Grace = cmp.Or(c.Grace, 30*time.Second)
	return c
}

// Listening is a server that takes connections.
type Listening struct {
	server *Server
	grace  time.Duration
	ports  []port
}

type port struct {
	net.Listener
	http *http.Server
}

// Listen begins to take connections, which Serve answers. To listen where
// other machines can reach it without authentication is Invalid, and an
// address that can't be had is Unavailable.
func (s *Server) Listen(cfg ListenConfig) (_ *Listening, err error) {
	cfg = cfg.withDefaults()
	addresses := []Address{cfg.Address}
	if cfg.Admin != nil {
		addresses = append(addresses, *cfg.Admin)
	}
	var hosts []string
	for _, a := range addresses {
		hosts = append(hosts, a.Host)
	}
	if err := auth.CheckBind(hosts, !auth.Open(s.cfg.Auth)); err != nil {
		return nil, err
	}
	secure, err := loadTLS(cfg.CertFile, cfg.KeyFile)
	if err != nil {
		return nil, err
	}
	handler, err := s.accessLog(cfg.AccessLog, cfg.AccessFormat)
	if err != nil {
		return nil, err
	}
	l := &Listening{server: s, grace: cfg.Grace}
	defer func() {
		if err != nil {
			err = errors.Join(err, l.Close())
		}
	}()
	for i, a := range addresses {
		ln, err := a.Listen()
		if err != nil {
			return nil, err
		}
		if secure != nil {
			ln = tls.NewListener(ln, secure)
		}
		l.ports = append(l.ports, port{ln, s.newHTTP(cfg, handler, i > 0)})
	}
	if cfg.RuntimeInfo != "" {
		return l, l.writeInfo(cfg.RuntimeInfo)
	}
	return l, nil
}

func loadTLS(cert, key string) (*tls.Config, error) {
	if cert == "" && key == "" {
		return nil, nil
	}
	pair, err := tls.LoadX509KeyPair(cert, key)
	if err != nil {
		return nil, model.Errorf(model.Invalid, "load certificate: %w", err).
			WithHint("TLS needs the files of a certificate and of its key")
	}
	return &tls.Config{Certificates: []tls.Certificate{pair}, MinVersion: tls.VersionTLS12, NextProtos: []string{"h2", "http/1.1"}}, nil
}

func (s *Server) newHTTP(cfg ListenConfig, handler http.Handler, admin bool) *http.Server {
	protocols := new(http.Protocols)
	protocols.SetHTTP1(true)
	protocols.SetHTTP2(true)
	protocols.SetUnencryptedHTTP2(cfg.HTTP2)
	base := context.Background()
	if admin {
		base = context.WithValue(base, adminKey{}, true)
	}
	return &http.Server{
		Handler: handler, Protocols: protocols, BaseContext: func(net.Listener) context.Context { return base },
		ReadHeaderTimeout: cfg.ParseWithin, ReadTimeout: cfg.CarryWithin, WriteTimeout: cfg.CarryWithin, IdleTimeout: cfg.KeepAlive,
		MaxHeaderBytes: cfg.MaxHeader, ErrorLog: slog.NewLogLogger(s.cfg.Log.Handler(), slog.LevelWarn),
	}
}

// Addresses returns where the server listens: first for everyone, and then, if
// there is one, for administrators.
func (l *Listening) Addresses() []net.Addr {
	var list []net.Addr
	for _, p := range l.ports {
		list = append(list, p.Addr())
	}
	return list
}

// Serve answers requests until ctx is done. Then it takes no new ones, waits
// for those that are under way as long as the grace allows, and returns nil;
// or an error, if requests were cut off. It is called once.
func (l *Listening) Serve(ctx context.Context) error {
	failed := make(chan error, len(l.ports))
	for _, p := range l.ports {
		go func() { failed <- p.http.Serve(p.Listener) }() // received from below
	}
	var first error
	running := len(l.ports)
	select {
	case <-ctx.Done():
	case first = <-failed:
		running--
	}
	err := l.stop()
	for range running {
		if e := <-failed; !errors.Is(e, http.ErrServerClosed) {
			err = errors.Join(err, e)
		}
	}
	return errors.Join(first, err)
}

// stop ends all that Serve has begun.
func (l *Listening) stop() error {
	l.server.Drain()
	ctx, cancel := context.WithTimeout(context.Background(), l.grace)
	defer cancel()
	var err error
	for _, p := range l.ports {
		if e := p.http.Shutdown(ctx); e != nil {
			err = errors.Join(err, fmt.Errorf("requests were cut off: %w", e), p.http.Close())
		}
	}
	return err
}

// Close ends the taking of connections. It is for a server that Serve is never
// called on.
func (l *Listening) Close() error {
	var err error
	for _, p := range l.ports {
		err = errors.Join(err, p.Listener.Close())
	}
	return err
}

type hostPort struct {
	Host string `json:"host"`
	Port int    `json:"port"`
}

type runtimeInfo struct {
	Local []hostPort `json:"local_addresses"`
	Admin []hostPort `json:"local_admin_addresses"`
}

// writeInfo writes the addresses to a file, which others see whole.
func (l *Listening) writeInfo(path string) error {
	info := runtimeInfo{Admin: []hostPort{}}
	for i, a := range l.Addresses() {
		tcp, ok := a.(*net.TCPAddr)
		if !ok {
			continue
		}
		at := hostPort{tcp.IP.String(), tcp.Port}
		if i == 0 {
			info.Local = append(info.Local, at)
		} else {
			info.Admin = append(info.Admin, at)
		}
	}
	text, err := json.Marshal(info)
	if err != nil {
		return err
	}
	f, err := os.CreateTemp(filepath.Dir(path), ".runtime-info-*")
	if err != nil {
		return fmt.Errorf("write runtime info: %w", err)
	}
	_, err = f.Write(append(text, '\n'))
	if err = errors.Join(err, f.Close()); err == nil {
		err = os.Rename(f.Name(), path)
	}
	if err != nil {
		return errors.Join(fmt.Errorf("write runtime info: %w", err), os.Remove(f.Name()))
	}
	return nil
}
