// Command pawl-runner-kubernetes is the plug-in through which pawl has tasks run on
// Kubernetes, each as a Job. It is a module of its own, so that pawl need not have the
// libraries of Kubernetes in it.
package main

import (
	"os"

	"github.com/pawlhq/pawl/runnerplugin"
)

// version is set when releases are built.
var version = "dev"

func main() { os.Exit(runnerplugin.Main("pawl-runner-kubernetes "+version, open)) }
