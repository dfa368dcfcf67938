// Package pythontest finds the Python that tests work with: an environment of
// its own with Jupyter, pandas, SQL libraries, and Ploomber as the peer.
package pythontest

import (
	"crypto/sha256"
	_ "embed"
	"encoding/hex"
	"fmt"
	"os"
	"path/filepath"
	"testing"

	"github.com/pawlhq/pawl/internal/parts"
)

// Variable names the variable with the folder of another environment.
const Variable = "PAWL_TEST_PYTHON"

//go:embed requirements.txt
var requirements []byte

// Path returns the interpreter of the environment that `make deps` makes. A
// test is skipped where there is none, unless all that is needed must be there.
func Path(t testing.TB) string {
	t.Helper()
	folder := os.Getenv(Variable)
	if folder == "" {
		cache, err := os.UserCacheDir()
		if err != nil {
			t.Fatal(err)
		}
		sum := sha256.Sum256(requirements)
		folder = filepath.Join(cache, "pawl-test", "python-"+hex.EncodeToString(sum[:6]))
	}
	path := filepath.Join(folder, "bin", "python")
	if _, err := os.Stat(path); err != nil {
		parts.Missing(t, fmt.Errorf("%w: `make deps` makes the environment", err))
	}
	return path
}
