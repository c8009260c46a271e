package shell

import (
	"bytes"
	"context"
	"strings"
	"testing"

	"snomredirect/store"
)

// An outOfTurn is standard output that fails the test if it is written to in a turn.
type outOfTurn struct {
	bytes.Buffer
	t    *testing.T
	held *bool
}

func (w *outOfTurn) Write(p []byte) (int, error) {
	if *w.held {
		w.t.Error("a client is written to in a turn")
	}
	return w.Buffer.Write(p)
}

// Commands read each page in a turn of its own, and neither write to the client nor
// change anything in it.
func TestTurns(t *testing.T) {
	h := newHouse(t)
	h.gives("acme", "register -", lines(2*pageSize+1), StatusDone, "1001 lines: 1001 registered.\n")
	held, turns := false, 0
	h.turn = func(_ context.Context, account store.AccountID) (func(), error) {
		if held {
			t.Error("a turn within a turn")
		}
		if account != h.account("acme").ID {
			t.Errorf("a turn of account %d", account)
		}
		held = true
		turns++
		return func() { held = false }, nil
	}
	h.registry = turnlessChanges{h.registry, t, &held}
	for _, c := range []struct {
		line  string
		turns int
		want  string // the end of the output
	}{
		{"list", 3, "\n0004130003E8\n"},
		{"list --json", 3, "}\n"},
		{"count", 0, "1001\n"}, // reads no phones
		{"count --silent 1d", 3, "1001\n"},
		{"export", 3, "\n0004130003E8,\n"},
		{"history", 2, "ACCOUNT ADD\n"}, // the second one finds the end
		{"retarget http://prov.acme.example/{mac} http://new.example/ --yes", 6, "changed.\n"},
	} {
		out := &outOfTurn{t: t, held: &held}
		turns = 0
		status := h.runs(t.Context(), h.caller("acme"), IO{In: h.input(strings.NewReader("")), Out: out, Err: &bytes.Buffer{}}, c.line)
		if status != StatusDone || turns != c.turns || held || !strings.HasSuffix(out.String(), c.want) {
			t.Errorf("%s: status %d, %d turns, %.200q; want %d turns and %q", c.line, status, turns, out.String(), c.turns, c.want)
		}
	}
}

// A turnlessChanges is a registry that fails the test if it is changed in a turn.
type turnlessChanges struct {
	Registry
	t    *testing.T
	held *bool
}

func (r turnlessChanges) Change(b store.Batch) ([]store.Result, error) {
	if *r.held {
		r.t.Error("phones are changed in a turn")
	}
	return r.Registry.Change(b)
}

// Whoever waits for a turn can be interrupted.
func TestInterruptedBeforeATurn(t *testing.T) {
	h := newHouse(t)
	h.says("acme", "register 2e4", ".*\n")
	h.turn = func(ctx context.Context, _ store.AccountID) (func(), error) {
		<-ctx.Done()
		return nil, ctx.Err()
	}
	for _, line := range []string{"list", "export", "count --silent 1d", "history"} {
		ctx, cancel := context.WithCancel(t.Context())
		cancel()
		var out bytes.Buffer
		status := h.runs(ctx, h.caller("acme"), IO{In: h.input(strings.NewReader("")), Out: &out, Err: &bytes.Buffer{}}, line)
		if status != StatusRefused || out.Len() > 0 {
			t.Errorf("%s: status %d, %q", line, status, &out)
		}
	}
}
