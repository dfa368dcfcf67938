package secret_test

import (
	"errors"
	"strings"
	"testing"

	"github.com/pawlhq/pawl/internal/secret"
	"github.com/pawlhq/pawl/internal/secret/secrettest"
	"github.com/pawlhq/pawl/operator"
)

// Records of "marker é" for the key a of project 1, made by another program
// from the description of the format, with keys of 32 and of 16 bytes.
const (
	sealedLong  = "pawl1.ba92c942.AAECAwQFBgcICQoL1sfnTUWMJrpXuapIPQm7nsRYBxWF0fpGSQ"
	sealedShort = "pawl1.5903c160.AAECAwQFBgcICQoLE-iDVMZhSar1CUoFtYtPamBI36gTp5SvEw"
)

func TestRecordsOfEarlierVersionsAreRead(t *testing.T) {
	t.Parallel()
	for sealed, keys := range map[string]secret.Ring{sealedLong: ring(t, key(1, 32)), sealedShort: ring(t, key(2, 16))} {
		var records secrettest.Records
		put(t, &records, at(1, "a"), sealed)
		if got := get(t, secret.NewVault(&records, keys).Secrets(1), "a"); got != "marker é" {
			t.Errorf("%s: got %q", sealed, got)
		}
	}
}

// Whatever stands in a record, reading it gives the value or an error.
func FuzzRecord(f *testing.F) {
	keys := ring(f, key(1, 32), digdagKey)
	known := map[string]string{
		sealedLong: "marker é", digdagRecord: "correct horse", digdagFirst: "battery staple é", digdagEmpty: "",
	}
	for record := range known {
		f.Add(record)
	}
	for _, record := range []string{"", "pawl1.", "pawl1..", "pawl1.00000000.AAAA", "pawl2.x.y", "YWVzZ2Nt", sealedLong[:20], sealedLong + "."} {
		f.Add(record)
	}
	f.Fuzz(func(t *testing.T, record string) {
		var records secrettest.Records
		put(t, &records, at(1, "a"), record)
		got, err := secret.NewVault(&records, keys).Secrets(1).Secret(t.Context(), "a")
		if want, ok := known[strings.NewReplacer("\r", "", "\n", "").Replace(record)]; ok && err == nil && got == want {
			return
		}
		if err == nil || errors.Is(err, operator.ErrNoSecret) || got != "" {
			t.Fatalf("%q: got %q, %v", record, got, err)
		}
	})
}
