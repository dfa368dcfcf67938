package serve

import (
	"context"
	"fmt"
	"strings"

	"github.com/google/uuid"

	"github.com/pawlhq/pawl/internal/logs"
	"github.com/pawlhq/pawl/internal/model"
	"github.com/pawlhq/pawl/internal/store"
)

// installationNote is the name of the note with the id of a database, and with the newest
// attempt that it had when that was made: logs of older ones have been kept without it.
const installationNote = "installation"

// homeOf returns where the logs of a database are among those of others, which has an id
// for it that is made once.
func homeOf(ctx context.Context, of store.Store) (h logs.Home, err error) {
	known, err := of.Notes(ctx, installationNote)
	if err != nil {
		return h, err
	}
	text := known[installationNote]
	if text == "" {
		last, _, err := of.ListAttempts(ctx, store.Filter{}, store.Page{Limit: 1})
		if err != nil {
			return h, err
		}
		var former model.AttemptID
		if len(last) > 0 {
			former = last[0].ID
		}
		made := fmt.Sprintf("%s %d", strings.ReplaceAll(uuid.NewString(), "-", "")[:12], former)
		if text, err = of.KeepNote(ctx, installationNote, made); err != nil {
			return h, err
		}
	}
	if _, err := fmt.Sscanf(text, "%s %d", &h.Name, &h.Former); err != nil {
		return h, model.Errorf(model.Internal, "the id of the database, %q, can't be read", text)
	}
	h.Name = "db-" + h.Name
	return h, nil
}
