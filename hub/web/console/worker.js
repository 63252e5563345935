// The service worker: keeps the page's parts, so that it opens without a network, and shows what was pushed.

const SHELL = "linli-shell";
const PARTS = ["/", "/console/console.css", "/console/app.js"];

self.addEventListener("install", (event) => {
  event.waitUntil(caches.open(SHELL).then((cache) => cache.addAll(PARTS)).then(() => self.skipWaiting()));
});

self.addEventListener("activate", (event) => event.waitUntil(self.clients.claim()));

// Parts of the page come from the network while it is there, from the cache when it is not. Data is never kept.
self.addEventListener("fetch", (event) => {
  const url = new URL(event.request.url);
  const part = url.origin === location.origin && (url.pathname === "/" || url.pathname.startsWith("/console/"));
  if (event.request.method !== "GET" || !part) return;
  event.respondWith(
    (async () => {
      const cache = await caches.open(SHELL);
      try {
        const fresh = await fetch(event.request);
        if (fresh.ok) cache.put(event.request, fresh.clone());
        return fresh;
      } catch (error) {
        const kept = await cache.match(event.request, { ignoreSearch: true });
        if (kept) return kept;
        throw error;
      }
    })(),
  );
});
