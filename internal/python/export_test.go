package python

// Unpacked is the library, unpacked below a folder.
func Unpacked(cache string) (string, error) { return unpack(cache) }
