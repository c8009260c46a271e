package explanation

import (
	"errors"
	"fmt"
	"strings"

	"snomredirect/macaddr"
	"snomredirect/store"
)

// A Request is what a phone sends: a path and a User-Agent over HTTP, or what it
// reports about itself over Plug & Play.
type Request struct {
	MAC             macaddr.Addr
	Protocol        store.Protocol // HTTP or PnP
	Path, UserAgent string         // with HTTP
	Model, Firmware string         // with PnP; "" if not known
}

// RequestOf returns the request of a phone to explain: what the options pnp, path and
// user-agent say or, without them, what it sent last, or what its model requests on its
// first boot. A last contact without a protocol counts as one over HTTP. The error says
// what was expected.
func RequestOf(mac macaddr.Addr, last store.Contact, options map[string]string) (Request, error) {
	path, hasPath := options["path"]
	userAgent, hasAgent := options["user-agent"]
	_, pnp := options["pnp"]
	model := last.Model
	if model == "" {
		model = mac.Model()
	}
	switch {
	case pnp && (hasPath || hasAgent):
		return Request{}, errors.New("--pnp: expected neither --path nor --user-agent, which Plug & Play does not have")
	case pnp, last.Protocol == store.PnP && !hasPath && !hasAgent:
		return Request{MAC: mac, Protocol: store.PnP, Model: model, Firmware: last.Firmware}, nil
	case hasPath && !strings.HasPrefix(path, "/"):
		return Request{}, fmt.Errorf("%q: expected a path such as /snom360/snom360.php?mac=%v", path, mac)
	case !hasPath && model == "":
		return Request{}, fmt.Errorf("%v is in no known range and has not called: give its request, such as --path /snom360/snom360.php?mac=%v", mac, mac)
	case !hasPath:
		path = fmt.Sprintf("/%s/%s.php?mac=%v", model, model, mac)
	}
	if !hasAgent && last.Firmware != "" {
		userAgent = fmt.Sprintf("Mozilla/4.0 (compatible; %s-SIP %s)", last.Model, last.Firmware)
	}
	return Request{MAC: mac, Protocol: store.HTTP, Path: path, UserAgent: userAgent}, nil
}

// String returns the request's first line without its version.
func (r Request) String() string {
	if r.Protocol != store.PnP {
		return "GET " + store.Printable(r.Path)
	}
	words := fmt.Sprintf("SUBSCRIBE sip:MAC%%3a%v", r.MAC)
	if r.Model != "" {
		words += " of a " + r.Model
	}
	if r.Firmware != "" {
		words += " with firmware " + r.Firmware
	}
	return words
}
