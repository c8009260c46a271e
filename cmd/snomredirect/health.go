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
	HTTP  string `name:"http" default:":8080" placeholder:"ADDRESS" help:"Check the service at this HTTP address (${default})."`
	HTTPS string `name:"https" placeholder:"ADDRESS" help:"Check the service at this HTTPS address, if --http is empty."`
}

// Run requests /readyz, prints what it says, and fails unless the status is 200.
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
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, scheme+"://"+net.JoinHostPort(host, port)+"/readyz", nil)
	if err != nil {
		return err
	}
	// The certificate has the names that phones use, not localhost, and nothing
	// secret is sent: it need not be verified.
	client := http.Client{Transport: &http.Transport{TLSClientConfig: &tls.Config{InsecureSkipVerify: true}}}
	response, err := client.Do(request)
	if err != nil {
		return fmt.Errorf("no service at --%s %s: %w", scheme, address, errors.Unwrap(err))
	}
	defer response.Body.Close()
	line, err := io.ReadAll(io.LimitReader(response.Body, 200))
	if err != nil {
		return err
	}
	if response.StatusCode != http.StatusOK {
		return fmt.Errorf("the service is unhealthy: %s: %s", response.Status, strings.TrimSpace(string(line)))
	}
	_, err = fmt.Fprintf(out.stdout, "%s", line)
	return err
}
