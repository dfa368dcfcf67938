package secret_test

import (
	"bytes"
	"context"
	"encoding/base64"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/pawlhq/pawl/internal/model"
	"github.com/pawlhq/pawl/internal/secret"
	"github.com/pawlhq/pawl/internal/secret/secrettest"
	"github.com/pawlhq/pawl/operator"
)

// key returns the text of a key whose bytes are all b.
func key(b byte, size int) string {
	return base64.StdEncoding.EncodeToString(bytes.Repeat([]byte{b}, size))
}

func ring(t testing.TB, keys ...string) secret.Ring {
	t.Helper()
	r, err := secret.ParseRing(strings.Join(keys, ","))
	if err != nil {
		t.Fatal(err)
	}
	return r
}

func at(project model.ProjectID, key string) secret.Place {
	return secret.Place{Project: project, Scope: secret.OfProject, Key: key}
}

func set(t *testing.T, v *secret.Vault, p secret.Place, value string) {
	t.Helper()
	if err := v.Set(t.Context(), p, value); err != nil {
		t.Fatal(err)
	}
}

func text(t *testing.T, records secret.Records, p secret.Place) string {
	t.Helper()
	got, err := records.Secret(t.Context(), p)
	if err != nil {
		t.Fatal(err)
	}
	return got
}

func put(t testing.TB, records secret.Records, p secret.Place, text string) {
	t.Helper()
	if err := records.PutSecret(t.Context(), secret.Record{Place: p, Text: text}); err != nil {
		t.Fatal(err)
	}
}

func TestVaultKeepsSecretsEncrypted(t *testing.T) {
	t.Parallel()
	for _, size := range []int{16, 32} {
		var records secrettest.Records
		vault := secret.NewVault(&records, ring(t, key(1, size)))
		for name, value := range map[string]string{
			"empty": "", "short": "x", "text": "correct horse é\n", "long": strings.Repeat("x", 16<<10),
		} {
			p := at(1, name)
			set(t, vault, p, "before")
			set(t, vault, p, value)
			if got := get(t, vault.Secrets(1), name); got != value {
				t.Errorf("%d bytes: %s: got %.40q", size, name, got)
			}
			first := text(t, &records, p)
			if len(value) > 4 && strings.Contains(first, value) {
				t.Errorf("%d bytes: %s is stored as it is: %s", size, name, first)
			}
			if set(t, vault, p, value); text(t, &records, p) == first {
				t.Errorf("%d bytes: %s is encrypted to the same text twice", size, name)
			}
		}
	}
}

func TestVaultListsAndDeletes(t *testing.T) {
	t.Parallel()
	vault := secret.NewVault(new(secrettest.Records), ring(t, key(1, 32)))
	set(t, vault, at(1, "b"), "x")
	set(t, vault, at(1, "a"), "x")
	set(t, vault, secret.Place{Project: 1, Scope: secret.ProjectDefault, Key: "c"}, "x")
	set(t, vault, at(2, "d"), "x")
	if keys, err := vault.List(t.Context(), 1, secret.OfProject); !slices.Equal(keys, []string{"a", "b"}) || err != nil {
		t.Errorf("got %q, %v", keys, err)
	}
	for range 2 { // what is not there is deleted just as well
		if err := vault.Delete(t.Context(), at(1, "a")); err != nil {
			t.Error(err)
		}
	}
	if keys, err := vault.List(t.Context(), 1, secret.OfProject); !slices.Equal(keys, []string{"b"}) || err != nil {
		t.Errorf("got %q, %v", keys, err)
	}
}

func TestProjectSecretsComeBeforeDefaults(t *testing.T) {
	t.Parallel()
	vault := secret.NewVault(new(secrettest.Records), ring(t, key(1, 32)))
	for _, name := range []string{"a", "b"} {
		set(t, vault, secret.Place{Project: 1, Scope: secret.ProjectDefault, Key: name}, "default")
	}
	set(t, vault, at(1, "a"), "project")
	set(t, vault, at(2, "c"), "other")
	s := vault.Secrets(1)
	if a, b := get(t, s, "a"), get(t, s, "b"); a != "project" || b != "default" {
		t.Errorf("got %s and %s", a, b)
	}
	for _, name := range []string{"c", "missing", "../a", ""} {
		if _, err := s.Secret(t.Context(), name); !errors.Is(err, operator.ErrNoSecret) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestVaultRefusesWhatCannotBeKept(t *testing.T) {
	t.Parallel()
	vault := secret.NewVault(new(secrettest.Records), ring(t, key(1, 32)))
	marker := "marker-of-a-value"
	for what, err := range map[string]error{
		"bad key":        vault.Set(t.Context(), at(1, "a/b"), marker),
		"long value":     vault.Set(t.Context(), at(1, "a"), strings.Repeat(marker, 1000)),
		"not UTF-8":      vault.Set(t.Context(), at(1, "a"), marker+"\xff"),
		"delete bad key": vault.Delete(t.Context(), at(1, "")),
	} {
		if model.CodeOf(err) != model.Invalid || strings.Contains(err.Error(), marker) {
			t.Errorf("%s: %v", what, err)
		}
	}
}

func TestVaultWithoutKeySaysWhichToSet(t *testing.T) {
	t.Parallel()
	var records secrettest.Records
	vault := secret.NewVault(&records, ring(t, " "))
	set(t, secret.NewVault(&records, ring(t, key(1, 32))), at(1, "a"), "x")
	_, list := vault.List(t.Context(), 1, secret.OfProject)
	_, rotate := vault.Rotate(t.Context())
	_, read := vault.Secrets(1).Secret(t.Context(), "a")
	for what, err := range map[string]error{
		"set": vault.Set(t.Context(), at(1, "a"), "y"), "delete": vault.Delete(t.Context(), at(1, "a")),
		"list": list, "rotate": rotate, "read": read,
	} {
		if !errors.Is(err, secret.ErrNoKey) || model.CodeOf(err) != model.Invalid || !strings.Contains(model.HintsOf(err), secret.KeySetting) {
			t.Errorf("%s: %v", what, err)
		}
	}
	if _, err := vault.Secrets(1).Secret(t.Context(), "b"); !errors.Is(err, operator.ErrNoSecret) {
		t.Errorf("what is not stored: %v", err)
	}
}

func TestRecordsOpenOnlyInTheirPlace(t *testing.T) {
	t.Parallel()
	var records secrettest.Records
	vault := secret.NewVault(&records, ring(t, key(1, 32)))
	home := at(1, "a")
	set(t, vault, home, "marker")
	sealed := text(t, &records, home)
	for _, p := range []secret.Place{at(2, "a"), at(1, "b"), {Project: 3, Scope: secret.ProjectDefault, Key: "a"}} {
		put(t, &records, p, sealed)
		got, err := vault.Secrets(p.Project).Secret(t.Context(), p.Key)
		if model.CodeOf(err) != model.Internal || got != "" || !strings.Contains(err.Error(), "damaged") {
			t.Errorf("%v: got %q, %v", p, got, err)
		}
	}
}

func TestDamagedRecordsDoNotOpen(t *testing.T) {
	t.Parallel()
	var records secrettest.Records
	vault := secret.NewVault(&records, ring(t, key(1, 32)))
	p := at(1, "a")
	set(t, vault, p, "marker")
	sealed := text(t, &records, p)
	for i := range sealed {
		for _, c := range []string{"A", "B", "Q", "R", "g", "h", "w", "x", "", "=", "\n"} {
			broken := sealed[:i] + c + sealed[i+1:]
			if broken == sealed {
				continue
			}
			put(t, &records, p, broken)
			if got, err := vault.Secrets(1).Secret(t.Context(), "a"); err == nil {
				t.Fatalf("%q opens to %q", broken, got)
			}
		}
	}
}

func TestAnyKeyOfTheRingDecrypts(t *testing.T) {
	t.Parallel()
	var records secrettest.Records
	set(t, secret.NewVault(&records, ring(t, key(1, 32))), at(1, "a"), "one")
	set(t, secret.NewVault(&records, ring(t, key(2, 16), key(1, 32))), at(1, "b"), "two")
	both := secret.NewVault(&records, ring(t, key(3, 32), key(1, 32), key(2, 16)))
	if a, b := get(t, both.Secrets(1), "a"), get(t, both.Secrets(1), "b"); a != "one" || b != "two" {
		t.Errorf("got %s and %s", a, b)
	}
	// The first key of a ring encrypts: the second vault needed no other for b.
	if b := get(t, secret.NewVault(&records, ring(t, key(2, 16))).Secrets(1), "b"); b != "two" {
		t.Errorf("got %s", b)
	}
	_, err := secret.NewVault(&records, ring(t, key(2, 16))).Secrets(1).Secret(t.Context(), "a")
	if model.CodeOf(err) != model.Invalid || !strings.Contains(model.HintsOf(err), secret.KeySetting) {
		t.Errorf("without its key: %v", err)
	}
}

func TestRingsOfBadKeysAreRefused(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		"?":                                     "key 1 of 1 is not base64",
		key(7, 24):                              "key 1 of 1 has 24 bytes, not 16 or 32",
		key(7, 32) + ", " + key(7, 15):          "key 2 of 2 has 15 bytes, not 16 or 32",
		key(7, 32) + ",":                        "key 2 of 2 has 0 bytes, not 16 or 32",
		key(7, 32)[:20] + "!" + key(7, 32)[21:]: "key 1 of 1 is not base64",
	} {
		_, err := secret.ParseRing(text)
		if model.CodeOf(err) != model.Invalid || err.Error() != secret.KeySetting+": "+want || model.HintsOf(err) == "" {
			t.Errorf("%s: %v", text, err)
		}
		if strings.Contains(fmt.Sprintf("%+v %s", err, model.HintsOf(err)), "Bwc") {
			t.Errorf("%s: the error shows the key: %v", text, err)
		}
	}
}

func TestRingsReadKeysAsDigdagDoes(t *testing.T) {
	t.Parallel()
	var records secrettest.Records
	set(t, secret.NewVault(&records, ring(t, key(1, 16))), at(1, "a"), "x")
	for _, same := range []string{strings.TrimRight(key(1, 16), "="), " " + key(1, 16) + "\n"} {
		if got := get(t, secret.NewVault(&records, ring(t, same)).Secrets(1), "a"); got != "x" {
			t.Errorf("%q: got %s", same, got)
		}
	}
}

func TestRingsDoNotPrintTheirKeys(t *testing.T) {
	t.Parallel()
	r := ring(t, key(7, 32), key(8, 16))
	for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%d", "%x"} {
		if got := fmt.Sprintf(verb, r); got != "ring of 2 keys" {
			t.Errorf("%s: %s", verb, got)
		}
	}
}

func TestRotationMovesEverythingToTheFirstKey(t *testing.T) {
	t.Parallel()
	var records secrettest.Records
	old := secret.NewVault(&records, ring(t, key(1, 32)))
	const count = 250 // more than two batches
	for i := range count {
		set(t, old, at(model.ProjectID(i%3), fmt.Sprintf("k%d", i)), fmt.Sprint(i))
	}
	put(t, &records, secret.Place{Project: 9, Scope: secret.ProjectDefault, Key: "digdag"}, digdagRecord)
	vault := secret.NewVault(&records, ring(t, key(2, 32), key(1, 32), digdagKey))
	set(t, vault, at(9, "new"), "x")

	done, err := vault.Rotate(t.Context())
	if want := (secret.Rotation{Encrypted: count + 1, Current: 1}); done != want || err != nil {
		t.Errorf("got %+v, %v, want %+v", done, err, want)
	}
	fresh := secret.NewVault(&records, ring(t, key(2, 32)))
	for i := range count {
		if got := get(t, fresh.Secrets(model.ProjectID(i%3)), fmt.Sprintf("k%d", i)); got != fmt.Sprint(i) {
			t.Errorf("%d: got %s", i, got)
		}
	}
	if got := get(t, fresh.Secrets(9), "digdag"); got != "correct horse" {
		t.Errorf("got %s", got)
	}
	done, err = fresh.Rotate(t.Context())
	if want := (secret.Rotation{Current: count + 2}); done != want || err != nil {
		t.Errorf("again: got %+v, %v, want %+v", done, err, want)
	}
}

// failing is records whose swaps fail once there were so many.
type failing struct {
	secret.Records
	swaps int
}

func (f *failing) SwapSecret(ctx context.Context, r secret.Record, old string) (bool, error) {
	if f.swaps--; f.swaps < 0 {
		return false, errBroken
	}
	return f.Records.SwapSecret(ctx, r, old)
}

func TestRotationGoesOnWhereItWasStopped(t *testing.T) {
	t.Parallel()
	var records secrettest.Records
	old := secret.NewVault(&records, ring(t, key(1, 32)))
	for i := range 5 {
		set(t, old, at(1, fmt.Sprintf("k%d", i)), fmt.Sprint(i))
	}
	keys := ring(t, key(2, 32), key(1, 32))
	done, err := secret.NewVault(&failing{&records, 2}, keys).Rotate(t.Context())
	if want := (secret.Rotation{Encrypted: 2}); done != want || !errors.Is(err, errBroken) {
		t.Errorf("stopped: got %+v, %v, want %+v", done, err, want)
	}
	done, err = secret.NewVault(&records, keys).Rotate(t.Context())
	if want := (secret.Rotation{Encrypted: 3, Current: 2}); done != want || err != nil {
		t.Errorf("again: got %+v, %v, want %+v", done, err, want)
	}
}

// racing is records that are set anew while they are rotated.
type racing struct {
	secret.Records
	set func()
}

func (r racing) SecretsAfter(ctx context.Context, after secret.Place, limit int) ([]secret.Record, error) {
	found, err := r.Records.SecretsAfter(ctx, after, limit)
	r.set()
	return found, err
}

func TestRotationDoesNotUndoWhatIsSetMeanwhile(t *testing.T) {
	t.Parallel()
	var records secrettest.Records
	set(t, secret.NewVault(&records, ring(t, key(1, 32))), at(1, "a"), "old")
	keys := ring(t, key(2, 32), key(1, 32))
	vault := secret.NewVault(&records, keys)
	rotating := racing{&records, func() { set(t, vault, at(1, "a"), "new") }}
	if done, err := secret.NewVault(rotating, keys).Rotate(t.Context()); done != (secret.Rotation{}) || err != nil {
		t.Errorf("got %+v, %v", done, err)
	}
	if got := get(t, vault.Secrets(1), "a"); got != "new" {
		t.Errorf("got %s", got)
	}
}

func TestRotationLeavesWhatItCannotRead(t *testing.T) {
	t.Parallel()
	var records secrettest.Records
	set(t, secret.NewVault(&records, ring(t, key(5, 32))), at(1, "b"), "lost")
	set(t, secret.NewVault(&records, ring(t, key(1, 32))), at(1, "c"), "kept")
	put(t, &records, at(1, "d"), "rubbish")
	lost := text(t, &records, at(1, "b"))
	vault := secret.NewVault(&records, ring(t, key(2, 32), key(1, 32)))
	done, err := vault.Rotate(t.Context())
	if want := (secret.Rotation{Encrypted: 1, Unreadable: 2}); done != want {
		t.Errorf("got %+v, want %+v", done, want)
	}
	if model.CodeOf(err) != model.Invalid || !strings.HasPrefix(err.Error(), `2 secrets cannot be rotated, the first: secret "b" of project 1 is encrypted with key `) {
		t.Errorf("got %v", err)
	}
	if text(t, &records, at(1, "b")) != lost || text(t, &records, at(1, "d")) != "rubbish" {
		t.Error("a record was changed that could not be read")
	}
	if got := get(t, vault.Secrets(1), "c"); got != "kept" {
		t.Errorf("got %s", got)
	}
}
