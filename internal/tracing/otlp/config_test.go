package otlp

import (
	"crypto/tls"
	"crypto/x509"
	"encoding/pem"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/pawlhq/pawl/internal/model"
)

const (
	general  = "OTEL_EXPORTER_OTLP_ENDPOINT"
	specific = "OTEL_EXPORTER_OTLP_TRACES_ENDPOINT"
)

func TestWhatIsForTracesCountsBeforeWhatIsForEverything(t *testing.T) {
	t.Parallel()
	vars := map[string]string{
		general: "http://a", "OTEL_EXPORTER_OTLP_TIMEOUT": "1", "OTEL_EXPORTER_OTLP_TRACES_TIMEOUT": "2500",
		"OTEL_EXPORTER_OTLP_HEADERS": "a=1", "OTEL_EXPORTER_OTLP_TRACES_HEADERS": "b=2",
		"OTEL_EXPORTER_OTLP_PROTOCOL": "grpc", "OTEL_EXPORTER_OTLP_TRACES_PROTOCOL": "http/protobuf",
	}
	c, err := FromEnv(func(name string) string { return vars[name] })
	if err != nil {
		t.Fatal(err)
	}
	if c.Timeout != 2500*time.Millisecond || len(c.Headers) != 1 || c.Headers["b"] != "2" {
		t.Errorf("%+v", c)
	}
	if c, err = FromEnv(func(name string) string { return map[string]string{general: "http://a"}[name] }); err != nil || c.Timeout != 10*time.Second {
		t.Errorf("without them: %+v, %v", c, err)
	}
}

func TestVariablesThatSayNothingAreRefusedByTheirName(t *testing.T) {
	t.Parallel()
	empty := filepath.Join(t.TempDir(), "empty")
	if err := os.WriteFile(empty, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct{ name, value string }{
		{general, "localhost:4318"},
		{general, "unix:///run/collector"},
		{specific, "http://"},
		{"OTEL_EXPORTER_OTLP_PROTOCOL", "grpc"},
		{"OTEL_EXPORTER_OTLP_TRACES_PROTOCOL", "http/json"},
		{"OTEL_EXPORTER_OTLP_TIMEOUT", "10s"},
		{"OTEL_EXPORTER_OTLP_TIMEOUT", "-1"},
		{"OTEL_EXPORTER_OTLP_COMPRESSION", "zstd"},
		{"OTEL_EXPORTER_OTLP_HEADERS", "hunter2"},
		{"OTEL_EXPORTER_OTLP_HEADERS", "a b=hunter2"},
		{"OTEL_EXPORTER_OTLP_HEADERS", "=hunter2"},
		{"OTEL_EXPORTER_OTLP_HEADERS", "a=hunter2%0d%0a"},
		{"OTEL_EXPORTER_OTLP_HEADERS", "a=hunter2%zz"},
		{"OTEL_EXPORTER_OTLP_CERTIFICATE", empty + ".none"},
		{"OTEL_EXPORTER_OTLP_CERTIFICATE", empty},
		{"OTEL_EXPORTER_OTLP_CLIENT_KEY", empty},
		{"OTEL_EXPORTER_OTLP_CLIENT_CERTIFICATE", empty},
	} {
		_, err := FromEnv(func(name string) string {
			switch name {
			case c.name:
				return c.value
			case general:
				return "https://collector"
			}
			return ""
		})
		if model.CodeOf(err) != model.Invalid || !strings.HasPrefix(err.Error(), c.name+": ") {
			t.Errorf("%s=%s: %v", c.name, c.value, err)
		}
		if err != nil && strings.Contains(err.Error(), "hunter2") {
			t.Errorf("%s shows a secret: %v", c.name, err)
		}
	}
}

// pemFile writes something that is kept in the format of certificates.
func pemFile(t *testing.T, kind string, der []byte) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), strings.ToLower(kind))
	if err := os.WriteFile(path, pem.EncodeToMemory(&pem.Block{Type: kind, Bytes: der}), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

func TestCollectorsAreTrustedByTheirCertificateAndKnowTheirClients(t *testing.T) {
	t.Parallel()
	to := newCollector(func(http.ResponseWriter) {})
	server := httptest.NewUnstartedServer(to)
	server.TLS = &tls.Config{ClientAuth: tls.RequireAnyClientCert}
	server.StartTLS()
	defer server.Close()
	own := server.TLS.Certificates[0]
	key, err := x509.MarshalPKCS8PrivateKey(own.PrivateKey)
	if err != nil {
		t.Fatal(err)
	}
	cert := pemFile(t, "CERTIFICATE", own.Certificate[0])
	vars := map[string]string{
		general:                                 "SERVER",
		"OTEL_EXPORTER_OTLP_CERTIFICATE":        cert,
		"OTEL_EXPORTER_OTLP_CLIENT_CERTIFICATE": cert,
		"OTEL_EXPORTER_OTLP_CLIENT_KEY":         pemFile(t, "PRIVATE KEY", key),
	}
	if err := export(t, server, vars); err != nil {
		t.Fatal(err)
	}
	if r := <-to.requests; r.TLS == nil || len(r.TLS.PeerCertificates) != 1 {
		t.Errorf("the client has shown %+v", r.TLS)
	}
	vars[general] = "http://collector"
	if _, err := FromEnv(func(name string) string { return vars[name] }); model.CodeOf(err) != model.Invalid {
		t.Errorf("certificates without TLS: %v", err)
	}
}
