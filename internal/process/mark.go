package process

import "strconv"

// MarkVariable names the variable that tells the programs of one task, and
// all that these start, from others.
const MarkVariable = "PAWL_TRY"

// Mark returns the environment variable by which EndMarked finds what was
// started under a name. The name must be unique for good, not only while the
// programs run.
func Mark(name string) string { return MarkVariable + "=" + name + markEnd }

// markEnd ends a mark. It tells the session of the marking process, in which
// all stay but those who leave it to outlive their task.
var markEnd = "@" + strconv.Itoa(ownSession())
