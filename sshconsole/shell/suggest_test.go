package shell

import (
	"strings"
	"testing"
)

func TestUnknownCommands(t *testing.T) {
	h := newHouse(t)
	for line, want := range map[string]string{
		"unregister 2e4": `Unknown command "unregister": did you mean DEREGISTER? Type help for help.`,
		"lsit":           "did you mean LIST?",
		"shwo 2e4":       "did you mean SHOW?",
		"regsiter 2e4":   "did you mean REGISTER?",
		"dereg 2e4":      "did you mean DEREGISTER?",
		"Coutn":          "did you mean COUNT?",
		"help hsitory":   `Unknown command "hsitory": did you mean HISTORY?`,
		"acount list":    `Unknown command "acount": did you mean COUNT?`, // ACCOUNT is for operators
		"frobnicate":     `Unknown command "frobnicate". Type help for help.`,
		"x":              `Unknown command "x". Type help for help.`,
	} {
		h.refuses("acme", line, StatusMisunderstood, want)
	}
	for line, want := range map[string]string{
		"acount list":           "did you mean ACCOUNT?",
		"account lsit":          `Unknown command "account lsit": did you mean ACCOUNT LIST? Type help account for its forms.`,
		"account key acme ad x": `did you mean ACCOUNT KEY acme ADD?`,
		"account xyzxyz":        "ACCOUNT needs another word.",
	} {
		h.refuses("olga", line, StatusMisunderstood, want)
	}
	h.refuses("olga", "register 2e4 --acount acme", StatusMisunderstood, "unknown flag: --acount: did you mean --account? Type help register for its forms")
	h.refuses("acme", "register - --atmic", StatusMisunderstood, "did you mean --atomic?")
	h.refuses("acme", "register 2e4 --acount acme", StatusMisunderstood, "unknown flag: --acount. Type help")
	h.says("acme", "? list", "(?s)LIST .*")
	h.says("acme", "?", "(?s)Welcome to the snom configuration tool.*")
	h.says("acme", "logout", "")
}

// A list that is pasted at the prompt gets one message.
func TestListInsteadOfCommands(t *testing.T) {
	h := newHouse(t)
	list := strings.ReplaceAll(lines(200), "\n", ",http://own.example/\n")
	for _, input := range []string{lines(200), list, "00:04:13:22:02:e4;x\n2e4-2e8\n2e4\thttp://own.example/\n"} {
		first := strings.FieldsFunc(input, func(r rune) bool { return strings.ContainsRune(",;\n", r) })[0]
		out, problems, status := h.at("acme", 80, "", input+"count\n")
		if status != StatusDone || strings.Count(problems, "\n") != 1 || !strings.Contains(problems, "did you mean REGISTER "+first+"?") || !strings.Contains(out, "\n0\n") {
			t.Errorf("status %d, %q, %q", status, out, problems)
		}
		_, problems, status = h.at("acme", 0, "", input)
		if status != StatusMisunderstood || strings.Count(problems, "\n") != 1 {
			t.Errorf("status %d, %q", status, problems)
		}
	}
	_, problems, _ := h.at("acme", 0, "", "2e4\n2e5\ncount\n2e6\n")
	if strings.Count(problems, "\n") != 2 {
		t.Errorf("%q", problems)
	}
	h.refuses("acme", "2e4", StatusMisunderstood, `Unknown command "2e4": did you mean REGISTER 2e4?`)
	h.refuses("acme", "bed", StatusMisunderstood, `Unknown command "bed"`)
}

func TestShellSyntax(t *testing.T) {
	h := newHouse(t)
	for line, word := range map[string]string{
		"list | wc -l": "|", "export >phones.csv": ">phones.csv", "count |wc": "|wc", "show 2e4 && list": "&&", "register - < list": "<", "list > x": ">",
		"deregister 2e4 ; list": ";", "list 2>&1": "2>&1", "history | head": "|",
	} {
		h.refuses("acme", line, StatusMisunderstood, `"`+word+`": the console has no pipes, redirections or lists of commands. Use those of your own shell`)
	}
	h.says("olga", "account company acme 'Smith' & Sons | Co", ".*Smith & Sons . Co\n")
	h.refuses("acme", "show <mac>", StatusMisunderstood, `"<mac>": expected`)
}
