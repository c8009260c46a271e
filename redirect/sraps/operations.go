package sraps

import (
	"net/http"
	"path"
	"strings"

	"snomredirect/macaddr"
)

// An operation is a row of the table of calls. Its name is the operationId in
// docs/sraps.json.
type operation struct {
	name, method string
	path         string // after Base; it may have a slash at its end
	run          func(*call) (reply, error)
}

var operations = []operation{
	{"getToken", http.MethodGet, "tokens/:id", getToken},
	{"getCompany", http.MethodGet, "companies/:company", getCompany},
	{"listSettings", http.MethodGet, "settings", listSettings},
	{"listProductGroups", http.MethodGet, "product-groups", listProductGroups},
	{"listProfiles", http.MethodGet, "companies/:company/provisioning-profiles", listProfiles},
	{"addProfile", http.MethodPost, "companies/:company/provisioning-profiles", addProfile},
	{"listEndpoints", http.MethodGet, "companies/:company/endpoints", listEndpoints},
	{"getEndpoint", http.MethodGet, "companies/:company/endpoints/:mac", getEndpoint},
	{"putEndpoint", http.MethodPut, "companies/:company/endpoints/:mac", putEndpoint},
	{"deleteEndpoint", http.MethodDelete, "companies/:company/endpoints/:mac", deleteEndpoint},
}

// command returns how the history names the operation, such as "PUT endpoints".
func (o operation) command() string {
	return o.method + " " + path.Base(strings.TrimSuffix(o.path, "/:mac"))
}

// links is the member of an answer that leads on.
type links struct {
	Company   string `json:"company,omitempty"`
	Endpoints string `json:"endpoints,omitempty"`
	Profiles  string `json:"provisioning_profiles,omitempty"`
}

// url returns the absolute URL of a path after Base, as the tool reaches the service.
func (c *call) url(path string) string {
	scheme := "http://"
	if overHTTPS(c.Request()) {
		scheme = "https://"
	}
	return scheme + c.Request().Host + Base + path
}

// getToken leads from an API key to its company. Only the key itself may know.
func getToken(c *call) (reply, error) {
	if c.Param("id") != c.key {
		return reply{}, refusef(http.StatusForbidden, "The request is signed with the API key %q: expected its ID in the path.", c.key)
	}
	return ok(struct {
		Links links `json:"links"`
	}{links{Company: c.url("companies/" + string(c.account.Name))}}), nil
}

// checkCompany checks that the path names the account of the API key.
func (c *call) checkCompany() error {
	if c.Param("company") != string(c.account.Name) {
		return refusef(http.StatusForbidden, "The API key is for the company %s: expected that in the path.", c.account.Name)
	}
	return nil
}

func getCompany(c *call) (reply, error) {
	if err := c.checkCompany(); err != nil {
		return reply{}, err
	}
	self := c.url("companies/" + string(c.account.Name))
	return ok(struct {
		Name  string `json:"name"`
		Links links  `json:"links"`
	}{c.company(), links{Endpoints: self + "/endpoints/", Profiles: self + "/provisioning-profiles/"}}), nil
}

// SettingServer is the UUID of the only setting that endpoints have here.
const SettingServer = "5ee1a0c2-6b1d-8c9e-9d0b-2f1f5e7c4a10"

type setting struct {
	UUID    string `json:"uuid"`
	Name    string `json:"param_name"`
	Section string `json:"section"`
}

func listSettings(c *call) (reply, error) {
	if _, err := c.pageSize(); err != nil {
		return reply{}, err
	}
	return ok([]setting{{SettingServer, "setting_server", "phone-settings"}}), nil
}

type productGroup struct {
	Name string `json:"name"`
	UUID string `json:"uuid"`
}

// series are the groups that NGCP lets its administrators choose from (sipwise,
// ngcp-admin-ui, AuiNewDeviceManagementModel).
var series = []string{"C-Series", "D-Series", "M-Series", "MSC-Series"}

// productGroups returns all groups: the series, and each model as one.
func productGroups() (all []productGroup) {
	for _, name := range append(series[:len(series):len(series)], macaddr.ModelNames()...) {
		all = append(all, productGroup{name, groupUUID(name)})
	}
	return all
}

func listProductGroups(c *call) (reply, error) {
	if _, err := c.pageSize(); err != nil {
		return reply{}, err
	}
	return ok(productGroups()), nil
}
