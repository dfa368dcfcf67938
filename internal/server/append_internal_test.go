package server

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/pawlhq/pawl/internal/params"
)

func TestListsWriteThemselvesAsReflectionDoes(t *testing.T) {
	t.Parallel()
	odd := "a \"quoted\" <name> & a\\b\tä\x01😀"
	last := lastAttempt{ID: 7, RetryAttemptName: optional(odd), Done: true, Params: params.Of(odd, 1.0), CreatedAt: 1_790_000_000_900_000}
	attempt := restAttempt{
		ID: 7, Index: 2, Project: idName{3, odd}, Workflow: nameID{odd, 4}, SessionID: 5, SessionUUID: odd, SessionTime: optional(odd),
		RetryAttemptName: optional(odd), Done: true, Success: true, CancelRequested: true, Params: params.Of(odd, []any{odd}),
		CreatedAt: 1_790_000_000_900_000, FinishedAt: 1, Status: odd,
		SessionKey: odd, WaitsFor: odd,
	}
	type attempts attemptList // without methods
	type sessions sessionList
	for _, list := range []struct {
		itself  appender
		fielded any
	}{
		{attemptList{[]restAttempt{}}, attempts{[]restAttempt{}}},
		{attemptList{[]restAttempt{{}, attempt}}, attempts{[]restAttempt{{}, attempt}}},
		{sessionList{[]restSession{}}, sessions{[]restSession{}}},
		{
			sessionList{[]restSession{{}, {8, idName{3, odd}, nameID{odd, 4}, odd, optional(odd), odd, &last}}},
			sessions{[]restSession{{}, {8, idName{3, odd}, nameID{odd, 4}, odd, optional(odd), odd, &last}}},
		},
	} {
		want, err := marshal(list.fielded)
		if err != nil {
			t.Fatal(err)
		}
		got, err := marshal(list.itself)
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(string(want), string(got)); diff != "" {
			t.Error(diff)
		}
	}
}
