package shell

import (
	"bytes"
	"cmp"
	"context"
	"fmt"
	"io"
	"log/slog"
	"regexp"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"snomredirect/macaddr"
	"snomredirect/sshconsole/apikeys"
	"snomredirect/sshconsole/explanation"
	"snomredirect/sshconsole/files"
	"snomredirect/sshconsole/findings"
	"snomredirect/sshconsole/lineedit"
	"snomredirect/sshconsole/nodes"
	"snomredirect/store"
	"snomredirect/store/bolt"
)

const serverA = "http://prov.acme.example/{mac}"

// A house is a shell on a real store with an operator and three partners, one of
// them without a setting server.
type house struct {
	testing.TB
	registry  Registry
	commitN   *atomic.Int32 // transactions that the store has committed
	log       bytes.Buffer
	contacts  *memoryContacts
	explain   func(explanation.Request) explanation.Reply
	pnp       bool
	check     func(context.Context, findings.Request) (findings.Report, error)
	turn      func(context.Context, store.AccountID) (func(), error)
	backup    func() (Archive, error)
	files     *files.Config
	make      apikeys.Make
	keys      []store.Key // that --admin-key names
	nodes     func(context.Context) ([]nodes.Node, error)
	stale     func() time.Time
	lastLogin func(store.AccountID) (store.Login, bool)
	shell     *Shell
	gone      bool            // the client is gone at the end of its input
	ctx       context.Context // of the sessions; if nil, the test's
}

func newHouse(t testing.TB) *house {
	t.Helper()
	commitN := new(atomic.Int32)
	db, err := bolt.Open(t.TempDir(), bolt.Config{Hold: 10 * time.Minute, Quota: 1_000_000, Committed: func(time.Duration) { commitN.Add(1) }})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { db.Close() })
	h := &house{TB: t, registry: db, commitN: commitN, contacts: &memoryContacts{}, shell: New(Config{})}
	for _, a := range []store.Account{
		{Name: "olga", Role: store.Operator},
		{Name: "acme", SettingServer: store.RestoreURL(serverA)},
		{Name: "bravo", SettingServer: store.RestoreURL("http://prov.bravo.example/")},
		{Name: "bare"},
	} {
		if _, err := db.AddAccount(store.Audit{Command: "ACCOUNT ADD"}, false, a); err != nil {
			t.Fatal(err)
		}
	}
	return h
}

// caller returns a caller who is logged in to an account from 192.0.2.7.
func (h *house) caller(name store.Name) Caller {
	return Caller{
		Account:    func() (store.Account, error) { return h.registry.AccountNamed(name) },
		RemoteAddr: "192.0.2.7",
		Credential: "password",
		Log:        slog.New(slog.NewTextHandler(&h.log, nil)),
		Connected:  func() bool { return !h.gone },
		Stopping:   ended,
	}
}

// runs runs one line, or the lines of io if line is "", with the fields of h as
// they are now.
func (h *house) runs(ctx context.Context, c Caller, io IO, line string) (status int) {
	h.shell.Config = New(Config{Registry: h.registry, Contacts: h.contacts, Explain: h.explain, PnP: h.pnp, Check: h.check, Turn: h.turn, Backup: h.backup, Files: h.files, MakeAPIKey: h.make, AdminKeys: h.keys, LastLogin: h.lastLogin, Nodes: h.nodes, Stale: h.stale}).Config
	if line == "" {
		status, _ = h.shell.Run(ctx, c, io)
	} else {
		status, _ = h.shell.Exec(ctx, c, io, line)
	}
	return status
}

// input returns what is piped into a session.
func (h *house) input(r io.Reader) LineReader {
	return lineedit.NewPipe(r, func() bool { return !h.gone })
}

// at runs one line as an account, or the lines of input if line is "". If width is
// 0, there is no terminal.
func (h *house) at(name store.Name, width int, line, input string) (stdout, stderr string, status int) {
	h.Helper()
	var out, problems bytes.Buffer
	status = h.runs(cmp.Or(h.ctx, h.Context()), h.caller(name),
		IO{In: h.input(strings.NewReader(input)), Out: &out, Err: &problems, Width: func() int { return width }}, line)
	return out.String(), progressLine.ReplaceAllString(problems.String(), ""), status
}

// ended is closed, so that WATCH ends at once.
var ended = func() chan struct{} { c := make(chan struct{}); close(c); return c }()

// progressLine matches the progress that only slow machines print.
var progressLine = regexp.MustCompile(`(?m)^\d+ \w+ done, \d+ a second\n`)

// says requires a line to succeed and standard output to match want.
func (h *house) says(name store.Name, line, want string) {
	h.Helper()
	out, problems, status := h.at(name, 0, line, "")
	if status != StatusDone || problems != "" || !regexp.MustCompile(`^(?:`+want+`)$`).MatchString(out) {
		h.Fatalf("%s: %s\nstatus %d, %q, %q; want %q", name, line, status, out, problems, want)
	}
}

// refuses requires a line to fail with a status and one line of standard error
// that contains want.
func (h *house) refuses(name store.Name, line string, wantStatus int, want string) {
	h.Helper()
	out, problems, status := h.at(name, 0, line, "")
	if status != wantStatus || out != "" || !strings.Contains(problems, want) || strings.Count(problems, "\n") != 1 {
		h.Fatalf("%s: %s\nstatus %d, %q, %q; want %d and %q", name, line, status, out, problems, wantStatus, want)
	}
}

// gives requires a line with input to end with a status, want on standard output,
// and on standard error lines that begin with problems.
func (h *house) gives(name store.Name, line, input string, wantStatus int, want string, problems ...string) {
	h.Helper()
	out, stderr, status := h.at(name, 0, line, input)
	lines := strings.SplitAfter(stderr, "\n")
	ok := status == wantStatus && out == want && len(lines) == len(problems)+1
	for i, p := range problems {
		ok = ok && strings.HasPrefix(lines[i], p)
	}
	if !ok {
		h.Fatalf("%s: %s\nstatus %d, %q, %q; want %d, %q, %q", name, line, status, out, stderr, wantStatus, want, problems)
	}
}

// account returns an account as it stands.
func (h *house) account(name store.Name) store.Account {
	h.Helper()
	a, err := h.registry.AccountNamed(name)
	if err != nil {
		h.Fatal(err)
	}
	return a
}

// commits requires f to make the store commit want transactions.
func (h *house) commits(want int, f func()) {
	h.Helper()
	before := h.commitN.Load()
	f()
	if got := int(h.commitN.Load() - before); got != want {
		h.Errorf("the store committed %d transactions, want %d", got, want)
	}
}

// everything returns all that the store contains, as text.
func (h *house) everything() string {
	h.Helper()
	accounts, err := h.registry.Accounts()
	if err != nil {
		h.Fatal(err)
	}
	phones, err := h.registry.Phones(0, macaddr.Addr{}, 1000)
	if err != nil {
		h.Fatal(err)
	}
	history, err := h.registry.History(0, macaddr.Addr{}, store.Mark{}, 1000)
	if err != nil {
		h.Fatal(err)
	}
	held, err := h.registry.Phone(macaddr.MustParse("0004132202F0"))
	if err != nil {
		h.Fatal(err)
	}
	jobs := ""
	for _, a := range accounts {
		all, err := h.registry.Jobs(a.ID)
		jobs += fmt.Sprint(all, err)
	}
	return fmt.Sprintf("%+v\n%+v\n%+v\n%+v\n%s", accounts, phones, history, held, jobs)
}

// lines returns a list of n phones, from 000413000000 on.
func lines(n int) string {
	var b strings.Builder
	for i := range n {
		fmt.Fprintf(&b, "000413%06X\n", i)
	}
	return b.String()
}
