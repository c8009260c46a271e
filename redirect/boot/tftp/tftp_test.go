package tftp

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/netip"
	"slices"
	"strings"
	"testing"
	"time"

	"snomredirect/redirect/boot/tftp/tftptest"
)

// content returns a file of n bytes.
func content(n int) string {
	var b strings.Builder
	for i := 0; b.Len() < n; i++ {
		fmt.Fprintf(&b, "a%d: 1\n", i)
	}
	return b.String()[:n]
}

// read reads a file.
func read(ctx context.Context, s *tftptest.Server, name string) (string, error) {
	f, err := Open(ctx, nil, s.Addr, name)
	if err != nil {
		return "", err
	}
	text, err := io.ReadAll(f)
	return string(text), errors.Join(err, f.Close())
}

// Files of all lengths arrive, with and without options: an empty last block ends those
// that are a multiple of the block size.
func TestLengths(t *testing.T) {
	for _, noOptions := range []bool{false, true} {
		for _, n := range []int{0, 1, 511, 512, 513, 1024, 1427, 1428, 1429, 2856, 20_000} {
			s := (&tftptest.Server{Files: map[string]string{"a/x.htm": content(n)}, NoOptions: noOptions}).Start(t)
			if got, err := read(t.Context(), s, "a/x.htm"); err != nil || got != content(n) {
				t.Errorf("no options %v, %d bytes: got %d, %v", noOptions, n, len(got), err)
			}
		}
	}
	s := (&tftptest.Server{Files: map[string]string{"x": "a: 1\n"}}).Start(t)
	if _, err := read(t.Context(), s, "x"); err != nil {
		t.Fatal(err)
	}
	if got := s.Received(); got[0] != "RRQ x octet blksize 1428" {
		t.Errorf("%q", got)
	}
}

// Block numbers start over after 65535.
func TestManyBlocks(t *testing.T) {
	size := 0
	transfer := transfer{requested: blockSize}
	for i := range 65536 + 10 {
		data, reply, err := transfer.take(packet{kind: dataPacket, number: uint16(i + 1), data: make([]byte, defaultBlockSize)})
		if err != nil || reply == nil {
			t.Fatalf("block %d: %v", i, err)
		}
		size += len(data)
	}
	if size != (65536+10)*defaultBlockSize {
		t.Error(size)
	}
}

// What is lost is requested again, and no block is acknowledged twice because it came
// twice: this server would then send all further ones twice.
func TestLossAndRepetition(t *testing.T) {
	file := content(10 * blockSize)
	lost := false
	for name, c := range map[string]struct {
		mangle func(client netip.AddrPort, n int, packet []byte) [][]byte
		again  int // packets that the client sends again
	}{
		"first packet lost": {func(_ netip.AddrPort, n int, p []byte) [][]byte {
			first := !lost // of the first of two transfers
			lost = true
			return ifNot(first, p)
		}, 0},
		"data lost": {func(_ netip.AddrPort, n int, p []byte) [][]byte { return ifNot(n == 4, p) }, 1},
		"all twice": {func(_ netip.AddrPort, n int, p []byte) [][]byte { return [][]byte{p, p} }, 0},
		"early": {func(_ netip.AddrPort, n int, p []byte) [][]byte {
			return [][]byte{tftptest.Data(uint16(n+2), "early"), p}
		}, 0},
		"malformed first": {func(_ netip.AddrPort, n int, p []byte) [][]byte {
			return [][]byte{{}, {0}, {0, 9, 0}, {0, 3, 0}, {0, 1, 0, 0}, p}
		}, 0},
		"options again": {func(_ netip.AddrPort, n int, p []byte) [][]byte {
			return [][]byte{p, []byte("\x00\x06blksize\x008\x00")}
		}, 0},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := &tftptest.Server{Files: map[string]string{"x": file}, Mangle: c.mangle}
			got, err := read(t.Context(), s.Start(t), "x")
			if err != nil || got != file {
				t.Errorf("got %d bytes, %v", len(got), err)
			}
			acks := slices.DeleteFunc(s.Received(), func(r string) bool { return !strings.HasPrefix(r, "ACK") })
			if want := 11 + c.again; len(acks) > want+1 || len(acks) < want { // the last may not have arrived yet
				t.Errorf("%d acknowledgements, want about %d: %q", len(acks), want, acks)
			}
		})
	}
}

func ifNot(lost bool, p []byte) [][]byte {
	if lost {
		return nil
	}
	return [][]byte{p}
}

// Only the server's address, and then only the port that it answered from, is heard.
func TestElsewhere(t *testing.T) {
	other, err := net.ListenUDP("udp", &net.UDPAddr{IP: net.IPv4(127, 0, 0, 1)})
	if err != nil {
		t.Fatal(err)
	}
	defer other.Close()
	foreign, err := net.ListenUDP("udp", &net.UDPAddr{IP: net.IPv4(127, 0, 0, 2)})
	if err != nil {
		t.Skip("needs 127.0.0.2, as on Linux")
	}
	defer foreign.Close()
	file := content(3 * blockSize)
	s := &tftptest.Server{Files: map[string]string{"x": file}}
	s.Mangle = func(client netip.AddrPort, n int, p []byte) [][]byte {
		_, _ = foreign.WriteToUDPAddrPort(tftptest.Data(uint16(max(n, 1)), strings.Repeat("f", blockSize)), client)
		_, _ = foreign.WriteToUDPAddrPort(tftptest.Error(1, ""), client)
		if n > 0 {
			_, _ = other.WriteToUDPAddrPort(tftptest.Data(uint16(n), strings.Repeat("o", blockSize)), client)
			_, _ = other.WriteToUDPAddrPort(tftptest.Error(1, ""), client)
		}
		return [][]byte{p}
	}
	if got, err := read(t.Context(), s.Start(t), "x"); err != nil || got != file {
		t.Errorf("got %d bytes, %v", len(got), err)
	}
}

// Errors say what the server reported, in our words where it gives a code.
func TestErrors(t *testing.T) {
	for code, want := range map[uint16]string{
		1: "the TFTP server reported: file not found", 2: "the TFTP server reported: access violation", 8: "the TFTP server reported: option refused", 99: "the TFTP server reported error 99",
	} {
		s := (&tftptest.Server{Code: code}).Start(t)
		_, err := read(t.Context(), s, "x")
		if reported := (*Error)(nil); !errors.As(err, &reported) || err.Error() != want {
			t.Errorf("%d: %v, want %s", code, err, want)
		}
		if got := s.Received(); code == 8 && !slices.Equal(got, []string{"RRQ x octet blksize 1428", "RRQ x octet"}) {
			t.Errorf("%q", got)
		}
	}
	if err := (&Error{Text: strings.Repeat("\x1b", 1000)}); len(err.Error()) > 500 || strings.Contains(err.Error(), "\x1b") {
		t.Error(err)
	}
	for name, packet := range map[string][]byte{
		"set options that were not requested": []byte("\x00\x06timeout\x001\x00"),
		"options that were not requested":     []byte("\x00\x06blksize\x009999\x00"),
		"not requested":                       []byte("\x00\x06blksize\x007\x00"),
		"longer than agreed":                  tftptest.Data(1, content(513)),
	} {
		s := &tftptest.Server{Files: map[string]string{"x": ""}, Mangle: func(netip.AddrPort, int, []byte) [][]byte { return [][]byte{packet} }}
		if _, err := read(t.Context(), s.Start(t), "x"); err == nil || !strings.Contains(err.Error(), name) {
			t.Errorf("%v, want %q", err, name)
		}
	}
	s := (&tftptest.Server{}).Start(t)
	for _, name := range []string{"", "a\x00b", strings.Repeat("x", 500)} {
		if _, err := read(t.Context(), s, name); err == nil || len(s.Received()) != 0 {
			t.Errorf("%q: %v", name, err)
		}
	}
}

// Who stops reading tells the server so.
func TestClose(t *testing.T) {
	s := (&tftptest.Server{Files: map[string]string{"x": content(100_000)}}).Start(t)
	f, err := Open(t.Context(), nil, s.Addr, "x")
	if err != nil {
		t.Fatal(err)
	}
	if _, err := io.ReadFull(f, make([]byte, 2000)); err != nil {
		t.Error(err)
	}
	if err := f.Close(); err != nil {
		t.Error(err)
	}
	if n, err := f.Read(make([]byte, 10)); n != 0 || err == nil || err == io.EOF {
		t.Errorf("%d bytes after Close, %v", n, err)
	}
	for got := s.Received(); got[len(got)-1] != "ERROR 0"; got = s.Received() {
		time.Sleep(time.Millisecond)
	}
}

// A server that never answers, or no longer, ends with the context.
func TestContext(t *testing.T) {
	silent := (&tftptest.Server{Files: map[string]string{"x": content(10_000)}, Mangle: func(_ netip.AddrPort, n int, p []byte) [][]byte { return ifNot(n > 2, p) }}).Start(t)
	ctx, cancel := context.WithCancel(t.Context())
	f, err := Open(ctx, nil, silent.Addr, "x")
	if err != nil {
		t.Fatal(err)
	}
	if _, err := io.ReadFull(f, make([]byte, 2*blockSize)); err != nil {
		t.Fatal(err)
	}
	cancel()
	if _, err := f.Read(make([]byte, 1)); err != context.Canceled {
		t.Error(err)
	}
	if err := f.Close(); err != nil {
		t.Error(err)
	}
	ctx, cancel = context.WithTimeout(t.Context(), 1)
	defer cancel()
	_, err = Open(ctx, nil, silent.Addr, "x")
	if late := net.Error(nil); !errors.As(err, &late) || !late.Timeout() {
		t.Error(err)
	}
}

// A dialer's refusal, which is about the address, is returned before a packet is sent.
func TestDial(t *testing.T) {
	s := (&tftptest.Server{}).Start(t)
	refused := errors.New("not there")
	_, err := Open(t.Context(), func(_ context.Context, network, address string) (net.Conn, error) {
		if network != "udp" || address != s.Addr {
			t.Error(network, address)
		}
		return nil, refused
	}, s.Addr, "x")
	if err != refused || len(s.Received()) != 0 {
		t.Error(err, s.Received())
	}
}

func FuzzParse(f *testing.F) {
	for _, seed := range [][]byte{tftptest.Data(1, "a: 1\n"), tftptest.Error(1, "File not found"), []byte("\x00\x06blksize\x001428\x00"), []byte("\x00\x06a\x00b"), acknowledge(1), {0}} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		p, err := parse(b)
		if err != nil {
			return
		}
		state := transfer{requested: blockSize}
		data, reply, err := state.take(p)
		if !bytes.HasSuffix(b, data) || len(data) > defaultBlockSize || len(reply) > maxRequest || (data != nil) != (p.kind == dataPacket && err == nil && reply != nil) {
			t.Fatalf("%+v: %q, %q, %v", p, data, reply, err)
		}
		if state.blockSize > blockSize || err == nil && reply != nil && state.blockSize < smallestBlockSize {
			t.Fatalf("%+v: blocks of %d bytes", p, state.blockSize)
		}
		if again, second, _ := state.take(p); err == nil && reply != nil && (again != nil || second != nil) {
			t.Fatalf("%+v: %q, %q for the same again", p, again, second)
		}
	})
}
