// Package parts decides what becomes of tests that need a real part, such as a broker
// or an interpreter, where that is not installed, and gives ports to those that are.
package parts

import (
	"os"
	"testing"
)

// Required reports whether all parts must be there: in CI, and where PAWL_TEST_REQUIRE
// is 1.
func Required() bool { return os.Getenv("CI") != "" || os.Getenv("PAWL_TEST_REQUIRE") == "1" }

// Missing ends a test for which a part is missing: it is skipped, or fails where all
// must be there.
func Missing(t testing.TB, why error) {
	t.Helper()
	if Required() {
		t.Fatal(why)
	}
	t.Skip(why)
}
