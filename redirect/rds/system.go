package rds

import (
	"errors"
	"strings"
	"time"

	"snomredirect/store"
)

// maxCalls bounds the calls of a system.multicall. On a slow disk each change takes
// some 20 ms; see also [maxRun].
const maxCalls = 4096

func listMethods(*call) (reply, error) { return textsReply(methodNames()), nil }

func methodHelp(c *call) (reply, error) {
	m, err := find(strings.TrimSpace(c.params[0].text))
	if err != nil {
		return reply{}, err
	}
	return stringReply(m.help + " Parameters: " + m.usage + "."), nil
}

// multicall runs calls one after another. Each has a transaction, an entry in the
// history and a result of its own. Together they list at most as many phones as a
// list may have.
func multicall(c *call) (reply, error) {
	items := c.params[0].items
	if len(items) > maxCalls {
		return reply{}, faultf(wrongParams, "system.multicall: expected at most %d calls, not %d: send them in several.", maxCalls, len(items))
	}
	budget := maxList
	results, outcome := make([]reply, len(items)), Done
	var stopped *fault // why no further call runs
	for i, item := range items {
		if err := c.ctx.Err(); err != nil {
			return reply{}, err
		}
		if stopped == nil && time.Now().After(c.deadline) {
			stopped = busy
		}
		if stopped == nil {
			// The account may have been disabled since the last call.
			account, err := c.again()
			if err == nil {
				results[i], err = c.runPart(item, account, &budget)
			}
			if err == nil {
				continue
			}
			f := c.faultOf(err)
			if results[i] = f.reply(); f != unauthorized && f != busy {
				if f == failed {
					outcome = Failed
				}
				continue
			}
			stopped = f
		}
		results[i] = stopped.reply()
	}
	r := resultsReply(results)
	r.outcome = outcome
	return r, nil
}

// runPart runs one call of a system.multicall.
func (c *call) runPart(item value, account store.Account, budget *int) (reply, error) {
	parsed, err := item.asCall()
	if err != nil {
		return reply{}, err
	}
	part := *c
	part.methodCall, part.account, part.budget, part.start = parsed, account, budget, time.Now()
	return part.run()
}

// faultOf returns the fault for an error of one call. Internal errors are only
// logged.
func (c *call) faultOf(err error) *fault {
	var (
		f           *fault
		unavailable unavailable
	)
	switch {
	case errors.As(err, &f):
		return f
	case errors.Is(err, store.ErrDenied):
		return unauthorized
	case errors.As(err, &unavailable):
		return busy
	case c.ctx.Err() == nil:
		c.Log.Error("call", "error", err)
	}
	return failure(err)
}

// asCall returns the call that a struct describes.
func (v value) asCall() (c methodCall, err error) {
	err = faultf(wrongParams, "system.multicall: expected %s.", methods["system.multicall"].usage)
	if v.kind != structure || len(v.items) > 4 {
		return c, err
	}
	named := false
	for i := 0; i < len(v.items); i += 2 {
		switch name, member := v.items[i].text, v.items[i+1]; {
		case name == "methodName" && !named && member.kind == text:
			c.method, named = strings.TrimSpace(member.text), true
		case name == "params" && c.params == nil && member.kind == array:
			c.params = member.items
		default:
			return c, err
		}
	}
	if !named {
		return c, err
	}
	if c.method == "system.multicall" {
		return c, faultf(wrongParams, "system.multicall: expected calls of other methods.")
	}
	return c, nil
}
