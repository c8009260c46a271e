// Package storetest contains the tests that every backend of accounts and phones
// must pass.
package storetest

import (
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
