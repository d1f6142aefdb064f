// Package prepare changes what the runs of an offer are made of, for a person who works through
// the console: a report that they put into the inbox, and amendments, waivers and resolutions in
// offer.yaml.
//
// On the command line the owner of a file is the person behind it. Here every file has one owner,
// the service; so each change is first noted in the history, with the account as its maker, and
// then made, in one step and with the lock of the offer's runs held. A change that was noted and
// not made makes the person a maker of nothing; the other way round a maker could approve.
//
// Terms are changed on top of what the person saw. If another person changed offer.yaml meanwhile,
// the change is refused and nothing is lost.
package prepare
