package s3

import (
	"context"
	"errors"
	"net/http"
	"sync/atomic"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/aws/retry"
	"github.com/aws/aws-sdk-go-v2/aws/signer/v4"
	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/smithy-go/middleware"
	smithyhttp "github.com/aws/smithy-go/transport/http"
)

// anyRegion is the one that services name which have no regions.
const anyRegion = "us-east-1"

// maxBackoff bounds the wait before a request is sent again.
const maxBackoff = 5 * time.Second

// client sends the requests to one bucket.
type client struct {
	*s3.Client
	bucket *string
	keys   aws.CredentialsProvider
	// region is where the bucket is, once that is known.
	region atomic.Pointer[string]
}

func newClient(o Options, transport *http.Transport) *client {
	c := &client{bucket: &o.Bucket}
	if o.Region != "" {
		c.region.Store(&o.Region)
	}
	direct := &http.Client{Transport: transport, CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	if o.AccessKeyID != "" {
		c.keys = credentials.NewStaticCredentialsProvider(o.AccessKeyID, o.SecretAccessKey, o.SessionToken)
	} else {
		c.keys = aws.NewCredentialsCache(newFinder(o, direct))
	}
	options := s3.Options{
		AppID: "pawl", Region: anyRegion, HTTPClient: direct, UsePathStyle: o.pathStyle(),
		Retryer: retry.NewStandard(func(r *retry.StandardOptions) {
			r.MaxAttempts, r.MaxBackoff = o.Tries, maxBackoff
		}),
		// Not all services know checksums, nor bodies that end with one.
		RequestChecksumCalculation:                aws.RequestChecksumCalculationWhenRequired,
		ResponseChecksumValidation:                aws.ResponseChecksumValidationWhenRequired,
		DisableLogOutputChecksumValidationSkipped: true,
		ContinueHeaderThresholdBytes:              -1,
		APIOptions:                                []func(*middleware.Stack) error{v4.SwapComputePayloadSHA256ForUnsignedPayloadMiddleware, unencoded},
	}
	if o.Endpoint != amazon {
		options.BaseEndpoint = &o.Endpoint
	}
	c.Client = s3.New(options)
	return c
}

// unencoded leaves a header out of requests that proxies and some services
// change after it was signed. The transport asks for no compression anyway.
func unencoded(stack *middleware.Stack) error {
	_, _ = stack.Finalize.Remove("DisableAcceptEncodingGzip") // not all requests have it
	return nil
}

// request returns how a request is sent: to the region of the bucket, and not
// signed if there are no keys to do it with.
func (c *client) request(ctx context.Context) (func(*s3.Options), error) {
	region, err := c.where(ctx)
	if err != nil {
		return nil, err
	}
	keys, err := c.keys.Retrieve(ctx)
	if err != nil {
		return nil, err
	}
	return func(o *s3.Options) {
		o.Region = region
		if keys.HasKeys() {
			o.Credentials = c.keys
		}
	}, nil
}

// where asks for the region of the bucket the first time. Whoever asks without
// a name is refused, and told.
func (c *client) where(ctx context.Context) (string, error) {
	if known := c.region.Load(); known != nil {
		return *known, nil
	}
	answer, err := c.HeadBucket(ctx, &s3.HeadBucketInput{Bucket: c.bucket})
	region := ""
	var refused *smithyhttp.ResponseError
	switch {
	case err == nil:
		region = aws.ToString(answer.BucketRegion)
	case !errors.As(err, &refused) || refused.HTTPStatusCode() >= http.StatusInternalServerError:
		return "", err
	default:
		region = refused.Response.Header.Get("X-Amz-Bucket-Region")
	}
	if region == "" {
		region = anyRegion
	}
	c.region.Store(&region)
	return region, nil
}
