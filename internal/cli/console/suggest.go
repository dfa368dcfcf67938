package console

import (
	"github.com/pawlhq/pawl/internal/document"
	"github.com/pawlhq/pawl/internal/model"
)

// Suggest adds to an error the name that was meant, or else where names are.
func Suggest(e *model.Error, name string, known []string, where string) error {
	if near := document.DidYouMean(name, known); near != "" {
		return e.WithHint("%s", near)
	}
	return e.WithHint("%s", where)
}
