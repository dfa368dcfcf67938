package s3

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/url"
	"os"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/aws/retry"
	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/aws-sdk-go-v2/credentials/ec2rolecreds"
	"github.com/aws/aws-sdk-go-v2/credentials/endpointcreds"
	"github.com/aws/aws-sdk-go-v2/credentials/processcreds"
	"github.com/aws/aws-sdk-go-v2/credentials/stscreds"
	"github.com/aws/aws-sdk-go-v2/feature/ec2/imds"
	"github.com/aws/aws-sdk-go-v2/service/sts"
	"github.com/pawlhq/pawl/internal/model"
)

const (
	// roleTimeout is how long to wait for the role of the machine. Most machines
	// that have none have nobody who says so.
	roleTimeout = 5 * time.Second
	// roleBackoff bounds the wait before the machine is asked again.
	roleBackoff = 100 * time.Millisecond
	// noneFor is how long it counts that there are no keys.
	noneFor = time.Minute
)

// finder looks for keys where Amazon's tools do, in the order in which they do.
type finder struct {
	getenv func(string) string
	// region is where web identities are exchanged, unless the environment says
	// otherwise.
	region string
	// far asks services, near the machine itself.
	far, near *http.Client
}

func newFinder(o Options, client *http.Client) *finder {
	// The machine itself is asked, not a proxy, and seldom.
	transport := newTransport(roleTimeout)
	transport.Proxy, transport.DisableKeepAlives = nil, true
	return &finder{
		getenv: os.Getenv, region: o.Region,
		far: client, near: &http.Client{Transport: transport, Timeout: roleTimeout},
	}
}

// Retrieve returns keys, which are empty where there are none.
func (f *finder) Retrieve(ctx context.Context) (aws.Credentials, error) {
	keys, err := f.find(ctx)
	var coded *model.Error
	if err != nil && ctx.Err() == nil && !errors.As(err, &coded) {
		err = model.Errorf(answerOf(err).means(), "log in to object storage: %w", err)
	}
	return keys, err
}

func (f *finder) find(ctx context.Context) (aws.Credentials, error) {
	if id, secret := f.getenv("AWS_ACCESS_KEY_ID"), f.getenv("AWS_SECRET_ACCESS_KEY"); id != "" && secret != "" {
		return static(id, secret, f.getenv("AWS_SESSION_TOKEN")), nil
	}
	if token := f.getenv("AWS_WEB_IDENTITY_TOKEN_FILE"); token != "" {
		return f.webIdentity(ctx, f.getenv("AWS_ROLE_ARN"), token, f.getenv("AWS_ROLE_SESSION_NAME"))
	}
	if keys, err := f.profile(ctx); err != nil || keys.HasKeys() {
		return keys, err
	}
	if path, whole := f.getenv("AWS_CONTAINER_CREDENTIALS_RELATIVE_URI"), f.getenv("AWS_CONTAINER_CREDENTIALS_FULL_URI"); path != "" || whole != "" {
		keys, err := f.container(ctx, path, whole)
		if err != nil {
			err = fmt.Errorf("ask for the role of the container: %w", err)
		}
		return keys, err
	}
	return f.machine(ctx), nil
}

func static(id, secret, token string) aws.Credentials {
	return credentials.NewStaticCredentialsProvider(id, secret, token).Value
}

// profile reads the keys of the profile that the environment names.
func (f *finder) profile(ctx context.Context) (aws.Credentials, error) {
	name := f.getenv("AWS_PROFILE")
	p, err := findProfile(f.getenv, cmp.Or(name, "default"))
	if err != nil {
		return aws.Credentials{}, err
	}
	switch {
	case p == nil && name != "":
		return aws.Credentials{}, model.Errorf(model.Invalid, "there is no profile %q of Amazon's tools", name).
			WithHint("correct AWS_PROFILE, or write the profile with `aws configure`")
	case p["aws_access_key_id"] != "":
		return static(p["aws_access_key_id"], p["aws_secret_access_key"], p["aws_session_token"]), nil
	case p["credential_process"] != "":
		return processcreds.NewProvider(p["credential_process"]).Retrieve(ctx)
	case p["web_identity_token_file"] != "":
		return f.webIdentity(ctx, p["role_arn"], p["web_identity_token_file"], p["role_session_name"])
	}
	for _, other := range [...]string{"role_arn", "sso_session", "sso_start_url", "login_session"} {
		if p[other] != "" {
			return aws.Credentials{}, model.Errorf(model.Invalid, "the profile %q of Amazon's tools logs in with %s, which only they can", cmp.Or(name, "default"), other).
				WithHint("make a profile with credential_process = aws configure export-credentials --profile %s --format process", cmp.Or(name, "default"))
		}
	}
	return aws.Credentials{}, nil
}

// webIdentity exchanges the token in a file for the keys of a role, as in
// Kubernetes.
func (f *finder) webIdentity(ctx context.Context, role, token, session string) (aws.Credentials, error) {
	options := sts.Options{
		Region:     cmp.Or(f.getenv("AWS_REGION"), f.getenv("AWS_DEFAULT_REGION"), f.region, anyRegion),
		HTTPClient: f.far,
	}
	if endpoint := f.getenv("AWS_ENDPOINT_URL_STS"); endpoint != "" {
		options.BaseEndpoint = &endpoint
	}
	return stscreds.NewWebIdentityRoleProvider(sts.New(options), role, stscreds.IdentityTokenFile(token),
		func(o *stscreds.WebIdentityRoleOptions) { o.RoleSessionName = session }).Retrieve(ctx)
}

// containerHost tells containers of ECS their role.
const containerHost = "http://169.254.170.2"

// container asks for the keys of the role of a container, or of a pod.
func (f *finder) container(ctx context.Context, path, whole string) (aws.Credentials, error) {
	endpoint := whole
	if path != "" {
		endpoint = containerHost + path
	}
	if err := trusted(endpoint); err != nil {
		return aws.Credentials{}, err
	}
	return endpointcreds.New(endpoint, func(o *endpointcreds.Options) {
		o.HTTPClient = f.near
		o.AuthorizationToken = f.getenv("AWS_CONTAINER_AUTHORIZATION_TOKEN")
		if file := f.getenv("AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE"); file != "" {
			o.AuthorizationTokenProvider = endpointcreds.TokenProviderFunc(func() (string, error) {
				token, err := os.ReadFile(file)
				return string(token), err
			})
		}
	}).Retrieve(ctx)
}

// trusted refuses what is not the machine itself: keys are not sent over a
// network as they are.
func trusted(endpoint string) error {
	u, err := url.Parse(endpoint)
	if err != nil {
		return model.Errorf(model.Invalid, "the address of the role of the container: %w", err)
	}
	ip := net.ParseIP(u.Hostname())
	pods := net.ParseIP("fd00:ec2::23") // of EKS, where others are link-local
	if u.Scheme == "https" || u.Hostname() == "localhost" || ip.IsLoopback() || ip.IsLinkLocalUnicast() || ip.Equal(pods) {
		return nil
	}
	return model.Errorf(model.Invalid, "the role of the container is at %s, which is neither this machine nor https", u.Host)
}

// machine asks for the keys of the role of a virtual machine. A machine that
// does not answer has none.
func (f *finder) machine(ctx context.Context) aws.Credentials {
	ctx, cancel := context.WithTimeout(ctx, roleTimeout)
	defer cancel()
	keys, err := ec2rolecreds.New(func(o *ec2rolecreds.Options) {
		o.Client = imds.New(imds.Options{
			HTTPClient: f.near, Endpoint: f.getenv("AWS_EC2_METADATA_SERVICE_ENDPOINT"),
			Retryer: retry.AddWithMaxBackoffDelay(retry.NewStandard(), roleBackoff),
		})
	}).Retrieve(ctx)
	if err != nil {
		return aws.Credentials{Source: "none", CanExpire: true, Expires: time.Now().Add(noneFor)}
	}
	return keys
}

var _ aws.CredentialsProvider = (*finder)(nil)
