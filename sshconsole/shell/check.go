package shell

import "snomredirect/sshconsole/findings"

// Problems of a check.
var (
	ErrCheckRuns     = refused(codeBusy, "Your account is already running a CHECK: wait for it to end.")
	ErrTooManyChecks = refused(codeBusy, "The service is already running as many CHECKs as it can: try again in a minute.")
)

// checkPhone shows what a phone would choke on in what its setting server sends.
func checkPhone(c *call) error {
	if c.Check == nil {
		return refused(codeInternal, "CHECK is not available here.")
	}
	mac, err := c.mac(c.args[0])
	if err != nil {
		return err
	}
	k, err := c.look(mac)
	if err != nil {
		return err
	}
	mac, contact := k.phone.MAC, k.contact
	switch k.object.State {
	case stateTaken:
		return refused(codeTaken, "%v is registered by another account.", mac)
	case stateUnregistered, stateHeld:
		return refused(codeNotFound, "%v is not registered.", mac)
	}
	report, err := c.Check(c.ctx, findings.Request{Account: c.by.ID, MAC: mac, Model: contact.Model, Firmware: contact.Firmware, URL: k.phone.SettingServer(k.owner)})
	switch {
	case c.ctx.Err() != nil:
		return refused(codeBusy, "Interrupted.")
	case err != nil:
		return err
	case report.Refusal != "":
		return refused(codeForbidden, "%v can't be checked: %s.", mac, report.Refusal)
	}
	c.Log.Info("checked", "mac", mac, "requests", report.Requests, "errors", report.Errors)
	if err := report.Write(c.out, c.json); err != nil || report.Errors > 0 {
		return errReported // a failure to write means that the client has gone
	}
	return nil
}
