package rds

import (
	"maps"
	"slices"
	"strings"
)

// A method is a row of the table of methods.
type method struct {
	params   []kind // text is any scalar, or null for the empty text; array is one of scalars
	optional int    // the number of parameters at the end that may be omitted
	usage    string // the parameters in words
	help     string
	run      func(*call) (reply, error)
}

var methods map[string]method

func init() { // system.multicall is in the table and reads it
	methods = map[string]method{
		"network.echo":                 {[]kind{text}, 0, "a string", "Returns the string.", echoString},
		"redirect.registerPhone":       {[]kind{text, text}, 0, "a MAC and a URL as strings", "Registers a phone with the URL as its setting server.", register},
		"redirect.registerPhoneList":   {[]kind{array, text}, 0, "an array of MACs and a URL as strings", "Registers all phones or none.", register},
		"redirect.deregisterPhone":     {[]kind{text}, 0, "a MAC as a string", "Deregisters a phone.", deregister},
		"redirect.deregisterPhoneList": {[]kind{array}, 0, "an array of MACs as strings", "Deregisters all phones or none.", deregister},
		"redirect.checkPhone":          {[]kind{text}, 0, "a MAC as a string", "Checks whether the account has a phone.", checkPhone},
		"redirect.listPhones":          {[]kind{text, text}, 1, "a model and optionally a URL, as strings or nil", "Returns the MACs of the account's phones: of that model, with that setting server, or all.", listPhones},
		"redirect.getPhoneRedirection": {[]kind{text}, 0, "a MAC as a string", "Returns a phone's company and setting server.", getRedirection},
		"system.listMethods":           {nil, 0, "no parameters", "Returns the names of all methods.", listMethods},
		"system.methodHelp":            {[]kind{text}, 0, "the name of a method as a string", "Returns what a method does.", methodHelp},
		"system.multicall":             {[]kind{calls}, 0, "an array of structs of a methodName and params", "Runs calls one after another. Returns for each an array of its result, or the struct of its fault.", multicall},
	}
}

// methodNames returns the names of all methods, sorted.
func methodNames() []string { return slices.Sorted(maps.Keys(methods)) }

// find returns the method of a name.
func find(name string) (method, error) {
	m, ok := methods[name]
	if !ok {
		return m, faultf(unknownMethod, "Expected one of the methods %s, not %.80q.", strings.Join(methodNames(), ", "), name)
	}
	return m, nil
}

// fits reports whether v can be a parameter of the kind.
func (v value) fits(k kind) bool {
	switch k {
	case text:
		return v.isScalar() || v.kind == null
	case calls:
		return v.kind == array
	}
	return v.kind == k && !slices.ContainsFunc(v.items, func(item value) bool { return !item.isScalar() })
}
