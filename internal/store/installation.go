package store

import (
	"context"
	"fmt"
	"strings"

	"github.com/google/uuid"

	"github.com/pawlhq/pawl/internal/model"
)

// installationNote is the name of the note with the id of a database, and with the newest
// attempt that it had when that was made.
const installationNote = "installation"

// Installation returns the id of a database, which is made once and then stays, and the
// newest attempt that it had by then: what is kept beside the database of that and older
// ones has been kept without the id.
func Installation(ctx context.Context, of Store) (id string, former model.AttemptID, err error) {
	known, err := of.Notes(ctx, installationNote)
	if err != nil {
		return "", 0, err
	}
	text := known[installationNote]
	if text == "" {
		last, _, err := of.ListAttempts(ctx, Filter{}, Page{Limit: 1})
		if err != nil {
			return "", 0, err
		}
		if len(last) > 0 {
			former = last[0].ID
		}
		made := fmt.Sprintf("%s %d", strings.ReplaceAll(uuid.NewString(), "-", "")[:12], former)
		if text, err = of.KeepNote(ctx, installationNote, made); err != nil {
			return "", 0, err
		}
	}
	if _, err := fmt.Sscanf(text, "%s %d", &id, &former); err != nil {
		return "", 0, model.Errorf(model.Internal, "the id of the database, %q, can't be read", text)
	}
	return id, former, nil
}
