package serve

import (
	"fmt"
	"maps"
	"slices"

	"github.com/pawlhq/pawl/internal/auth"
	"github.com/pawlhq/pawl/internal/config"
	"github.com/pawlhq/pawl/internal/feed/webhook"
)

// openHooks returns the hooks of a configuration by name.
func openHooks(cfg *config.Config) (map[string]*webhook.Hook, error) {
	read, err := webhook.ReadHooks(cfg)
	if err != nil {
		return nil, err
	}
	hooks := make(map[string]*webhook.Hook)
	for name, o := range read {
		if hooks[name], err = webhook.NewHook(o); err != nil {
			return nil, fmt.Errorf("hook %s: %w", name, err)
		}
	}
	return hooks, nil
}

// hookFaults returns what is wrong with hooks. One that anybody may send to is only
// for a server that other machines don't reach.
func (s *settings) hookFaults() (list []error) {
	hooks, err := webhook.ReadHooks(s.Config)
	if err != nil {
		return []error{err}
	}
	listen, _ := s.listen()
	if auth.CheckBind([]string{listen.Address.Host}, false) == nil {
		return nil
	}
	for _, name := range slices.Sorted(maps.Keys(hooks)) {
		if hooks[name].Proof.Scheme == webhook.Unsigned {
			key := "hooks." + name + ".signature"
			list = append(list, s.Errorf(key, "%s can't be none where other machines reach the server, on %q", key, listen.Address.Host).
				Hint("choose how senders prove that they may, or listen on 127.0.0.1"))
		}
	}
	return list
}
