package etcdtest

import (
	"net/http"
	"slices"
	"strings"
	"testing"
)

// A cluster of three serves while one of its members is gone, and takes it back.
func TestStart(t *testing.T) {
	all := Start(t, 3)
	put := func(url string) (status string) {
		response, err := http.Post(url+"/v3/kv/put", "application/json", strings.NewReader(`{"key":"YQ==","value":"YQ=="}`))
		if err != nil {
			t.Fatal(err)
		}
		response.Body.Close()
		return response.Status
	}
	follower := slices.IndexFunc(all, func(m *Member) bool { return !m.Leads() })
	all[follower].Kill()
	for i, url := range URLs(all) {
		if i == follower {
			continue
		}
		if status := put(url); status != "200 OK" {
			t.Errorf("%s: %s", url, status)
		}
	}
	all[follower].Start()
	if status := put(all[follower].URL); status != "200 OK" {
		t.Error(status)
	}
}
