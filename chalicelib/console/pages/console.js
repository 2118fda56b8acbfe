// Pages work without this script. With it, the clock runs, and what is marked data-live is kept up to date.
"use strict";

const LOOK_AGAIN = 2000;
const clock = document.querySelector("[data-clock]");

if (clock) {
  const format = new Intl.DateTimeFormat(document.documentElement.lang, {
    weekday: "short", day: "numeric", month: "short", hour: "2-digit", minute: "2-digit", hourCycle: "h23",
    timeZone: clock.dataset.zone,
  });
  clock.seen = performance.now();
  setInterval(() => {
    const passed = (performance.now() - clock.seen) * Number(clock.dataset.speed);
    clock.textContent = format.format(Date.parse(clock.dateTime) + passed);
  }, 250);
}

const isBusy = (part) => part.contains(document.activeElement) || part.querySelector("details[open]");

const refresh = async () => {
  const parts = [...document.querySelectorAll("[data-live]")];
  if (parts.length && !document.hidden) {
    try {
      const answer = await fetch(location.href, { headers: { "X-Live": "1" } });
      const fresh = new DOMParser().parseFromString(answer.ok ? await answer.text() : "", "text/html");
      for (const part of parts) {
        const now = fresh.querySelector(`[data-live="${part.dataset.live}"]`);
        if (now && now.innerHTML !== part.innerHTML && !isBusy(part)) part.replaceWith(document.importNode(now, true));
      }
      const shown = fresh.querySelector("[data-clock]");
      if (clock && shown) {
        clock.dateTime = shown.dateTime;
        clock.seen = performance.now();
      }
    } catch {
      // The run was stopped: the page stays as it was.
    }
  }
  setTimeout(refresh, LOOK_AGAIN);
};

setTimeout(refresh, LOOK_AGAIN);
