// Pages work without this script. With it, the clock runs, and what is marked data-live is kept up to date.
"use strict";

for (const clock of document.querySelectorAll("[data-clock]")) {
  const shown = Date.parse(clock.dateTime);
  const speed = Number(clock.dataset.speed);
  const started = performance.now();
  const format = new Intl.DateTimeFormat(document.documentElement.lang, {
    weekday: "short", day: "numeric", month: "short", hour: "2-digit", minute: "2-digit", hourCycle: "h23", timeZone: clock.dataset.zone,
  });
  const tick = () => {
    clock.textContent = format.format(shown + (performance.now() - started) * speed);
  };
  tick();
  setInterval(tick, 500);
}

const LOOK_AGAIN = 2000;

const refresh = async () => {
  const parts = [...document.querySelectorAll("[data-live]")];
  const idle = !document.hidden && !parts.some((part) => part.contains(document.activeElement) || part.querySelector("details[open]"));
  if (parts.length && idle) {
    try {
      const answer = await fetch(location.href, { headers: { "X-Live": "1" } });
      if (answer.ok) {
        const fresh = new DOMParser().parseFromString(await answer.text(), "text/html");
        for (const part of parts) {
          const now = fresh.querySelector(`[data-live="${part.dataset.live}"]`);
          if (now && now.innerHTML !== part.innerHTML) part.innerHTML = now.innerHTML;
        }
      }
    } catch {
      // The run was stopped: the page stays as it was.
    }
  }
  setTimeout(refresh, LOOK_AGAIN);
};

if (document.querySelector("[data-live]")) setTimeout(refresh, LOOK_AGAIN);
