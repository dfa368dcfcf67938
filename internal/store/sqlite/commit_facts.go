package sqlite

import "database/sql/driver"

// writeFacts keeps what tasks have told.
func (p *commit) writeFacts(c *conn) error {
	return p.WriteFacts(func(text string, args ...driver.Value) error {
		_, err := c.Exec(text, args...)
		return err
	})
}
