package shell

import (
	"errors"

	"snomredirect/sshconsole/apikeys"
	"snomredirect/store"
)

// apiCommands are those about the caller's API keys.
var apiCommands = []*command{
	{group: further, usage: "API ADD [<comment>]", summary: "Add an API key for a tool and show it once.", example: "api add falconieri", run: apiAdd, changes: accounts},
	{group: further, usage: "API LIST", summary: "List your API keys.", example: "api list", run: apiList},
	{group: further, usage: "API REMOVE <id>", summary: "Remove an API key.", example: "api remove k3s5yq2wd4abcdef", run: apiRemove, changes: accounts},
}

// accountAPICommands are those about the API keys of the account that is named.
var accountAPICommands = []*command{
	{group: operator, usage: "ACCOUNT API <name> ADD [<comment>]", summary: "Add an API key for a tool and show it once.", example: "account api acme add falconieri", run: accountAPI(apiAddFor), changes: accounts},
	{group: operator, usage: "ACCOUNT API <name> LIST", summary: "List an account's API keys.", example: "account api acme list", run: accountAPI(apiListOf)},
	{group: operator, usage: "ACCOUNT API <name> REMOVE <id>", summary: "Remove an account's API key.", example: "account api acme remove k3s5yq2wd4abcdef", run: accountAPI(apiRemoveOf), changes: accounts},
}

func apiAdd(c *call) error    { return apiAddFor(c, c.apiKeys(c.by), c.args[0]) }
func apiList(c *call) error   { return apiListOf(c, c.apiKeys(c.by), "") }
func apiRemove(c *call) error { return apiRemoveOf(c, c.apiKeys(c.by), c.args[0]) }

// accountAPI returns a command that runs f with the API keys of the account that the
// first argument names, and the second argument.
func accountAPI(f func(c *call, v apikeys.View, arg string) error) func(*call) error {
	return func(c *call) error {
		a, err := c.account(c.args[0])
		if err != nil {
			return err
		}
		arg := ""
		if len(c.args) > 1 {
			arg = c.args[1]
		}
		return f(c, c.apiKeys(a), arg)
	}
}

func (c *call) apiKeys(a store.Account) apikeys.View {
	return apikeys.View{Registry: c.Registry, Account: a, DryRun: c.dryRun}
}

func apiAddFor(c *call, v apikeys.View, comment string) error {
	if c.MakeAPIKey == nil {
		return refused(codeInternal, "%s is not available here: the service runs without --sraps.", c.cmd.words())
	}
	comment, err := store.ParseAPIComment(comment)
	if err != nil {
		return misunderstood(codeUsage, "The comment: %v.", err)
	}
	o, err := v.Add(c.audit(""), c.MakeAPIKey, comment)
	switch {
	case err != nil:
		return explainAPI(v, err)
	case c.json:
		c.object(o)
	case c.dryRun:
		c.answer(o, "%s would have another API key.\n", o.Account)
	default:
		c.field("ID", o.ID)
		c.field("Key", o.Key)
	}
	c.noted = []any{"owner", o.Account, "api_key", o.ID}
	return nil
}

func apiListOf(c *call, v apikeys.View, _ string) error {
	all, err := v.List()
	if err != nil || !c.json {
		return errors.Join(err, apikeys.Write(c.out, all))
	}
	for _, o := range all {
		c.object(o)
	}
	return nil
}

func apiRemoveOf(c *call, v apikeys.View, id string) error {
	o, err := v.Remove(c.audit(""), id)
	if err != nil {
		return explainAPI(v, err)
	}
	c.noted = []any{"owner", o.Account, "api_key", o.ID}
	c.answer(o, "API key %s %s.\n", o.ID, c.did("removed"))
	return nil
}

// explainAPI words an error about the API keys of an account.
func explainAPI(v apikeys.View, err error) error {
	switch {
	case errors.Is(err, store.ErrNoAPIKey):
		return refused(codeNotFound, "%s has no such API key: API LIST or ACCOUNT API %s LIST shows the IDs.", v.Account.Name, v.Account.Name)
	case errors.Is(err, store.ErrTooManyAPIKeys):
		return refused(codeForbidden, "%s would have more than %d API keys: remove some first.", v.Account.Name, store.MaxAPIKeys)
	}
	return explain(err, string(v.Account.Name))
}
