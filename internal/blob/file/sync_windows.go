package file

import "os"

// syncFolder does nothing: Windows writes changes of folders to the journal of
// the file system and has no call that waits for it.
func syncFolder(*os.Root, string) error { return nil }
