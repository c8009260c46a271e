package rds

import (
	"bytes"
	"context"
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"snomredirect/macaddr"
	"snomredirect/store"
	"snomredirect/store/bolt"
)

// multi returns a system.multicall.
func multi(calls ...methodCall) methodCall {
	items := make([]value, len(calls))
	for i, c := range calls {
		items[i] = value{kind: structure, items: []value{str("methodName"), str(c.method), str("params"), {kind: array, items: c.params}}}
	}
	return of("system.multicall", value{kind: array, items: items})
}

// inArray returns an array of values as it is written.
func inArray(values ...string) string {
	return "<value><array><data>" + strings.Join(values, "") + "</data></array></value>"
}

// aFault returns a fault's struct as it is written.
func aFault(code faultCode, text string) string {
	return fmt.Sprintf("<value><struct><member><name>faultCode</name><value><int>%d</int></value></member><member><name>faultString</name><value><string>%s</string></value></member></struct></value>", code, text)
}

func TestIntrospection(t *testing.T) {
	l := newLab(t, nil)
	var names []string
	for _, name := range []string{"network.echo", "redirect.checkPhone", "redirect.deregisterPhone", "redirect.deregisterPhoneList", "redirect.getPhoneRedirection", "redirect.listPhones",
		"redirect.registerPhone", "redirect.registerPhoneList", "system.listMethods", "system.methodHelp", "system.multicall"} {
		names = append(names, "<value><string>"+name+"</string></value>")
		response, got := l.post("acme", string(appendCall(nil, of("system.methodHelp", str(name)))))
		if v, isFault, err := readReply(got); response.StatusCode != 200 || isFault || err != nil || len(v) != 1 || !strings.HasSuffix(v[0], " Parameters: "+methods[name].usage+".") || len(v[0]) < 40 {
			t.Errorf("help of %s: %s %q", name, response.Status, got)
		}
	}
	l.calls("acme", of("system.listMethods"), inArray(names...))
	l.calls("acme", of("system.methodHelp", str("redirect.checkPhone")), "<value><string>Checks whether the account has a phone. Parameters: a MAC as a string.</string></value>")
	l.faults("acme", of("system.methodHelp", str("redirect.evil")), unknownMethod, `not "redirect.evil"`)
	l.faults("acme", of("system.listMethods", str("")), wrongParams, "system.listMethods: expected no parameters.")
}

// Each call of a system.multicall has a result of its own, which is an array of its
// value or the struct of its fault.
func TestMulticall(t *testing.T) {
	l := newLab(t, nil)
	l.calls("bravo", of("redirect.registerPhone", str("0004132202E9"), str(own)), okReply)
	const usage = "system.multicall: expected an array of structs of a methodName and params."
	call := multi(
		of("redirect.registerPhone", str("0004132202E4"), str(own)),
		of("redirect.registerPhoneList", arr("0004132202E5", "0004132202E9"), str(own)),
		of("redirect.checkPhone", str("0004132202E4")),
		of(" network.echo\n", value{kind: integer, text: "07"}),
		of("redirect.listPhones", value{kind: null}),
		of("redirect.evil\x7f"),
		multi(of("network.echo", str("x"))),
		of("redirect.checkPhone", value{kind: integer, text: "413220001"}),
		of("redirect.checkPhone"),
		of("redirect.deregisterPhone", str("0004132202E4")),
	)
	items := &call.params[0].items
	*items = append(*items,
		str("x"),
		value{kind: structure},
		value{kind: structure, items: []value{str("methodName"), str("system.listMethods"), str("other"), str("")}},
		value{kind: structure, items: []value{str("methodName"), str("redirect.checkPhone"), str("params"), str("0004132202E4")}},
		value{kind: structure, items: []value{str("methodName"), str("network.echo"), str("methodName"), str("network.echo")}},
		value{kind: structure, items: []value{str("params"), arr("y"), str("methodName"), str("network.echo")}},
	)
	unknown := "Expected one of the methods " + strings.Join(methodNames(), ", ") + `, not "redirect.evil\x7f".`
	l.calls("acme", call, inArray(
		inArray(okReply), inArray(taken), inArray(okReply),
		inArray("<value><string>07</string></value>"),
		inArray(inArray("<value><string>0004132202E4</string></value>")),
		aFault(unknownMethod, unknown),
		aFault(wrongParams, "system.multicall: expected calls of other methods."),
		aFault(wrongParams, `Expected a MAC as a string, not the number "413220001": a number loses the zeros at the beginning of a MAC, and the digits around an E.`),
		aFault(wrongParams, "redirect.checkPhone: expected a MAC as a string."),
		inArray(okReply),
		aFault(wrongParams, usage), aFault(wrongParams, usage), aFault(wrongParams, usage), aFault(wrongParams, usage), aFault(wrongParams, usage),
		inArray("<value><string>y</string></value>"),
	))
	l.calls("acme", multi(), inArray())
	l.faults("acme", of("system.multicall", str("x")), wrongParams, usage)
	l.faults("acme", of("system.multicall"), wrongParams, usage)
	acme, err := l.db.AccountNamed("acme")
	if err != nil {
		t.Fatal(err)
	}
	entries, err := l.db.History(acme.ID, macaddr.Addr{}, store.Mark{}, 9)
	if err != nil || len(entries) != 3 || entries[0].Audit.Command != "redirect.deregisterPhone" || entries[1].Audit.Command != "redirect.registerPhone" || entries[1].Audit.Detail != own {
		t.Errorf("history %+v, %v, want one for each change and the first", entries, err)
	}
}

// A system.multicall can't do more than a few long lists could.
func TestMulticallBounds(t *testing.T) {
	const phones = 30_000
	l := newLab(t, nil)
	echoes := make([]methodCall, maxCalls+1)
	for i := range echoes {
		echoes[i] = of("network.echo", str("x"))
	}
	l.faults("acme", multi(echoes...), wrongParams, "system.multicall: expected at most 4096 calls, not 4097: send them in several.")
	l.calls("acme", multi(echoes[1:]...), inArray(strings.Repeat(inArray("<value><string>x</string></value>"), maxCalls)))
	l.faults("acme", multi(slices.Repeat(echoes, 5)[:maxValues/4]...), wrongParams, "In a system.multicall, expected at most 4096 calls.")

	macs := make([]string, phones)
	listed := make([]string, phones)
	for i := range macs {
		macs[i] = fmt.Sprintf("0004134%05X", i)
		listed[i] = "<value><string>" + macs[i] + "</string></value>"
	}
	l.calls("acme", of("redirect.registerPhoneList", arr(macs...), str(own)), okReply)
	list := of("redirect.listPhones", str(""))
	tooMuch := aFault(wrongParams, "Expected a system.multicall that reads at most 65536 phones: call redirect.listPhones on its own.")
	all := inArray(inArray(listed...))
	l.calls("acme", multi(list, list, list, list, of("redirect.checkPhone", str(macs[0]))), inArray(all, all, tooMuch, tooMuch, inArray(okReply)))
}

// A call that fails inside, or an account that is disabled meanwhile, ends only the
// calls that it concerns.
func TestMulticallFails(t *testing.T) {
	check, echo, echoed := of("redirect.checkPhone", str("0004132202E4")), of("network.echo", str("x")), inArray("<value><string>x</string></value>")
	outcomes := make(chan Outcome, 1)
	observe := func(_ string, o Outcome) { outcomes <- o }
	l := newLab(t, func(c *Config) { c.Phones, c.Observe = failingPhones{DB: c.Phones.(*bolt.DB)}, observe })
	l.calls("acme", multi(echo, check, echo), inArray(echoed, aFault(internal, failed.text), echoed))
	if o := <-outcomes; o != Failed || !strings.Contains(l.log.String(), "secret") {
		t.Errorf("outcome %s, log:\n%s", o, &l.log)
	}
	for err, f := range map[error]*fault{store.ErrDenied: unauthorized, store.ErrBusy: busy} {
		logins := 0
		l = newLab(t, func(c *Config) {
			c.Observe = observe
			c.Login = func(context.Context, string, string, netip.Addr) (store.Account, error) {
				if logins++; logins > 3 { // two for the whole, one for the first part
					return store.Account{}, err
				}
				return store.Account{ID: 1}, nil
			}
		})
		stopped := aFault(application, f.text)
		l.calls("acme", multi(echo, echo, echo), inArray(echoed, stopped, stopped))
		if o := <-outcomes; o != Done || logins != 4 {
			t.Errorf("%v: outcome %s, %d logins, want 4", err, o, logins)
		}
	}
}

// The reply of a system.multicall is written in time, even if its calls are slow.
func TestMulticallEnds(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		const took = 10 * time.Second
		s := New(Config{Login: func(context.Context, string, string, netip.Addr) (store.Account, error) {
			time.Sleep(took)
			return store.Account{ID: 1}, nil
		}})
		start := time.Now()
		r := httptest.NewRequestWithContext(t.Context(), http.MethodPost, "/xmlrpc", bytes.NewReader(appendCall(nil, multi(slices.Repeat([]methodCall{of("network.echo", str("x"))}, 20)...))))
		r.SetBasicAuth("acme", password)
		w := httptest.NewRecorder()
		s.ServeHTTP(w, r)
		done, stopped := strings.Count(w.Body.String(), "<string>x</string>"), strings.Count(w.Body.String(), aFault(application, "Unavailable: try again later."))
		if done == 0 || done+stopped != 20 || time.Since(start) > maxRun+took {
			t.Errorf("%d calls done, %d stopped, in %v", done, stopped, time.Since(start))
		}
	})
}
