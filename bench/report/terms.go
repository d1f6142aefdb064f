package report

// Terms are those of the offer that the reports belong to: two series under one cap, and
// four depositaries, whose reports have names such as "dtc-2004-12-01.xlsx".
const Terms = `
id: bench
issuer: Issuer, Inc.
timezone: America/New_York
dates:
  launch: 2004-10-29
  early_tender: {at: 2004-11-12T17:00, boundary: before}
  expiration: {at: 2004-11-29T24:00, boundary: before}
  settlement: {early: null, final: 2004-12-02}
withdrawal: {early: expiration, late: expiration}
acceptance: {order: priority, shortfall: prorate, factor: maximal, below_minimum: REJT, returned_below_minimum: KEEP}
caps:
  - {name: Tender Cap, amount: 450000000, currency: USD, measure: principal}
series:
  - id: first
    title: 9-1/8% Senior Notes due 2008
    securities: ["52729NAA8", "52729NAC4"]
    currency: USD
    priority: 1
    outstanding: 900000000000
    tender_offer_consideration: 837.50
    early_tender_payment: 20.00
    total_consideration: 857.50
    denomination: {minimum: 1000, multiple: 1000}
    interest: {coupon: 9.125, day_count: 30/360, last_paid: 2004-11-01, frequency: 2}
  - id: second
    title: 11% Senior Notes due 2008
    securities: ["52729NAH3", "037833100"]
    currency: USD
    priority: 2
    outstanding: 900000000000
    tender_offer_consideration: 867.50
    early_tender_payment: 20.00
    total_consideration: 887.50
    denomination: {minimum: 1000, multiple: 1000}
    interest: {coupon: 11, day_count: 30/360, last_paid: 2004-09-15, frequency: 2}
depositaries:
  - {name: DTC, files: "dtc-*", reports: snapshot}
  - {name: Euroclear, files: "euroclear-*", reports: snapshot}
  - {name: Clearstream, files: "clearstream-*", reports: snapshot}
  - {name: SIX, files: "six-*", reports: snapshot}
`
