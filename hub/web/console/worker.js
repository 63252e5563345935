// The service worker: keeps the page's parts, so that it opens without a network, and shows what was pushed.

const SHELL = "linli-shell";
// What the page needs to say that the hub can't be reached (a test compares); the rest is kept as it is opened.
const PARTS = [
  "/",
  "/console/app.js",
  "/console/api.js",
  "/console/console.css",
  "/console/icons/mark.svg",
  "/console/live.js",
  "/console/look.js",
  "/console/manifest.webmanifest",
  "/console/pages/door.js",
  "/console/parts/common.js",
  "/console/parts/icons.js",
  "/console/ui.js",
  "/console/vendor/hooks.js",
  "/console/vendor/htm.js",
  "/console/vendor/preact.js",
  "/console/words/en.js",
  "/console/words/format.js",
  "/console/words/index.js",
  "/console/words/zh-CN.js",
];

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

/** The notice that was pushed; one that can't be read is shown all the same, as a browser ends what stays silent. */
function noticeOf(data) {
  try {
    return data.json();
  } catch {
    return { title: "邻里 Linli Hub", body: "", url: "/", tag: "" };
  }
}

self.addEventListener("push", (event) => {
  const { title, body, url, tag, severity, language } = noticeOf(event.data);
  const icon = "/console/icons/mark-192.png";
  event.waitUntil(
    self.registration.showNotification(title, {
      body, icon, badge: icon, lang: language, tag: tag || undefined, renotify: Boolean(tag), data: { url: url || "/" },
      requireInteraction: severity === "critical", silent: severity === "info",
    }),
  );
});

self.addEventListener("notificationclick", (event) => {
  event.notification.close();
  const url = new URL(event.notification.data.url, location.origin).href;
  event.waitUntil(
    (async () => {
      const pages = await self.clients.matchAll({ type: "window" });
      const open = pages.find((page) => page.url === url) ?? (url.startsWith(location.origin) ? pages[0] : undefined);
      if (!open) return self.clients.openWindow(url);
      if (open.url !== url) await open.navigate(url);
      return open.focus();
    })(),
  );
});

// A push service may give this browser another address: the hub learns it while the session lasts.
self.addEventListener("pushsubscriptionchange", (event) => {
  const renew = async () => {
    const found = event.newSubscription ?? (await self.registration.pushManager.subscribe(event.oldSubscription.options));
    await fetch("/api/v1/me/push", {
      method: "POST", credentials: "same-origin", body: JSON.stringify(found.toJSON()),
      headers: { "Content-Type": "application/json", "X-Linli-Request": "1" },
    });
  };
  event.waitUntil(renew());
});
