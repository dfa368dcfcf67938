package client

import (
	"context"
	"regexp"
	"strings"
	"sync"
)

// Version returns that of the server.
func (c *Client) Version(ctx context.Context) (string, error) {
	var out struct {
		Version string `json:"version"`
	}
	err := c.get(ctx, path("version"), nil, &out)
	return out.Version, err
}

// Fit says how a client fits a server.
type Fit struct {
	ServerVersion      string `json:"serverVersion"`
	UpgradeRecommended bool   `json:"upgradeRecommended"`
	APICompatible      bool   `json:"apiCompatible"`
}

// versions are those that servers understand.
var versions = sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(`^[0-9]+(\.[0-9]+)*(-.+)?$`) })

// CheckVersion asks whether a client of a version fits the server. One that
// has no version, because nobody released it, fits.
func (c *Client) CheckVersion(ctx context.Context, version string) (Fit, error) {
	version = strings.TrimPrefix(version, "v")
	if !versions().MatchString(version) {
		return Fit{APICompatible: true}, nil
	}
	var fit Fit
	err := c.get(ctx, path("version", "check"), values("client", version), &fit)
	return fit, err
}
