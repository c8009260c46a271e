package main

import (
	"net"

	"snomredirect/cmd/snomredirect/connlimit"
	"snomredirect/redirect"
	"snomredirect/sshconsole"
	"snomredirect/sshconsole/explanation"
	"snomredirect/sshconsole/shell"
	"snomredirect/store"
)

// claimURL returns what begins the URL at which phones prove claims, or "" if they
// can't.
func (v *service) claimURL() string {
	switch {
	case v.phoneCAs == nil:
		return ""
	case len(v.flags.PublicName) == 0:
		return "https://<name-of-this-service>" + redirect.ClaimPath
	}
	return "https://" + v.flags.PublicName[0] + redirect.ClaimPath
}

func (v *service) newConsole() *sshconsole.Server {
	checks := newChecks(v.publicNames, v.flags.CheckPrivate)
	checks.own = v.ownFiles
	return sshconsole.NewServer(sshconsole.Config{
		Shell: shell.New(shell.Config{
			Registry:    v.db,
			PublicNames: v.publicNames,
			AdminKeys:   v.adminKeys,
			Contacts:    v.recorder,
			LastLogin:   v.passwords.LastLogin,
			Tried:       v.recorder.Unregistered,
			Explain:     v.explainer(),
			PnP:         v.flags.PnP != "",
			Check:       checks.run,
			Status:      v.status,
			Nodes:       v.nodes(),
			Stale:       v.stale,
			Backup:      v.backups.begin,
			Files:       v.consoleFiles(),
			MakeAPIKey:  v.makeAPIKey(),
			ClaimURL:    v.claimURL(),
			Turn:        v.turns.take,
		}),
		Accounts:       v.accounts(),
		HostKey:        v.hostKey,
		Password:       v.checkPassword,
		Legacy:         v.flags.SSHLegacy,
		Log:            v.log,
		LogRefusal:     newLogLimit(v.logBudget).allow,
		LogNegotiation: newLogLimit(v.logBudget).allow,
		LoggedIn: func(conn net.Conn, account store.AccountID) {
			v.passwords.Remember(account, store.ClientAddr(conn.RemoteAddr().String()))
			if c, ok := conn.(*connlimit.Conn); ok {
				c.Release() // limits on accounts apply now
			}
		},
		ObserveLogin:   v.metrics.login,
		ObserveSession: v.metrics.session,
		ObservePanic:   v.metrics.consolePanic,
	})
}

// explainer returns a function that explains the reply to a phone.
func (v *service) explainer() func(explanation.Request) explanation.Reply {
	request, subscription := redirect.Explainer(v.phones()), redirect.SubscriptionExplainer(v.phones())
	return func(r explanation.Request) explanation.Reply {
		if r.Protocol == store.PnP {
			return explanation.Reply(subscription(redirect.Subscription{MAC: r.MAC, Model: r.Model, Firmware: r.Firmware}))
		}
		return explanation.Reply(request(r.Path, r.UserAgent))
	}
}
