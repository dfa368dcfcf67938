package cli_test

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/rogpeppe/go-internal/testscript"

	"github.com/pawlhq/pawl/internal/python/pythontest"
)

// Each script is a chapter of what a user of pipelines can type. The python3 on
// PATH is that of the tests' own environment.
func TestPipelineScripts(t *testing.T) {
	t.Parallel()
	bin := filepath.Dir(pythontest.Path(t))
	testscript.Run(t, testscript.Params{
		Dir:       "testdata/script/pipeline",
		Condition: condition,
		Setup: func(e *testscript.Env) error {
			e.Setenv("XDG_CACHE_HOME", filepath.Join(e.WorkDir, ".cache"))
			e.Setenv("PATH", bin+string(os.PathListSeparator)+e.Getenv("PATH"))
			return prepareScript(e)
		},
		Cmds:                map[string]func(*testscript.TestScript, bool, []string){"exits": exits, "browse": browse},
		RequireExplicitExec: true,
		RequireUniqueNames:  true,
	})
}
