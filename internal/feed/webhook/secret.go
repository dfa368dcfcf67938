// Package webhook sends records by HTTP requests, and makes messages of those that
// others send. Requests are signed as Standard Webhooks describes it, or are
// checked as other senders sign theirs.
//
// It knows neither who asks for that nor where records and messages are kept.
package webhook

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"strconv"
	"strings"
	"time"

	"github.com/pawlhq/pawl/internal/model"
)

// Headers of Standard Webhooks.
const (
	headerID        = "Webhook-Id"
	headerTimestamp = "Webhook-Timestamp"
	headerSignature = "Webhook-Signature"
)

// secret is a key that requests are signed with as in Standard Webhooks.
type secret struct{ key []byte }

// secretPrefix is how the text of a secret may begin, and leastSecret how many
// bytes one has at least.
const (
	secretPrefix = "whsec_"
	leastSecret  = 24
)

// parseSecret reads "whsec_" with the key in base64 after it, or only the key.
// What is none is Invalid; the error does not have the text.
func parseSecret(text string) (secret, error) {
	key, err := base64.StdEncoding.DecodeString(strings.TrimPrefix(strings.TrimSpace(text), secretPrefix))
	if err != nil || len(key) < leastSecret {
		return secret{}, model.Errorf(model.Invalid, "a secret must be %sKEY, with at least %d bytes in base64 as the key", secretPrefix, leastSecret).
			WithHint("`openssl rand -base64 32` makes such a key")
	}
	return secret{key}, nil
}

// parseSecrets reads secrets of which each will do.
func parseSecrets(texts []string) (list []secret, err error) {
	for _, text := range texts {
		s, err := parseSecret(text)
		if err != nil {
			return nil, err
		}
		list = append(list, s)
	}
	return list, nil
}

// sum returns the code of a request.
func (s secret) sum(id, timestamp string, body []byte) []byte {
	mac := hmac.New(sha256.New, s.key)
	mac.Write([]byte(id + "." + timestamp + "."))
	mac.Write(body)
	return mac.Sum(nil)
}

// signatures returns the header that proves a request, one for each secret.
func signatures(secrets []secret, id, timestamp string, body []byte) string {
	list := make([]string, len(secrets))
	for i, s := range secrets {
		list[i] = "v1," + base64.StdEncoding.EncodeToString(s.sum(id, timestamp, body))
	}
	return strings.Join(list, " ")
}

func timestampOf(t time.Time) string { return strconv.FormatInt(t.Unix(), 10) }
