// Keeps one stream of events for all tabs of a browser, which opens only six connections to a host. Runs as a SharedWorker, or where there is
// none as a worker of one tab. A tab says which scopes it shows, separated by commas: "" while nobody sees it, null when it closes. It gets each
// event as text, and "" when the stream is lost.
const RETRY = 10_000;
/** Time for the first event, and for each further one: the server sends one each 15 seconds. A proxy may hold them back. */
const FIRST = 10_000;
const NEXT = 40_000;
/** Scopes that one stream tells of. */
const MOST = 48;
const tabs = new Map();
let address;
let stream;
let silence;

function tell(text) {
  for (const tab of tabs.keys()) tab.postMessage(text);
}

/** Says that the stream is lost if nothing is heard for some time. It is heard again with the next event. */
function expect(time) {
  clearTimeout(silence);
  silence = setTimeout(() => tell(""), time);
}

function open() {
  stream?.close();
  stream = address && new EventSource(address);
  clearTimeout(silence);
  if (!stream) return;
  const mine = stream;
  expect(FIRST);
  stream.addEventListener("alive", () => expect(NEXT));
  stream.onmessage = ({ data }) => {
    expect(NEXT);
    tell(data);
  };
  stream.onerror = () => {
    tell("");
    // A browser gives up where the answer is no stream: signed out, or too many.
    if (mine.readyState === EventSource.CLOSED) setTimeout(() => mine === stream && open(), RETRY);
  };
}

function hear(tab, text) {
  if (text === null) tabs.delete(tab);
  else tabs.set(tab, text.split(",").filter(Boolean));
  const scopes = [...new Set([...tabs.values()].flat())].sort().slice(0, MOST);
  const next = scopes.length ? `events?${new URLSearchParams(scopes.map((scope) => ["scope", scope]))}` : undefined;
  if (next === address) return;
  address = next;
  open();
}

self.onconnect = ({ ports: [tab] }) => {
  tab.onmessage = ({ data }) => hear(tab, data);
};
self.onmessage = ({ data }) => hear(self, data);
