package store_test

import (
	"errors"
	"fmt"
	"time"

	"snomredirect/macaddr"
	"snomredirect/store"
)

// A deregistered phone is on hold for its owner: nobody else can register it until
// the hold ends.
func ExampleDeregister() {
	mac := macaddr.MustParse("0004132202E4")
	server := store.RestoreURL("http://prov.acme.example/{mac}")
	acme := store.Account{ID: 1, Name: "acme", SettingServer: server}
	bravo := store.Account{ID: 2, Name: "bravo", SettingServer: server}
	noon := time.Date(2026, 1, 2, 12, 0, 0, 0, time.UTC)
	const hold = 24 * time.Hour

	p, _ := store.Register(store.Phone{}, mac, acme, store.URL{}, noon)
	p, _ = store.Deregister(p, acme, hold, noon)
	fmt.Println("on hold until", p.HeldUntil)

	_, err := store.Register(p, mac, bravo, store.URL{}, noon.Add(time.Hour))
	fmt.Println("bravo:", err)

	p = p.At(noon.Add(hold))
	p, err = store.Register(p, mac, bravo, store.URL{}, noon.Add(hold))
	fmt.Println("bravo, a day later:", err, p.Owner == bravo.ID)
	// Output:
	// on hold until 2026-01-03 12:00:00 +0000 UTC
	// bravo: registered by another account
	// bravo, a day later: <nil> true
}

// A phone uses its own URL, or else its account's setting server.
func ExamplePhone_SettingServer() {
	acme := store.Account{ID: 1, Name: "acme", SettingServer: store.RestoreURL("http://prov.acme.example/{mac}")}
	p := store.Phone{MAC: macaddr.MustParse("0004132202E4"), Owner: acme.ID}
	fmt.Println(p.SettingServer(acme))

	p.URL = store.RestoreURL("http://own.example/")
	fmt.Println(p.SettingServer(acme))
	// Output:
	// http://prov.acme.example/{mac}
	// http://own.example/
}

func ExamplePublicNames_ParseURL() {
	names, err := store.NewPublicNames("redirect.example.com")
	if err != nil {
		fmt.Println(err)
		return
	}
	u, _ := names.ParseURL("http://prov.acme.example/snom.php?mac={mac}")
	fmt.Println(u)

	_, err = names.ParseURL("http://Redirect.Example.com:8080/")
	fmt.Println(errors.Is(err, store.ErrPointsBack), err)
	// Output:
	// http://prov.acme.example/snom.php?mac={mac}
	// true points back at this service: expected the URL of a setting server elsewhere than redirect.example.com
}
