// An offer of today: it expired yesterday, and its final run must be approved before money is wired.
import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";

// today is in New York, and the same for all that a file of tests does, also around midnight.
const today = new Intl.DateTimeFormat("en-CA", { timeZone: "America/New_York" }).format(new Date());

// dayAt is a date so many days from today. Days are counted, not hours: two days in a year have not 24 of them.
export function dayAt(away) {
  const at = new Date(`${today}T12:00:00Z`);
  at.setUTCDate(at.getUTCDate() + away);
  return at.toISOString().slice(0, 10);
}

const terms = (approvals) => `# A company that there is not, for the tests of the console.
id: harbor
issuer: Harbor Light & Power Co.
timezone: America/New_York
schedule: "30 17 * * 1-5"
release: {approvals: ${approvals}, from: final}

dates:
  launch: ${dayAt(-28)}
  early_tender: {at: ${dayAt(-14)}T17:00, boundary: at_or_before}
  expiration: {at: ${dayAt(-1)}T00:01, boundary: at_or_before}
  settlement: {early: null, final: ${dayAt(3)}}

withdrawal: {early: early_tender, late: early_tender}

acceptance: {order: priority, shortfall: prorate}

caps:
  - {name: Tender Cap, amount: 60000000, currency: USD, measure: principal}

series:
  - id: 5-2029
    title: 5.000% Senior Notes due 2029
    securities: [19075QAB8]
    currency: USD
    priority: 1
    outstanding: 3000000000
    tender_offer_consideration: 970.00
    early_tender_payment: 30.00
    denomination: {minimum: 2000, multiple: 1000}
    interest: {coupon: 5, day_count: 30/360, last_paid: ${dayAt(-60)}, frequency: 2}

depositaries:
  - {name: DTC, files: "dtc-*.csv", reports: snapshot}
`;

const heading = "VOI Number,CUSIP,Principal Amount,Submitted At,DTC Participant,Participant Name,Status";

// report is DTC's file as of a day, with the principal of some of its lines changed.
function report(changed = {}, asOf = -1) {
  const lines = [heading];
  for (let i = 1; i <= 40; i++) {
    if (-20 + (i % 19) >= asOf) continue;
    const number = String(5000 + i);
    const principal = changed[number] ?? String(1_000_000 + i * 75_000);
    lines.push([number, "19075QAB8", principal, `${dayAt(-20 + (i % 19))} 10:${10 + i}:00`, String(2000 + (i % 7)),
      `Bank ${2000 + (i % 7)}`, "MADE"].join(","));
  }
  return lines.join("\n") + "\n";
}

export const harbor = {
  name: "harbor",
  report,
  // fileOf is the name of a report that was made so many minutes after midnight, after the expiration.
  fileOf: (minute) => `dtc-${dayAt(-1)}T00${String(minute).padStart(2, "0")}.csv`,
  write: async (folder, approvals = 1) => {
    await mkdir(join(folder, "inbox"), { recursive: true });
    await writeFile(join(folder, "offer.yaml"), terms(approvals));
    await writeFile(join(folder, "inbox", `dtc-${dayAt(-14)}.csv`), report({}, -14));
  },
};
