package logs

import (
	"strings"

	"github.com/pawlhq/pawl/internal/model"
)

// Home says where the logs of one database are among those of others that are kept in
// the same place. The zero value is the place itself.
type Home struct {
	// Name is the folder of the logs. It is no number, as those of attempts are.
	Name string
	// Former is the newest attempt whose logs are in the place itself, as those of
	// all databases were. Zero is none.
	Former model.AttemptID
}

// HomeOf returns the Home of a database with an id, of which the logs up to an attempt
// were kept before it had that.
func HomeOf(database string, former model.AttemptID) Home {
	return Home{Name: "db-" + database, Former: former}
}

// folder returns the folder of the logs of an attempt, with a slash at its end unless
// it is empty.
func (h Home) folder(id model.AttemptID) string {
	if h.Name == "" || id <= h.Former {
		return ""
	}
	return h.Name + "/"
}

// folders are all that folder returns.
func (h Home) folders() []string {
	if h.Name == "" {
		return []string{""}
	}
	return []string{"", h.Name + "/"}
}

// spooled are the beginnings of the names of folders with what waits to be uploaded:
// that of new ones first.
func (h Home) spooled() []string {
	if h.Name == "" {
		return []string{folderPrefix}
	}
	own := "of-" + strings.ReplaceAll(h.Name, "/", "_") + "-"
	if h.Former > 0 {
		return []string{own, folderPrefix}
	}
	return []string{own}
}
