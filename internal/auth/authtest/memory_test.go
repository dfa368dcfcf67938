package authtest_test

import (
	"testing"

	"github.com/pawlhq/pawl/internal/auth"
	"github.com/pawlhq/pawl/internal/auth/authtest"
)

func TestTokensInMemoryPassTheSuite(t *testing.T) {
	t.Parallel()
	authtest.Run(t, func(*testing.T) auth.Tokens { return new(authtest.Tokens) })
}
