package listing

import (
	"path"
	"strings"

	"github.com/pawlhq/pawl/operator"
)

// needs returns the database of a query.
func needs(d *operator.Draft) []operator.Need {
	v, _ := d.Local.Get(databaseKey)
	db, _ := v.(string)
	if !d.Local.Has(queryKey) || db == "" {
		return nil
	}
	if !strings.Contains(db, "://") && !strings.Contains(db, "${") && !path.IsAbs(db) {
		if d.Workdir == "" {
			return nil
		}
		db = path.Join(d.Workdir, db)
	}
	return []operator.Need{{Kind: operator.NeedDatabase, Name: db}}
}
