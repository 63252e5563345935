// Asking the hub. Every answer that is no success is a Problem with words that people can act on.

import { t } from "./words/index.js";

export class Problem extends Error {
  constructor(status, title, detail, wait = 0) {
    super(detail || title);
    Object.assign(this, { status, title, detail, wait }); // wait: seconds until it may be tried again
  }
}

let signedOut = () => {};
export const onSignedOut = (listener) => (signedOut = listener);

async function ask(method, path, body, options = {}) {
  let response;
  try {
    response = await fetch(path, {
      method,
      credentials: "same-origin",
      headers: {
        Accept: "application/json",
        ...(method === "GET" ? {} : { "X-Linli-Request": "1" }),
        ...(body === undefined ? {} : { "Content-Type": "application/json" }),
        ...options.headers,
      },
      body: body === undefined ? undefined : JSON.stringify(body),
      signal: options.signal ?? AbortSignal.timeout(20_000),
    });
  } catch (error) {
    if (error.name === "AbortError") throw error;
    throw new Problem(0, t("problem.offline"), t("problem.offline.detail"));
  }
  const text = await response.text();
  let value = null;
  try {
    value = text ? JSON.parse(text) : null;
  } catch {
    if (response.ok) throw new Problem(response.status, t("problem.answer"), "");
  }
  if (response.ok) return value;
  if (response.status === 401 && !options.quiet) signedOut();
  const wait = Number(response.headers.get("Retry-After")) || 0;
  if (response.status === 429) throw new Problem(429, t("problem.often"), t("problem.often.detail", { n: Math.max(wait, 1) }), wait);
  throw new Problem(response.status, value?.title ?? String(response.status), value?.detail ?? "", wait);
}

export const get = (path, options) => ask("GET", path, undefined, options);
export const post = (path, body = {}, options) => ask("POST", path, body, options);
export const put = (path, body = {}, options) => ask("PUT", path, body, options);
export const patch = (path, body = {}, options) => ask("PATCH", path, body, options);
export const remove = (path, body, options) => ask("DELETE", path, body, options);

/** A key that makes a repeated tap harmless. */
export const once = () => ({ headers: { "Idempotency-Key": crypto.randomUUID?.() ?? `${Date.now()}-${Math.random()}` } });
