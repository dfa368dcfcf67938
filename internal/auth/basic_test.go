package auth_test

import (
	"context"
	"errors"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/pawlhq/pawl/internal/auth"
	"github.com/pawlhq/pawl/internal/model"
	"github.com/pawlhq/pawl/internal/params"
)

// cheapHash is the hash of s3cret-marker at the lowest cost, made by another
// program.
const cheapHash = "$argon2id$v=19$m=8,t=1,p=1$c29tZSBzYWx0IQ$Dd5n+1fOpaGT0j1KgBM+nht4FdMYuym/Jd58BPaLiZs"

func TestBasicAcceptsItsUserOnly(t *testing.T) {
	t.Parallel()
	for what, password := range map[string]string{"password": marker, "hash": cheapHash} {
		b := newBasic(t, "ann", password, false)
		for range 2 { // the second time a right password is remembered
			for _, c := range []auth.Credentials{
				auth.Password("ann", marker+"x"), auth.Password("ann", ""), auth.Password("", marker), auth.Password("Ann", marker),
				auth.Password("bob", marker), auth.Password("ann"+marker, ""), auth.Password("an", "n"+marker), auth.Password("ann", password+" "),
			} {
				if err := refuses(t, b, c, cheapHash); errors.Is(err, auth.ErrForeign) {
					t.Errorf("%s: %v is foreign", what, c)
				}
			}
			p := accepts(t, b, auth.Password("ann", marker))
			if p.Name != "ann" || p.Admin || !p.UserInfo.Equal(params.Of("name", "ann")) {
				t.Errorf("%s: got %+v", what, p)
			}
		}
		foreign(t, b, auth.Credentials{})
		foreign(t, b, auth.Bearer(marker))
	}
	refuses(t, newBasic(t, "ann", cheapHash, false), auth.Password("ann", cheapHash))
}

func TestBasicMayDoEverythingAndAdministerIfAdmin(t *testing.T) {
	t.Parallel()
	for _, admin := range []bool{false, true} {
		p := accepts(t, newBasic(t, "ann", marker, admin), auth.Password("ann", marker))
		for _, a := range auth.Actions() {
			for _, project := range []string{"", "any"} {
				if err := (auth.ByScope{}).Allow(p, a, project); (err == nil) != (admin || !slices.Contains(forAdministrators, a)) {
					t.Errorf("admin %v: %s: %v", admin, a, err)
				}
			}
		}
	}
}

func TestBasicNeedsAUserAndAPassword(t *testing.T) {
	t.Parallel()
	for _, tt := range [][2]string{{"", marker}, {"ann", ""}, {"", ""}} {
		if _, err := auth.NewBasic(tt[0], tt[1], false); model.CodeOf(err) != model.Invalid || strings.Contains(err.Error(), marker) {
			t.Errorf("%q: %v", tt, err)
		}
	}
}

func TestBadHashesAreRefused(t *testing.T) {
	t.Parallel()
	const form = "password of user \"ann\" is not an argon2id hash of the form $argon2id$v=19$m=65536,t=3,p=4$salt$hash"
	const costs = "password of user \"ann\" is an argon2id hash with costs or lengths out of range"
	salt, sum := "$c29tZSBzYWx0IQ", "$c29tZSBzYWx0IXNvbWUgc2FsdCE"
	for text, want := range map[string]string{
		"$argon2id$":                                     form,
		"$argon2id$v=19$m=8,t=1,p=1" + salt:              form,
		"$argon2id$v=16$m=8,t=1,p=1" + salt + sum:        form,
		"$argon2id$v=19$m=8;t=1;p=1" + salt + sum:        form,
		"$argon2id$v=19$m=8,t=1,p=999" + salt + sum:      form,
		"$argon2id$v=19$m=8,t=1,p=1" + salt + "$?":       form,
		"$argon2id$v=19$m=8,t=1,p=1$?" + sum:             form,
		"$argon2id$v=19$m=7,t=1,p=1" + salt + sum:        costs,
		"$argon2id$v=19$m=99999999,t=1,p=1" + salt + sum: costs,
		"$argon2id$v=19$m=8,t=0,p=1" + salt + sum:        costs,
		"$argon2id$v=19$m=8,t=1,p=0" + salt + sum:        costs,
		"$argon2id$v=19$m=8,t=999,p=1" + salt + sum:      costs,
		"$argon2id$v=19$m=8,t=1,p=1$YQ" + sum:            costs,
		"$argon2id$v=19$m=8,t=1,p=1" + salt + "$YQ":      costs,
	} {
		if _, err := auth.NewBasic("ann", text, false); model.CodeOf(err) != model.Invalid || err.Error() != want {
			t.Errorf("%s: got %v, want %s", text, err, want)
		}
	}
}

func TestHashedPasswordsAreAccepted(t *testing.T) {
	t.Parallel()
	hash := auth.HashPassword(marker)
	if hash == auth.HashPassword(marker) || strings.Contains(hash, marker) {
		t.Errorf("got %s", hash)
	}
	b := newBasic(t, "ann", hash, false)
	refuses(t, b, auth.Password("ann", "wrong"))
	accepts(t, b, auth.Password("ann", marker))
}

func TestHashesAreNotCheckedForThoseWhoHaveGone(t *testing.T) {
	t.Parallel()
	b := newBasic(t, "ann", cheapHash, false)
	var all sync.WaitGroup
	for range 8 { // more than there is room for
		all.Go(func() { refuses(t, b, auth.Password("ann", "wrong")) })
		all.Go(func() { accepts(t, b, auth.Password("ann", marker)) })
	}
	all.Wait()
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	refused := false
	for range 100 { // a free place may be taken all the same
		_, err := b.Authenticate(ctx, auth.Password("ann", "wrong"))
		refused = refused || errors.Is(err, context.Canceled)
	}
	if !refused {
		t.Error("the hash was checked each time")
	}
}
