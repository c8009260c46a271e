package main

import (
	"context"
	"errors"
	"os/signal"
	"syscall"
	"time"

	"github.com/coreos/go-systemd/v22/daemon"
	"golang.org/x/crypto/ssh"
	"golang.org/x/sync/errgroup"

	"snomredirect/cmd/snomredirect/lines"
)

// drainTime bounds how long requests and sessions may take to finish at the end.
const drainTime = 10 * time.Second

// logTime bounds how long the lines of the log may take to be written at the end.
const logTime = time.Second

// Run runs the service until ctx ends or a server fails.
func (s *serve) Run(ctx context.Context, out output) (err error) {
	signal.Ignore(syscall.SIGPIPE) // a log that can't be written is no reason to end
	relaxGC()
	queue := lines.NewQueue(out.stderr, s.logHandler)
	defer queue.Close(logTime)
	log, flush := s.log(queue)
	defer flush()
	v, err := s.open(ctx, log)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, v.close()) }()
	ls, err := s.listen()
	if err != nil {
		return err
	}
	defer ls.close()
	v.secureURL = s.secureURL(ls)
	plugAndPlay, err := v.listenPnP()
	if err != nil {
		return err
	}
	if plugAndPlay != nil {
		defer plugAndPlay.Close()
	}
	// Once nothing else can fail: the password is shown only this time.
	password, err := ensureAdmin(v.db, v.adminKeys, log)
	if err != nil {
		return err
	}
	if password != "" {
		showPassword(out.stderr, password, ls.on("ssh").Addr(), v.hostKey.PublicKey())
	}
	v.warnOfLoops()
	v.warnOfFilesURL()
	v.logDefault()
	warnOfAccess(s.Data, log)
	v.openFiles = v.countFiles(ls)

	group, ctx := errgroup.WithContext(ctx)
	console, servers := v.newConsole(), v.newServers(ctx, ls)
	v.accountsChanged.set(console.Recheck)
	v.metrics.registry.MustRegister(gauges{v.db.CountPhones, v.db.Accounts, console.Sessions, v.recorder.Waiting, v.backups.Last, v.refusing, v.replicaAge, v.guard}, linesDropped(queue.Dropped))
	for _, server := range servers {
		group.Go(server.serve)
	}
	group.Go(func() error { return console.Serve(v.limit(ls.on("ssh"), "ssh")) })
	addresses := ls.addresses()
	if plugAndPlay != nil {
		group.Go(plugAndPlay.Serve)
		addresses = append(addresses, "pnp", plugAndPlay.Addr().String())
	}
	if v.certificate != nil {
		// Not in the group: a file that hangs must not delay the end.
		go v.certificate.watch(ctx, v.guard)
	}
	log.Info("SSH host key", "fingerprint", ssh.FingerprintSHA256(v.hostKey.PublicKey()), "type", v.hostKey.PublicKey().Type())
	log.Info("listening", append(addresses, "data", s.Data)...)
	notify(daemon.SdNotifyReady, log)

	<-ctx.Done()
	log.Info("stopping")
	notify(daemon.SdNotifyStopping, log)
	drain, cancel := context.WithTimeout(context.Background(), drainTime)
	defer cancel()
	for _, server := range servers {
		group.Go(func() error { return server.shutdown(drain) })
	}
	group.Go(func() error { console.Shutdown(drain); return nil })
	if plugAndPlay != nil {
		group.Go(plugAndPlay.Close)
	}
	err = group.Wait()
	v.recorder.Close() // so that "stopped" means that contacts are written
	if err != nil {
		return err
	}
	log.Info("stopped")
	return nil
}
