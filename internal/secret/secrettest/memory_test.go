package secrettest_test

import (
	"testing"

	"github.com/pawlhq/pawl/internal/secret"
	"github.com/pawlhq/pawl/internal/secret/secrettest"
)

func TestRecordsInMemoryPassTheSuite(t *testing.T) {
	t.Parallel()
	secrettest.Run(t, func(*testing.T) secret.Records { return new(secrettest.Records) })
}
