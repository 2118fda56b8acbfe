const form = document.forms[0];
const send = () => { form.by.value = "link"; form.requestSubmit(); };
if (!navigator.webdriver) {
  if (document.visibilityState === "visible") send();
  else document.addEventListener("visibilitychange", send, { once: true });
}
