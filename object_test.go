package pawl

import (
	"encoding/json"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// FuzzMembers holds what is found in objects against what encoding/json reads.
func FuzzMembers(f *testing.F) {
	for _, text := range []string{
		`null`, `[]`, `{}`, `{"a":1}`, `{"":"","b":[{"c":"}"},"]"],"d":{"e":{}},"f":-1.5e3,"g":null}`,
		`{"\\":"\\\\","\"":"\\\"","\u00e9":"<","a,b":"{","c:d":true}`,
		`{"0":0,"1":0,"2":0,"3":0,"4":0,"5":0,"6":0,"7":0,"8":0,"9":0,"10":0,"11":0,"12":0,"13":0,"14":0,"15":0,"16":7}`,
	} {
		f.Add([]byte(text))
	}
	f.Fuzz(func(t *testing.T, text []byte) {
		var v any
		if json.Unmarshal(text, &v) != nil {
			t.Skip()
		}
		written, err := json.Marshal(v)
		if err != nil {
			t.Fatal(err)
		}
		want, got := make(map[string]string), make(map[string]string)
		if _, is := v.(map[string]any); is {
			var raw map[string]json.RawMessage
			if err := json.Unmarshal(written, &raw); err != nil {
				t.Fatal(err)
			}
			for name, text := range raw {
				want[name] = string(text)
			}
		}
		o := members(written)
		for name, text := range o.all {
			got[name] = string(text)
			if again, ok := o.get(name); !ok || string(again) != string(text) {
				t.Errorf("%s: %q is found as %s", written, name, again)
			}
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("%s (-want +got):\n%s", written, diff)
		}
		if _, ok := o.get("nothing there"); ok {
			t.Error("what is not there is found")
		}
	})
}
