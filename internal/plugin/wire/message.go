// Package wire is the protocol between pawl and its plug-ins, as
// docs/reference/blob-plugins.md and docs/reference/runner-plugins.md describe it:
// messages, how they stand in a stream, and calls that go on side by side. It is what
// both sides share, and knows neither programs nor what they do.
package wire

import (
	"errors"
	"time"

	"github.com/pawlhq/pawl/internal/blob"
	"github.com/pawlhq/pawl/internal/model"
	"github.com/pawlhq/pawl/runner"
)

// Protocol is the version of the protocol that this package speaks.
const Protocol = 1

// PieceSize is how many bytes of content a message has at most.
const PieceSize = 256 << 10

// Type says what a message is.
type Type string

// What the caller sends to begin a call.
const (
	Hello  Type = "hello"
	Put    Type = "put"
	Get    Type = "get"
	Stat   Type = "stat"
	List   Type = "list"
	Delete Type = "delete"
	Sign   Type = "sign"

	Launch   Type = "launch"
	Programs Type = "programs"
	End      Type = "end"
	Forget   Type = "forget"
)

// What is sent during a call.
const (
	Found  Type = "found"  // to the caller: the object whose content follows
	Want   Type = "want"   // to whoever has content: send a piece
	Piece  Type = "piece"  // to whoever wants content; the bytes follow
	Cancel Type = "cancel" // from the caller
)

// What ends a call. Each call gets one of them.
const (
	Done   Type = "done"
	Failed Type = "error"
)

// Message is one message. Which fields count depends on its type.
type Message struct {
	Type Type   `json:"type"`
	ID   uint64 `json:"id"`

	Protocol int               `json:"protocol,omitempty"`
	Settings map[string]string `json:"settings,omitempty"`
	Program  string            `json:"program,omitempty"`

	Key         string `json:"key,omitempty"`
	Size        int64  `json:"size,omitempty"`
	IfAbsent    bool   `json:"if_absent,omitempty"`
	ContentType string `json:"content_type,omitempty"`
	Prefix      string `json:"prefix,omitempty"`
	After       string `json:"after,omitempty"`
	Limit       int    `json:"limit,omitempty"`
	Seconds     int64  `json:"seconds,omitempty"`

	Name     string          `json:"name,omitempty"`
	Order    *runner.Order   `json:"order,omitempty"`
	Programs []runner.Status `json:"programs,omitempty"`

	Length int  `json:"length,omitempty"`
	Last   bool `json:"last,omitempty"`

	Object  *Object  `json:"object,omitempty"`
	Objects []Object `json:"objects,omitempty"`
	URL     string   `json:"url,omitempty"`
	Error   *Error   `json:"error,omitempty"`
}

// Object describes what is stored under a key.
type Object struct {
	Key      string    `json:"key"`
	Size     int64     `json:"size"`
	Modified time.Time `json:"modified"`
	Tag      string    `json:"tag,omitempty"`
}

// ObjectOf returns o as it is sent.
func ObjectOf(o blob.Object) Object { return Object(o) }

// Blob returns o as stores have it.
func (o Object) Blob() blob.Object { return blob.Object(o) }

// Error is why a call failed.
type Error struct {
	Code    string `json:"code"`
	Message string `json:"message"`
	Hint    string `json:"hint,omitempty"`
}

// codes are those that an error of a store may have.
var codes = [...]model.Code{model.Invalid, model.NotFound, model.Conflict, model.Forbidden, model.Unavailable}

// ErrorOf returns err as it is sent. Its causes are not.
func ErrorOf(err error) *Error {
	return &Error{Code: model.CodeOf(err).String(), Message: err.Error(), Hint: model.HintsOf(err)}
}

// Err returns the error that was sent. One without a code that stores have is
// Internal.
func (e *Error) Err() error {
	if e == nil || e.Message == "" {
		return errors.New("the plug-in failed and does not say why")
	}
	err := &model.Error{Message: e.Message, Hint: e.Hint}
	for _, code := range codes {
		if code.String() == e.Code {
			err.Code = code
		}
	}
	return err
}
