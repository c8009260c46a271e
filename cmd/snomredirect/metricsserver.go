package main

import (
	"context"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/http/pprof"
	"strconv"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/promhttp"
	"golang.org/x/net/netutil"
)

// Limits on those who measure.
const (
	maxMeasuring = 64 // connections
	profileTime  = 2 * time.Minute
)

// newMetricsServer serves metrics and profiles at l, and asks nobody who he is.
// Profiles under way end with ctx.
func newMetricsServer(ctx context.Context, l net.Listener, metrics prometheus.Gatherer, log *slog.Logger) httpServer {
	s := webServer(boundProfiles(measured(metrics, log)), nil, log)
	s.BaseContext = func(net.Listener) context.Context { return ctx }
	return httpServer{s, netutil.LimitListener(l, maxMeasuring)}
}

// boundProfiles refuses what takes longer than profileTime: the library gives
// each page as many seconds as it is asked for, above the server's own limit.
func boundProfiles(h http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if text := r.URL.Query().Get("seconds"); text != "" {
			if n, err := strconv.ParseFloat(text, 64); err != nil || !(n > 0 && n <= profileTime.Seconds()) {
				http.Error(w, fmt.Sprintf("seconds: expected a number up to %v", profileTime.Seconds()), http.StatusBadRequest)
				return
			}
		}
		h.ServeHTTP(w, r)
	})
}

func measured(metrics prometheus.Gatherer, log *slog.Logger) http.Handler {
	mux := http.NewServeMux()
	mux.Handle("GET /metrics", promhttp.HandlerFor(metrics, promhttp.HandlerOpts{
		ErrorHandling:       promhttp.ContinueOnError,
		MaxRequestsInFlight: 4, // each looks all accounts up
		ErrorLog:            slog.NewLogLogger(log.Handler(), slog.LevelError),
	}))
	// The package registers them elsewhere by itself, where nothing serves them.
	mux.HandleFunc("GET /debug/pprof/", pprof.Index)
	mux.HandleFunc("GET /debug/pprof/cmdline", pprof.Cmdline)
	mux.HandleFunc("GET /debug/pprof/profile", pprof.Profile)
	mux.HandleFunc("GET /debug/pprof/symbol", pprof.Symbol)
	mux.HandleFunc("POST /debug/pprof/symbol", pprof.Symbol)
	mux.HandleFunc("GET /debug/pprof/trace", pprof.Trace)
	mux.HandleFunc("GET /{$}", func(w http.ResponseWriter, _ *http.Request) {
		_, _ = io.WriteString(w, "snomredirect\n\n/metrics        for Prometheus\n/debug/pprof/   for go tool pprof\n")
	})
	return mux
}
