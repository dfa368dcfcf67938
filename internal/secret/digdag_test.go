package secret_test

import (
	"bytes"
	"crypto/aes"
	"crypto/cipher"
	"encoding/base64"
	"encoding/binary"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/pawlhq/pawl/internal/model"
	"github.com/pawlhq/pawl/internal/secret"
	"github.com/pawlhq/pawl/internal/secret/secrettest"
)

// Records as Digdag writes them, made with Java's AES/GCM/NoPadding.
const (
	digdagKey    = "AAECAwQFBgcICQoLDA0ODw==" // bytes 0 to 15
	digdagRecord = "YWVzZ2NtAAAAAgAAAAFkZWZnaGlqa2xtbm8aYk6ouG3KiP5dIzDupVmfVYh4/5Kp3Vr0b7GXvPL38+UeRpV3kHrCtafKtnVjfPg="
	digdagFirst  = "YWVzZ2NtAAAAAQAAAAEyMzQ1Njc4OTo7PD2xPg/b3pM2Hkx+6Cq7c30IrGae0N3p0v7ABNiulJk29anNRPWgsw0MRl3TVIvrnuQ="
	digdagEmpty  = "YWVzZ2NtAAAAAgAAAAEAAQIDBAUGBwgJCguTbKfOZhv3VEvSYYo2o3AIu+lZ69h3nS/pcWRk48i2YA=="
)

func TestRecordsOfDigdagAreRead(t *testing.T) {
	t.Parallel()
	for record, want := range map[string]string{
		digdagRecord: "correct horse", digdagFirst: "battery staple é", digdagEmpty: "",
	} {
		var records secrettest.Records
		put(t, &records, at(1, "a"), record)
		for _, keys := range [][]string{{digdagKey}, {key(1, 32), key(2, 16), digdagKey}} {
			if got := get(t, secret.NewVault(&records, ring(t, keys...)).Secrets(1), "a"); got != want {
				t.Errorf("got %q, want %q", got, want)
			}
		}
		for _, keys := range [][]string{{key(1, 16)}, {key(1, 32)}} {
			_, err := secret.NewVault(&records, ring(t, keys...)).Secrets(1).Secret(t.Context(), "a")
			if model.CodeOf(err) != model.Invalid || !strings.Contains(model.HintsOf(err), secret.KeySetting) {
				t.Errorf("with another key: %v", err)
			}
		}
	}
}

// writtenByDigdag seals a plaintext in Digdag's format.
func writtenByDigdag(t testing.TB, version, term uint32, plain []byte) string {
	t.Helper()
	raw, err := base64.StdEncoding.DecodeString(digdagKey)
	if err != nil {
		t.Fatal(err)
	}
	block, err := aes.NewCipher(raw)
	if err != nil {
		t.Fatal(err)
	}
	gcm, err := cipher.NewGCM(block)
	if err != nil {
		t.Fatal(err)
	}
	nonce := []byte("twelve bytes")
	record := binary.BigEndian.AppendUint32([]byte("aesgcm"), version)
	record = append(binary.BigEndian.AppendUint32(record, term), nonce...)
	return base64.StdEncoding.EncodeToString(gcm.Seal(record, nonce, plain, nil))
}

func TestUnknownFormatsOfDigdagAreRefused(t *testing.T) {
	t.Parallel()
	plain := append([]byte{0, 0, 0, 6}, "marker\x00\x00\x00\x00\x00\x00"...)
	for _, tt := range []struct {
		record, want string
	}{
		{writtenByDigdag(t, 3, 1, plain), "is in a format that this version cannot read"},
		{writtenByDigdag(t, 0, 1, plain), "is in a format that this version cannot read"},
		{writtenByDigdag(t, 2, 2, plain), "is in a format that this version cannot read"},
		{writtenByDigdag(t, 2, 1, []byte{0, 0, 0, 200, 'm', 'a', 'r', 'k', 'e', 'r'}), "is damaged"},
		{writtenByDigdag(t, 2, 1, []byte{0xff, 0xff, 0xff, 0xff, 'm', 'a', 'r', 'k', 'e', 'r'}), "is damaged"},
		{writtenByDigdag(t, 2, 1, []byte{0, 0, 0, 1, 0xff}), "is damaged"},
		{writtenByDigdag(t, 2, 1, nil), "is damaged"},
		{"aesgcm", "is damaged"},
		{"", "is damaged"},
	} {
		var records secrettest.Records
		put(t, &records, at(1, "a"), tt.record)
		_, err := secret.NewVault(&records, ring(t, digdagKey)).Secrets(1).Secret(t.Context(), "a")
		if model.CodeOf(err) != model.Internal || err.Error() != `secret "a" of project 1 `+tt.want {
			t.Errorf("%q: %v, want it %s", tt.record, err, tt.want)
		}
	}
}

// What Digdag sealed is read as its length says, or refused.
func FuzzDigdagPlaintext(f *testing.F) {
	f.Add([]byte{0, 0, 0, 1, 'x', 0, 0})
	f.Add([]byte{0, 0, 0, 9, 'x'})
	f.Add([]byte{0xff, 0xff, 0xff, 0xff})
	f.Add([]byte{0, 0})
	keys := ring(f, digdagKey)
	f.Fuzz(func(t *testing.T, plain []byte) {
		var records secrettest.Records
		put(t, &records, at(1, "a"), writtenByDigdag(t, 2, 1, plain))
		got, err := secret.NewVault(&records, keys).Secrets(1).Secret(t.Context(), "a")
		if err != nil {
			if len(plain) >= 4 && int(binary.BigEndian.Uint32(plain)) <= len(plain)-4 && utf8.Valid(plain[4:4+binary.BigEndian.Uint32(plain)]) {
				t.Fatalf("%q: %v", plain, err)
			}
			return
		}
		if !bytes.HasPrefix(plain, append(binary.BigEndian.AppendUint32(nil, uint32(len(got))), got...)) {
			t.Fatalf("%q: got %q", plain, got)
		}
	})
}
