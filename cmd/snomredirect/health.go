package main

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"time"
)

type health struct {
	HTTP  string `name:"http" env:"SNOMREDIRECT_HTTP" default:":8080" placeholder:"ADDRESS" help:"Ask the service that answers phones here (${default})."`
	HTTPS string `name:"https" env:"SNOMREDIRECT_HTTPS" placeholder:"ADDRESS" help:"Ask here over HTTPS, where --http is empty."`
}

// Run asks /healthz and fails unless the answer is 200.
func (h *health) Run(ctx context.Context, out output) error {
	scheme, address := "http", h.HTTP
	if h.HTTP == "" && h.HTTPS == "" {
		return fmt.Errorf("--http and --https are both empty: expected host:port or :port: %w", errUsage)
	}
	if address == "" {
		scheme, address = "https", h.HTTPS
	}
	host, port, err := net.SplitHostPort(address)
	if err != nil {
		return fmt.Errorf("--%s %s: expected host:port or :port: %w", scheme, address, errUsage)
	}
	if ip := net.ParseIP(host); host == "" || ip != nil && ip.IsUnspecified() {
		host = "localhost"
	}
	ctx, cancel := context.WithTimeout(ctx, 5*time.Second)
	defer cancel()
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, scheme+"://"+net.JoinHostPort(host, port)+"/healthz", nil)
	if err != nil {
		return err
	}
	// The certificate is for names that phones ask, and not for this one; all
	// that is wanted of this answer is that it comes.
	client := http.Client{Transport: &http.Transport{TLSClientConfig: &tls.Config{InsecureSkipVerify: true}}}
	response, err := client.Do(request)
	if err != nil {
		return fmt.Errorf("no service answers phones at --%s %s: %w", scheme, address, errors.Unwrap(err))
	}
	defer response.Body.Close()
	line, err := io.ReadAll(io.LimitReader(response.Body, 200))
	if err != nil {
		return err
	}
	if response.StatusCode != http.StatusOK {
		return fmt.Errorf("the service is not well: %s: %s", response.Status, strings.TrimSpace(string(line)))
	}
	_, err = fmt.Fprintf(out.stdout, "%s", line)
	return err
}
