// Package storetest contains the tests that every backend of accounts and phones
// must pass.
package storetest

import (
	"errors"
	"testing"
	"testing/synctest"
	"time"

	"snomredirect/macaddr"
	"snomredirect/store"
)

// A Backend stores accounts and phones. Its methods run the rules of package store.
type Backend interface {
	Redirection(macaddr.Addr) (store.Redirection, error)
	Phone(macaddr.Addr) (store.Phone, error)
	PhonesOf([]macaddr.Addr) ([]store.Phone, error)
	Phones(owner store.AccountID, after macaddr.Addr, n int) ([]store.Phone, error)
	CountPhones() (int, error)
	Usage(store.AccountID) (store.Usage, error)
	MayKnow(by store.Account, p store.Phone) error
	Change(store.Batch) ([]store.Result, error)
	Undo(_ store.Audit, dryRun bool) (store.Undoable, error)

	Claims() ([]store.Claim, error)
	MakeClaim(_ store.Audit, dryRun bool, _ macaddr.Addr, life time.Duration) (store.Claim, error)
	ObjectToClaims(_ store.Audit, dryRun bool, _ macaddr.Addr) error
	DecideClaim(_ store.Audit, dryRun bool, _ macaddr.Addr, claimant store.AccountID, grant bool) error
	ProveClaim(_ macaddr.Addr, code string) error

	BeginJob(store.Job) (store.Job, error)
	EndJob(store.Job) error
	Jobs(store.AccountID) ([]store.Job, error)

	History(account store.AccountID, mac macaddr.Addr, before store.Mark, n int) ([]store.Entry, error)

	Account(store.AccountID) (store.Account, error)
	AccountNamed(store.Name) (store.Account, error)
	Accounts() ([]store.Account, error)
	AddAccount(_ store.Audit, dryRun bool, _ store.Account) (store.Account, error)
	UpdateAccount(_ store.Audit, dryRun bool, id store.AccountID, change func(*store.Account) error) (store.Account, error)
	RemoveAccount(_ store.Audit, dryRun bool, id store.AccountID) error

	Files(store.AccountID) ([]store.File, error)
	HasFolder(store.AccountID, store.FileName) (bool, error)
	FileVersions(store.AccountID, store.FileName) ([]store.File, error)
	File(_ store.AccountID, _ store.FileName, version int) (store.File, []byte, error)
	PutFile(_ store.Audit, dryRun bool, _ store.AccountID, revision uint64, _ store.FileName, text []byte) (store.File, error)
	RemoveFile(_ store.Audit, dryRun bool, _ store.AccountID, revision uint64, _ store.FileName) error
	NoteFileRead(store.Audit, store.AccountID, store.FileName) error
	FileSpace(store.AccountID) (store.FileSpace, error)
	MakeFileToken(_ store.Audit, dryRun bool, _ store.AccountID, url func(token string) store.URL) (store.FileSpace, error)
	ServeFiles(_ store.Audit, dryRun bool, _ store.AccountID, url func(token string) store.URL) (store.Account, error)
	EnsureFileToken(store.AccountID) (store.FileSpace, error)
	AccountOfToken(token string) (store.AccountID, error)

	APIKey(id string) (store.APIKey, error)
	APIKeys(store.AccountID) ([]store.APIKey, error)
	AddAPIKey(_ store.Audit, dryRun bool, _ store.APIKey) error
	RemoveAPIKey(_ store.Audit, dryRun bool, _ store.AccountID, id string) error
	ProvisioningProfiles(store.AccountID) ([]store.ProvisioningProfile, error)
	AddProvisioningProfile(store.Audit, store.AccountID, store.ProvisioningProfile) error

	Default() store.Default
	SetDefault(_ store.Audit, dryRun bool, _ store.URL) (store.Default, error)

	Close() error
}

// Run tests a backend. open opens or creates the database in the folder; hold is
// how long deregistered phones stay on hold. After the database is closed, open
// may be called again for the same folder. The tests run in parallel, so open must be
// safe for that; they end after Run has returned, but before t's cleanup.
//
// Each test runs in a [synctest] bubble, whose clock advances only while it sleeps.
func Run(t *testing.T, open func(t testing.TB, folder string, hold time.Duration) Backend) {
	for name, test := range map[string]func(*bench){
		"AccountsAreStored":  accountsAreStored,
		"AccountsAreUpdated": accountsAreUpdated,
		"OneOperatorStays":   oneOperatorStays,
		"RemovedAccounts":    removedAccounts,
		"DryRunsOfAccounts":  dryRunsOfAccounts,

		"OwnersOnly":                  ownersOnly,
		"OperatorsDeregister":         operatorsDeregister,
		"RegisterReplaces":            registerReplaces,
		"PhonesFollowTheirAccount":    phonesFollowTheirAccount,
		"DisabledAccountsPhonesServe": disabledAccountsPhonesServe,
		"Pages":                       pages,
		"OneRegistrationWins":         oneRegistrationWins,
		"DataSurvivesReopening":       dataSurvivesReopening,

		"ResultsAreInOrder":    resultsAreInOrder,
		"TheLastChangeCounts":  theLastChangeCounts,
		"AtomicBatches":        atomicBatches,
		"DryRunsOfBatches":     dryRunsOfBatches,
		"AccountsOfBatches":    accountsOfBatches,
		"RetargetedPhones":     retargetedPhones,
		"TransferredPhones":    transferredPhones,
		"TransferNeedsAServer": transferNeedsAServer,
		"EmptyBatch":           emptyBatch,
		"PhonesInRandomOrder":  phonesInRandomOrder,
		"Notes":                notes,
		"HoldsKeepNotes":       holdsKeepNotes,
		"Undone":               undone,
		"NotUndone":            notUndone,
		"TooManyToUndo":        tooManyToUndo,
		"UndoneServers":        undoneServers,

		"Quotas":                quotas,
		"QuotasCountHolds":      quotasCountHolds,
		"QuotasOfTransfers":     quotasOfTransfers,
		"MoreThanTheQuota":      moreThanTheQuota,
		"NewPhonesADay":         newPhonesADay,
		"DisabledWithPhones":    disabledWithPhones,
		"PhonesOnHold":          phonesOnHold,
		"OwnersTakeBack":        ownersTakeBack,
		"HoldsAreNotRepeated":   holdsAreNotRepeated,
		"TakenIsBounded":        takenIsBounded,
		"OperatorsFree":         operatorsFree,
		"NoHolds":               noHolds,
		"HoldsEnd":              holdsEnd,
		"HeldAgain":             heldAgain,
		"HoldsOutliveAnAccount": holdsOutliveAnAccount,

		"HistoryHasTheAudit":      historyHasTheAudit,
		"HistoryHasRanges":        historyHasRanges,
		"HistoryOfRules":          historyOfRules,
		"HistoryOfNothing":        historyOfNothing,
		"HistoryOfAccounts":       historyOfAccounts,
		"HistoryOfOnePhone":       historyOfOnePhone,
		"HistoryOfATransfer":      historyOfATransfer,
		"HistoryPages":            historyPages,
		"HistoryOfOneCommand":     historyOfOneCommand,
		"HistoryOutlivesAccounts": historyOutlivesAccounts,

		"HistoryJoins":             historyJoins,
		"HistoryJoinsUnderAReader": historyJoinsUnderAReader,
		"HistoryClasses":           historyClasses,

		"ProvenClaims":     provenClaims,
		"RefusedClaims":    refusedClaims,
		"DecidedClaims":    decidedClaims,
		"ClaimsOfAccounts": claimsOfAccounts,
		"ClaimsAndQuotas":  claimsAndQuotas,
		"RacingClaims":     racingClaims,

		"FilesAreStored":          filesAreStored,
		"VersionsOfFiles":         versionsOfFiles,
		"SpaceOfFiles":            spaceOfFiles,
		"CountsOfFiles":           countsOfFiles,
		"RevisionsOfFiles":        revisionsOfFiles,
		"RacingFiles":             racingFiles,
		"TokensOfFiles":           tokensOfFiles,
		"ServedFiles":             servedFiles,
		"TokensChangeWhileServed": tokensChangeWhileServed,
		"FilesOfRemovedAccounts":  filesOfRemovedAccounts,
		"HistoryOfFiles":          historyOfFiles,

		"APIKeysAreStored":         apiKeysAreStored,
		"BoundsOfAPIKeys":          boundsOfAPIKeys,
		"ProfilesAreStored":        profilesAreStored,
		"APIOfRemovedAccounts":     apiOfRemovedAccounts,
		"RacingAPIKeysAndProfiles": racingAPIKeysAndProfiles,

		"TheDefault":           theDefault,
		"OnlyOperatorsDefault": onlyOperatorsDefault,

		"JobsAreListed":  jobsAreListed,
		"JobsProgress":   jobsProgress,
		"JobsOfAccounts": jobsOfAccounts,
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel() // they mostly wait for disks
			synctest.Test(t, func(t *testing.T) {
				b := &bench{TB: t, folder: t.TempDir()}
				b.Backend = open(t, b.folder, 0)
				b.away = func(d, hold time.Duration) {
					b.Helper()
					b.must(b.Close())
					time.Sleep(d)
					b.Backend = open(t, b.folder, hold)
				}
				defer func() { b.must(b.Close()) }()
				test(b)
				b.checkCount()
				b.reopen(0)
				b.checkCount()
			})
		})
	}
}

// A bench is a backend under test. Deregistered phones are not put on hold until it
// is reopened with a hold.
type bench struct {
	testing.TB
	Backend
	folder string
	// away reopens the backend after it was closed for d. A day costs nothing then, in
	// which an open backend does something every few seconds.
	away func(d, hold time.Duration)
}

func (b *bench) reopen(hold time.Duration) {
	b.Helper()
	b.away(0, hold)
}

// audit is that of the service itself.
var audit = store.Audit{Command: "TEST"}

func (b *bench) must(err error) {
	b.Helper()
	if err != nil {
		b.Fatal(err)
	}
}

func (b *bench) want(err, want error) {
	b.Helper()
	if !errors.Is(err, want) {
		b.Fatalf("error %v, want %v", err, want)
	}
}

// account adds an account. If url is "", it has no setting server.
func (b *bench) account(name store.Name, role store.Role, url string) store.Account {
	b.Helper()
	a, err := b.AddAccount(audit, false, store.Account{Name: name, Role: role, SettingServer: store.RestoreURL(url)})
	b.must(err)
	return a
}

// one runs a batch with one change.
func (b *bench) one(rule store.Rule, by, owner store.AccountID, mac macaddr.Addr, url store.URL) (store.Result, error) {
	results, err := b.Change(store.Batch{
		Audit: store.Audit{Actor: by, Command: "TEST"}, Rule: rule, Owner: owner,
		Changes: []store.Change{{MAC: mac, URL: url}},
	})
	if err != nil {
		return store.Result{}, err
	}
	if len(results) != 1 {
		b.Errorf("%d results of one change", len(results))
	}
	return results[0], results[0].Err
}

// register registers a phone and returns it.
func (b *bench) register(mac macaddr.Addr, owner store.AccountID, url store.URL) (store.Phone, error) {
	r, err := b.one(store.RuleRegister, owner, owner, mac, url)
	return r.Next, err
}

// deregister deregisters a phone and returns it as it was before.
func (b *bench) deregister(mac macaddr.Addr, by store.AccountID) (store.Phone, error) {
	r, err := b.one(store.RuleDeregister, by, 0, mac, store.URL{})
	return r.Prev, err
}

// checkCount compares the count of phones with their list. It runs after every
// test.
func (b *bench) checkCount() {
	b.Helper()
	listed, owned := 0, map[store.AccountID]int{}
	for after := (macaddr.Addr{}); ; {
		page, err := b.Phones(0, after, 1000)
		b.must(err)
		listed += len(page)
		for _, p := range page {
			owned[p.Owner]++
		}
		if len(page) < 1000 {
			break
		}
		after = page[len(page)-1].MAC
	}
	if n, err := b.CountPhones(); err != nil || n != listed {
		b.Errorf("CountPhones: %d, %v; want %d as listed", n, err, listed)
	}
	if u, err := b.Usage(0); err != nil || u.Phones != listed {
		b.Errorf("Usage: %+v, %v; want %d phones as listed", u, err, listed)
	}
	accounts, err := b.Accounts()
	b.must(err)
	for _, a := range accounts {
		if u, err := b.Usage(a.ID); err != nil || u.Phones != owned[a.ID] {
			b.Errorf("Usage of %s: %+v, %v; want %d phones as listed", a.Name, u, err, owned[a.ID])
		}
	}
}

// sentTo checks the setting server of a phone.
func (b *bench) sentTo(mac macaddr.Addr, url string) {
	b.Helper()
	got, err := b.Redirection(mac)
	b.must(err)
	if p, err := b.Phone(mac); err != nil || got.URL.String() != url || got.Owner != p.Owner {
		b.Fatalf("%v: %+v, want %s and the owner of %+v, %v", mac, got, url, p, err)
	}
}

// A state is all that can be read from a backend, for comparison.
type state struct {
	Accounts []store.Account
	Phones   []store.Phone
	Count    int // of phones
	History  []store.Entry
	Jobs     []store.Job
	Known    []store.Phone // mac1 to mac3, including phones on hold
	Default  store.Default
}

func (b *bench) state() (s state) {
	b.Helper()
	var errs [5]error
	s.Accounts, errs[0] = b.Accounts()
	s.Phones, errs[1] = b.Phones(0, macaddr.Addr{}, 1000)
	s.History, errs[2] = b.History(0, macaddr.Addr{}, store.Mark{}, 1000)
	s.Count, errs[4] = b.CountPhones()
	for _, a := range s.Accounts {
		var all []store.Job
		all, errs[3] = b.Jobs(a.ID)
		s.Jobs = append(s.Jobs, all...)
	}
	b.must(errors.Join(errs[:]...))
	s.Default = b.Default()
	for _, mac := range []macaddr.Addr{mac1, mac2, mac3} {
		p, err := b.Phone(mac)
		if err != nil {
			b.want(err, store.ErrNotFound)
		}
		s.Known = append(s.Known, p)
	}
	return s
}

const (
	serverA = "http://prov.acme.example/{mac}"
	serverB = "http://prov.bravo.example/{mac}"
)

var (
	mac1 = macaddr.MustParse("0004132202E4")
	mac2 = macaddr.MustParse("000413241214")
	mac3 = macaddr.MustParse("00087B080000")
	urlA = store.RestoreURL(serverA)
	urlB = store.RestoreURL(serverB)
	none store.URL
)
