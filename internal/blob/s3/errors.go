package s3

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"

	"github.com/minio/minio-go/v7"
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
	var answer minio.ErrorResponse
	var coded *model.Error
	switch {
	case ctx.Err() != nil || errors.As(err, &coded):
		return fmt.Errorf("%s object %q: %w", verb, key, err)
	case !errors.As(err, &answer):
		return model.Errorf(code(err), "%s object %q: %w", verb, key, err)
	case answer.Code == minio.NoSuchKey:
		return model.Errorf(model.NotFound, "there is no object %q", key)
	case answer.Code == minio.PreconditionFailed:
		return model.Errorf(model.Conflict, "there is an object %q already", key)
	}
	return model.Errorf(answerCode(answer), "%s object %q: %s: %w", verb, key, answer.Code, err)
}

// code returns the code of an error that is no answer of the service.
func code(err error) model.Code {
	var request *url.Error
	var network net.Error
	if errors.As(err, &request) || errors.As(err, &network) || errors.Is(err, io.ErrUnexpectedEOF) {
		return model.Unavailable
	}
	return model.Internal
}

func answerCode(answer minio.ErrorResponse) model.Code {
	switch status := answer.StatusCode; {
	case status == http.StatusUnauthorized, status == http.StatusForbidden:
		return model.Forbidden
	case answer.Code == "ExpiredToken", answer.Code == "InvalidToken":
		return model.Forbidden
	case status == http.StatusConflict:
		return model.Conflict // somebody else puts the object right now
	case status == http.StatusRequestTimeout, status == http.StatusTooManyRequests:
		return model.Unavailable
	case status >= http.StatusInternalServerError:
		return model.Unavailable
	case answer.Code == minio.InvalidArgument:
		return model.Invalid
	}
	return model.Internal
}
