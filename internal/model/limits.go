package model

// Limits of what messages and records are known by, in bytes where nothing else
// is said: databases and brokers take no more of it.
const (
	MaxTopic    = 255
	MaxParam    = 255
	MaxKeyValue = 4096
	// MaxKeys is how many keys a message may have, or a task may wait for.
	MaxKeys      = 1000
	MaxMessageID = 1024
	// MaxHeaders is for the names and values of all headers of a record.
	MaxHeaders = 64 << 10
)

// CheckTopic returns an error, which is Invalid, for a name that no topic has.
func CheckTopic(topic string) error {
	if topic == "" {
		return Errorf(Invalid, "a topic needs a name")
	}
	return atMost(MaxTopic, "a topic", topic)
}

// CheckKey returns an error, which is Invalid, for a key that is too long.
func CheckKey(param, value string) error {
	if err := atMost(MaxParam, "the name of a key", param); err != nil {
		return err
	}
	return atMost(MaxKeyValue, "the value of the key "+param, value)
}

// CheckKeys returns an error, which is Invalid, for so many keys.
func CheckKeys(n int) error {
	if n > MaxKeys {
		return Errorf(Invalid, "there are %d keys, and at most %d are allowed", n, MaxKeys)
	}
	return nil
}

// CheckMessageID returns an error, which is Invalid, for an id that is too long.
func CheckMessageID(id string) error { return atMost(MaxMessageID, "the id of a message", id) }

func atMost(most int, what, text string) error {
	if len(text) > most {
		return Errorf(Invalid, "%s may have up to %d bytes, and %.20q... has %d", what, most, text, len(text))
	}
	return nil
}
