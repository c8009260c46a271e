package sraps

import (
	"encoding/json"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"sync"
	"testing"

	"snomredirect/macaddr"
	"snomredirect/store"
)

// fill registers n phones for an account, every second one with a URL of its own, and
// returns their MACs in order.
func (l *lab) fill(account string, n int) (macs []string) {
	l.Helper()
	a, err := l.db.AccountNamed(store.Name(account))
	if err != nil {
		l.Fatal(err)
	}
	batch := store.Batch{Audit: store.Audit{Actor: a.ID}, Rule: store.RuleRegister, Owner: a.ID}
	for i := range n {
		macs = append(macs, fmt.Sprintf("000413%06X", 7*i))
		change := store.Change{MAC: macaddr.MustParse(macs[i])}
		if i%2 == 1 {
			change.URL = store.RestoreURL("http://own.example/{mac}")
		}
		batch.Changes = append(batch.Changes, change)
	}
	if _, err := l.db.Change(batch); err != nil {
		l.Fatal(err)
	}
	return macs
}

// list lists an account's endpoints from a URL on, page by page, as far as the links lead.
func (l *lab) list(account, url string) (macs []string, pages int) {
	l.Helper()
	for url != "" {
		response, text := l.do(l.request(account, "GET", url, ""))
		var page []endpoint
		if err := json.Unmarshal([]byte(text), &page); err != nil || response.StatusCode != http.StatusOK {
			l.Fatalf("%s: %s, %v", url, response.Status, err)
		}
		for _, e := range page {
			macs = append(macs, e.MAC)
		}
		link := response.Header.Get("Link")
		url, _ = strings.CutSuffix(strings.TrimPrefix(link, "<"), `>; rel="next"`)
		if (link == "") != (url == "") || url == link && link != "" {
			l.Fatalf("Link: %s", link)
		}
		pages++
	}
	return macs, pages
}

// Ten thousand endpoints are listed on one page, or in as many as a tool wants, each of
// them once and in order.
func TestTenThousandEndpoints(t *testing.T) {
	l := newLab(t, nil)
	want := l.fill("acme", 10_000)
	for query, wantPages := range map[string]int{"": 1, "?page_size=99999": 1, "?page_size=9999": 2, "?page_size=500": 20, "?page_size=499": 21, "?page_size=333": 31} {
		got, pages := l.list("acme", company("acme", "endpoints/"+query))
		if pages != wantPages || !slices.Equal(got, want) {
			t.Errorf("%s: %d pages, want %d, with %d endpoints", query, pages, wantPages, len(got))
		}
	}
	if got, pages := l.list("bravo", company("bravo", "endpoints")); len(got) != 0 || pages != 1 {
		t.Errorf("bravo: %v in %d pages", got, pages)
	}
	if response, _ := l.do(l.request("acme", "GET", company("acme", "endpoints?page_size=1&after="+want[9998]), "")); response.Header.Get("Link") != "" {
		t.Error("a link after the last endpoint")
	}
}

// Of concurrent registrations of one phone by two accounts, exactly one succeeds.
func TestRacingRegistrations(t *testing.T) {
	l := newLab(t, nil)
	var all sync.WaitGroup
	statuses := make(chan int, 40)
	for i := range cap(statuses) {
		account := []string{"acme", "bravo"}[i%2]
		r := l.request(account, "PUT", company(account, "endpoints/"+mac1), put("http://"+account+".example/"))
		all.Go(func() {
			response, err := l.server.Client().Do(r)
			if err != nil {
				t.Error(err)
				return
			}
			response.Body.Close()
			statuses <- response.StatusCode
		})
	}
	all.Wait()
	close(statuses)
	count := map[int]int{}
	for s := range statuses {
		count[s]++
	}
	if count[201] != 1 || count[200] != 19 || count[403] != 20 {
		t.Errorf("%v", count)
	}
}

// The history has who changed what, and joins what differs only in the phone.
func TestHistory(t *testing.T) {
	l := newLab(t, nil)
	for i := range 3 {
		mac := mac1[:11] + fmt.Sprint(i)
		l.gives("acme", "PUT", company("acme", "endpoints/"+mac), put("http://own.example/"), 201, answered(mac, "http://own.example/"))
		l.gives("acme", "PUT", company("acme", "endpoints/"+mac), put("http://own.example/"), 200, answered(mac, "http://own.example/"))
	}
	l.gives("acme", "DELETE", company("acme", "endpoints/"+mac1[:11]+"1"), "", 204, "")
	acme, err := l.db.AccountNamed("acme")
	if err != nil {
		t.Fatal(err)
	}
	entries, err := l.db.History(acme.ID, macaddr.Addr{}, store.Mark{}, 100)
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, e := range entries[:2] {
		a := e.Audit
		got = append(got, fmt.Sprintf("%s %s by %s with %q: %s %s %v", a.Name, a.RemoteAddr, a.Credential, a.Agent, a.Command, a.Detail, e.MACs))
	}
	by := "acme 127.0.0.1 by API key " + l.keys["acme"].id + ` with "sraps-test/1.0 ?": `
	if want := []string{by + "DELETE endpoints  [0004132202E1]", by + "PUT endpoints http://own.example/ [0004132202E0-0004132202E2]"}; !slices.Equal(got, want) {
		t.Errorf("%q, want %q", got, want)
	}
	if text := l.log.String(); strings.Count(text, "msg=changed") != 4 || !strings.Contains(text, `command="PUT endpoints http://own.example/" phones=1 mac=0004132202E0`) {
		t.Errorf("log: %s", text)
	}
}

// What a body says of a phone is understood or refused with a sentence, and a URL that is
// understood is the one that is answered.
func FuzzEndpoint(f *testing.F) {
	f.Add(put("http://own.example/{mac}"))
	f.Add(`{"mac":"0004132202e4","autoprovisioning_enabled":"true","provisioning_url":"http://x/","provisioning_profile":"x"}`)
	f.Add(`{"settings_manager":{"x":null}} x`)
	f.Fuzz(func(t *testing.T, body string) {
		c := &call{body: []byte(body)}
		var e endpoint
		err := c.decode(&e)
		url := ""
		if err == nil {
			url, err = e.ownURL()
		}
		if err != nil {
			if r, ok := err.(refusal); !ok || !strings.HasSuffix(r.message, ".") || r.status != 400 && r.status != 422 {
				t.Errorf("%q: %v", body, err)
			}
			return
		}
		if url != strings.TrimSpace(url) {
			t.Errorf("%q: %q", body, url)
		}
	})
}
