package routing

import (
	"crypto/sha256"
	"encoding/binary"

	"github.com/pawlhq/pawl/internal/engine"
)

// Key stands for texts of any length and content, where a store looks for what
// has the same.
type Key [16]byte

// KeyOf returns the key of messages to a topic with a param and its value.
func KeyOf(topic, param, value string) Key { return keyOf(topic, param, value) }

// KeyOfSubscription returns the key of the messages that match.
func KeyOfSubscription(k *engine.Key) Key { return keyOf(k.Topic, k.Param, k.Value) }

// SourceOf returns the key of the messages to a topic with a source.
func SourceOf(topic, source string) Key { return keyOf(topic, source) }

func keyOf(texts ...string) Key {
	var room [128]byte
	form := room[:0]
	for _, text := range texts {
		form = append(binary.AppendUvarint(form, uint64(len(text))), text...)
	}
	sum := sha256.Sum256(form)
	return Key(sum[:len(Key{})])
}
