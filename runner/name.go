package runner

import "github.com/pawlhq/pawl/internal/model"

// maxQueue is how many bytes the name of a queue may have.
const maxQueue = 64

// CheckQueue returns an Invalid error unless a queue can have that name: lower
// case letters and digits, in parts with one "-" or "_" between them, 64 bytes
// at most.
func CheckQueue(name string) error {
	between := true // whether a separator here would follow nothing
	for _, c := range []byte(name) {
		letter := c >= 'a' && c <= 'z' || c >= '0' && c <= '9'
		if !letter && (between || c != '-' && c != '_') {
			return badQueue(name)
		}
		between = !letter
	}
	if between || len(name) > maxQueue {
		return badQueue(name)
	}
	return nil
}

func badQueue(name string) error {
	return model.Errorf(model.Invalid, "%q is no name of a queue", name).
		WithHint("write lower case letters and digits, with one - or _ between parts")
}
