package main

import (
	"context"
	"crypto/tls"
	"fmt"
	"net"
	"net/http"
	"net/netip"
	"slices"

	"github.com/labstack/echo/v4"

	"snomredirect/cmd/snomredirect/connlimit"
	"snomredirect/store"
)

// proxies are the networks of the trusted proxies. What they say of their clients
// is believed, and what others say is not.
type proxies []netip.Prefix

// parseProxies parses the values of --trusted-proxy: networks or addresses.
func parseProxies(values []string) (ps proxies, err error) {
	for _, value := range values {
		if value == "" { // an empty environment variable
			continue
		}
		p, err := netip.ParsePrefix(value)
		if a, addrErr := netip.ParseAddr(value); addrErr == nil && a.Zone() == "" {
			p, err = a.Unmap().Prefix(a.Unmap().BitLen())
		}
		if err != nil || p.Addr().Is4In6() {
			return nil, fmt.Errorf("--trusted-proxy %q: expected an address or a network such as 192.0.2.0/24", value)
		}
		ps = append(ps, p.Masked())
	}
	return ps, nil
}

func (ps proxies) contains(a netip.Addr) bool {
	return slices.ContainsFunc(ps, func(p netip.Prefix) bool { return p.Contains(a) })
}

// handler returns a handler that sets the remote address of requests from trusted
// proxies to the rightmost address in X-Forwarded-For that is not a trusted proxy's,
// and then calls next. If the header is malformed, the address stays the proxy's.
func (ps proxies) handler(next http.Handler) http.Handler {
	if len(ps) == 0 {
		return next
	}
	// By default, Echo also trusts all private networks.
	trust := []echo.TrustOption{echo.TrustLoopback(false), echo.TrustLinkLocal(false), echo.TrustPrivateNet(false)}
	for _, p := range ps {
		trust = append(trust, echo.TrustIPRange(&net.IPNet{IP: p.Addr().AsSlice(), Mask: net.CIDRMask(p.Bits(), p.Addr().BitLen())}))
	}
	extract := echo.ExtractIPFromXFFHeader(trust...)
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Header.Get(echo.HeaderXForwardedFor) != "" && ps.contains(store.ClientAddr(r.RemoteAddr)) {
			if a, err := netip.ParseAddr(extract(r)); err == nil && a.Unmap() != store.ClientAddr(r.RemoteAddr) {
				r.RemoteAddr = netip.AddrPortFrom(a.Unmap(), 0).String() // the port is unknown
				if c := connectionOf(r.Context()); c != nil {
					c.Client(a.Unmap())
				}
			}
		}
		next.ServeHTTP(w, r)
	})
}

type connectionKey struct{}

// withConnection is the ConnContext of the HTTP servers.
func withConnection(ctx context.Context, conn net.Conn) context.Context {
	return context.WithValue(ctx, connectionKey{}, limitedConn(conn))
}

// limitedConn returns the connection of a limited listener that conn is, perhaps with
// TLS, or nil.
func limitedConn(conn net.Conn) *connlimit.Conn {
	if t, ok := conn.(*tls.Conn); ok {
		conn = t.NetConn()
	}
	c, _ := conn.(*connlimit.Conn)
	return c
}

// connectionOf returns the connection of a request's context, or nil.
func connectionOf(ctx context.Context) *connlimit.Conn {
	c, _ := ctx.Value(connectionKey{}).(*connlimit.Conn)
	return c
}
