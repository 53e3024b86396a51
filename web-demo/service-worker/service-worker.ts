// Keeps the whole app in the browser, so that it opens without a network. The build puts in what it consists of.
declare const self: ServiceWorkerGlobalScope;

/** Every file of the app, `/` among them, which is its page. */
const FILES: readonly string[] = __FILES__;
/** Changes whenever a file does. */
const VERSION: string = __VERSION__;

const NAME = `runlog-app-${VERSION}`;
const known = new Set(FILES);

self.addEventListener("install", (event) => {
  const fresh = FILES.map((file) => new Request(file, { cache: "reload" }));
  event.waitUntil(caches.open(NAME).then((cache) => cache.addAll(fresh)));
});

self.addEventListener("activate", (event) => {
  const clean = async () => {
    const names = await caches.keys();
    const old = names.filter((name) => name.startsWith("runlog-app-") && name !== NAME);
    await Promise.all(old.map((name) => caches.delete(name)));
    await self.clients.claim();
  };
  event.waitUntil(clean());
});

// A person has agreed to the new version.
self.addEventListener("message", (event) => {
  if (event.data === "activate") void self.skipWaiting();
});

self.addEventListener("fetch", (event) => {
  const { request } = event;
  const url = new URL(request.url);
  if (request.method !== "GET" || url.origin !== self.location.origin) return;
  const file = request.mode === "navigate" ? "/" : url.pathname;
  // Everything else is the relay's.
  if (!known.has(file)) return;
  event.respondWith(kept(file).then((kept) => kept ?? fetch(request)));
});

/** What is kept of a file: nothing where the browser has removed it. */
function kept(file: string): Promise<Response | undefined> {
  return caches.match(file, { cacheName: NAME }).catch(() => undefined);
}

declare const __FILES__: readonly string[];
declare const __VERSION__: string;

export {};
