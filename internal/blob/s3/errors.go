package s3

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"

	"github.com/aws/smithy-go"
	smithyhttp "github.com/aws/smithy-go/transport/http"
	"github.com/pawlhq/pawl/internal/model"
)

// failed says what failed and gives the error its code.
func failed(ctx context.Context, verb, key string, err error) error {
	if err == nil {
		return nil
	}
	if ctx.Err() != nil {
		err = context.Cause(ctx)
	}
	var coded *model.Error
	if ctx.Err() != nil || errors.As(err, &coded) {
		return fmt.Errorf("%s object %q: %w", verb, key, err)
	}
	answer := answerOf(err)
	switch answer.code {
	case "NoSuchKey", "NotFound":
		return model.Errorf(model.NotFound, "there is no object %q", key)
	case "PreconditionFailed":
		return model.Errorf(model.Conflict, "there is an object %q already", key)
	}
	return model.Errorf(answer.means(), "%s object %q: %w", verb, key, answer.err)
}

// answer is what is known of a request that failed.
type answer struct {
	// status is that of the answer of the service, or zero if there was none.
	status int
	// code is what the service calls the error, or empty.
	code string
	// err is the error without what the client says of itself.
	err error
}

func answerOf(err error) answer {
	a := answer{err: err}
	var response *smithyhttp.ResponseError
	if errors.As(err, &response) {
		a.status = response.HTTPStatusCode()
	}
	var api smithy.APIError
	var request *url.Error
	switch {
	case errors.As(err, &api):
		a.code, a.err = api.ErrorCode(), api
	case errors.As(err, &request):
		a.err = request
	}
	return a
}

// means returns the code of the error.
func (a answer) means() model.Code {
	switch {
	case a.status == http.StatusUnauthorized, a.status == http.StatusForbidden:
		return model.Forbidden
	case a.code == "ExpiredToken", a.code == "InvalidToken":
		return model.Forbidden
	case a.status == http.StatusConflict:
		return model.Conflict // somebody else puts the object right now
	case a.status == http.StatusRequestTimeout, a.status == http.StatusTooManyRequests:
		return model.Unavailable
	case a.status >= http.StatusInternalServerError:
		return model.Unavailable
	case a.code == "InvalidArgument":
		return model.Invalid
	case a.code == "" && broke(a.err):
		return model.Unavailable
	}
	return model.Internal
}

// broke reports whether an error is that of a connection.
func broke(err error) bool {
	var request *url.Error
	var network net.Error
	return errors.As(err, &request) || errors.As(err, &network) || errors.Is(err, io.ErrUnexpectedEOF)
}
