package integration

import (
	"context"
	"crypto/tls"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"golang.org/x/crypto/ssh"
)

// peer returns a dialer from an address that begins each connection with a header of
// the PROXY protocol.
func peer(address, header string) func(context.Context, string, string) (net.Conn, error) {
	return func(ctx context.Context, network, target string) (net.Conn, error) {
		d := net.Dialer{LocalAddr: &net.TCPAddr{IP: net.ParseIP(address)}, Timeout: patience}
		conn, err := d.DialContext(ctx, network, target)
		if err == nil {
			_, err = io.WriteString(conn, header)
		}
		return conn, err
	}
}

// through has a client of each listener answered through a dialer, and returns those
// which were not.
func (f flooded) through(dial func(context.Context, string, string) (net.Conn, error), forwarded ...string) (failed []string) {
	c := &http.Client{Timeout: patience, Transport: &http.Transport{
		DisableKeepAlives: true, DialContext: dial, TLSClientConfig: &tls.Config{InsecureSkipVerify: true}}}
	for name, err := range map[string]error{
		"http":  ask(c, "http://"+f.HTTP, forwarded...),
		"https": ask(c, "https://"+f.HTTPS, forwarded...),
		"rds":   call(c, "https://"+f.RDS, f.password, forwarded...),
		"ssh":   f.logIn(dial),
	} {
		if err != nil {
			failed = append(failed, name+": "+err.Error())
		}
	}
	return failed
}

func (f flooded) logIn(dial func(context.Context, string, string) (net.Conn, error)) error {
	text, err := os.ReadFile(filepath.Join(f.folder, "admin.key"))
	if err != nil {
		return err
	}
	signer, err := ssh.ParsePrivateKey(text)
	if err != nil {
		return err
	}
	conn, err := dial(context.Background(), "tcp", f.SSH)
	if err != nil {
		return err
	}
	defer conn.Close()
	_ = conn.SetDeadline(time.Now().Add(patience))
	_, _, _, err = ssh.NewClientConn(conn, f.SSH, &ssh.ClientConfig{
		User: "admin", Auth: []ssh.AuthMethod{ssh.PublicKeys(signer)}, HostKeyCallback: ssh.InsecureIgnoreHostKey()})
	return err
}

// seen waits until the log has n lines of clients at an address, and returns how many
// it has.
func (f flooded) seen(address string, n int) (lines int) {
	for deadline := time.Now().Add(10 * time.Second); ; time.Sleep(10 * time.Millisecond) {
		log, _ := os.ReadFile(filepath.Join(f.folder, "serve.log"))
		if lines = strings.Count(string(log), `"from":"`+address+`:`); lines >= n || time.Now().After(deadline) {
			return lines
		}
	}
}

// What a trusted proxy says of its clients is believed on all listeners, and what others
// say on none.
func TestTrustedProxy(t *testing.T) {
	f := startFlooded(t, "--trusted-proxy", "127.0.0.9", "--trusted-proxy", "127.0.8.0/24", "--log-level", "debug")
	v2 := "\r\n\r\n\x00\r\nQUIT\n\x21\x11\x00\x0c\xcb\x00\x71%s\x7f\x00\x00\x01\x00\x09\x00\x50" // from 203.0.113.x
	local := "\r\n\r\n\x00\r\nQUIT\n\x20\x00\x00\x00"
	for _, test := range []struct{ proxy, header, client string }{
		{"127.0.0.9", "PROXY TCP4 203.0.113.1 127.0.0.1 9 80\r\n", "203.0.113.1"},
		{"127.0.8.1", fmt.Sprintf(v2, "\x02"), "203.0.113.2"},
		{"127.0.8.2", "PROXY TCP6 2001:db8::7 ::1 9 80\r\n", "[2001:db8::7]"},
		{"127.0.8.3", "PROXY UNKNOWN\r\n", "127.0.8.3"},
		{"127.0.8.4", local, "127.0.8.4"},
		{"127.0.8.5", "", "127.0.8.5"},
	} {
		if failed := f.through(peer(test.proxy, test.header)); failed != nil {
			t.Errorf("%q from %s: %q", test.header, test.proxy, failed)
		}
		if n := f.seen(test.client, 4); n != 4 {
			t.Errorf("%q from %s: the log has %d of 4 lines of %s", test.header, test.proxy, n, test.client)
		}
	}
	// SSH allows lines before the version, so it ignores a header in text.
	for header, refused := range map[string]int{"PROXY TCP4 203.0.113.3 127.0.0.1 9 80\r\n": 3, fmt.Sprintf(v2, "\x03"): 4} {
		if failed := f.through(peer("127.0.0.8", header)); len(failed) != refused {
			t.Errorf("%q from another: %q failed; want %d", header, failed, refused)
		}
	}
	// Over SSH the proxy itself is seen.
	for _, test := range []struct {
		peer   string
		header []string
		client string
		lines  int
	}{
		{"127.0.8.6", []string{"203.0.113.4, 203.0.113.5, 127.0.0.9"}, "203.0.113.5", 3},
		{"127.0.8.6", []string{"203.0.113.4", "10.0.0.6"}, "10.0.0.6", 3}, // private networks are not trusted unless named
		{"127.0.8.6", []string{"2001:db8::8"}, "[2001:db8::8]", 3},
		{"127.0.8.7", []string{"203.0.113.4, nonsense"}, "127.0.8.7", 4},
		{"127.0.0.7", []string{"203.0.113.4"}, "127.0.0.7", 4},
	} {
		if failed := f.through(peer(test.peer, ""), test.header...); failed != nil {
			t.Errorf("%q from %s: %q", test.header, test.peer, failed)
		}
		if n := f.seen(test.client, test.lines); n != test.lines {
			t.Errorf("%q from %s: the log has %d of %d lines of %s", test.header, test.peer, n, test.lines, test.client)
		}
	}
	for _, address := range []string{"203.0.113.3", "203.0.113.4"} {
		log, err := os.ReadFile(filepath.Join(f.folder, "serve.log"))
		if err != nil || strings.Contains(string(log), `"from":"`+address+`:`) {
			t.Errorf("the log has %s, or %v", address, err)
		}
	}
}
