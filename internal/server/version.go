package server

import (
	"cmp"
	"strings"

	"github.com/pawlhq/pawl/internal/model"
)

func getVersion(c *call) (any, error) {
	return struct {
		Version string `json:"version"`
	}{c.cfg.Version}, nil
}

type versionCheck struct {
	ServerVersion      string `json:"serverVersion"`
	UpgradeRecommended bool   `json:"upgradeRecommended"`
	APICompatible      bool   `json:"apiCompatible"`
}

func checkVersion(c *call) (any, error) {
	client, ok := parseVersion(c.query("client"))
	if !ok {
		return nil, model.Errorf(model.Invalid, "client is %q, which is no version", c.query("client"))
	}
	return versionCheck{
		ServerVersion:      c.cfg.Version,
		UpgradeRecommended: client.olderThan(c.cfg.UpgradeIfOlder),
		APICompatible:      !client.olderThan(c.cfg.RefuseIfOlder),
	}, nil
}

// version is dotted numbers and perhaps a qualifier.
type version struct {
	numbers   []string // without leading zeros
	qualifier string
}

// parseVersion reads a version such as 0.10.5 or 1.0-SNAPSHOT.
func parseVersion(text string) (v version, ok bool) {
	dotted, qualifier, qualified := strings.Cut(text, "-")
	if qualified && qualifier == "" {
		return v, false
	}
	v.qualifier = qualifier
	for part := range strings.SplitSeq(dotted, ".") {
		if part == "" || strings.Trim(part, "0123456789") != "" {
			return v, false
		}
		v.numbers = append(v.numbers, strings.TrimLeft(part, "0"))
	}
	for len(v.numbers) > 0 && v.numbers[len(v.numbers)-1] == "" {
		v.numbers = v.numbers[:len(v.numbers)-1] // 1.0 equals 1.0.0
	}
	return v, true
}

// olderThan reports whether v comes before the version in text, if there is
// one.
func (v version) olderThan(text string) bool {
	other, ok := parseVersion(text)
	return ok && v.compare(other) < 0
}

func (v version) compare(w version) int {
	for i := range max(len(v.numbers), len(w.numbers)) {
		a, b := at(v.numbers, i), at(w.numbers, i)
		if c := cmp.Or(cmp.Compare(len(a), len(b)), strings.Compare(a, b)); c != 0 {
			return c
		}
	}
	switch {
	case v.qualifier == w.qualifier:
		return 0
	case v.qualifier == "":
		return 1
	case w.qualifier == "":
		return -1
	}
	return strings.Compare(v.qualifier, w.qualifier)
}

func at(list []string, i int) string {
	if i < len(list) {
		return list[i]
	}
	return ""
}
