package model_test

import (
	"strings"
	"testing"

	"github.com/pawlhq/pawl/internal/model"
)

func TestNamesOfMessagesHaveLimits(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		check func(n int) error
		most  int
		says  string
	}{
		{func(n int) error { return model.CheckTopic(strings.Repeat("x", n)) }, model.MaxTopic, `a topic may have up to 255 bytes, and "xxxxxxxxxxxxxxxxxxxx"... has 256`},
		{func(n int) error { return model.CheckKey(strings.Repeat("x", n), "") }, model.MaxParam, "the name of a key"},
		{func(n int) error { return model.CheckKey("id", strings.Repeat("x", n)) }, model.MaxKeyValue, "the value of the key id"},
		{func(n int) error { return model.CheckMessageID(strings.Repeat("x", n)) }, model.MaxMessageID, "the id of a message"},
		{model.CheckKeys, model.MaxKeys, "there are 1001 keys, and at most 1000 are allowed"},
	} {
		if err := tt.check(tt.most); err != nil {
			t.Errorf("%d: %v", tt.most, err)
		}
		if err := tt.check(tt.most + 1); model.CodeOf(err) != model.Invalid || !strings.HasPrefix(err.Error(), tt.says) {
			t.Errorf("%d: %v, want %s", tt.most+1, err, tt.says)
		}
	}
	if err := model.CheckTopic(""); model.CodeOf(err) != model.Invalid {
		t.Errorf("no topic: %v", err)
	}
}
