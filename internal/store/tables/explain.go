package tables

import (
	"errors"

	"github.com/pawlhq/pawl/internal/model"
)

// Explain says what failed, with a code and where possible the next step, as a
// database diagnoses it. An error that has a code passes as it is.
func Explain(what string, err error, diagnose func(error) (code model.Code, reason, hint string)) error {
	var coded *model.Error
	if err == nil || errors.As(err, &coded) {
		return err
	}
	code, reason, hint := diagnose(err)
	if reason == "" {
		return model.Errorf(code, "%s: %w", what, err)
	}
	e := model.Errorf(code, "%s: %s: %w", what, reason, err)
	if hint != "" {
		return e.WithHint("%s", hint)
	}
	return e
}
