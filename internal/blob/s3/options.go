package s3

import (
	"net/url"
	"strings"
	"time"

	"github.com/pawlhq/pawl/internal/model"
)

// Options say where a bucket is and who asks.
type Options struct {
	// Endpoint is the URL of the service, without a path; http instead of https
	// turns TLS off. Without a scheme it is https. Defaults to that of Amazon.
	Endpoint string
	// Bucket is the name of a bucket that exists.
	Bucket string
	// Region is where the bucket is. If it is empty, the service is asked.
	Region string
	// PathStyle puts the bucket into the path of URLs. Otherwise it is in their
	// host where the endpoint is known to have such hosts.
	PathStyle bool
	// AccessKeyID and SecretAccessKey identify the user, with SessionToken if
	// the two are temporary. If both are empty, they come from where Amazon's
	// tools look for them: the environment, a web identity, a profile, the role
	// of the container or of the machine. If there are none there, requests are
	// not signed.
	AccessKeyID, SecretAccessKey, SessionToken string
	// Timeout is how long to wait for a connection, and for any sign of the
	// service on it. Defaults to 30 seconds.
	Timeout time.Duration
	// Tries is how often a request is sent that fails for a reason that may
	// pass. Defaults to 4.
	Tries int
}

// amazon is the service itself, whose hosts follow from the region.
const amazon = "https://s3.amazonaws.com"

func (o Options) withDefaults() Options {
	if o.Endpoint == "" {
		o.Endpoint = amazon
	}
	if !strings.Contains(o.Endpoint, "://") {
		o.Endpoint = "https://" + o.Endpoint
	}
	o.Endpoint = strings.TrimSuffix(o.Endpoint, "/")
	if o.Timeout == 0 {
		o.Timeout = 30 * time.Second
	}
	if o.Tries == 0 {
		o.Tries = 4
	}
	return o
}

// check refuses options that can't be.
func (o Options) check() error {
	endpoint, err := url.Parse(o.Endpoint)
	switch {
	case err != nil:
		return model.Errorf(model.Invalid, "object storage: %w", err)
	case endpoint.Scheme != "http" && endpoint.Scheme != "https":
		return model.Errorf(model.Invalid, "object storage: the endpoint must be a http or https URL, not %q", o.Endpoint)
	case endpoint.Host == "" || strings.Trim(endpoint.Path, "/") != "" || endpoint.RawQuery != "" || endpoint.User != nil:
		return model.Errorf(model.Invalid, "object storage: the endpoint must be a URL with nothing but a host and a port, not %q", endpoint.Redacted())
	case o.Bucket == "":
		return model.Errorf(model.Invalid, "object storage needs the name of a bucket")
	case (o.AccessKeyID == "") != (o.SecretAccessKey == ""):
		return model.Errorf(model.Invalid, "object storage: access key id and secret access key need each other")
	case o.Timeout < 0 || o.Tries < 0:
		return model.Errorf(model.Invalid, "object storage: timeout and tries can't be negative")
	}
	return nil
}

// bucketHosts are the ends of the hosts of services that give each bucket a
// host of its own.
var bucketHosts = [...]string{".amazonaws.com", ".amazonaws.com.cn", ".googleapis.com", ".aliyuncs.com"}

// pathStyle reports whether the bucket is in the path of URLs.
func (o Options) pathStyle() bool {
	host := o.Endpoint[strings.Index(o.Endpoint, "://")+len("://"):]
	for _, end := range bucketHosts {
		if strings.HasSuffix(host, end) {
			return o.PathStyle
		}
	}
	return true
}
