// Command pawl-blob-gcs is the plug-in through which pawl keeps objects in Google
// Cloud Storage. It is a module of its own, so that pawl need not have Google's
// libraries in it.
package main

import (
	"os"

	"github.com/pawlhq/pawl/blobplugin"
)

// version is set when releases are built.
var version = "dev"

func main() { os.Exit(blobplugin.Main("pawl-blob-gcs "+version, open)) }
