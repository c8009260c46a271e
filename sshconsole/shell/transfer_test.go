package shell

import (
	"testing"

	"snomredirect/macaddr"
	"snomredirect/store"
)

func TestTransfers(t *testing.T) {
	h := newHouse(t)
	h.says("acme", "register 2e4 2e5", "(?s).*")
	h.says("acme", "register 2e6 http://own.example/", ".*\n")
	h.refuses("acme", "transfer 2e4 bravo", StatusRefused, "TRANSFER is for operators.")
	h.refuses("acme", "free 2e4", StatusRefused, "FREE is for operators.")
	h.refuses("olga", "transfer 2e4 nobody", StatusRefused, `There is no account "nobody".`)
	h.refuses("olga", "transfer bravo", StatusMisunderstood, "Expected: TRANSFER <mac>... <name>")
	h.refuses("olga", "transfer 2ff bravo", StatusRefused, "0004132202FF is not registered.")
	h.refuses("olga", "transfer 2e4 bare", StatusRefused, "0004132202E4 would have no setting server. Give bare one first: ACCOUNT SERVER bare <url>.")
	h.says("olga", "transfer 2e4 bravo --dry-run", "Dry run: 0004132202E4 would be transferred to bravo. Setting server: http://prov.bravo.example/ .*\n")
	h.says("olga", "transfer 2e4-2e5 2e6 bravo", `(?s)0004132202E4-0004132202E5: 2 transferred\.
0004132202E6 transferred to bravo\. Setting server: http://own\.example/ \(the phone's own\)
3 phones: 3 transferred\.
`)
	h.says("acme", "list", "")
	h.says("bravo", "export", "0004132202E4,\n0004132202E5,\n0004132202E6,http://own.example/\n")
	h.says("acme", "history", "(?s)[^\n]* an operator: TRANSFER 0004132202E4-0004132202E6 to another account\n.*")
	h.says("bravo", "history", "[^\n]* an operator: TRANSFER 0004132202E4-0004132202E6 from another account\n.*\n")
	h.says("olga", "history 2e5 --account acme", "(?s)[^\n]* olga from 192.0.2.7 by password: TRANSFER \\[acme\\] 0004132202E5 to bravo\n.*")

	h.refuses("olga", "free 2e4", StatusRefused, "0004132202E4 is registered by bravo: DEREGISTER 0004132202E4 first.")
	h.refuses("olga", "free 2ff", StatusRefused, "0004132202FF is not on hold.")
	h.says("bravo", "deregister 2e4", ".*\n")
	h.says("bravo", "show 2e4", `MAC:            0004132202E4
Model:          snom190
State:          on hold until \d{4}-\d\d-\d\d \d\d:\d\d:\d\d UTC: REGISTER takes it back
`)
	h.says("acme", "show 2e4", "(?s).*State:          registered by another account\n")
	h.says("olga", "show 2e4", "(?s).*State:          on hold until .*: FREE lets others register it\nAccount:        bravo\n")
	h.says("olga", "free 2e4", "0004132202E4 freed: any account can register it.\n")
	h.says("acme", "register 2e4", ".*\n")

	h.refuses("olga", "account remove bravo --transfer-to bravo", StatusMisunderstood, "bravo owns these phones already")
	h.refuses("olga", "account remove bravo --transfer-to bare", StatusRefused, "0004132202E5 would have no setting server. Give bare one first")
	h.says("bravo", "list", "0004132202E5\n0004132202E6\n")
	h.says("olga", "account remove bravo --transfer-to acme --dry-run", "Dry run: bravo would be removed, and 2 phones transferred to acme.\n")
	h.says("bravo", "list", "0004132202E5\n0004132202E6\n")
	h.says("olga", "account remove bravo --transfer-to acme", "bravo removed; 2 phones now belong to acme.\n")
	h.says("acme", "export", "0004132202E4,\n0004132202E5,\n0004132202E6,http://own.example/\n")
	h.says("olga", "history", "(?s).*ACCOUNT REMOVE \\[bravo\\] 0004132202E5-0004132202E6 to acme\n.*ACCOUNT REMOVE \\[bravo\\]\n.*ACCOUNT REMOVE \\[acme\\] 0004132202E5-0004132202E6 from bravo\n.*")
}

// A removal that is refused after the transfer, because a phone was registered in
// the meantime, reports what was done.
func TestRemovalOvertaken(t *testing.T) {
	h := newHouse(t)
	h.says("acme", "register 2e4 2e5", "(?s).*")
	whole := h.registry
	h.registry = changeThen{whole, func() {
		acme := h.account("acme")
		_, err := whole.Change(store.Batch{Audit: store.Audit{Actor: acme.ID}, Owner: acme.ID, Changes: []store.Change{{MAC: macaddr.MustParse("0004132202E6")}}})
		if err != nil {
			t.Error(err)
		}
	}}
	h.gives("olga", "account remove acme --transfer-to bravo", "", StatusRefused, "",
		"acme has registered phones", "It was not completed: 2 phones were changed; the rest were not. Repeat the command to continue.")
	h.registry = whole
	h.says("olga", "account remove acme --transfer-to bravo", "acme removed; 1 phone now belongs to bravo.\n")
}

// ACCOUNT REMOVE --transfer-to commits the job's beginning, a transaction for each
// batch, the removal and the job's end.
func TestTransferCommits(t *testing.T) {
	h := newHouse(t)
	h.gives("acme", "register -", lines(batchSize+10), StatusDone, "10010 lines: 10010 registered.\n")
	h.commits(1+2+1+1, func() {
		h.says("olga", "account remove acme --transfer-to bravo", "acme removed; 10010 phones now belong to bravo.\n")
	})
}

// A removal that would be refused transfers no phone.
func TestRemovalThatFailsMovesNothing(t *testing.T) {
	h := newHouse(t)
	h.says("olga", "register 2e4 http://own.example/", ".*\n")
	h.at("olga", 0, "account remove olga --transfer-to acme", "")
	h.says("acme", "count", "0\n")
}
