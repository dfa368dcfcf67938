package params_test

import (
	"encoding/hex"
	"math"
	"runtime"
	"strconv"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/pawlhq/pawl/internal/params"
)

// The binary form is stored: a change here needs a decoder for both.
func TestBinaryFormIsStable(t *testing.T) {
	t.Parallel()
	v := params.Of("n", nil, "t", true, "f", false, "i", -3, "d", 1.5, "b", uint64(1<<63), "s", "é", "l", []any{1, "$"})
	const want = "0808" + "016e00" + "017402" + "016601" + "01690305" + "016404000000000000f83f" +
		"0162051339323233333732303336383534373735383038" + "01730602c3a9" + "016c07020302060124"
	if got := hex.EncodeToString(params.AppendBinary(nil, v)); got != want {
		t.Errorf("got  %s\nwant %s", got, want)
	}
	b, err := hex.DecodeString(want)
	if err != nil {
		t.Fatal(err)
	}
	got, rest, err := params.DecodeBinary(b)
	if diff := cmp.Diff(params.Value(v), got); diff != "" || err != nil || len(rest) != 0 {
		t.Errorf("%v %v %s", err, rest, diff)
	}
}

func TestDecodeBinaryRefuses(t *testing.T) {
	t.Parallel()
	for in, want := range map[string]string{
		"":                                     "cut short",
		"\x09":                                 "unknown kind 9",
		"\x03":                                 "cut short",
		"\x03\x80":                             "cut short",
		"\x04\x00":                             "cut short",
		"\x06\x05abc":                          "cut short",
		"\x07\xff\xff\xff\x7f":                 "cut short",
		"\x08\x01\x01a":                        "cut short",
		"\x05\x0212":                           "large integer",
		"\x05":                                 "cut short",
		"\x05\x01x":                            "large integer",
		"\x04\x00\x00\x00\x00\x00\x00\xf0\x7f": "+Inf is not a JSON number",
		strings.Repeat("\x07\x01", 20_000):     "nested deeper than 10000 levels",
	} {
		if v, _, err := params.DecodeBinary([]byte(in)); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%.10q: got %v, %v, want %s", in, v, err, want)
		}
	}
}

func TestEveryCutOfABinaryValueIsRefused(t *testing.T) {
	t.Parallel()
	whole := params.AppendBinary(nil, params.Of("a", int64(math.MaxInt64), "b", []any{"text", 1.5, params.Of("c", nil)}))
	for n := range whole {
		if v, _, err := params.DecodeBinary(whole[:n]); err == nil {
			t.Errorf("%d of %d bytes give %v", n, len(whole), v)
		}
	}
}

// Maps of all sizes are cut from the same memory; none may reach into another.
func TestValuesOfADecoderAreIndependent(t *testing.T) {
	t.Parallel()
	var want []params.Map
	var in []byte
	for i := range 600 {
		m := params.Of("list", []any{"sh", i, "$"}, "none", params.Map{}, "text", strings.Repeat("x", i%20))
		for k := range i % 40 {
			m = m.Set(strconv.Itoa(k), strconv.Itoa(i%7))
		}
		want = append(want, m)
		in = params.AppendBinary(in, m)
	}
	d := params.NewDecoder(in)
	var got []params.Map
	for at := 0; at < len(in); {
		v, end, err := d.Value(at)
		if err != nil {
			t.Fatalf("at %d: %v", at, err)
		}
		got = append(got, v.(params.Map))
		at = end
	}
	for i, m := range got { // what is made from one leaves the others as they are
		m.Set("new", int64(i)).Set("text", "changed")
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("values differ (-written +read):\n%s", diff)
	}
}

func TestADecoderStaysAtItsFirstError(t *testing.T) {
	t.Parallel()
	d := params.NewDecoder([]byte{9, 0})
	_, _, first := d.Value(0)
	if v, end, err := d.Value(1); v != nil || end != 2 || err != first || first == nil {
		t.Errorf("after %v it gives %v, %d, %v", first, v, end, err)
	}
}

func TestDecodeBinaryMemoryIsBoundByItsInput(t *testing.T) {
	// Each level claims as many elements as bytes remain; all claims together
	// would be quadratic.
	const depth = 5000
	var in []byte
	for range depth {
		in = append(in, 7, 0xa0, 0x1f)
	}
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	_, _, err := params.DecodeBinary(in)
	runtime.ReadMemStats(&after)
	if allocated := after.TotalAlloc - before.TotalAlloc; err == nil || allocated > uint64(64*len(in)) {
		t.Errorf("%d bytes of input take %d bytes, error %v", len(in), allocated, err)
	}
}
