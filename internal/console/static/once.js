// A form that was just sent is not sent again by the second click of an impatient hand: the answer that
// the person then sees is that of the first. Without this script the server refuses the second, or does it again.
"use strict";
const again = 2000; // milliseconds; later, a click is meant, as after a page that never came
document.addEventListener("submit", (sent) => {
  const form = sent.target;
  if (form.method !== "post") return;
  if (Date.now() - (form.sentAt ?? -again) < again) sent.preventDefault();
  else form.sentAt = Date.now();
});
