package main

import (
	"errors"
	"fmt"
	"net"
	"time"

	"snomredirect/cmd/snomredirect/lastcall"
	"snomredirect/store"
)

// serve is the command that runs the service. Kong makes its flags from this
// struct, with help, environment variables and checks at the start of the
// process. The console uses pflag: it has usage strings of its own and needs only
// a flag set for each line.
type serve struct {
	Data             string        `default:"./data" placeholder:"FOLDER" help:"Keep all data in this folder (${default})."`
	HTTP             string        `name:"http" default:":8080" placeholder:"ADDRESS" help:"Answer phones over HTTP here (${default}). Port 0 picks a free port; an empty address turns HTTP off."`
	HTTPS            string        `name:"https" placeholder:"ADDRESS" help:"Answer phones over HTTPS here."`
	TLSCert          string        `name:"tls-cert" placeholder:"FILE" help:"Certificate for HTTPS in PEM, followed by its intermediates. Read again when it changes."`
	TLSKey           string        `name:"tls-key" placeholder:"FILE" help:"Key of --tls-cert in PEM."`
	PhoneCA          string        `name:"phone-ca" placeholder:"FILE" help:"Accept phones' certificates from these CAs, in PEM, as proof of their MACs."`
	RequirePhoneCert bool          `name:"require-phone-cert" help:"Over HTTPS, redirect only phones that have proved their MAC."`
	PnP              string        `name:"pnp" placeholder:"ADDRESS" help:"Answer phones over SIP Plug & Play here, such as 224.0.1.75:5060, to which phones send."`
	RDS              string        `name:"rds" placeholder:"ADDRESS" help:"Serve snom's XML-RPC API to partners' tools here, over HTTPS with --tls-cert or a self-signed certificate."`
	RDSPlain         bool          `name:"rds-plain" help:"Serve --rds over plain HTTP, on a loopback address only."`
	SRAPS            bool          `name:"sraps" help:"Serve the REST API of snom's present service, SRAPS, to partners' tools, on --https and on --rds."`
	Files            string        `name:"files" placeholder:"ADDRESS" help:"Serve partners' setting files to their phones here, over HTTPS with --tls-cert."`
	FilesURL         string        `name:"files-url" placeholder:"URL" help:"URL at which phones reach --files, such as https://files.example.com. Its host is none of the public names."`
	FilesPlain       bool          `name:"files-plain" help:"Serve --files over plain HTTP, for a proxy in front that speaks HTTPS or for phones without it."`
	FilesSpace       byteSize      `name:"files-space" default:"4MiB" placeholder:"SIZE" help:"How many bytes the setting files of an account can have, with earlier versions (${default})."`
	FilesCount       int           `name:"files-count" default:"1000" placeholder:"N" help:"How many setting files an account can have (${default})."`
	SSH              string        `name:"ssh" default:":2222" placeholder:"ADDRESS" help:"Serve the console over SSH here (${default}). Port 0 picks a free port."`
	SSHLegacy        bool          `name:"ssh-legacy" help:"Also accept SSH libraries as old as libssh2 1.10 and net-ssh 7.0, at the price of weaker algorithms: NIST's curve P-256 and encrypt-and-MAC. Audits report them, and newer clients may choose them too."`
	TrustedProxy     []string      `placeholder:"CIDR" help:"Believe what this proxy, an address or a network, says of its clients: by the PROXY protocol and, over HTTP and HTTPS, by X-Forwarded-For. On all listeners but --metrics. Repeatable."`
	Metrics          string        `placeholder:"ADDRESS" help:"Serve Prometheus metrics and pprof here, without authentication."`
	AdminKey         []string      `sep:"none" placeholder:"KEY" help:"Authorize this key for the operator admin; the account is created if missing. A file, or a line as in authorized_keys. Repeatable."`
	PublicName       []string      `placeholder:"HOST" help:"Host name at which phones reach this service: no phone is redirected to it. Repeatable."`
	DefaultServer    store.URL     `name:"default-server" placeholder:"URL" help:"Redirect unregistered snom phones to this setting server, unless DEFAULT has set another one or none at the console. Only for a network of your own."`
	DefaultAnyOUI    bool          `name:"default-any-oui" help:"Redirect unregistered phones with other MACs than snom's too."`
	Hold             time.Duration `default:"10m" placeholder:"TIME" help:"Hold a deregistered phone for its last owner for this long (${default}); 0 turns holds off."`
	Quota            int           `default:"10000" placeholder:"N" help:"How many phones an account can have unless ACCOUNT QUOTA has set another number (${default})."`
	ScanLimit        int           `default:"200" placeholder:"N" help:"How many MACs of unregistered phones a client can request (${default}); 0 turns the limit off."`
	ScanRefill       time.Duration `default:"24h" placeholder:"TIME" help:"Refill what a client has used up of --scan-limit within this long (${default})."`
	CheckPrivate     bool          `name:"check-private" help:"Let CHECK request setting servers at private addresses and on this host too."`
	clusterFlags
	Node     string `name:"node" placeholder:"NAME" help:"Name of this node, unlike those of all others; without it, the host's name."`
	Contacts string `name:"contacts" enum:"shared,local" default:"shared" help:"With --etcd, keep phones' last contacts shared by all nodes, or local to the node that answered (${default})."`

	LogFormat string `enum:"text,json" default:"text" help:"Write the log to standard error as text or json (${default})."`
	LogLevel  string `enum:"debug,info,warn,error" default:"info" help:"Log this level and above: debug (every request of a phone), info (changes and logins), warn or error (${default})."`

	inherited map[string]*lastcall.Listener // from systemd, by flag
}

// maxScanLimit bounds --scan-limit: more MACs than this are a whole OUI.
const maxScanLimit = 1 << 24

// Validate reports flags that can't work, alone or together. Kong calls it when
// all flags are set. The files that flags name are read and checked by Run.
func (s *serve) Validate() error {
	if err := s.inherit(); err != nil {
		return err
	}
	if s.Hold < 0 {
		return fmt.Errorf("--hold %v: expected a time such as 10m, or 0", s.Hold)
	}
	if s.Quota < 1 || s.Quota > store.MaxQuota {
		return fmt.Errorf("--quota %d: expected 1 to %d phones", s.Quota, store.MaxQuota)
	}
	if s.ScanLimit < 0 || s.ScanLimit > maxScanLimit {
		return fmt.Errorf("--scan-limit %d: expected 0 to %d MACs", s.ScanLimit, maxScanLimit)
	}
	if s.ScanRefill <= 0 {
		return fmt.Errorf("--scan-refill %v: expected a time such as 24h", s.ScanRefill)
	}
	if s.SSH == "" {
		return errors.New("--ssh: expected an address such as :2222; without the console nobody can register phones")
	}
	names, err := store.NewPublicNames(s.PublicName...)
	if err != nil {
		return fmt.Errorf("--public-name %w", err)
	}
	if names.Contains(s.DefaultServer) {
		return fmt.Errorf("--default-server %v %w: expected a setting server elsewhere", s.DefaultServer, store.ErrPointsBack)
	}
	if _, err := parseProxies(s.TrustedProxy); err != nil {
		return err
	}
	if err := s.validateCluster(); err != nil {
		return err
	}
	if err := s.validateRDS(); err != nil {
		return err
	}
	if err := s.validateSRAPS(); err != nil {
		return err
	}
	if err := s.validateFiles(names); err != nil {
		return err
	}
	return s.validateTLS()
}

// validateRDS checks that passwords are never sent in the clear over a network.
func (s *serve) validateRDS() error {
	if !s.RDSPlain {
		return nil
	}
	if s.RDS == "" {
		return errors.New("--rds-plain: expected --rds too")
	}
	address, err := net.ResolveTCPAddr("tcp", s.RDS)
	if err != nil || !address.IP.IsLoopback() {
		return fmt.Errorf("--rds %s: with --rds-plain, expected a loopback address such as 127.0.0.1:8083", s.RDS)
	}
	s.RDS = address.String() // a name might resolve to another address later
	return nil
}

func (s *serve) validateTLS() error {
	switch {
	case s.HTTP == "" && s.HTTPS == "":
		return errors.New("--http and --https are both empty: expected an address for phones")
	case s.HTTPS == "" && (s.PhoneCA != "" || s.RequirePhoneCert):
		return errors.New("--phone-ca and --require-phone-cert apply to HTTPS: expected --https too, such as --https :443")
	case s.HTTPS == "" && (s.RDS == "" || s.RDSPlain) && (s.Files == "" || s.FilesPlain) && (s.TLSCert != "" || s.TLSKey != ""):
		return errors.New("--tls-cert and --tls-key apply to HTTPS: expected --https too, such as --https :443, or --rds or --files")
	case s.HTTPS != "" && (s.TLSCert == "" || s.TLSKey == ""):
		return fmt.Errorf("--https %s: expected --tls-cert and --tls-key too", s.HTTPS)
	case (s.TLSCert == "") != (s.TLSKey == ""):
		return fmt.Errorf("--rds %s: expected both --tls-cert and --tls-key, or neither", s.RDS)
	case s.RequirePhoneCert && s.PhoneCA == "":
		return errors.New("--require-phone-cert: expected --phone-ca too; without it no phone can prove its MAC")
	case s.RequirePhoneCert && s.PnP != "" && len(s.PublicName) == 0:
		return errors.New("--pnp with --require-phone-cert sends phones to this service over HTTPS: expected --public-name too")
	}
	return nil
}
