// Package queue has the offers of a database run by as many machines as there are. Queue, leader and retries are
// River's; this package says what a job is and which are due.
//
//   - A job sees to one offer for one reason: a slot of its schedule, files that came, or a person who
//     asked. There is one job for each slot, however often it is asked for, as the reason is its unique key; and the
//     history decides a slot once.
//   - The leader wakes a planner every few seconds, on whichever machine has the turn. What is due it works out from the
//     terms and the history, as a service on one machine does.
//   - A worker brings the offer into a folder of its own, waits until it has the memory, and makes the run there with the
//     same code as on one machine. What it commits is refused if other work has begun since.
//   - A worker that died is noticed by the database, as its connection ends; its jobs are made again from the start. A job
//     that kills its worker three times is parked: its slot is noted as missed, with the reason.
//   - What will pass, such as a database that is started again, costs no try: the job waits and goes on.
package queue
