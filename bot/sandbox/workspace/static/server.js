// Talks to the workspace's server; it never throws for a failed answer, it returns one that says so.

const TIMEOUT_MS = 20_000;

export async function ask(path, params) {
  const query = new URLSearchParams(params);
  return send(`${path}?${query}`, {});
}

export async function tell(path, body) {
  return send(path, { method: "POST", headers: { "Content-Type": "application/json" }, body: JSON.stringify(body) });
}

async function send(url, options) {
  try {
    const answer = await fetch(url, { ...options, signal: AbortSignal.timeout(TIMEOUT_MS) });
    const data = await answer.json();
    return { ok: answer.ok, ...data };
  } catch (error) {
    return { ok: false, error: error.name === "TimeoutError" ? "operation_timeout" : "no_connection" };
  }
}

const HIDDEN_MS = 20_000;

/**
 * Live events of one person. `onBack` is called whenever the stream opens (the first time too), so that what was missed is read again;
 * `onLost` when it breaks. A hidden page lets its stream go: browsers allow six connections to a host over all tabs.
 */
export function listen(person, { onEvent, onBack, onLost }) {
  let source = null;
  let timer = 0;

  function open() {
    clearTimeout(timer);
    source?.close();
    source = new EventSource(`/ui/events?${new URLSearchParams({ as: person })}`);
    source.onopen = onBack;
    source.onmessage = (message) => onEvent(JSON.parse(message.data));
    source.onerror = lost;
  }

  function lost() {
    onLost();
    if (source?.readyState === EventSource.CLOSED) timer = setTimeout(open, 1000);
  }

  function rest() {
    source?.close();
    source = null;
  }

  document.addEventListener("visibilitychange", () => {
    clearTimeout(timer);
    if (document.hidden) timer = setTimeout(rest, HIDDEN_MS);
    else if (!source || source.readyState === EventSource.CLOSED) open();
  });
  window.addEventListener("pagehide", rest);
  window.addEventListener("pageshow", (event) => event.persisted && open());
  open();
}
