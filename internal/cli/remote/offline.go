package remote

import "github.com/pawlhq/pawl/internal/client"

// Harmless returns a text that somebody chose as a terminal may have it.
func Harmless(text string) string { return harmless(client.Text(text)) }
