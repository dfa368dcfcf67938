package main

import (
	"cmp"
	"context"
	"encoding/json"
	"os"
	"time"

	"cloud.google.com/go/storage"
	"github.com/googleapis/gax-go/v2"
	"google.golang.org/api/option"

	"github.com/pawlhq/pawl/blobplugin"
)

// The settings, which are named as in Digdag.
const (
	bucketSetting  = "bucket"
	pathSetting    = "credentials.json.path"
	contentSetting = "credentials.json.content"
)

// emulator is the variable with the address of a service that stands in for
// Google's, which takes no credentials.
const emulator = "STORAGE_EMULATOR_HOST"

// tries is how often a request is sent before it fails, each second or so.
const tries = 5

// open opens the bucket of the settings. Without credentials in them, they are
// those that Google's programs find by default.
func open(ctx context.Context, settings blobplugin.Settings) (blobplugin.Store, error) {
	if err := settings.Check(bucketSetting, pathSetting, contentSetting); err != nil {
		return nil, err
	}
	name := settings[bucketSetting]
	if name == "" {
		return nil, blobplugin.Errorf(blobplugin.Invalid, "the setting bucket is missing").WithHint("set it to the name of a bucket that exists")
	}
	var options []option.ClientOption
	credentials, err := credentials(settings)
	if err != nil {
		return nil, err
	}
	if credentials != nil && os.Getenv(emulator) == "" {
		options = append(options, credentials)
	}
	client, err := storage.NewClient(ctx, options...)
	if err != nil {
		return nil, blobplugin.Errorf(blobplugin.Invalid, "open Google Cloud Storage: %w", err).
			WithHint("set %s, or log in with gcloud auth application-default login", pathSetting)
	}
	// All that is done here can be done twice.
	client.SetRetry(storage.WithPolicy(storage.RetryAlways), storage.WithMaxAttempts(tries),
		storage.WithBackoff(gax.Backoff{Initial: time.Second / 4, Max: 4 * time.Second, Multiplier: 2}))
	return &store{client: client, bucket: client.Bucket(name)}, nil
}

// credentials returns the credentials of the settings, or nil if there are none.
func credentials(settings blobplugin.Settings) (option.ClientOption, error) {
	content, from := []byte(settings[contentSetting]), contentSetting
	if path := settings[pathSetting]; path != "" {
		var err error
		if content, err = os.ReadFile(path); err != nil {
			return nil, blobplugin.Errorf(blobplugin.Invalid, "%s: %w", pathSetting, err)
		}
		from = cmp.Or(path, from)
	}
	if len(content) == 0 {
		return nil, nil
	}
	var kind struct{ Type option.CredentialsType }
	if err := json.Unmarshal(content, &kind); err != nil || kind.Type == "" {
		return nil, blobplugin.Errorf(blobplugin.Invalid, "%s has no credentials of Google", from).
			WithHint("it is the JSON that Google makes for a key of a service account, or for a workload identity")
	}
	return option.WithAuthCredentialsJSON(kind.Type, content), nil
}
