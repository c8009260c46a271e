package store

import (
	"testing"

	"snomredirect/macaddr"
)

func TestClassOfAnEntry(t *testing.T) {
	phone := []macaddr.Range{{First: macaddr.MustParse("0004132202E4"), Last: macaddr.MustParse("0004132202E4")}}
	for _, c := range []struct {
		e    Entry
		want Class
	}{
		{Entry{Audit: Audit{Name: "acme", Command: "SERVER"}}, AboutAccounts},
		{Entry{Audit: Audit{Name: "acme", Command: "RETARGET"}}, AboutAccounts},
		{Entry{Audit: Audit{Name: "acme", Command: "RETARGET"}, MACs: phone}, AboutPhones},
		{Entry{Audit: Audit{Name: "acme", Command: "REGISTER"}, MACs: phone}, AboutPhones},
		{Entry{Audit: Audit{Name: "acme", Command: "redirect.registerPhone"}, MACs: phone}, AboutPhones},
		{Entry{Audit: Audit{Name: "olga", Command: "TRANSFER"}, Other: "acme", MACs: phone}, AboutAccounts},
		{Entry{Audit: Audit{Command: "CLAIM"}, MACs: phone}, AboutAccounts},
		{Entry{Audit: Audit{Name: "acme", Command: "CLAIM OBJECT"}, MACs: phone}, AboutAccounts},
		{Entry{Audit: Audit{Command: CommandScan}, MACs: phone}, FromStrangers},
		{Entry{Audit: Audit{Name: "acme", Command: CommandScan}, MACs: phone}, AboutPhones},
		{Entry{Audit: Audit{Command: "serve --admin-key"}}, AboutAccounts},
	} {
		if got := c.e.Class(); got != c.want {
			t.Errorf("%+v: class %d, want %d", c.e, got, c.want)
		}
	}
}
