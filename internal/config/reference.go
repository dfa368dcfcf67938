package config

import (
	"encoding/json"
	"fmt"

	"github.com/pawlhq/pawl/internal/model"
	"github.com/pawlhq/pawl/internal/params"
)

// reference is the wire form of a configuration.
type reference struct {
	// Version is that of the form.
	Version  int      `json:"pawl_instance"`
	Settings []stated `json:"settings"`
}

// stated is a setting in a reference.
type stated struct {
	Key       string          `json:"key"`
	Value     string          `json:"value"`
	Origin    string          `json:"origin,omitempty"`
	Concealed bool            `json:"concealed,omitempty"`
	Typed     json.RawMessage `json:"typed,omitempty"`
}

// referenceVersion is the form that is written, and the only one that is read.
const referenceVersion = 1

// Reference returns all settings as a text that another process can open with
// FromReference. It has secrets as they are: hand it over through a pipe, and not as an
// argument. Faults are not in it.
func (c *Config) Reference() string {
	r := reference{Version: referenceVersion, Settings: make([]stated, 0, len(c.keys))}
	for _, key := range c.keys {
		s := c.settings[key]
		one := stated{Key: key, Value: s.Value, Origin: s.Origin, Concealed: s.Concealed}
		if s.typed != nil {
			one.Typed = params.AppendJSON(nil, s.typed)
		}
		r.Settings = append(r.Settings, one)
	}
	text, _ := json.Marshal(r) // texts and JSON
	return string(text)
}

// FromReference returns the configuration that a Reference is of, with the same
// origins. A text that is none is an Invalid error.
func FromReference(text string) (*Config, error) {
	var r reference
	err := json.Unmarshal([]byte(text), &r)
	if err == nil && r.Version != referenceVersion {
		err = fmt.Errorf("its version is %d, and only %d can be read", r.Version, referenceVersion)
	}
	if err != nil {
		return nil, model.Errorf(model.Invalid, "this is no reference of an instance: %w", err)
	}
	c := &Config{}
	for _, one := range r.Settings {
		s := Setting{Value: one.Value, Origin: one.Origin, Concealed: one.Concealed}
		if len(one.Typed) > 0 {
			if s.typed, err = params.ParseJSON(one.Typed); err != nil {
				return nil, model.Errorf(model.Invalid, "this is no reference of an instance: %s: %w", one.Key, err)
			}
		}
		c.put(one.Key, s)
	}
	return c, nil
}
