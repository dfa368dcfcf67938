package main

import (
	"context"
	"errors"
	"net"
	"net/http"

	"cloud.google.com/go/auth"
	"cloud.google.com/go/storage"
	"google.golang.org/api/googleapi"

	"github.com/pawlhq/pawl/blobplugin"
)

// explain says what failed, with the code that the failure has for others.
func explain(ctx context.Context, what, key string, err error) error {
	switch {
	case err == nil:
		return nil
	case ctx.Err() != nil:
		return context.Cause(ctx)
	case errors.Is(err, storage.ErrObjectNotExist):
		return blobplugin.Errorf(blobplugin.NotFound, "there is no object %q", key)
	}
	code := codeOf(err)
	if code == blobplugin.Conflict {
		return blobplugin.Errorf(code, "there is an object %q already", key)
	}
	return blobplugin.Errorf(code, "%s object %q: %w", what, key, err)
}

func codeOf(err error) blobplugin.Code {
	var answer *googleapi.Error
	var login *auth.Error
	var network net.Error
	switch {
	case errors.As(err, &answer):
		return codeOfStatus(answer.Code)
	case errors.As(err, &login) && login.Response != nil && login.Response.StatusCode < 500:
		return blobplugin.Forbidden
	case errors.As(err, &login), errors.As(err, &network):
		return blobplugin.Unavailable
	}
	return blobplugin.Internal
}

// codeOfStatus returns the code for a status of Google. What is not found, where
// it is no object, is the bucket.
func codeOfStatus(status int) blobplugin.Code {
	switch status {
	case http.StatusPreconditionFailed:
		return blobplugin.Conflict
	case http.StatusUnauthorized, http.StatusForbidden:
		return blobplugin.Forbidden
	case http.StatusBadRequest, http.StatusNotFound:
		return blobplugin.Invalid
	case http.StatusRequestTimeout, http.StatusTooManyRequests:
		return blobplugin.Unavailable
	}
	if status >= http.StatusInternalServerError {
		return blobplugin.Unavailable
	}
	return blobplugin.Internal
}
