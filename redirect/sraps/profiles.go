package sraps

import (
	"encoding/json"
	"errors"
	"net/http"
	"slices"
	"strings"

	"snomredirect/store"
)

// A profile is a provisioning profile as tools get it.
type profile struct {
	UUID         string `json:"uuid"`
	Name         string `json:"name"`
	ProductGroup string `json:"product_group,omitempty"`
	Enabled      flag   `json:"autoprovisioning_enabled"`
}

func newProfile(p store.ProvisioningProfile) profile {
	return profile{p.UUID, p.Name, p.ProductGroup, true}
}

func listProfiles(c *call) (reply, error) {
	if err := c.checkCompany(); err != nil {
		return reply{}, err
	}
	if _, err := c.pageSize(); err != nil {
		return reply{}, err
	}
	stored, err := c.Profiles.ProvisioningProfiles(c.account.ID)
	all := []profile{}
	for _, p := range stored {
		all = append(all, newProfile(p))
	}
	return ok(all), err
}

// addProfile adds a provisioning profile. One with settings would have to redirect its
// phones, so it is refused.
func addProfile(c *call) (reply, error) {
	if err := c.checkCompany(); err != nil {
		return reply{}, err
	}
	sent := struct {
		profile
		Settings map[string]json.RawMessage `json:"settings_manager"`
		URL      string                     `json:"provisioning_url"`
	}{profile: profile{Enabled: true}}
	if err := c.decode(&sent); err != nil {
		return reply{}, err
	}
	name, err := store.ParseProfileName(sent.Name)
	switch {
	case err != nil:
		return reply{}, refusef(http.StatusUnprocessableEntity, "name: %v.", err)
	case !bool(sent.Enabled):
		return reply{}, refusef(http.StatusUnprocessableEntity, "autoprovisioning_enabled is false: expected true.")
	case len(sent.Settings) > 0 || sent.URL != "":
		return reply{}, refusef(http.StatusUnprocessableEntity, "A profile is only a name here and has no settings: send setting_server with each endpoint.")
	case sent.ProductGroup != "" && !isGroup(sent.ProductGroup):
		return reply{}, refusef(http.StatusUnprocessableEntity, "product_group is %.40q: expected the uuid of one of product-groups/.", sent.ProductGroup)
	}
	p := store.ProvisioningProfile{UUID: store.NewUUID(), Name: name, ProductGroup: strings.ToLower(sent.ProductGroup)}
	err = c.Profiles.AddProvisioningProfile(c.audit(name), c.account.ID, p)
	switch {
	case errors.Is(err, store.ErrProfileExists):
		return reply{}, refusef(http.StatusConflict, "There is a profile with the name %q: GET shows its uuid.", name)
	case errors.Is(err, store.ErrTooManyProfiles):
		return reply{}, refusef(http.StatusForbidden, "The account has %d profiles, and can have no more.", store.MaxProvisioningProfiles)
	case errors.Is(err, store.ErrTooManyChanges):
		return reply{}, refusef(http.StatusTooManyRequests, "The account has been changed too often within a day: try again later.")
	case err != nil:
		return reply{}, err
	}
	c.logChange(name)
	return reply{status: http.StatusCreated, body: newProfile(p)}, nil
}

func isGroup(uuid string) bool {
	return slices.ContainsFunc(productGroups(), func(g productGroup) bool { return strings.EqualFold(g.UUID, uuid) })
}

// checkProfile checks that the account has a profile, unless its UUID is "".
func (c *call) checkProfile(uuid string) error {
	if uuid == "" {
		return nil
	}
	all, err := c.Profiles.ProvisioningProfiles(c.account.ID)
	if err == nil && !slices.ContainsFunc(all, func(p store.ProvisioningProfile) bool { return strings.EqualFold(p.UUID, uuid) }) {
		err = refusef(http.StatusUnprocessableEntity, "provisioning_profile is %.40q: expected the uuid of one of provisioning-profiles/.", uuid)
	}
	return err
}
