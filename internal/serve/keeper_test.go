package serve

import (
	"bytes"
	"encoding/base64"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/pawlhq/pawl/internal/auth"
	"github.com/pawlhq/pawl/internal/config"
	"github.com/pawlhq/pawl/internal/model"
	"github.com/pawlhq/pawl/internal/secret"
	"github.com/pawlhq/pawl/internal/store"
)

var noon = time.Date(2026, 3, 8, 12, 0, 0, 0, time.UTC)

func keeperOf(t *testing.T, cfg *config.Config) *Keeper {
	t.Helper()
	k, err := OpenKeeper(t.Context(), cfg, func() time.Time { return noon })
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := k.Close(); err != nil {
			t.Error(err)
		}
	})
	return k
}

// log returns what the audit log says, the latest last.
func (k *Keeper) log(t *testing.T) []string {
	t.Helper()
	entries, _, err := k.store.ListAudit(t.Context(), store.AuditFilter{}, store.Page{})
	if err != nil {
		t.Fatal(err)
	}
	var lines []string
	for _, e := range entries {
		lines = append([]string{e.Principal + " " + e.Action + " " + e.Target + " " + e.Outcome}, lines...)
	}
	return lines
}

func TestTokensOfADatabaseAreThoseOfItsServers(t *testing.T) {
	t.Parallel()
	k := keeperOf(t, configured("database.path", t.TempDir(), "server.authenticator.type", "token"))
	text, made, err := k.CreateToken(t.Context(), "ci", []auth.Scope{{Verb: auth.Admin}}, 0)
	if err != nil {
		t.Fatal(err)
	}
	who, err := auth.FromConfig(k.settings, k.store, k.now)
	if err != nil {
		t.Fatal(err)
	}
	if p, err := who.Authenticate(t.Context(), auth.Bearer(text)); err != nil || p.Name != "ci" || !p.Admin {
		t.Errorf("the token is for %+v, %v", p, err)
	}
	if _, _, err := k.CreateToken(t.Context(), "ci", []auth.Scope{{Verb: auth.Read}}, 0); model.CodeOf(err) != model.Conflict {
		t.Errorf("the name again: %v", err)
	}
	list, err := k.Tokens(t.Context())
	if err != nil || len(list) != 1 || list[0].Hash != made.Hash {
		t.Errorf("%+v, %v", list, err)
	}
	if err := k.RevokeToken(t.Context(), "ci"); err != nil {
		t.Fatal(err)
	}
	if _, err := who.Authenticate(t.Context(), auth.Bearer(text)); model.CodeOf(err) != model.Unauthenticated {
		t.Errorf("once it is revoked: %v", err)
	}
	want := []string{
		"local token.create token ci done", "local token.create token ci failed", "local token.revoke token ci done",
	}
	if diff := cmp.Diff(want, k.log(t)); diff != "" {
		t.Error(diff)
	}
}

func TestSecretsOfADatabaseAreEncryptedAnew(t *testing.T) {
	t.Parallel()
	key := func(b byte) string { return base64.StdEncoding.EncodeToString(bytes.Repeat([]byte{b}, 32)) }
	vault := func(k *Keeper, keys string) *secret.Vault {
		ring, err := secret.ParseRing(keys)
		if err != nil {
			t.Fatal(err)
		}
		return secret.NewVault(k.store, ring)
	}
	k := keeperOf(t, configured("database.path", t.TempDir(), secret.KeySetting, key(2)+","+key(1)))
	p, err := k.store.Push(t.Context(), store.Push{
		Project: "p", Revision: store.Revision{Name: "r", Created: 1, Archive: store.Archive{Type: store.InStore}}, Bytes: []byte("x"),
	})
	if err != nil {
		t.Fatal(err)
	}
	at := secret.Place{Project: p.ID, Scope: secret.OfProject, Key: "k"}
	if err := vault(k, key(1)).Set(t.Context(), at, "value"); err != nil {
		t.Fatal(err)
	}
	for _, want := range []secret.Rotation{{Encrypted: 1}, {Current: 1}} {
		if done, err := k.RotateSecrets(t.Context()); done != want || err != nil {
			t.Errorf("rotated %+v, %v, want %+v", done, err, want)
		}
	}
	if v, err := vault(k, key(2)).Secrets(p.ID).Secret(t.Context(), "k"); v != "value" || err != nil {
		t.Errorf("under the new key alone it is %q, %v", v, err)
	}
	k.settings.Set(secret.KeySetting, key(3), "here")
	if done, err := k.RotateSecrets(t.Context()); done.Unreadable != 1 || model.CodeOf(err) != model.Invalid {
		t.Errorf("without the key: %+v, %v", done, err)
	}
	want := []string{
		"local secret.rotate all secrets done", "local secret.rotate all secrets done", "local secret.rotate all secrets failed",
	}
	if diff := cmp.Diff(want, k.log(t)); diff != "" {
		t.Error(diff)
	}
}

func TestADatabaseThatIsGoneWithItsServerIsNotKept(t *testing.T) {
	t.Parallel()
	if _, err := OpenKeeper(t.Context(), configured("database.type", "memory"), time.Now); model.CodeOf(err) != model.Invalid || err == nil {
		t.Errorf("error %v", err)
	}
}
