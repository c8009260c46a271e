package sraps

import (
	"errors"
	"net/http"
	"strconv"
	"strings"

	"snomredirect/macaddr"
	"snomredirect/store"
)

// An endpoint is a phone as tools send and get it.
type endpoint struct {
	MAC     string           `json:"mac"`
	Enabled flag             `json:"autoprovisioning_enabled"`
	Setting map[string]value `json:"settings_manager"` // UUID of a setting → value
	// URL is the phone's own setting server too: nethesis/falconieri sends it here.
	URL     string `json:"provisioning_url,omitempty"`
	Profile string `json:"provisioning_profile,omitempty"` // a UUID; it is not kept
}

// A value is that of a setting. Phones get setting_server with the flag $, which is RW.
type value struct {
	Value string `json:"value"`
	Attrs attrs  `json:"attrs"`
}

type attrs struct {
	Perm string `json:"perm"`
}

// newEndpoint returns a registered phone. One without a URL of its own has no setting.
func newEndpoint(p store.Phone) endpoint {
	e := endpoint{MAC: p.MAC.String(), Enabled: true, Setting: map[string]value{}, URL: p.URL.String()}
	if e.URL != "" {
		e.Setting[SettingServer] = value{e.URL, attrs{"RW"}}
	}
	return e
}

// ownURL returns the URL that a tool has sent as the phone's own, or "".
func (e endpoint) ownURL() (string, error) {
	url := e.URL
	for uuid, v := range e.Setting {
		switch {
		case !strings.EqualFold(uuid, SettingServer):
			return "", refusef(http.StatusUnprocessableEntity, "settings_manager has the setting %.40q: expected only setting_server, which is %s.", uuid, SettingServer)
		case v.Attrs.Perm != "" && v.Attrs.Perm != "RW" && v.Attrs.Perm != "$":
			return "", refusef(http.StatusUnprocessableEntity, "setting_server has the perm %.20q: expected RW, because it can always be changed on the phone.", v.Attrs.Perm)
		case url != "" && v.Value != "" && url != v.Value:
			return "", refusef(http.StatusUnprocessableEntity, "provisioning_url and setting_server differ: expected one of them.")
		case v.Value != "":
			url = v.Value
		}
	}
	return strings.TrimSpace(url), nil
}

// mac parses the MAC in the path: a whole one, in any notation.
func (c *call) mac() (macaddr.Addr, error) {
	if err := c.checkCompany(); err != nil {
		return macaddr.Addr{}, err
	}
	return parseMAC(c.Param("mac"))
}

func parseMAC(s string) (macaddr.Addr, error) {
	a, err := macaddr.Parse(s)
	if err != nil {
		return a, refusef(http.StatusUnprocessableEntity, invalidMAC+": %.40q is not a MAC: expected twelve hex digits, such as 0004132202E4.", s)
	}
	return a, nil
}

// putEndpoint registers a phone.
func putEndpoint(c *call) (reply, error) {
	mac, err := c.mac()
	if err != nil {
		return reply{}, err
	}
	e := endpoint{Enabled: true}
	if err := c.decode(&e); err != nil {
		return reply{}, err
	}
	if e.MAC != "" {
		switch same, err := parseMAC(e.MAC); {
		case err != nil:
			return reply{}, err
		case same != mac:
			return reply{}, refusef(http.StatusUnprocessableEntity, "The body has the MAC %v and the path %v: expected the same.", same, mac)
		}
	}
	if !e.Enabled {
		return reply{}, refusef(http.StatusUnprocessableEntity, "autoprovisioning_enabled is false: a registered phone is always redirected. DELETE deregisters it.")
	}
	own, err := e.ownURL()
	if err != nil {
		return reply{}, err
	}
	var url store.URL
	if own != "" {
		if url, err = c.PublicNames.ParseURL(own); err != nil {
			return reply{}, refusef(http.StatusUnprocessableEntity, "malformed_url: %.200q: %v.", own, err)
		}
	}
	if err := c.checkProfile(e.Profile); err != nil {
		return reply{}, err
	}
	r, err := c.change(store.RuleRegister, mac, url)
	if err != nil {
		return reply{}, err
	}
	answer := ok(newEndpoint(r.Next))
	if r.Prev.Owner != c.account.ID || r.Prev.Held() {
		answer.status = http.StatusCreated
	}
	return answer, nil
}

// deleteEndpoint deregisters a phone.
func deleteEndpoint(c *call) (reply, error) {
	mac, err := c.mac()
	if err != nil {
		return reply{}, err
	}
	_, err = c.change(store.RuleDeregister, mac, store.URL{})
	return reply{status: http.StatusNoContent}, err
}

// getEndpoint returns a phone of the account.
func getEndpoint(c *call) (reply, error) {
	mac, err := c.mac()
	if err != nil {
		return reply{}, err
	}
	p, err := c.Phones.Phone(mac)
	if err != nil && !errors.Is(err, store.ErrNotFound) {
		return reply{}, err
	}
	switch limited := c.Phones.MayKnow(c.account, p); {
	case limited != nil:
		err = limited
	case err == nil && p.Owner != c.account.ID:
		err = store.ErrTaken
	case err == nil && p.Held():
		err = store.ErrNotFound
	}
	if err != nil {
		return reply{}, explain(err, mac)
	}
	return ok(newEndpoint(p)), nil
}

// change changes one phone, and logs it.
func (c *call) change(rule store.Rule, mac macaddr.Addr, url store.URL) (store.Result, error) {
	results, err := c.Phones.Change(store.Batch{
		Audit: c.audit(url.String()),
		Rule:  rule, Owner: c.account.ID, From: c.account.ID, Atomic: true,
		Changes: []store.Change{{MAC: mac, URL: url}},
	})
	if err != nil {
		return store.Result{}, err
	}
	r := results[0]
	if r.Err != nil {
		return r, explain(r.Err, mac)
	}
	if r.Prev != r.Next {
		c.logChange(url.String(), "phones", 1, "mac", mac.String())
	}
	return r, nil
}

// logChange logs what a call has changed.
func (c *call) logChange(detail string, attrs ...any) {
	c.Log.Info("changed", append([]any{"account", c.account.Name, "from", c.from, "by", "API key over SRAPS", "api_key", c.key, "user_agent", c.agent,
		"command", strings.TrimSpace(c.command() + " " + detail)}, attrs...)...)
}

// Bounds of pages. NGCP reads only the first page, and finds a phone to deregister there:
// it is as long as an account's phones by default.
const (
	maxPage  = store.DefaultQuota
	readPage = 500 // phones that are read from the store at a time
)

// pageSize returns how many endpoints the tool wants on a page.
func (c *call) pageSize() (int, error) {
	text := c.QueryParam("page_size")
	if text == "" {
		return maxPage, nil
	}
	n, err := strconv.Atoi(text)
	if err != nil || n < 1 {
		return 0, refusef(http.StatusUnprocessableEntity, "page_size is %.20q: expected a number from 1 to %d.", text, maxPage)
	}
	return min(n, maxPage), nil
}

// listEndpoints returns a page of the account's phones, in the order of their MACs.
func listEndpoints(c *call) (reply, error) {
	if err := c.checkCompany(); err != nil {
		return reply{}, err
	}
	size, err := c.pageSize()
	if err != nil {
		return reply{}, err
	}
	var after macaddr.Addr
	if text := c.QueryParam("after"); text != "" {
		if after, err = parseMAC(text); err != nil {
			return reply{}, err
		}
	}
	all := []endpoint{}
	for {
		page, err := c.readPage(after, min(readPage, size+1-len(all)))
		if err != nil {
			return reply{}, err
		}
		for _, p := range page {
			if len(all) == size { // there is more
				query := "?page_size=" + strconv.Itoa(size) + "&after=" + after.String()
				return reply{http.StatusOK, all, c.url("companies/"+string(c.account.Name)+"/endpoints/") + query}, nil
			}
			all, after = append(all, newEndpoint(p)), p.MAC
		}
		if len(page) < readPage && len(all) < size || len(page) == 0 {
			return ok(all), nil
		}
	}
}

// readPage reads phones when it is the account's turn.
func (c *call) readPage(after macaddr.Addr, n int) ([]store.Phone, error) {
	done, err := c.Turn(c.ctx, c.account.ID)
	if err != nil {
		return nil, err
	}
	defer done()
	return c.Phones.Phones(c.account.ID, after, n)
}
