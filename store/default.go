package store

import "snomredirect/macaddr"

// A Default is where phones are sent that nobody has registered. Phones on hold are
// among them; those of disabled accounts are not. The zero Default is none.
type Default struct {
	URL    URL  // the setting server; the zero URL is none
	AnyOUI bool // for all phones, not only for snom's
	// Chosen means that an operator has set or removed the URL. If not, it is that of
	// the service's configuration.
	Chosen bool
}

// For returns where a phone is sent if nobody has registered it, or the zero URL. See
// [macaddr.Addr.IsSnom] for which phones are snom's.
func (d Default) For(mac macaddr.Addr) URL {
	if d.URL.IsZero() || !d.AnyOUI && !mac.IsSnom() {
		return URL{}
	}
	return d.URL
}
