package webhook

import (
	"cmp"
	"crypto/hmac"
	"crypto/sha256"
	"crypto/subtle"
	"encoding/base64"
	"encoding/hex"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/pawlhq/pawl/internal/document"
	"github.com/pawlhq/pawl/internal/model"
)

// Schemes by which senders prove who they are.
const (
	Standard = "standard-webhooks"
	GitHub   = "github"
	HMAC     = "hmac-sha256"
	Token    = "token"
	Unsigned = "none"
)

// Schemes are all of them.
var Schemes = []string{Standard, GitHub, HMAC, Token, Unsigned}

// Proof says how those who send to a hook prove that they may.
type Proof struct {
	// Scheme is one of Schemes. Required.
	Scheme string
	// Secrets are those that senders may have, any one of them. Required, but for
	// Unsigned.
	Secrets []string
	// Header has the code, with HMAC, where it is required, or the Token, which is a
	// bearer token in "Authorization" by default.
	Header string
	// Encoding is that of the code with HMAC: "hex" or "base64". Defaults to hex.
	Encoding string
	// Prefix is in front of the code with HMAC, such as "sha256=".
	Prefix string
	// Tolerance is how far the time of a request may be from that of the machine,
	// with Standard. Defaults to 5 minutes.
	Tolerance time.Duration
}

const defaultTolerance = 5 * time.Minute

// Encodings are those of codes.
var Encodings = []string{"hex", "base64"}

// Place returns where a scheme has the name of a message, as in feed.Locate, or "".
func (p *Proof) Place() string {
	switch p.Scheme {
	case Standard:
		return "header." + headerID
	case GitHub:
		return "header.X-GitHub-Delivery"
	}
	return ""
}

// verifier looks at the headers of a request, of which no body was read yet, and
// returns what looks at the rest. Both return an error, which is Unauthenticated,
// unless the request proves that its sender knows a secret.
type verifier func(h http.Header) (signed, error)

// signed looks at the body of a request, at the time at which it was read.
type signed func(body []byte, now time.Time) error

// proven is for requests that their headers prove.
func proven([]byte, time.Time) error { return nil }

// verifier returns that of the proof. What makes no sense is Invalid.
func (p Proof) verifier() (verifier, error) {
	if !slices.Contains(Schemes, p.Scheme) {
		return nil, model.Errorf(model.Invalid, "a signature must be one of %s, not %q", strings.Join(Schemes, ", "), p.Scheme).
			WithHint("%s", document.DidYouMean(p.Scheme, Schemes))
	}
	if (p.Scheme == Unsigned) != (len(p.Secrets) == 0) {
		return nil, model.Errorf(model.Invalid, "a hook needs a secret unless its signature is %s", Unsigned)
	}
	if slices.Contains(p.Secrets, "") {
		return nil, model.Errorf(model.Invalid, "a secret is empty")
	}
	switch p.Scheme {
	case Standard:
		secrets, err := parseSecrets(p.Secrets)
		return standard(secrets, cmp.Or(p.Tolerance, defaultTolerance)), err
	case GitHub:
		return coded(p.Secrets, "X-Hub-Signature-256", "sha256=", hex.DecodeString), nil
	case HMAC:
		if p.Header == "" {
			return nil, model.Errorf(model.Invalid, "a signature of %s needs the name of its header", HMAC)
		}
		decode := hex.DecodeString
		switch cmp.Or(p.Encoding, "hex") {
		case "base64":
			decode = base64.StdEncoding.DecodeString
		case "hex":
		default:
			return nil, model.Errorf(model.Invalid, "an encoding is hex or base64, not %q", p.Encoding)
		}
		return coded(p.Secrets, p.Header, p.Prefix, decode), nil
	case Token:
		return token(p.Secrets, p.Header), nil
	}
	return func(http.Header) (signed, error) { return proven, nil }, nil
}

func refused(format string, args ...any) error {
	return model.Errorf(model.Unauthenticated, format, args...)
}

var errForged = refused("the request is not signed with a secret of this hook")

// standard checks a request as Standard Webhooks describes it.
func standard(secrets []secret, tolerance time.Duration) verifier {
	return func(h http.Header) (signed, error) {
		id, at, given := h.Get(headerID), h.Get(headerTimestamp), h.Get(headerSignature)
		if id == "" || at == "" || given == "" {
			return nil, refused("the request needs the headers webhook-id, webhook-timestamp and webhook-signature")
		}
		n, err := strconv.ParseInt(at, 10, 64)
		if err != nil {
			return nil, refused("webhook-timestamp is not a number of seconds")
		}
		return func(body []byte, now time.Time) error {
			if off := now.Sub(time.Unix(n, 0)).Abs(); off > tolerance {
				return refused("webhook-timestamp is more than %v from the time of the server", tolerance)
			}
			for text := range strings.FieldsSeq(given) {
				code, err := base64.StdEncoding.DecodeString(strings.TrimPrefix(text, "v1,"))
				if err != nil {
					continue // of another version
				}
				for _, s := range secrets {
					if hmac.Equal(code, s.sum(id, at, body)) {
						return nil
					}
				}
			}
			return errForged
		}, nil
	}
}

// coded checks a header with the code of the body.
func coded(secrets []string, header, prefix string, decode func(string) ([]byte, error)) verifier {
	return func(h http.Header) (signed, error) {
		text, ok := strings.CutPrefix(h.Get(header), prefix)
		if text == "" || !ok {
			return nil, refused("the request needs the header %s", header)
		}
		code, err := decode(text)
		if err != nil {
			return nil, errForged
		}
		return func(body []byte, _ time.Time) error {
			for _, s := range secrets {
				mac := hmac.New(sha256.New, []byte(s))
				mac.Write(body)
				if hmac.Equal(code, mac.Sum(nil)) {
					return nil
				}
			}
			return errForged
		}, nil
	}
}

// token checks a header with a secret in it. How long that takes tells nothing of
// the secret.
func token(secrets []string, header string) verifier {
	const bearer = "Bearer "
	return func(h http.Header) (signed, error) {
		given := h.Get(cmp.Or(header, "Authorization"))
		if header == "" {
			var ok bool
			if given, ok = strings.CutPrefix(given, bearer); !ok {
				given = ""
			}
		}
		if given == "" {
			return nil, refused("the request needs a token in the header %s", cmp.Or(header, "Authorization"))
		}
		sum := sha256.Sum256([]byte(given))
		for _, s := range secrets {
			if want := sha256.Sum256([]byte(s)); subtle.ConstantTimeCompare(sum[:], want[:]) == 1 {
				return proven, nil
			}
		}
		return nil, refused("the token is not one of this hook")
	}
}
