package s3

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"

	"github.com/pawlhq/pawl/internal/model"
)

// find looks for keys in an environment and files below a home folder.
func find(t *testing.T, env map[string]string, files map[string]string) (string, error) {
	t.Helper()
	home := t.TempDir()
	for name, text := range files {
		path := filepath.Join(home, name)
		if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	f := newFinder(Options{}.withDefaults(), http.DefaultClient)
	f.getenv = func(name string) string {
		if name == "HOME" {
			return home
		}
		return strings.ReplaceAll(env[name], "~", home)
	}
	f.far = f.near // which keeps no connections
	keys, err := f.Retrieve(t.Context())
	return strings.TrimSpace(keys.AccessKeyID + " " + keys.SecretAccessKey + " " + keys.SessionToken), err
}

func serve(t *testing.T, handler http.HandlerFunc) string {
	t.Helper()
	server := httptest.NewServer(handler)
	t.Cleanup(server.Close)
	return server.URL
}

// roles are a service for web identities, one for containers and one for
// machines.
func roles(w http.ResponseWriter, r *http.Request) {
	const keys = `{"Code":"Success","AccessKeyId":"%s","SecretAccessKey":"s","Token":"t","Expiration":"2999-01-01T00:00:00Z"}`
	switch {
	case r.Method == http.MethodPost:
		if r.FormValue("WebIdentityToken") != "token of a pod" || r.FormValue("RoleArn") != "role" {
			w.WriteHeader(http.StatusForbidden)
		}
		_, _ = fmt.Fprint(w, `<AssumeRoleWithWebIdentityResponse><AssumeRoleWithWebIdentityResult><Credentials>
			<AccessKeyId>web</AccessKeyId><SecretAccessKey>s</SecretAccessKey><SessionToken>t</SessionToken><Expiration>2999-01-01T00:00:00Z</Expiration>
			</Credentials></AssumeRoleWithWebIdentityResult></AssumeRoleWithWebIdentityResponse>`)
	case r.Method == http.MethodPut: // a machine's token for its metadata
		w.Header().Set("X-Aws-Ec2-Metadata-Token-Ttl-Seconds", "60")
		_, _ = fmt.Fprint(w, "session")
	case r.URL.Path == "/container":
		_, _ = fmt.Fprintf(w, keys, "container-"+r.Header.Get("Authorization"))
	case r.URL.Path == "/latest/meta-data/iam/security-credentials/":
		_, _ = fmt.Fprint(w, "worker")
	case r.URL.Path == "/latest/meta-data/iam/security-credentials/worker":
		_, _ = fmt.Fprintf(w, keys, "machine")
	default:
		w.WriteHeader(http.StatusNotFound)
	}
}

func TestKeysAreFoundWhereAmazonsToolsLook(t *testing.T) {
	t.Parallel()
	at := serve(t, roles)
	nobody := serve(t, http.NotFound)
	program := "echo " + `{"Version":1,"AccessKeyId":"program","SecretAccessKey":"s"}`
	if runtime.GOOS != "windows" {
		program = `echo '{"Version":1,"AccessKeyId":"program","SecretAccessKey":"s"}'`
	}
	files := map[string]string{
		".aws/credentials": "# keys\n[default]\naws_access_key_id = file\naws_secret_access_key=s\n\n[ other ]\nAWS_ACCESS_KEY_ID=other\naws_secret_access_key = a=b\naws_session_token = t\n",
		".aws/config":      "[default]\nregion = eu-west-1\n[profile program]\ncredential_process = " + program + "\ns3 =\n  aws_access_key_id = nested\n[profile pod]\nrole_arn=role\nweb_identity_token_file=token\n[profile other]\naws_access_key_id = hidden\n",
		"token":            "token of a pod",
	}
	machine := map[string]string{"AWS_EC2_METADATA_SERVICE_ENDPOINT": at}
	for name, tt := range map[string]struct {
		env   map[string]string
		files map[string]string
		want  string
	}{
		"environment": {env: map[string]string{
			"AWS_ACCESS_KEY_ID": "env", "AWS_SECRET_ACCESS_KEY": "s", "AWS_SESSION_TOKEN": "t", "AWS_PROFILE": "other"}, files: files, want: "env s t"},
		"profile of a program": {env: map[string]string{"AWS_PROFILE": "program"}, files: files, want: "program s"},
		"default profile":      {files: files, want: "file s"},
		"named profile":        {env: map[string]string{"AWS_PROFILE": "other"}, files: files, want: "other a=b t"},
		"files that are named": {env: map[string]string{"AWS_SHARED_CREDENTIALS_FILE": "~/keys"}, files: map[string]string{"keys": "[default]\naws_access_key_id=k\naws_secret_access_key=s"}, want: "k s"},
		"pod": {env: map[string]string{
			"AWS_WEB_IDENTITY_TOKEN_FILE": "~/token", "AWS_ROLE_ARN": "role", "AWS_ENDPOINT_URL_STS": at}, files: files, want: "web s t"},
		"container": {env: map[string]string{
			"AWS_CONTAINER_CREDENTIALS_FULL_URI": at + "/container", "AWS_CONTAINER_AUTHORIZATION_TOKEN": "secret"}, want: "container-secret s t"},
		"container with a file": {env: map[string]string{
			"AWS_CONTAINER_CREDENTIALS_FULL_URI": at + "/container", "AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE": "~/token"},
			files: map[string]string{"token": "fresh"}, want: "container-fresh s t"},
		"machine":                   {env: machine, want: "machine s t"},
		"profile with other things": {env: machine, files: map[string]string{".aws/config": "[default]\nregion = eu-west-1\n"}, want: "machine s t"},
		"nowhere":                   {env: map[string]string{"AWS_EC2_METADATA_SERVICE_ENDPOINT": nobody}, want: ""},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if got, err := find(t, tt.env, tt.files); got != tt.want || err != nil {
				t.Errorf("got %q, %v, want %q", got, err, tt.want)
			}
		})
	}
}

func TestPromisesOfKeysThatCannotBeKeptAreErrors(t *testing.T) {
	t.Parallel()
	at := serve(t, roles)
	for name, tt := range map[string]struct {
		env   map[string]string
		files map[string]string
		want  string
	}{
		"no such profile": {env: map[string]string{"AWS_PROFILE": "p"}, want: `no profile "p"`},
		"single sign-on":  {files: map[string]string{".aws/config": "[default]\nsso_session = s\n"}, want: "sso_session"},
		"role of others":  {files: map[string]string{".aws/config": "[default]\nrole_arn = r\nsource_profile = p\n"}, want: "role_arn"},
		"far container":   {env: map[string]string{"AWS_CONTAINER_CREDENTIALS_FULL_URI": "http://192.0.2.1/keys"}, want: "neither this machine nor https"},
		"no such role":    {env: map[string]string{"AWS_CONTAINER_CREDENTIALS_FULL_URI": at + "/other"}, want: "role of the container"},
		"refused identity": {env: map[string]string{
			"AWS_WEB_IDENTITY_TOKEN_FILE": "~/token", "AWS_ROLE_ARN": "another", "AWS_ENDPOINT_URL_STS": at},
			files: map[string]string{"token": "token of a pod"}, want: "403"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if got, err := find(t, tt.env, tt.files); err == nil || !strings.Contains(err.Error(), tt.want) {
				t.Errorf("got %q, error %v, want one that says %q", got, err, tt.want)
			}
		})
	}
}

// Without keys, requests are not signed, and there are no signed URLs.
func TestWithoutKeysNothingIsSigned(t *testing.T) {
	t.Parallel()
	got := make(chan http.Header, 1)
	nobody, home := serve(t, http.NotFound), t.TempDir()
	s, err := Open(Options{Bucket: "bucket", Region: "r", Endpoint: serve(t, func(w http.ResponseWriter, r *http.Request) {
		got <- r.Header
		w.WriteHeader(http.StatusNoContent)
	})})
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	f := newFinder(Options{}, http.DefaultClient)
	f.getenv = func(name string) string {
		return map[string]string{"AWS_EC2_METADATA_SERVICE_ENDPOINT": nobody, "HOME": home}[name]
	}
	s.client.keys = aws.NewCredentialsCache(f)
	if err := s.Delete(t.Context(), "k"); err != nil {
		t.Fatal(err)
	}
	if auth := (<-got).Get("Authorization"); auth != "" {
		t.Errorf("authorization %q", auth)
	}
	if url, err := s.SignGet(t.Context(), "k", time.Minute); url != "" || err != nil {
		t.Errorf("URL %q, error %v", url, err)
	}
	for _, lifetime := range []time.Duration{0, 8 * 24 * time.Hour} {
		if _, err := s.SignGet(t.Context(), "k", lifetime); err == nil || model.CodeOf(err) != model.Invalid {
			t.Errorf("lifetime %v: error %v", lifetime, err)
		}
	}
}
