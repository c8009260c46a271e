package rds

import (
	"bufio"
	"compress/flate"
	"compress/gzip"
	"errors"
	"io"
	"net/http"
	"strings"
)

// maxBody bounds the body of a call, in bytes, also when it is decompressed.
const maxBody = 4 << 20

var errEncoding = errors.New("unsupported Content-Encoding")

// body returns a reader of the call in a request's body, which may be compressed.
// The error is errEncoding if the compression is not gzip.
func body(w http.ResponseWriter, r *http.Request) (io.Reader, error) {
	if r.ContentLength > maxBody {
		return nil, &http.MaxBytesError{Limit: maxBody}
	}
	sent := http.MaxBytesReader(w, r.Body, maxBody)
	switch strings.ToLower(strings.TrimSpace(strings.Join(r.Header.Values("Content-Encoding"), ","))) {
	case "", "identity":
		return sent, nil
	case "gzip", "x-gzip":
		return http.MaxBytesReader(w, &gunzip{sent: bufio.NewReader(sent)}, maxBody), nil
	}
	return nil, errEncoding
}

// A gunzip decompresses one gzip stream, and nothing after it: thousands of empty
// streams would take long. Its errors are faults or those of the body.
type gunzip struct {
	sent *bufio.Reader
	z    *gzip.Reader // nil before the first Read
}

func (g *gunzip) Read(p []byte) (n int, err error) {
	if g.z == nil {
		if g.z, err = gzip.NewReader(g.sent); err != nil {
			g.z = nil
			return 0, gzipError(err)
		}
		g.z.Multistream(false)
	}
	n, err = g.z.Read(p)
	if err == io.EOF {
		if _, err = g.sent.ReadByte(); err == nil {
			err = faultf(notWellFormed, "Expected nothing after the end of the gzip data.")
		}
	}
	return n, gzipError(err)
}

func (g *gunzip) Close() error { return nil }

// gzipError returns a fault if err is about the data, and otherwise err.
func gzipError(err error) error {
	var corrupt flate.CorruptInputError
	if errors.Is(err, gzip.ErrHeader) || errors.Is(err, gzip.ErrChecksum) || errors.As(err, &corrupt) {
		return faultf(notWellFormed, "Expected data in the gzip format, as the Content-Encoding says.")
	}
	return err
}
