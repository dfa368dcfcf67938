package server_test

import (
	"bytes"
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"encoding/json"
	"encoding/pem"
	"errors"
	"fmt"
	"io"
	"math/big"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/pawlhq/pawl/internal/auth"
	"github.com/pawlhq/pawl/internal/model"
	"github.com/pawlhq/pawl/internal/server"
	"github.com/pawlhq/pawl/internal/service"
)

var local = server.Address{Host: "127.0.0.1"}

// serve begins to answer and returns the addresses and how to stop.
func (w *world) serve(cfg server.ListenConfig) (list []string, stop func() error) {
	w.Helper()
	l, err := w.server.Listen(cfg)
	must(w, err)
	ctx, cancel := context.WithCancel(w.Context())
	ended := make(chan error, 1)
	go func() { ended <- l.Serve(ctx) }()
	for _, a := range l.Addresses() {
		list = append(list, a.String())
	}
	var once sync.Once
	var result error
	stop = func() error {
		once.Do(func() { cancel(); result = <-ended })
		return result
	}
	w.Cleanup(func() { must(w, stop()) })
	return list, stop
}

func fetch(t testing.TB, c *http.Client, url, user string) (int, string) {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, url, nil)
	must(t, err)
	r.SetBasicAuth(user, user)
	resp, err := c.Do(r)
	must(t, err)
	defer resp.Body.Close()
	text, err := io.ReadAll(resp.Body)
	must(t, err)
	return resp.StatusCode, string(text)
}

// newClient returns a client that keeps no connections after the test.
func newClient(t testing.TB, roots *x509.CertPool) *http.Client {
	transport := &http.Transport{TLSClientConfig: &tls.Config{RootCAs: roots}, ForceAttemptHTTP2: roots != nil}
	t.Cleanup(transport.CloseIdleConnections)
	return &http.Client{Transport: transport}
}

func TestWithoutAuthenticationOnlyThisMachineIsServed(t *testing.T) {
	t.Parallel()
	open := newWorld(t, openMemory, func(c *server.Config, _ *service.Config) { c.Auth = auth.None{} })
	for _, cfg := range []server.ListenConfig{
		{Address: server.Address{Host: "0.0.0.0"}}, {Address: server.Address{}}, {Address: local, Admin: &server.Address{Host: "::"}},
	} {
		if _, err := open.server.Listen(cfg); model.CodeOf(err) != model.Invalid {
			t.Errorf("%+v: %v", cfg.Address, err)
		}
	}
	at, _ := open.serve(server.ListenConfig{Address: local})
	if status, _ := fetch(t, newClient(t, nil), "http://"+at[0]+"/api/projects", "x"); status != 200 {
		t.Errorf("this machine gets %d", status)
	}
}

func TestWithoutAuthenticationNoOtherNameIsAnswered(t *testing.T) {
	t.Parallel()
	open := newWorld(t, openMemory, func(c *server.Config, _ *service.Config) { c.Auth = auth.None{} })
	closed := newWorld(t, openMemory, nil)
	admin := &server.Address{Host: "localhost"}
	for name, c := range map[string]struct {
		of     *world
		host   string
		status int
	}{
		"a page that is led here":  {open, "evil.com:65432", http.StatusForbidden},
		"a name that begins alike": {open, "localhost.evil.com", http.StatusForbidden},
		"this machine":             {open, "localhost:65432", http.StatusOK},
		"its address":              {open, "127.0.0.1", http.StatusOK},
		"its newer address":        {open, "[::1]:65432", http.StatusOK},
		"a server with users":      {closed, "pawl.example.com", http.StatusOK},
	} {
		at, _ := c.of.serve(server.ListenConfig{Address: local, Admin: admin})
		for _, addr := range at {
			r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, "http://"+addr+"/api/projects", nil)
			must(t, err)
			r.Host = c.host
			r.SetBasicAuth("ann", "ann")
			answer, err := newClient(t, nil).Do(r)
			must(t, err)
			text, err := io.ReadAll(answer.Body)
			must(t, errors.Join(err, answer.Body.Close()))
			if answer.StatusCode != c.status || c.status == http.StatusForbidden && !strings.Contains(string(text), "server.authenticator.basic.username") {
				t.Errorf("%s: %d %s", name, answer.StatusCode, text)
			}
		}
	}
}

func TestAnAddressOfIPv4IsNotListenedOnWithIPv6(t *testing.T) {
	t.Parallel()
	l, err := server.Address{Host: "0.0.0.0"}.Listen()
	must(t, err)
	defer func() { must(t, l.Close()) }()
	if at := l.Addr().String(); !strings.HasPrefix(at, "0.0.0.0:") {
		t.Errorf("it listens on %s", at)
	}
}

func TestListenSaysWhatItCanNotDo(t *testing.T) {
	t.Parallel()
	w := newWorld(t, openMemory, nil)
	at, _ := w.serve(server.ListenConfig{Address: local})
	_, port, err := net.SplitHostPort(at[0])
	must(t, err)
	var taken int
	_, err = fmt.Sscan(port, &taken)
	must(t, err)
	for name, test := range map[string]struct {
		cfg  server.ListenConfig
		code model.Code
	}{
		"port is taken":       {server.ListenConfig{Address: server.Address{Host: "127.0.0.1", Port: taken}}, model.Unavailable},
		"admin port is taken": {server.ListenConfig{Address: local, Admin: &server.Address{Host: "127.0.0.1", Port: taken}}, model.Unavailable},
		"no key":              {server.ListenConfig{Address: local, CertFile: "missing.pem"}, model.Invalid},
		"format":              {server.ListenConfig{Address: local, AccessFormat: "jsn"}, model.Invalid},
		"runtime info":        {server.ListenConfig{Address: local, RuntimeInfo: filepath.Join(t.TempDir(), "none", "info")}, model.Internal},
	} {
		if _, err := w.server.Listen(test.cfg); err == nil || model.CodeOf(err) != test.code {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestTheAdminListenerAnswersAdministrators(t *testing.T) {
	t.Parallel()
	info := filepath.Join(t.TempDir(), "info.json")
	w := newWorld(t, openMemory, nil)
	w.push("p", "1", "w.dig", "+a:\n  echo>: 1\n")
	w.start("2026-03-01T00:00:00Z")
	at, _ := w.serve(server.ListenConfig{Address: local, Admin: &server.Address{Host: "localhost"}, RuntimeInfo: info})
	c := newClient(t, nil)
	const path = "/api/admin/attempts/1/userinfo"
	for _, test := range []struct {
		at, user string
		status   int
		body     string
	}{
		{at[0], "root", 404, ""}, {at[1], "ann", 403, ""}, {at[1], "root", 200, `{"name":"ann"}`},
	} {
		status, body := fetch(t, c, "http://"+test.at+path, test.user)
		if status != test.status || test.body != "" && body != test.body {
			t.Errorf("%s gets %d %s, want %d %s", test.user, status, body, test.status, test.body)
		}
	}
	text, err := os.ReadFile(info)
	must(t, err)
	var got struct {
		Local []struct {
			Host string
			Port int
		} `json:"local_addresses"`
		Admin []struct{ Port int } `json:"local_admin_addresses"`
	}
	must(t, json.Unmarshal(text, &got))
	if len(got.Local) != 1 || fmt.Sprintf("%s:%d", got.Local[0].Host, got.Local[0].Port) != at[0] || len(got.Admin) != 1 {
		t.Errorf("the runtime info is %s", text)
	}
}

func TestStoppingWaitsForRequestsThatAreUnderWay(t *testing.T) {
	t.Parallel()
	began, finish := make(chan bool), make(chan bool)
	w := newWorld(t, openMemory, func(c *server.Config, _ *service.Config) {
		c.UI = http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
			began <- true
			<-finish
			_, _ = io.WriteString(w, "done")
		})
	})
	at, stop := w.serve(server.ListenConfig{Address: local})
	answered := make(chan string, 1)
	go func() {
		_, body := fetch(t, newClient(t, nil), "http://"+at[0]+"/", "ann")
		answered <- body
	}()
	<-began
	stopped := make(chan error, 1)
	go func() { stopped <- stop() }()
	for w.do(request("GET", "/readyz", "")).Code != http.StatusServiceUnavailable {
		runtime.Gosched() // it drains at any moment
	}
	close(finish)
	if body := <-answered; body != "done" {
		t.Errorf("the request was answered with %q", body)
	}
	if err := <-stopped; err != nil {
		t.Errorf("stop: %v", err)
	}
}

func TestARequestThatTakesTooLongIsCutOffWhenTheServerStops(t *testing.T) {
	t.Parallel()
	began := make(chan bool, 1)
	w := newWorld(t, openMemory, func(c *server.Config, _ *service.Config) {
		c.UI = http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
			began <- true
			<-r.Context().Done()
		})
	})
	l, err := w.server.Listen(server.ListenConfig{Address: local, Grace: time.Millisecond})
	must(t, err)
	ctx, cancel := context.WithCancel(t.Context())
	ended := make(chan error, 1)
	go func() { ended <- l.Serve(ctx) }()
	cut := make(chan error, 1)
	go func() {
		c := newClient(t, nil)
		resp, err := c.Get("http://" + l.Addresses()[0].String() + "/")
		if err == nil {
			resp.Body.Close()
		}
		cut <- err
	}()
	<-began
	cancel()
	if err := <-ended; err == nil || !strings.Contains(err.Error(), "cut off") {
		t.Errorf("Serve returned %v", err)
	}
	if err := <-cut; err == nil {
		t.Error("the request was answered")
	}
}

func TestTLS(t *testing.T) {
	t.Parallel()
	cert, key, roots := certificate(t)
	w := newWorld(t, openMemory, nil)
	at, _ := w.serve(server.ListenConfig{Address: local, CertFile: cert, KeyFile: key})
	r, err := newClient(t, roots).Get("https://" + at[0] + "/api/version")
	must(t, err)
	defer r.Body.Close()
	if r.StatusCode != http.StatusOK || r.ProtoMajor != 2 {
		t.Errorf("got %d over %s", r.StatusCode, r.Proto)
	}
}

// certificate makes the files of a certificate for this machine.
func certificate(t *testing.T) (certFile, keyFile string, roots *x509.CertPool) {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	must(t, err)
	template := &x509.Certificate{
		SerialNumber: big.NewInt(1), NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour),
		IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)}, IsCA: true, BasicConstraintsValid: true,
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, &key.PublicKey, key)
	must(t, err)
	secret, err := x509.MarshalPKCS8PrivateKey(key)
	must(t, err)
	dir := t.TempDir()
	certFile, keyFile = filepath.Join(dir, "cert.pem"), filepath.Join(dir, "key.pem")
	public := pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der})
	must(t, os.WriteFile(certFile, public, 0o600))
	must(t, os.WriteFile(keyFile, pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: secret}), 0o600))
	roots = x509.NewCertPool()
	roots.AppendCertsFromPEM(public)
	return certFile, keyFile, roots
}

// lines is a log that is written to while it is read.
type lines struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (l *lines) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.Write(p)
}

func TestTheAccessLogHasALineForEachRequest(t *testing.T) {
	t.Parallel()
	for format, want := range map[string]string{
		"":         `{"time":"2026-03-08T12:00:00Z","remote":"127.0.0.1","user":"ann","method":"GET","uri":"/api/projects?name=%22x","protocol":"HTTP/1.1","status":200,"bytes":15,"seconds":0,"referer":"","userAgent":"Go-http-client/1.1"}` + "\n",
		"json":     `{"time":"2026-03-08T12:00:00Z","remote":"127.0.0.1","user":"ann","method":"GET","uri":"/api/projects?name=%22x","protocol":"HTTP/1.1","status":200,"bytes":15,"seconds":0,"referer":"","userAgent":"Go-http-client/1.1"}` + "\n",
		"common":   `127.0.0.1 - ann [08/Mar/2026:12:00:00 +0000] "GET /api/projects?name=%22x HTTP/1.1" 200 15` + "\n",
		"combined": `127.0.0.1 - ann [08/Mar/2026:12:00:00 +0000] "GET /api/projects?name=%22x HTTP/1.1" 200 15 "-" "Go-http-client/1.1"` + "\n",
	} {
		w := newWorld(t, openMemory, nil)
		var log lines
		at, stop := w.serve(server.ListenConfig{Address: local, AccessLog: &log, AccessFormat: format})
		fetch(t, newClient(t, nil), "http://"+at[0]+"/api/projects?name=%22x", "ann")
		must(t, stop())
		if got := log.b.String(); got != want {
			t.Errorf("%s: got %s want %s", format, got, want)
		}
	}
}
