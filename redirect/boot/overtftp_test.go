package boot

import (
	"context"
	"fmt"
	"net"
	"net/http"
	"slices"
	"strings"
	"testing"

	"snomredirect/redirect/boot/tftp/tftptest"
)

// newTFTPWalk returns a walk whose requests over TFTP all reach the server s, and those
// over HTTP that of h.
func newTFTPWalk(t *testing.T, s *tftptest.Server, h http.HandlerFunc) *Walk {
	t.Helper()
	s.Start(t)
	w, stop := newWalk(t, h)
	t.Cleanup(func() { stop() })
	transport := w.Client.Transport.(*http.Transport)
	tcp := transport.DialContext
	w.Client.Transport = NewTransport(func(ctx context.Context, network, address string) (net.Conn, error) {
		switch {
		case network == "tcp":
			return tcp(ctx, network, address)
		case network != "udp" || address != "prov.example:69":
			t.Errorf("dials %s %s", network, address)
		}
		return new(net.Dialer).DialContext(ctx, network, s.Addr)
	}, nil)
	return w
}

// A setting server is read over TFTP as over HTTP: of its two files one may be missing,
// and files may name others of either kind.
func TestOverTFTP(t *testing.T) {
	s := &tftptest.Server{Files: map[string]string{
		"snom360-" + testMAC + ".htm": `<setting-files><file url="tftp://u:p@prov.example/360/{mac}%20own.xml" /><file url="http://other.example/snom360.xml" /></setting-files>`,
		"360/" + testMAC + " own.xml": "b: 2\nfirmware_status: tftp://prov.example/fw.php?mac={mac}\n",
		"fw.php?mac=" + testMAC:       "firmware: x\n",
	}}
	w := newTFTPWalk(t, s, twoFiles)
	if err := w.FromServer(t.Context(), "tftp://prov.example"); err != nil {
		t.Error(err)
	}
	var got []string
	for _, s := range w.Steps {
		got = append(got, fmt.Sprintf("%s (%s): %d, %s", s.URL, s.Why, s.Status, s.StatusText()))
	}
	if want := []string{
		"tftp://prov.example/snom360.htm (first boot): 404, file not found",
		"tftp://prov.example/snom360-000413230001.htm (first boot): 200, received",
		"tftp://***@prov.example/360/000413230001%20own.xml (file of 2): 200, received",
		"http://other.example/snom360.xml (file of 2): 200, 200 OK",
		"tftp://prov.example/fw.php?mac=000413230001 (firmware_status): 200, received",
	}; !slices.Equal(got, want) {
		t.Errorf("got\n%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
	if n := len(w.Settings()); n != 4 {
		t.Errorf("%d settings", n)
	}
}

// What goes wrong over TFTP fails the step, and the limit on a reply holds.
func TestTFTPErrors(t *testing.T) {
	for name, c := range map[string]struct {
		server *tftptest.Server
		want   string
	}{
		"both missing": {&tftptest.Server{}, "step 1, tftp://prov.example/x.htm: file not found"},
		"not allowed":  {&tftptest.Server{Code: 2}, "step 1, tftp://prov.example/x.htm: the TFTP server reported: access violation"},
		"too long":     {&tftptest.Server{Files: map[string]string{"x.htm": strings.Repeat("# \n", 2000)}}, "the reply is longer than 5000 bytes"},
	} {
		w := newTFTPWalk(t, c.server, http.NotFound)
		w.Limits.Reply = 5000
		if err := w.FromServer(t.Context(), "tftp://prov.example/x.htm"); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: %v, want %q", name, err, c.want)
		}
	}
}
