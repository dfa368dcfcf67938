package auth

import (
	"context"
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"encoding/binary"
	"strings"
	"sync/atomic"

	"github.com/pawlhq/pawl/internal/model"
)

// Basic knows one user with a password, who may do everything; what needs an
// administrator only if made one.
type Basic struct {
	principal Principal
	// key makes digests, all of which are of the same length and can be
	// compared in constant time. It lives as long as b.
	key []byte
	// right is the digest of the credentials, nil as long as only the hash of
	// the password is known.
	right atomic.Pointer[[]byte]
	user  []byte // the digest of the user alone
	hash  passwordHash
	// hashing has room for one: a check of the hash needs much memory.
	hashing chan struct{}
}

// NewBasic returns the authenticator of a user with a password or, where it
// starts with $argon2id$, its hash. An empty user or password, and a hash
// that cannot be read, are Invalid errors.
func NewBasic(user, password string, admin bool) (*Basic, error) {
	if user == "" || password == "" {
		return nil, model.Errorf(model.Invalid, "a user needs a name and a password")
	}
	b := &Basic{principal: named(user, Everything()), key: make([]byte, sha256.Size), hashing: make(chan struct{}, 1)}
	b.principal.Admin = admin
	_, _ = rand.Read(b.key) // never fails
	b.user = b.digest(user, "")
	if !strings.HasPrefix(password, hashMark) {
		b.remember(Password(user, password))
		return b, nil
	}
	hash, err := parseHash(password)
	if err != nil {
		return nil, model.Errorf(model.Invalid, "password of user %q %w", user, err)
	}
	b.hash = hash
	return b, nil
}

// Authenticate returns the user if name and password are right.
func (b *Basic) Authenticate(ctx context.Context, c Credentials) (Principal, error) {
	if c.scheme != basic {
		return Principal{}, ErrForeign
	}
	if right := b.right.Load(); right != nil && hmac.Equal(*right, b.digest(c.user, c.secret)) {
		return b.principal, nil
	}
	if b.hash.sum == nil {
		return Principal{}, errWrong
	}
	select {
	case b.hashing <- struct{}{}:
		defer func() { <-b.hashing }()
	case <-ctx.Done():
		return Principal{}, context.Cause(ctx)
	}
	// The hash is checked for a wrong name too, so that time does not tell.
	matches := b.hash.matches(c.secret)
	if !hmac.Equal(b.user, b.digest(c.user, "")) || !matches {
		return Principal{}, errWrong
	}
	b.remember(c)
	return b.principal, nil
}

// remember makes the next check of the same credentials cheap.
func (b *Basic) remember(c Credentials) {
	digest := b.digest(c.user, c.secret)
	b.right.Store(&digest)
}

func (b *Basic) digest(user, password string) []byte {
	mac := hmac.New(sha256.New, b.key)
	_, _ = mac.Write(binary.BigEndian.AppendUint64(nil, uint64(len(user))))
	_, _ = mac.Write([]byte(user + password))
	return mac.Sum(nil)
}

var _ Authenticator = (*Basic)(nil)
