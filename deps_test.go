package pawl_test

import (
	"os/exec"
	"strings"
	"testing"
)

// Who imports the package gets stores, the engine and the conductor: no
// interpreters, no client of Kafka, no server.
func TestImportingBringsNoMoreThanItTakes(t *testing.T) {
	t.Parallel()
	out, err := exec.Command("go", "list", "-deps", ".", "./pawltest").Output()
	if err != nil {
		t.Fatal(err)
	}
	for _, pkg := range strings.Fields(string(out)) {
		for _, heavy := range []string{
			"github.com/dop251/goja", "github.com/aws/", "github.com/twmb/", "github.com/spf13/cobra", "go.opentelemetry.io/",
			"github.com/pawlhq/pawl/internal/python", "github.com/pawlhq/pawl/internal/server", "github.com/pawlhq/pawl/internal/daemon",
		} {
			if strings.HasPrefix(pkg, heavy) {
				t.Errorf("it brings %s", pkg)
			}
		}
	}
}
