package sqlite

import "database/sql/driver"

// writeVersions notes what tasks gave, by their versions.
func (p *commit) writeVersions(c *conn) error {
	return p.WriteVersions(func(text string, args ...driver.Value) error {
		_, err := c.Exec(text, args...)
		return err
	})
}
