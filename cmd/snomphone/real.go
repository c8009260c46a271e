package main

import (
	"fmt"
	"net/url"
	"strings"
)

// refuseSnoms returns an error for a URL at snom's own redirection service, unless its
// host is resolved elsewhere by a DNS server of one's own, which can't be known here:
// test phones don't belong in snom's logs.
func refuseSnoms(u *url.URL) error {
	switch host := strings.TrimSuffix(strings.ToLower(u.Hostname()), "."); host {
	case "provisioning.snom.com", "secure-provisioning.snom.com":
		return fmt.Errorf("%s is snom's own service: name yours, such as http://localhost:8080, or set --real, also if your DNS server resolves that name to yours", host)
	}
	return nil
}
