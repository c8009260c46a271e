package shell

import (
	"bytes"
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"os"
	"regexp"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"snomredirect/macaddr"
	"snomredirect/sshconsole/lineedit"
	"snomredirect/store"
	"snomredirect/store/bolt"
)

const serverA = "http://prov.acme.example/{mac}"

// A house is a real store with an operator and two partners, and a shell before
// it.
type house struct {
	testing.TB
	registry Registry
	commits  *atomic.Int32 // how many transactions the store has committed
	log      bytes.Buffer
	contacts *memo
	explain  func(path, userAgent string) Explanation
	shell    *Shell
	gone     bool            // the client, at the end of its input
	ctx      context.Context // of the sessions; if nil, the test's
}

func newHouse(t testing.TB) *house {
	t.Helper()
	commits := new(atomic.Int32)
	db, err := bolt.Open(t.TempDir(), bolt.Config{Hold: 10 * time.Minute, Committed: func(time.Duration) { commits.Add(1) }})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { db.Close() })
	h := &house{TB: t, registry: db, commits: commits, contacts: &memo{}, shell: New(Config{})}
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

// caller is an account at 192.0.2.7.
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

// runs runs one line, or what is read from io, with the house as it is now.
func (h *house) runs(ctx context.Context, c Caller, io IO, line string) (status int) {
	h.shell.Config = Config{Registry: h.registry, Contacts: h.contacts, Explain: h.explain}
	if line == "" {
		status, _ = h.shell.Run(ctx, c, io)
	} else {
		status, _ = h.shell.Exec(ctx, c, io, line)
	}
	return status
}

// input is what is piped into a session.
func (h *house) input(r io.Reader) LineReader {
	return lineedit.NewPipe(r, func() bool { return !h.gone })
}

// at runs one line as an account, or the lines of input if line is "". A width of
// 0 is no terminal.
func (h *house) at(name store.Name, width int, line, input string) (stdout, stderr string, status int) {
	h.Helper()
	var out, problems bytes.Buffer
	status = h.runs(cmp.Or(h.ctx, h.Context()), h.caller(name),
		IO{In: h.input(strings.NewReader(input)), Out: &out, Err: &problems, Width: func() int { return width }}, line)
	return out.String(), progressLine.ReplaceAllString(problems.String(), ""), status
}

// ended is closed: here nothing is watched for ever.
var ended = func() chan struct{} { c := make(chan struct{}); close(c); return c }()

// progressLine is what a slow machine tells besides.
var progressLine = regexp.MustCompile(`(?m)^\d+ \w+ done, \d+ a second\n`)

// says wants a line to be done, with this at its standard output.
func (h *house) says(name store.Name, line, want string) {
	h.Helper()
	out, problems, status := h.at(name, 0, line, "")
	if status != StatusDone || problems != "" || !regexp.MustCompile(`^(?:`+want+`)$`).MatchString(out) {
		h.Fatalf("%s: %s\nstatus %d, %q, %q; want %q", name, line, status, out, problems, want)
	}
}

// refuses wants a line not to be done, with this on one line of standard error.
func (h *house) refuses(name store.Name, line string, wantStatus int, want string) {
	h.Helper()
	out, problems, status := h.at(name, 0, line, "")
	if status != wantStatus || out != "" || !strings.Contains(problems, want) || strings.Count(problems, "\n") != 1 {
		h.Fatalf("%s: %s\nstatus %d, %q, %q; want %d and %q", name, line, status, out, problems, wantStatus, want)
	}
}

func TestHelpIsTheOldConsoles(t *testing.T) {
	want, err := os.ReadFile("testdata/help.golden")
	if err != nil {
		t.Fatal(err)
	}
	h := newHouse(t)
	out, _, status := h.at("acme", 80, "HeLp", "")
	if rest, ok := strings.CutPrefix(out, string(want)); !ok || status != StatusDone || strings.Contains(rest, "ACCOUNT") ||
		!strings.Contains(rest, "REGISTER <mac>... [<url>]") || !strings.Contains(rest, "HISTORY [<mac>]") {
		t.Errorf("a partner's help, status %d:\n%s", status, out)
	}
	out, _, _ = h.at("olga", 80, "help", "")
	if rest, ok := strings.CutPrefix(out, string(want)); !ok || !strings.Contains(rest, "ACCOUNT ADD <name> [<url>]") {
		t.Errorf("an operator's help:\n%s", out)
	}
	h.says("acme", "help register", `REGISTER <mac>\.\.\. \[<url>\]: Register phones, or ranges of them\.
    register 2e4 0004132202F0-0004132202FF http://prov\.example\.com/\{mac\}
REGISTER - \[<url>\] \[--atomic\]: Register the phones listed on standard input\.
    register - --atomic
`)
	h.says("acme", "help reg", "(?s)REGISTER .*")
	h.refuses("acme", "help account", StatusRefused, "ACCOUNT is for operators.")
	h.refuses("acme", "help nonsense", StatusMisunderstood, `Unknown command "nonsense"`)
}

// Every command that the help names works as it says there, and as in its
// example, for those it is shown to and nobody else.
func TestTable(t *testing.T) {
	h := newHouse(t)
	sample := strings.NewReplacer("<mac>...", "2e4 2e5-2ff", "<mac>", "2e4", "[<url>]", serverA, "<url>", serverA, "<name>", "acme", "<text>...", "ACME Ltd",
		"<partner|operator>", "partner", "<key|->...", "nonsense", "<fingerprint>", "nonsense", "<command>", "show", "[<mac>]", "2e4",
		"[<model>]", "snom360", "<time>", "7d", "<path>", "/x", "--user-agent <text>", "--user-agent x", "<old-url>", serverA, "<new-url>", serverA, "<other>", "bravo", "[", "", "]", "")
	for _, c := range commands {
		if c.summary == "" || c.alias == "" && (c.example == "" || c.run == nil) {
			t.Errorf("%s is not told whole", c.usage)
		}
		lines := []string{sample.Replace(c.usage), c.example}
		if c.alias != "" {
			lines = lines[:1]
		}
		for _, line := range lines {
			words, err := splitWords(line)
			if err != nil {
				t.Fatal(err)
			}
			for _, operates := range []bool{false, true} {
				got, err := find(words, operates)
				found := got.cmd
				if c.group == operator && !operates {
					if err == nil || !strings.HasSuffix(err.Error(), "for operators.") && !strings.HasPrefix(err.Error(), "Type help") {
						t.Errorf("a partner's %q: %v, %v", line, found, err)
					}
					continue
				}
				if err != nil || found != c && found.name() != c.alias {
					t.Errorf("%q is %+v, %v", line, found, err)
				}
				if rest, json := takeJSON(append(words, "--json")); !json || !slices.Equal(rest, words) {
					t.Errorf("%q does not take --json: %v", line, err)
				}
				got, err = find(append(words, "--dry-run"), operates)
				if _, ok := got.options[optionDryRun]; ok != (found.changes != nothing) || ok != (err == nil) {
					t.Errorf("%q takes --dry-run: %v, %v", line, ok, err)
				}
			}
		}
	}
	h.refuses("acme", "account list", StatusRefused, "ACCOUNT is for operators.")
	h.refuses("acme", "register 2e4 --account bravo", StatusRefused, "for operators")
	h.refuses("acme", "frobnicate", StatusMisunderstood, `Unknown command "frobnicate". Type help for help.`)
	h.refuses("acme", `"\x1b[2J"`, StatusMisunderstood, `Unknown command "\\x1b[2J"`)
	h.refuses("acme", "show", StatusMisunderstood, "Expected: SHOW <mac>")
	h.refuses("acme", "show 2e4 2e5", StatusMisunderstood, "Expected: SHOW <mac>")
	h.refuses("acme", "list snom360 all", StatusMisunderstood, "Expected: LIST [<model>] [--server <url>]")
	h.refuses("acme", "register", StatusMisunderstood, "Expected: REGISTER <mac>... [<url>], or: REGISTER - [<url>] [--atomic]\n")
	h.refuses("olga", "register", StatusMisunderstood, "Expected: REGISTER <mac>... [<url>], or: REGISTER - [<url>] [--atomic]\n")
	h.refuses("olga", "register 2e4 --force", StatusMisunderstood, "unknown flag: --force. Type help register for its forms; put -- before words starting with a dash.")
	h.refuses("olga", "register 2e4 --account", StatusMisunderstood, "flag needs an argument: --account.")
	h.says("olga", "register 2e4 -h", "(?s)REGISTER .*--account.*")
	h.says("olga", "help account key", "(?s)ACCOUNT KEY <name> ADD.*ACCOUNT KEY <name> LIST.*ACCOUNT KEY <name> REMOVE[^\n]*\n[^\n]*\n")
	h.refuses("olga", "help account frob", StatusMisunderstood, "Unknown command")
	h.refuses("olga", "account", StatusMisunderstood, "Type help account for its forms.")
	h.refuses("olga", "account key acme", StatusMisunderstood, "Expected: ACCOUNT KEY <name> ADD <key|->..., or: ACCOUNT KEY <name> LIST, or: ACCOUNT KEY <name> REMOVE <fingerprint>")
	h.refuses("olga", "account server acme ''", StatusMisunderstood, "Expected: ACCOUNT SERVER <name> <url>")
	h.refuses("acme", "register 2e4 ''", StatusMisunderstood, `"": expected twelve hex digits`)
	h.refuses("olga", "account server acme", StatusMisunderstood, "Expected: ACCOUNT SERVER <name> <url>")
}

func TestShortMACs(t *testing.T) {
	h := newHouse(t)
	for typed, mac := range map[string]string{
		"2e4": "0004132202E4", "12E4": "0004132212E4", "312e4": "0004132312E4", "2314a4": "0004132314A4", "00:04:13:10:12:14": "000413101214",
	} {
		h.says("acme", "register "+typed, mac+` registered. Setting server: http://prov.acme.example/\{mac\} \(the account's\)\n`)
		h.says("acme", "show "+typed, `(?s)MAC:            `+mac+`\n.*State:          registered\n.*`)
		h.says("acme", "deregister "+typed, mac+` deregistered.\n`)
		h.refuses("acme", "deregister "+typed, StatusRefused, mac+" is not registered.")
	}
	for _, typed := range []string{"1", "12", "1234567", "xyz", "FFFFFFFFFFFF", "000000000000"} {
		for _, command := range []string{"show", "register", "reg", "deregister"} {
			h.refuses("acme", command+" "+typed, StatusMisunderstood, `"`+typed+`": `)
		}
	}
}

func TestPartnersSeeTheirOwn(t *testing.T) {
	h := newHouse(t)
	h.says("acme", "show 2314a4", "MAC:            0004132314A4\nModel:          snom360\nState:          not registered\n")
	h.says("acme", "register 2314a4", ".*\n")
	h.says("acme", "register 000413101214 http://other.example/", `000413101214 registered. Setting server: http://other.example/ \(the phone's own\)\n`)
	h.says("acme", "show 2314a4", `MAC:            0004132314A4
Model:          snom360
State:          registered
Setting server: http://prov.acme.example/\{mac\} \(the account's\)
Since:          \d{4}-\d\d-\d\d \d\d:\d\d:\d\d UTC
Last contact:   none yet
`)
	h.says("acme", "list", "000413101214\n0004132314A4\n")

	h.says("bravo", "show 2314a4", "MAC:            0004132314A4\nModel:          snom360\nState:          registered by another account\n")
	h.says("bravo", "list", "")
	h.refuses("bravo", "register 2314a4", StatusRefused, "0004132314A4 is registered by another account.\n")
	h.refuses("bravo", "deregister 2314a4", StatusRefused, "0004132314A4 is registered by another account.\n")

	h.says("olga", "show 2314a4", `(?s).*Account:        acme\n.*`)
	h.says("olga", "list", "000413101214\n0004132314A4\n")
	h.refuses("olga", "register 2314a4 http://olga.example/", StatusRefused, "registered by another account")
	h.refuses("olga", "register 2314a4 --account bravo", StatusRefused, "registered by another account")
	h.says("olga", "register --account acme 2314a4 http://own.example/", `(?s).*http://own.example/ \(the phone's own\)\n`)
	h.says("olga", "deregister 2314a4", "0004132314A4 deregistered.\n")
	h.refuses("bravo", "register 2314a4", StatusRefused, "registered by another account") // held for acme
	h.says("olga", "free 2314a4", "0004132314A4 freed: any account can register it.\n")
	h.says("bravo", "register 2314a4", "(?s).*prov.bravo.example.*")
}

func TestEveryPhoneHasASettingServer(t *testing.T) {
	h := newHouse(t)
	h.refuses("bare", "register 2e4", StatusRefused, "Give it one, REGISTER 0004132202E4 <url>, or set one for all your phones, SERVER <url>.")
	h.refuses("olga", "register 2e4 --account bare", StatusRefused, "REGISTER 0004132202E4 <url> --account bare, or give bare one, ACCOUNT SERVER bare <url>.")
	h.refuses("olga", "register 2e4", StatusRefused, "REGISTER 0004132202E4 <url>, or set one for all your phones, SERVER <url>.")
	h.says("bare", "register 2e4 http://own.example/", ".*\n")
	h.refuses("bare", "register 2e4", StatusRefused, "no setting server")
	h.refuses("bare", "register 2e4 own.example", StatusMisunderstood, `"own.example": expected a MAC such as 2e4 or 0004132202E4, a range of them, or as the last word a URL such as http://`)
	h.refuses("bare", "register 2e4 http://provisioning.snom.com/", StatusRefused, "points back at this service")
	h.says("bare", "show 2e4", `(?s).*http://own.example/ \(the phone's own\)\n.*`)
	h.says("olga", "account server bare http://all.example/", ".*\n")
	h.says("bare", "register 2e4", `.*http://all.example/ \(the account's\)\n`)
}

func TestListIsAsWideAsTheTerminal(t *testing.T) {
	h := newHouse(t)
	var macs []string
	for i := range 7 {
		mac := fmt.Sprintf("0004132200%02X", i)
		macs = append(macs, mac)
	}
	h.says("acme", "register "+strings.Join(macs, " "), "(?s).*7 phones: 7 registered.\n")
	for width, perLine := range map[int]int{0: 1, 1: 1, 12: 1, 24: 1, 25: 2, 37: 2, 38: 3, 80: 6, 1000: 7} {
		var want strings.Builder
		for i, mac := range macs {
			want.WriteString(mac)
			if (i+1)%perLine == 0 || i == len(macs)-1 {
				want.WriteByte('\n')
			} else {
				want.WriteByte(' ')
			}
		}
		if out, _, status := h.at("acme", width, "list", ""); out != want.String() || status != StatusDone {
			t.Errorf("width %d: status %d\n%s", width, status, out)
		}
	}
}

// Pages follow each other without a seam.
func TestListOfManyPages(t *testing.T) {
	h := newHouse(t)
	h.registry = manyPhones{Registry: h.registry, n: 2*pageSize + 1}
	out, _, _ := h.at("acme", 0, "list", "")
	lines := strings.Fields(out)
	if len(lines) != 2*pageSize+1 {
		t.Fatalf("%d lines", len(lines))
	}
	for i, line := range lines {
		if want := fmt.Sprintf("000413%06X", i); line != want {
			t.Fatalf("line %d is %s, want %s", i, line, want)
		}
	}
}

// manyPhones has n phones with consecutive MACs, and no others.
type manyPhones struct {
	Registry
	n int
}

func (m manyPhones) Phones(owner store.AccountID, after macaddr.Addr, n int) (page []store.Phone, err error) {
	for i := range m.n {
		if mac := macaddr.MustParse(fmt.Sprintf("000413%06X", i)); mac.Compare(after) > 0 && len(page) < n {
			page = append(page, store.Phone{MAC: mac, Owner: owner})
		}
	}
	return page, nil
}

func TestAccounts(t *testing.T) {
	const key = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIJdD7y3aLq454yWBdwLWbieU1ebz9/cu7/QEXn9OIeZJ"
	const fingerprint = "SHA256:T7SvZ2cslqpPj6nKzitCBHHlpVF3r3MvLwmFL0fk0IE"
	h := newHouse(t)
	h.says("olga", "account add carl http://prov.carl.example/", "carl added. Allow logins with ACCOUNT KEY carl ADD <key> or ACCOUNT PASSWORD carl.\n")
	h.refuses("olga", "account add carl", StatusRefused, `The account "carl" exists already.`)
	h.refuses("olga", "account add Carl", StatusMisunderstood, "expected 2 to 32 of a-z 0-9 . _ -")
	h.refuses("olga", "account add admin", StatusRefused, "--admin-key")
	h.refuses("olga", "account add dora nonsense", StatusMisunderstood, "expected a URL")
	h.says("olga", "account list", `acme   partner   enabled  http://prov.acme.example/\{mac\}
bare   partner   enabled  -
bravo  partner   enabled  http://prov.bravo.example/
carl   partner   enabled  http://prov.carl.example/
olga   operator  enabled  -
`)
	h.refuses("olga", "account company carl Carl's", StatusMisunderstood, "A quote is not closed")
	h.says("olga", `account company carl "Carl & Söhne"   GmbH`, "carl: company Carl & Söhne GmbH\n")
	h.refuses("olga", "account company carl \u202ex", StatusMisunderstood, "control characters")
	h.says("olga", "account key carl add "+key+" carl at home", "carl: "+regexp.QuoteMeta(fingerprint)+" ssh-ed25519 carl at home\n")
	h.says("olga", "account key carl add "+key, ".*\nAlready authorized: 1 of 1.\n")
	h.refuses("olga", "account key carl add nonsense", StatusMisunderstood, "authorized_keys")
	h.says("olga", "account key carl list", regexp.QuoteMeta(fingerprint)+" ssh-ed25519 carl at home\n")
	h.says("olga", "account password carl", "[A-Z2-7]{20}\n")
	h.says("olga", "account show carl", `Account:        carl
Role:           partner
State:          enabled
Company:        Carl & Söhne GmbH
Setting server: http://prov.carl.example/
Password:       set
Key:            `+regexp.QuoteMeta(fingerprint)+` ssh-ed25519 carl at home
Created:        \d{4}-\d\d-\d\d \d\d:\d\d:\d\d UTC
`)
	h.says("olga", "account password carl remove", "carl: password removed.\n")
	h.says("olga", "account show carl", `(?s).*Password:       none\n.*`)
	h.says("olga", "account key carl remove "+fingerprint, "Key removed. carl has no key or password left and can't log in.\n")
	h.refuses("olga", "account key carl remove "+fingerprint, StatusRefused, "ACCOUNT KEY carl LIST")
	h.says("olga", "account disable carl", "carl is disabled.\n")
	h.says("olga", "account enable carl", "carl is enabled.\n")
	h.says("olga", "account role carl operator", "carl is an operator.\n")
	h.says("carl", "account role olga partner", "olga is a partner.\n")
	h.refuses("olga", "account list", StatusRefused, "for operators")
	for _, line := range []string{"account role carl partner", "account disable carl", "account remove carl"} {
		h.refuses("carl", line, StatusRefused, "carl is the last operator")
	}
	h.refuses("carl", "account role olga king", StatusMisunderstood, "expected partner or operator")
	h.says("acme", "register 2e4", ".*\n")
	h.refuses("carl", "account remove acme", StatusRefused, "acme has registered phones: deregister them first, or use ACCOUNT REMOVE acme --transfer-to <name>.")
	h.says("acme", "deregister 2e4", ".*\n")
	h.says("carl", "account remove acme", "acme removed.\n")
	for _, line := range []string{"account show acme", "account remove acme", "account disable acme", "account server acme " + serverA, "register 2e4 --account acme"} {
		h.refuses("carl", line, StatusRefused, `There is no account "acme".`)
	}
	h.refuses("carl", "account show ../x", StatusMisunderstood, "not an account name")
	if log := h.log.String(); !strings.Contains(log, `msg=changed command="account disable carl"`) || !strings.Contains(log, `command="register 2e4" mac=0004132202E4 owner=acme`) || strings.Contains(log, "account list") {
		t.Errorf("the log holds\n%s", log)
	}
}

func TestKeysFromStandardInput(t *testing.T) {
	h := newHouse(t)
	keys := "# of Acme\n" + strings.Repeat("ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIJdD7y3aLq454yWBdwLWbieU1ebz9/cu7/QEXn9OIeZJ a b\r\n", 2)
	out, problems, status := h.at("olga", 0, "account key acme add -", keys)
	if status != StatusDone || strings.Count(out, "ssh-ed25519 a b") != 2 || problems != "" {
		t.Errorf("status %d, %q, %q", status, out, problems)
	}
	for input, want := range map[string]string{
		"":                                      "authorized_keys",
		keys + "nonsense\n":                     "line 4: expected a public key",
		strings.Repeat("x", lineedit.MaxLine+1): "longer than 4096 bytes",
		strings.Repeat("# remark\n", 10000):     "Standard input is longer",
	} {
		_, problems, status := h.at("olga", 0, "account key bravo add -", input)
		if status != StatusMisunderstood || !strings.Contains(problems, want) {
			t.Errorf("%.30q: status %d, %q; want %q", input, status, problems, want)
		}
	}
	h.says("olga", "account key bravo list", "")
}

// Without a terminal and a command, commands come by line: nothing is said that
// was not asked for, and the exit status is the worst.
func TestScript(t *testing.T) {
	h := newHouse(t)
	out, problems, status := h.at("acme", 0, "", "reg 2e4\r\n\nnonsense\nderegister 2e5\nlist\nbye\nreg 2e6\n")
	if status != StatusMisunderstood || !strings.HasSuffix(out, ")\n0004132202E4\n") || strings.Contains(out, "Welcome") || strings.Count(problems, "\n") != 2 {
		t.Errorf("status %d\n%s\n%s", status, out, problems)
	}
	if out, problems, status := h.at("acme", 0, "", strings.Repeat("x", 5000)+"\nlist"); out != "0004132202E4\n" || status != StatusMisunderstood || !strings.Contains(problems, "nothing was done") {
		t.Errorf("status %d, %q, %q", status, out, problems)
	}
}

// failing is a store whose every look at a phone fails.
type failing struct{ Registry }

func (failing) Phone(macaddr.Addr) (store.Phone, error) {
	return store.Phone{}, errors.New("/data/secret: disk on fire")
}

func TestWhatFailsInsideStaysInside(t *testing.T) {
	h := newHouse(t)
	h.registry = failing{h.registry}
	out, problems, status := h.at("acme", 0, "show 2e4", "")
	if status != StatusRefused || strings.Contains(out+problems, "secret") || !strings.Contains(problems, "Internal error") {
		t.Errorf("status %d, %q, %q", status, out, problems)
	}
	if !strings.Contains(h.log.String(), "disk on fire") {
		t.Errorf("the log holds\n%s", h.log.String())
	}
}

func TestComplete(t *testing.T) {
	for _, c := range []struct {
		line     string
		operates bool
		want     string
	}{
		{"s", false, "s"}, // show and server
		{"SH", false, "SHOW "},
		{"sh", false, "show "},
		{"r", false, "re"},
		{"regi", false, "register "},
		{"", false, ""},
		{"x", false, "x"},
		{"acc", false, "acc"},
		{"acc", true, "account "},
		{"account ", true, "account "},
		{"account ro", true, "account role "},
		{"ACCOUNT RO", true, "ACCOUNT ROLE "},
		{"account key acme r", true, "account key acme remove "},
		{"account key acme remove ", true, "account key acme remove "},
		{"show 2", false, "show 2"},
	} {
		if got, pos := Complete(c.line, len(c.line), c.operates); got != c.want || pos != len(c.want) {
			t.Errorf("%q completes to %q, %d; want %q", c.line, got, pos, c.want)
		}
	}
	if got, pos := Complete("sh 2e4", 2, false); got != "show  2e4" || pos != 5 {
		t.Errorf("in the middle: %q, %d", got, pos)
	}
}

func FuzzLine(f *testing.F) {
	for _, line := range []string{"show 2e4", "REG 2e4 http://a/", "account key acme add -", "register --account acme 2e4", "help help", "account", "--x", "''"} {
		f.Add(line)
	}
	h := newHouse(f)
	f.Fuzz(func(t *testing.T, line string) {
		for _, name := range []store.Name{"acme", "olga"} {
			if strings.Contains(strings.ToLower(line), "olga") {
				continue // who may be removed
			}
			out, problems, status := (&house{TB: t, registry: h.registry, contacts: &memo{}, shell: New(Config{})}).at(name, 0, line, "")
			if (status == StatusDone) == (problems != "") || strings.ContainsAny(out+problems, "\x1b\x00\x07") {
				t.Fatalf("%s: %q: status %d, %q, %q", name, line, status, out, problems)
			}
		}
	})
}
