// All pages by role, and the runs that they show.
const of = (offer) => ["", "/runs/latest", "/runs/latest/payments", "/runs/latest/instructions", "/runs/latest/instructions?q=nothing+has+this",
  "/runs/latest/findings", "/runs/latest/approval", "/whatif", "/history"].map((p) => `/offers/${offer}${p}`);
const named = (offer) => ["/files", "/compare", "/terms", "/runs/latest/explain?row=dtc-2004-12-01.xlsx:20"].map((p) => `/offers/${offer}${p}`);
const supposed = "/offers/level3-2004/whatif?sweep=cap+Tender+Cap";
const general = ["/", "/approve", "/schedule", "/me", "/offers/there-is-none"];

export const pagesOf = {
  viewer: [...general, ...of("level3-2004"), ...of("harbor")],
  preparer: [...general, supposed, ...of("level3-2004"), ...named("level3-2004"), ...of("harbor")],
  approver: [...general, ...of("level3-2004"), ...named("level3-2004")],
  admin: ["/", "/people", "/me"],
};

export async function withRuns({ house }) {
  await house.batch(["run", house.offer("level3-2004"), "--as-of", "2004-11-12T17:00"], [3]);
  await house.batch(["run", house.offer("level3-2004"), "--as-of", "2004-12-02T09:00"], [3]);
  await house.batch(["run", house.offer("harbor")], [3]);
}
